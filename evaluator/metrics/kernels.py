"""Compiled searches, where numba is installed (`pip install 'terminarium[fast]'`).

Each has NumPy code beside it with equal results, which is used where there is nothing compiled.
numba is imported here only, when a test set is large enough: to import it takes as long as a
hundred segments do without it, and to compile, once on a machine, some ten seconds.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

SEGMENTS = 200  # of a test set for which something compiled is worth the import

_problems: dict[str, str] = {}  # by module


def load(name: str, segments: int) -> ModuleType | None:
    """Return a module of compiled functions, or None where it can't be had or isn't worth it.

    Whatever hinders it (a folder that can't be written, say) is kept for `problem`.
    """
    return _import(name) if segments >= SEGMENTS or name in sys.modules else None


def takes_time(name: str, segments: int) -> bool:
    """Return whether `load` will import numba, and compile if that was never done here."""
    is_known = name in sys.modules or name in _problems
    return bool(name) and segments >= SEGMENTS and not is_known and find_spec("numba") is not None


def problem() -> str | None:
    """Return why searches are not compiled although numba is installed; None if they are."""
    return next(iter(_problems.values()), None)


@cache
def _import(name: str) -> ModuleType | None:
    if find_spec("numba") is None:
        return None
    try:
        return import_module(name)
    except Exception as error:  # no folder for it, a full disk, a NumPy that is too new: go on
        lines = str(error).splitlines() or [type(error).__name__]
        _problems[name] = lines[0]
        return None
