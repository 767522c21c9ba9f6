"""A shared task to look around in: five language pairs, nineteen made-up teams and their systems.

Only `make demo` installs it, by the variable DEMO.
"""
