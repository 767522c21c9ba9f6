"""A mistake of our own, told without a word of what was being worked on."""

from __future__ import annotations

import traceback


def place_of(error: BaseException) -> str:
    """Return the kind of an error and where it came up.

    Not its text, which may quote a segment.
    """
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    return f"{type(error).__name__} in {last.name}, {last.filename}:{last.lineno}"


def path_to(error: BaseException) -> str:
    """Return how it came to an error: a traceback without its last line."""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__
