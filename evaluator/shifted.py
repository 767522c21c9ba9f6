"""Is the order of the hypotheses that of the sources?

A line that got lost makes every later hypothesis stand beside the wrong source. Numerals and
words that a translation copies tell; the references are not asked. Lengths are not used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

OFFSETS = (-3, -2, -1, 1, 2, 3)  # segments; lost or doubled lines are few
WINDOW = 100  # segments looked at together
STEP = 50  # segments
EVIDENCE = 8.0  # more common marks than at no offset, that a window has to show
MARKS_OF_ONE = 50  # marks of one text that are looked at; a hostile line has thousands
RARE = 4  # sources that may share a mark
MARK = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class Shift:
    """From segment number `start` on, hypothesis i looks like source i + offset."""

    start: int  # 0-based
    offset: int


def find_shift(sources: Sequence[str], hypotheses: Sequence[str]) -> Shift | None:
    """Return where and how the order begins to look shifted, None if it doesn't.

    Compares, in windows of 100 segments, how many rare numerals and words each hypothesis shares
    with the source beside it and with those up to three places away. Linear in the texts.
    """
    marks = _rare_marks(sources)
    found = [_marks(text) for text in hypotheses]
    here = _shared(marks, found, 0)
    there = {offset: _shared(marks, found, offset) for offset in OFFSETS}
    for start in range(0, max(len(marks) - WINDOW // 2, 1), STEP):
        window = slice(start, start + WINDOW)
        for offset, shared in there.items():
            gain = shared[window].sum() - here[window].sum()
            if gain >= EVIDENCE and shared[window].sum() > 2 * here[window].sum():
                return Shift(_turning_point(here, shared), offset)
    return None


def _turning_point(here: NDArray[np.int64], there: NDArray[np.int64]) -> int:
    # Where "as given" up to here and "shifted" from here on explains the most.
    before = np.concatenate([[0], np.cumsum(here)])
    after = np.concatenate([np.cumsum(there[::-1])[::-1], [0]])
    return min(int(np.argmax(before + after)), len(here) - 1)


def _shared(
    sources: Sequence[frozenset[str]], hypotheses: Sequence[frozenset[str]], offset: int
) -> NDArray[np.int64]:
    last = len(sources)
    counts = [
        len(found & sources[position + offset]) if 0 <= position + offset < last else 0
        for position, found in enumerate(hypotheses)
    ]
    return np.array(counts, dtype=np.int64)


def _rare_marks(texts: Sequence[str]) -> list[frozenset[str]]:
    # What stands in many sources tells nothing of order.
    marks = [_marks(text) for text in texts]
    counts = Counter(mark for found in marks for mark in found)
    return [frozenset(mark for mark in found if counts[mark] <= RARE) for found in marks]


def _marks(text: str) -> frozenset[str]:
    found = islice(MARK.finditer(text), MARKS_OF_ONE)
    return frozenset(mark.group().casefold() for mark in found)
