"""A program for tests of how processes start and end: `python -m tests.e2e.statement STATEMENT`."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    exec(sys.argv[1])
