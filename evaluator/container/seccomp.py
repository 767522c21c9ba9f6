"""The system calls that a run may make: our own profile, in seccomp.json beside this file.

It is what Docker's default profile lets a container without capabilities do on linux/amd64
(docs/decisions/0016), without io_uring, ptrace, process_vm_*, and with sockets of four kinds only.
Calls of other architectures, such as those of 32-bit programs, end the process: libseccomp can't
look at the arguments of `socketcall`, by which they would open any socket.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources


@cache
def profile() -> str:
    """Return the profile as the engine takes it: JSON on one line."""
    text = resources.files("evaluator.container").joinpath("seccomp.json").read_text("utf-8")
    return json.dumps(json.loads(text), separators=(",", ":"))
