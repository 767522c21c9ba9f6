"""The nodes' protocol, as a node speaks it: docs/node-protocol.md."""
