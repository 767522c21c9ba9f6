"""How long to wait before another try."""

from __future__ import annotations

from collections.abc import Iterator


def growing(first: float, longest: float) -> Iterator[float]:
    """Yield seconds without end: each twice the one before, up to the longest."""
    pause = first
    while True:
        yield min(pause, longest)
        pause = min(2 * pause, longest)
