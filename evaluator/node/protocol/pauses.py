"""Pauses before another try."""

from __future__ import annotations

from collections.abc import Iterator


def grow_pauses(first: float, longest: float) -> Iterator[float]:
    """Yield seconds without end: each pause is twice the last, up to the longest."""
    pause = first
    while True:
        yield min(pause, longest)
        pause = min(2 * pause, longest)
