"""sacrebleu's TER on a pair of token lists, where a reference token may weigh more than 1.

With all weights 1 the edits are sacrebleu's (`lib_ter.py`, version 2.6): its beam around the
diagonal, its shifts after Tercom, its order among equal shifts, its limit on candidates. A weight
w makes substituting or omitting that reference token cost w; a superfluous token and a shift
cost 1. This file has the search for shifts, `gains.py` the distances that it asks for, and
`edit_kernel.py` both, to be compiled.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np

from evaluator.metrics.term.gains import Alignment, Gains, Rotation, distance

# sacrebleu's constants
MAX_SHIFT_SIZE = 10  # tokens
MAX_SHIFT_DISTANCE = 50  # tokens between the starts of the run and of its equal
MAX_SHIFT_CANDIDATES = 1000  # of all shifts of a pair together

# Ours, against hostile lines. Beyond them no further shift is looked for; the distance that is
# left is exact, and the score's details count the segment. Of 9,371 pairs from TICO-19 and WMT21
# (real outputs, disturbed references, copied sources) none had more than 382 tokens on a side or
# took more than 8 million of work. Documents have more: both limits grow with the reference, which
# no participant chooses. Those of WMT25, up to 3,700 tokens, take at most 73 million.
LONGEST = 2_000  # tokens of either side, or else
TIMES = 2  # times the reference's tokens
CELLS = 25_000_000  # tokens of one side times those of the other, of long pairs: 300 MB
WORK = 100_000_000  # as `Gains.work` counts it, for LONGEST tokens: some seconds
PAIR_WORK = 100  # what it costs to look at two equal tokens


class Pair(NamedTuple):
    """Tokens of a hypothesis and of its reference, and what each of the latter weighs."""

    hypothesis: Sequence[str]
    reference: Sequence[str]
    weights: Sequence[int]


@dataclass(frozen=True, slots=True)
class Edits:
    """What it takes to turn a hypothesis into its reference."""

    shifts: int
    distance: int  # after the shifts, weighted
    is_complete: bool = True  # False: a limit of ours ended the search for shifts

    @property
    def total(self) -> int:
        """Shifts and weighted edits together."""
        return self.shifts + self.distance


@dataclass(frozen=True, slots=True, order=True)
class _Shift:
    """A run of the hypothesis and where it goes; of equal gains the greatest is taken."""

    length: int  # the longest,
    minus_start: int  # … the earliest,
    minus_target: int  # … the run with the earliest target

    def rotation(self, words: int) -> Rotation:
        """Return the window that changes; a run cannot go into itself: it then moves right."""
        start, target, length = -self.minus_start, -self.minus_target, self.length
        if target < start:
            return Rotation(target, start + length, start - target)
        end = target if target > start + length else min(target + length, words)
        return Rotation(start, end, length)


def find_all(pairs: Iterable[Pair], *, longest: int = LONGEST, max_work: int = WORK) -> list[Edits]:
    """Return the edits of each pair."""
    return [find_edits(*pair, longest=longest, max_work=max_work) for pair in pairs]


def find_edits(
    hypothesis: Sequence[str],
    reference: Sequence[str],
    weights: Sequence[int],
    *,
    longest: int = LONGEST,
    max_work: int = WORK,
) -> Edits:
    """Return the shifts and the weighted distance left; fewer is better.

    `weights` holds an integer ≥ 1 per reference token (docs/metrics.md 4). An empty hypothesis
    costs their sum, an empty reference an edit per hypothesis token. Source: sacrebleu's
    `translation_edit_rate` after Snover et al. (2006).
    """
    ids = {word: number for number, word in enumerate(dict.fromkeys(reference), start=1)}
    words = np.array([ids.get(word, 0) for word in hypothesis], dtype=np.int32)
    wanted = np.array([ids[word] for word in reference], dtype=np.int32)
    costs = np.array(weights, dtype=np.int32)
    if is_too_long(len(words), len(wanted), longest):
        return Edits(0, distance(words, wanted, costs), is_complete=False)
    return _search(
        Gains(words, wanted, costs), wanted.tolist(), work_allowed(len(wanted), max_work)
    )


def work_allowed(wanted: int, max_work: int) -> int:
    """Return how much work a search may take; the reference decides it."""
    return max_work * max(LONGEST, wanted) // LONGEST


def is_too_long(words: int, wanted: int, longest: int) -> bool:
    """Return whether a pair has too many tokens for a search; its reference decides how many."""
    most = max(words, wanted)
    return most > longest and (most > TIMES * wanted or words * wanted > CELLS)


def _search(gains: Gains, wanted: list[int], max_work: int) -> Edits:
    """Take the best shift until none gains, as sacrebleu does."""
    places: list[list[int]] = [[] for _ in range(max(wanted, default=0) + 1)]  # by word id
    for place, word in enumerate(wanted):
        places[word].append(place)
    shifts = checked = 0
    while gains.distance:
        runs = _Runs(gains.words.tolist(), wanted, places, gains.align())
        candidates, count = runs.shifts(MAX_SHIFT_CANDIDATES - checked)
        checked += count
        gains.work += runs.pairs * PAIR_WORK
        if not candidates or checked >= MAX_SHIFT_CANDIDATES:
            break  # at its limit sacrebleu forgets the shift that it was about to make
        rotations = [candidate.rotation(len(gains.words)) for candidate in candidates]
        if gains.work + gains.cost(rotations) > max_work:
            return Edits(shifts, gains.distance, is_complete=False)
        gained = gains.after(rotations)
        best = max(range(len(gained)), key=lambda at: (gained[at], candidates[at]))
        if gained[best] <= 0:
            break
        gains.apply(rotations[best])
        shifts += 1
    return Edits(shifts, gains.distance)


class _Runs:
    """Runs of the hypothesis that occur in the reference near by, and where they could go."""

    def __init__(
        self, words: list[int], wanted: list[int], places: list[list[int]], alignment: Alignment
    ) -> None:
        self.pairs = 0  # of equal tokens looked at
        self._words, self._wanted, self._places = words, wanted, places
        self._at = alignment.at
        self._word_error = _find_next(alignment.hypothesis_errors)
        self._wanted_error = _find_next(alignment.reference_errors)

    def shifts(self, limit: int) -> tuple[list[_Shift], int]:
        """Return the different shifts, and sacrebleu's count, which may repeat a shift.

        Stops when the count has reached the limit.
        """
        shifts: dict[_Shift, None] = {}
        count = 0
        for start, place in self._find_equal_tokens():
            for length in self._list_lengths(start, place):
                # After what stands for the token before the run's equal, and for each of its own.
                stands = self._at[place : place + length]
                before = self._at[place - 1] if place else -1
                targets = [last + 1 for last, _ in groupby([before, *stands])]
                shifts.update((_Shift(length, -start, -target), None) for target in targets)
                count += len(targets)
                if count >= limit:
                    return list(shifts), count
        return list(shifts), count

    def _find_equal_tokens(self) -> Iterator[tuple[int, int]]:
        """Yield starts in hypothesis and reference, each with an error within the longest run."""
        for start, word in enumerate(self._words[: len(self._wanted) + MAX_SHIFT_DISTANCE]):
            if not word or self._word_error[start] >= start + MAX_SHIFT_SIZE:
                continue
            places = self._places[word]
            for at in range(bisect_left(places, start - MAX_SHIFT_DISTANCE), len(places)):
                if places[at] > start + MAX_SHIFT_DISTANCE:
                    break
                self.pairs += 1
                yield start, places[at]

    def _list_lengths(self, start: int, place: int) -> range:
        """Return lengths of runs with an error on both sides that stand elsewhere."""
        shortest = max(self._word_error[start] - start, self._wanted_error[place] - place) + 1
        longest = MAX_SHIFT_SIZE
        if self._at[place] >= start:
            longest = min(longest, self._at[place] - start)
        if shortest > longest:
            return range(0)
        length = 0  # of the run that starts at both places
        words, wanted = self._words[start : start + longest], self._wanted[place : place + longest]
        for word, other in zip(words, wanted, strict=False):
            if word != other:
                break
            length += 1
        return range(shortest, length + 1)


def _find_next(errors: list[bool]) -> list[int]:
    """Return for each position the next error, at it or after it; far off if none follows."""
    following = [len(errors) + MAX_SHIFT_SIZE] * len(errors)
    last = len(errors) + MAX_SHIFT_SIZE
    for position in range(len(errors) - 1, -1, -1):
        last = position if errors[position] else last
        following[position] = last
    return following
