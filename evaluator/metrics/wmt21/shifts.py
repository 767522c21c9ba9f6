"""TERm's edits and shifts on a segment: exact integers, all shifts of a step at once.

`shift_kernel.py` has the same search to be compiled.

docs/metrics.md 3 defines it cell by cell. Three facts make it fast without changing a number:

- A cell depends on a prefix of the hypothesis only. A shift leaves the words before its window
  alone, so its rows there are those of the current hypothesis.
- A row is weighted if its prefix is a prefix of the *original* hypothesis; after a row that is
  not, no row is. So rows are weighted up to some row and unit-cost from there on, and where a
  window ends in unit rows the rest is a plain edit distance between suffixes, the same for all
  shifts.
- Within a row D[j] = min(c[j], D[j-1] + w(j-1)) is a running minimum of c - W, plus W, W the
  cumulative weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.wmt21.terms import Tokens

Integers = NDArray[np.int32]
Indexes = NDArray[np.intp]

WEIGHT = 2  # of the positions of terms
# Cells of the edit distance that a search may cost, all its shifts together. A translation has
# about as many words as its reference, so its cost grows with the fourth power of their number
# (pairs x rows x places). On the 3,071 segments of the WMT21 sample no search needs more than
# 6.5 million (references up to 100 words), 22 million (up to 200) or 308 million (the longest,
# 318 words), a sixth of what is allowed. What needs more repeats words by the hundred: the search
# then stops with the shifts it has made, and the score's details count it.
CELLS = 50_000_000
CELLS_DIVISOR = 5
# And what all searches of an entry may cost together, a segment: the sum over the WMT21 samples
# is a tenth of it at most. A file of mere repetitions would otherwise take a worker's day.
ENTRY_CELLS = 1_000_000
CHUNK = 2_000_000  # array elements worked on at once: bounds memory to some tens of MB


class Pair(NamedTuple):
    """A hypothesis, its reference, and the positions in it that weigh more."""

    hypothesis: Tokens
    reference: Tokens
    weighted: frozenset[int]


@dataclass(frozen=True, slots=True)
class Edits:
    """What it takes to turn a hypothesis into its reference."""

    shifts: int
    distance: int  # after the shifts
    is_complete: bool  # False: the search for shifts was stopped at its limit
    first_distance: int  # before any shift
    cells: int  # what the search cost


@dataclass(frozen=True, slots=True)
class _Shifts:
    """Candidates, a row each: a run moves, everything outside [first, last) stays."""

    start: Indexes
    target: Indexes
    length: Indexes

    @property
    def first(self) -> Indexes:
        return np.minimum(self.start, self.target)

    @property
    def last(self) -> Indexes:
        return np.maximum(self.start, self.target) + self.length

    def part(self, chosen: slice) -> _Shifts:
        return _Shifts(self.start[chosen], self.target[chosen], self.length[chosen])

    def apply(self, words: Integers) -> Integers:
        """Return int32 [candidates, words]: the hypothesis after each shift."""
        place = np.arange(len(words))
        start, target, length = self.start[:, None], self.target[:, None], self.length[:, None]
        in_run = (place >= target) & (place < target + length)
        # What a run leaps over moves by the run's length, the other way.
        after = (place >= start) & (place < target)
        before = (place >= target + length) & (place < start + length)
        origin = place + np.where(after, length, 0) - np.where(before, length, 0)
        return words[np.where(in_run, place - target + start, origin)]


class _Costs:
    """A reference with the cost of each of its places, for unit and for weighted rows."""

    def __init__(self, reference: Integers, weighted: frozenset[int], weight: int) -> None:
        self.reference = reference
        unit = np.ones(len(reference) + 1, dtype=np.int32)
        heavy = unit.copy()
        heavy[list(weighted)] = weight
        self.weights = np.stack([unit, heavy])  # [unit or weighted, places]; the last is the end
        cumulative = np.cumsum(self.weights[:, :-1], axis=1, dtype=np.int32)
        self.cumulative = np.concatenate([np.zeros((2, 1), dtype=np.int32), cumulative], axis=1)

    def next_rows(self, rows: Integers, words: Integers, number: int, kind: Indexes) -> Integers:
        """Extend rows [c, m + 1] by a word each; `kind` 1 is weighted, 0 unit."""
        kinds: Indexes | int = kind if kind.any() else 0
        weights, cumulative = self.weights[kinds], self.cumulative[kinds]
        best = rows + weights
        best[:, 0] = number
        change = (words[:, None] != self.reference) * weights[..., :-1]
        np.minimum(best[:, 1:], rows[:, :-1] + change, out=best[:, 1:])
        best -= cumulative
        np.minimum.accumulate(best, axis=1, out=best)
        best += cumulative
        return best


def cells_allowed(reference_length: int) -> int:
    """Return the limit on a search; only the reference decides it, never the participant."""
    return CELLS + reference_length**4 // CELLS_DIVISOR


def entry_cells_allowed(reference_lengths: Iterable[int]) -> int:
    """Return the limit on all searches of an entry; only the test set decides it."""
    return sum(ENTRY_CELLS + length**4 // CELLS_DIVISOR for length in reference_lengths)


def find_all(pairs: Iterable[Pair], left: int, *, weight: int = WEIGHT) -> list[Edits]:
    """Return the edits of each pair; `left` are the cells that all may cost together."""
    edits = []
    for pair in pairs:
        allowed = min(cells_allowed(len(pair.reference)), left)
        edits.append(find_edits(*pair, weight=weight, max_cells=allowed))
        left = max(left - edits[-1].cells, 0)
    return edits


def find_edits(
    hypothesis: Tokens,
    reference: Tokens,
    weighted: frozenset[int],
    *,
    weight: int = WEIGHT,
    max_cells: int | None = None,
) -> Edits:
    """Shift greedily while it helps; `weighted` are the reference's positions that cost `weight`.

    Each step takes the greatest gain, among equals the greatest word list by code points.
    """
    original, wanted = _number_words(hypothesis, reference)
    allowed = cells_allowed(len(reference)) if max_cells is None else max_cells
    costs = _Costs(wanted, weighted, weight)
    current, shifts, cells = original, 0, 0
    prefix = _prefix_rows(current, original, costs)
    first_distance = distance = int(prefix[-1, -1])
    while True:
        candidates = _list_shifts(current, costs.reference)
        rows = 2 * len(current) + int((candidates.last - candidates.first).sum())
        cells += rows * (len(reference) + 1)
        if cells > allowed:
            return Edits(shifts, distance, False, first_distance, cells)
        best = _find_best(candidates, current, original, prefix, costs)
        if best is None or best[0] >= distance:
            return Edits(shifts, distance, True, first_distance, cells)
        distance, current = best
        shifts += 1
        prefix = _prefix_rows(current, original, costs)


def _number_words(hypothesis: Tokens, reference: Tokens) -> tuple[Integers, Integers]:
    """Return both texts' words by number, in the order of code points.

    So lists of numbers compare as lists of words do.
    """
    numbers = {word: n for n, word in enumerate(sorted({*hypothesis, *reference}))}
    return (
        np.array([numbers[word] for word in hypothesis], dtype=np.int32),
        np.array([numbers[word] for word in reference], dtype=np.int32),
    )


def _list_shifts(words: Integers, reference: Integers) -> _Shifts:
    """Return every pair of equal words at different places, with the longest run to the right."""
    runs = np.zeros((len(words) + 1, len(reference) + 1), dtype=np.intp)
    equal = words[:, None] == reference
    for row in range(len(words) - 1, -1, -1):
        runs[row, :-1] = (runs[row + 1, 1:] + 1) * equal[row]
    start, target = np.nonzero(runs)
    length = runs[start, target]
    elsewhere = start != target
    start, target, length = start[elsewhere], target[elsewhere], length[elsewhere]
    # Inserting beyond the end of the rest appends; where that changes nothing nothing is gained.
    target = np.minimum(target, len(words) - length)
    moves = start != target
    return _Shifts(start[moves], target[moves], length[moves])


def _shared(words: Integers, original: Integers) -> Indexes:
    """Return how long a prefix each row of `words` [c, n] shares with the original."""
    if not len(original):
        return np.zeros(len(words), dtype=np.intp)
    differs = words != original
    return np.where(differs.any(axis=1), differs.argmax(axis=1), len(original))


def _prefix_rows(words: Integers, original: Integers, costs: _Costs) -> Integers:
    """Return all rows [n + 1, m + 1] of the distance between prefixes."""
    unit, heavy = costs.weights.tolist()
    reference = costs.reference.tolist()
    shared = int(_shared(words[None], original)[0])
    rows = [list(range(len(unit)))]
    for n, word in enumerate(words.tolist()):
        rows.append(_next_row(rows[n], word, reference, heavy if n < shared else unit))
    return np.array(rows, dtype=np.int32)


def _next_row(row: list[int], word: int, reference: list[int], weights: list[int]) -> list[int]:
    """Return a row by the definition itself: for one row this is five times as fast as NumPy."""
    left = row[0] + 1
    new = [left]
    for j, other in enumerate(reference):
        cost = weights[j]
        left += cost
        substituted = row[j] if word == other else row[j] + cost
        if substituted < left:
            left = substituted
        deleted = row[j + 1] + weights[j + 1]
        if deleted < left:
            left = deleted
        new.append(left)
    return new


def _find_best(
    candidates: _Shifts, current: Integers, original: Integers, prefix: Integers, costs: _Costs
) -> tuple[int, Integers] | None:
    """Return the smallest distance and its word list, the greatest of several; else None."""
    if not len(candidates.start):
        return None
    reference = costs.reference[::-1].tolist()
    unit = [1] * (len(reference) + 1)
    rows = [list(range(len(unit)))]  # of the plain edit distance between suffixes, from the end
    for n, word in enumerate(current[::-1].tolist()):
        rows.append(_next_row(rows[n], word, reference, unit))
    suffix = np.array(rows, dtype=np.int32)[::-1, ::-1]
    step = max(1, CHUNK // (len(current) + prefix.shape[1]))
    best: tuple[int, list[int]] | None = None
    for at in range(0, len(candidates.start), step):
        part = candidates.part(slice(at, at + step))
        words = part.apply(current)
        distances = _measure(part, words, original, prefix, suffix, costs)
        least = int(distances.min())
        greatest = max(words[distances == least].tolist())
        if best is None or (-least, greatest) > (-best[0], best[1]):
            best = least, greatest
    assert best is not None
    return best[0], np.array(best[1], dtype=np.int32)


def _measure(
    shifts: _Shifts,
    words: Integers,
    original: Integers,
    prefix: Integers,
    suffix: Integers,
    costs: _Costs,
) -> Integers:
    """Return int32 [candidates], each shift's distance: only the window's rows are new."""
    shared, first = _shared(words, original), shifts.first
    # The common suffix holds only after a unit row: after a weighted row go on to the end.
    last = np.where(shared >= shifts.last, len(original), shifts.last)
    rows = prefix[first]
    for n in range(int(first.min()), int(last.max())):
        active = np.flatnonzero((first <= n) & (n < last))
        if len(active):
            kind = (shared[active] > n).astype(np.intp)
            rows[active] = costs.next_rows(rows[active], words[active, n], n + 1, kind)
    # The original: every row is weighted, and there is nothing to add after the last.
    return np.where(shared == len(original), rows[:, -1], (rows + suffix[last]).min(axis=1))
