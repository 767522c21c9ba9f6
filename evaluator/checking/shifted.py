"""Finds hypotheses in another order than the sources.

After a lost line every hypothesis stands beside the wrong source. The numerals and words that
translations copy show it, and so do lengths: a long source has a long translation. References
are not used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

OFFSETS = (-3, -2, -1, 1, 2, 3)  # segments; lost or doubled lines are few

WINDOW = 100  # segments looked at together for marks
STEP = 50  # segments
EVIDENCE = 8.0  # more common marks than at no offset, that a window has to show
MARKS_OF_TEXT = 50  # the first marks of a text; a hostile line has thousands
LOOKED_AT = 20_000  # the first characters of a text; a hostile line is a single word
RARE = 4  # sources that may share a mark
MARK = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]{4,}")

# Lengths, in windows of their own. On TICO-19's test sets for French, Russian and Chinese the
# references reach t = 1.2 as they are, 4.3 in 150 random orders, 10 and more after a lost line.
LENGTHS_WINDOW = 50  # segments
LENGTHS_STEP = 25  # segments
SURE_T = 6.0  # of the gain: its mean / its standard error
SURE_GAIN = 0.3  # its mean, in standard scores; sources sorted by length have a small one
SURE_CORRELATION = 0.7  # of the lengths at the offset
LARGEST_SCORE = 3.0  # larger standard scores count as this


Fit = NDArray[np.int64] | NDArray[np.float64]  # of each hypothesis with a source; higher is better


@dataclass(frozen=True, slots=True)
class Shift:
    """From segment number `start` on, hypothesis i looks like source i + offset."""

    start: int  # 0-based
    offset: int


def find_shift(sources: Sequence[str], hypotheses: Sequence[str]) -> Shift | None:
    """Return where and how the order begins to look shifted, None if it doesn't.

    Compares, window by window, each hypothesis with the source beside it and with those up to
    three places away: the rare numerals and words that both have, then their lengths. Lengths
    need some 50 shifted segments: on TICO-19 they show a line lost in the middle of 100 segments
    three times in four, of 60 segments never. Linear in the texts.
    """
    here, there = _count_shared_marks(sources, hypotheses)
    for start in range(0, max(len(sources) - WINDOW // 2, 1), STEP):
        window = slice(start, start + WINDOW)
        for offset, shared in there.items():
            gain = shared[window].sum() - here[window].sum()
            if gain >= EVIDENCE and shared[window].sum() > 2 * here[window].sum():
                return Shift(_find_turning_point(here, shared), offset)
    if len(sources) < LENGTHS_STEP:  # a few lengths fit each other by chance
        return None
    return _find_shift_of_lengths(sources, hypotheses)


def _find_shift_of_lengths(sources: Sequence[str], hypotheses: Sequence[str]) -> Shift | None:
    expected, given = _standard_lengths(sources), _standard_lengths(hypotheses)
    here = -np.abs(given - expected)
    last = len(expected) - 1
    # Item i + offset at place i; the last items stand in for those beyond the end.
    places = {offset: np.clip(np.arange(last + 1) + offset, 0, last) for offset in OFFSETS}
    shifted = {offset: expected[moved] for offset, moved in places.items()}
    there = {offset: -np.abs(given - moved) for offset, moved in shifted.items()}
    for start in range(0, max(len(expected) - LENGTHS_WINDOW // 2, 1), LENGTHS_STEP):
        window = slice(start, start + LENGTHS_WINDOW)
        for offset, moved in shifted.items():
            gain = there[offset][window] - here[window]
            error = gain.std() / np.sqrt(len(gain))
            is_sure = gain.mean() >= SURE_GAIN and gain.mean() >= SURE_T * error
            own, other = given[window], moved[window]
            if not is_sure or not own.std() or not other.std():
                continue
            if np.corrcoef(own, other)[0, 1] >= SURE_CORRELATION:
                return Shift(_find_turning_point(here, there[offset]), offset)
    return None


def _standard_lengths(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return logarithms of lengths without white space, as robust standard scores.

    They are 0 if most lengths are alike.
    """
    logarithms = np.log1p([len("".join(text.split())) for text in texts])
    distances = logarithms - np.median(logarithms)
    # 1.4826 times the median of distances is a normal distribution's standard deviation.
    scale = 1.4826 * np.median(np.abs(distances))
    if not scale:
        return np.zeros(len(texts))
    scores: NDArray[np.float64] = np.clip(distances / scale, -LARGEST_SCORE, LARGEST_SCORE)
    return scores


def _find_turning_point(here: Fit, there: Fit) -> int:
    # Where "as given" before it and "shifted" from it on explain the most.
    before = np.concatenate([[0], np.cumsum(here)])
    after = np.concatenate([np.cumsum(there[::-1])[::-1], [0]])
    return min(int(np.argmax(before + after)), len(here) - 1)


def _count_shared_marks(
    sources: Sequence[str], hypotheses: Sequence[str]
) -> tuple[NDArray[np.int64], Mapping[int, NDArray[np.int64]]]:
    """Count the marks that each hypothesis shares with its source, and with those at OFFSETS.

    Marks that stand in more than RARE sources tell nothing of order and do not count.
    """
    marks = [_list_marks(source) for source in sources]
    sources_with = Counter(mark for marks_of_source in marks for mark in marks_of_source)
    rare = {mark for mark, count in sources_with.items() if count <= RARE}
    counts = {offset: np.zeros(len(sources), dtype=np.int64) for offset in (0, *OFFSETS)}
    for position, text in enumerate(hypotheses):
        shareable = _list_marks(text) & rare  # not kept: those of a hostile file would fill memory
        for offset, shared in counts.items():
            if 0 <= position + offset < len(sources):
                shared[position] = len(shareable & marks[position + offset])
    return counts.pop(0), counts


def _list_marks(text: str) -> frozenset[str]:
    matches = islice(MARK.finditer(text, 0, LOOKED_AT), MARKS_OF_TEXT)
    return frozenset(match.group().casefold() for match in matches)
