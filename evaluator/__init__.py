"""Terminarium's evaluator: reads, aligns and scores translations with terminologies."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluator.api import *  # noqa: F403


def __getattr__(name: str) -> object:
    """Import parts of the package when they are first used: `terminarium --help` needs none."""
    if not name.startswith("__") and name != "api":
        api = import_module("evaluator.api")
        if name in api.__all__:
            value: object = getattr(api, name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
