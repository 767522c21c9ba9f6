"""Describes our own mistakes without quoting the data that they happened on."""

from __future__ import annotations

import traceback


def name_place(error: BaseException) -> str:
    """Return the kind and the place of an error, without its text, which may quote a segment."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    return f"{type(error).__name__} in {last.name}, {last.filename}:{last.lineno}"


def format_path(error: BaseException) -> str:
    """Return the traceback of an error without its text."""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__
