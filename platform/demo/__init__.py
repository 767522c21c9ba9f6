"""A small shared task to look around in: two test sets, four teams and their systems."""
