"""A node's work: to claim a run, carry it out while the lease holds, and report how it went."""
