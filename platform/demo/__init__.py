"""A shared task to look around in, with made-up teams and what their systems wrote."""
