"""Weighted edit distance within sacrebleu's beam, of a hypothesis and of its shifted versions.

With W the sum of the reference's weights and n hypothesis tokens, the distance is n + W - G, where
the gain G is what is saved on dropping all tokens and writing new ones: 1 for a substitution,
1 + w for a match. So a row of gains is a running maximum, and the first row and column are 0.

A shift rotates a window of the hypothesis. Before it the gains of prefixes stay, after it those
of suffixes, so that a shift costs the rows of its window, and many are computed at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int32]
Indexes = NDArray[np.intp]

BEAM_WIDTH = 25  # reference tokens on each side of the diagonal; sacrebleu's
ROW_WORK = 1_000  # cells that could be computed in the time that a row costs beside its own
NARROW = 4  # a beam so many times narrower than the rows is worth being looked up by places
UNREACHABLE = -(1 << 28)  # the gain of a cell outside the beam


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a shift does: tokens first … last - 1 move left by `by`, those before go after them."""

    first: int
    last: int
    by: int

    @property
    def size(self) -> int:
        """Tokens in the window."""
        return self.last - self.first

    def apply(self, words: Integers) -> Integers:
        """Return the hypothesis after the shift."""
        window = np.roll(words[self.first : self.last], -self.by)
        return np.concatenate((words[: self.first], window, words[self.last :]))


@dataclass(frozen=True, slots=True)
class Alignment:
    """A cheapest way to edit, as sacrebleu traces it."""

    at: list[int]  # per reference token: its hypothesis token, or the last before it, or -1
    reference_errors: list[bool]  # per reference token: substituted or omitted
    hypothesis_errors: list[bool]  # per hypothesis token: substituted or superfluous


def beam(words: int, wanted: int) -> list[tuple[int, int]]:
    """Return per row 0 … words the first column in the beam and the first after it.

    Columns are 0 … wanted; the first row has all. Each row's beam meets that of the row before.
    """
    ratio = wanted / words if words else 1.0
    width = math.ceil(ratio / 2 + BEAM_WIDTH) if ratio / 2 > BEAM_WIDTH else BEAM_WIDTH
    diagonal = (math.floor(row * ratio) for row in range(1, words + 1))
    rows = ((max(0, at - width), min(wanted + 1, at + width)) for at in diagonal)
    return [(0, wanted + 1), *rows]


def distance(words: Integers, wanted: Integers, costs: Integers) -> int:
    """Return the weighted distance, in memory for one row: for pairs too long for shifts."""
    rows = beam(len(words), len(wanted))
    tokens, extra = (np.concatenate(([0], array)) for array in (wanted, costs))
    row = np.full(len(wanted) + 2, UNREACHABLE, dtype=np.int32)  # column j is in row[j + 1]
    row[1 : rows[:2][-1][1] + 1] = 0  # of the first row, what the second looks at
    for word, (first, end) in zip(words, rows[1:], strict=True):
        match = (tokens[first:end] == word) * extra[first:end]
        best = np.maximum(row[first + 1 : end + 1], row[first:end] + 1 + match)
        np.maximum.accumulate(best, out=row[first + 1 : end + 1])
        row[first] = UNREACHABLE  # the only cell of older rows that the next row may look at
    return len(words) + int(costs.sum()) - int(row[-1])


class Gains:
    """The gains of all prefixes and all suffixes of a hypothesis, while it is being shifted.

    The first j reference tokens belong to column j + 1 of `prefixes`, those after them to column
    j of `suffixes`; the column that is left over stays out of reach.
    """

    def __init__(self, words: Integers, wanted: Integers, costs: Integers) -> None:
        self.words = words
        self.work = 0  # cells computed, or the time for as many
        self._worst = len(words) + int(costs.sum())
        self._beam = beam(len(words), len(wanted))
        self._width = max((end - first for first, end in self._beam[1:]), default=1)
        self._is_narrow = self._width * NARROW < len(wanted)
        self._table = _table(wanted, costs)
        self._clip = None if self._is_narrow else _clip(self._beam, len(wanted) + 1)
        shape = len(words) + 1, len(wanted) + 2
        self._prefixes = np.full(shape, UNREACHABLE, dtype=np.int32)
        self._prefixes[0, 1:] = 0
        self._suffixes = np.full(shape, UNREACHABLE, dtype=np.int32)
        self._suffixes[-1, slice(*self._beam[-1])] = 0
        self._fill(0, len(words))

    @property
    def distance(self) -> int:
        """Weighted distance of the hypothesis as it is now."""
        return self._worst - int(self._prefixes[-1, -1])

    def cost(self, rotations: Sequence[Rotation]) -> int:
        """What `after` adds to `work`."""
        sizes = [rotation.size for rotation in rotations]
        cells = self._width * NARROW if self._is_narrow else self._prefixes.shape[1]
        return sum(sizes) * cells + max(sizes) * ROW_WORK

    def after(self, rotations: Sequence[Rotation]) -> list[int]:
        """Return by how much each of the shifts would lower the distance, each by itself."""
        self.work += self.cost(rotations)
        order = sorted(range(len(rotations)), key=lambda at: -rotations[at].size)
        firsts, lasts, bys = np.array(
            [(rotations[at].first, rotations[at].last, rotations[at].by) for at in order]
        ).T
        look = self._after_in_beam if self._is_narrow else self._after_in_rows
        reached = look(firsts, lasts, bys)
        by_place = np.empty(len(order), dtype=np.int64)
        by_place[order] = reached - self._prefixes[-1, -1]
        return [int(gain) for gain in by_place]

    def _after_in_beam(self, firsts: Indexes, lasts: Indexes, bys: Indexes) -> NDArray[np.int32]:
        """Return the gains after each shift; of each row only the columns of its beam.

        Column i of `gains` is the beam's column i - 1; before it, and after the beam's end, all is
        out of reach, but for the first row, whose columns are taken as the second row needs them.
        """
        starts, ends = np.array([self._beam[min(1, len(self.words))], *self._beam[1:]]).T
        sizes, width, last_column = lasts - firsts, self._width, self._suffixes.shape[1] - 2
        inner, outer = np.arange(width), np.arange(width + 1)
        room = width + 1 + int(np.diff(starts).max(initial=0))  # the beam moves on to the right
        gains = np.full((len(firsts), room), UNREACHABLE, dtype=np.int32)
        before = np.minimum(starts[firsts][:, None] + outer, last_column + 1)
        gains[:, : width + 1] = self._prefixes[firsts[:, None], before]
        for step in range(sizes[0]):
            active = np.searchsorted(-sizes, -step)
            row = firsts[:active] + step
            tokens = self.words[firsts[:active] + (step + bys[:active]) % sizes[:active]]
            moved = (starts[row + 1] - starts[row])[:, None]
            old = np.take_along_axis(gains[:active], moved + outer, axis=1)
            columns = starts[row + 1][:, None] + inner
            best = old[:, :-1] + self._table[tokens[:, None], np.minimum(columns, last_column)]
            np.maximum(best, old[:, 1:], out=best)
            np.maximum.accumulate(best, axis=1, out=best)
            best[columns >= ends[row + 1][:, None]] = UNREACHABLE
            gains[:active, 0] = UNREACHABLE
            gains[:active, 1 : width + 1] = best
        columns = np.minimum(starts[lasts][:, None] + inner, last_column)
        reached: NDArray[np.int32] = (
            gains[:, 1 : width + 1] + self._suffixes[lasts[:, None], columns]
        )
        return reached.max(axis=1)  # type: ignore[no-any-return]

    def _after_in_rows(self, firsts: Indexes, lasts: Indexes, bys: Indexes) -> NDArray[np.int32]:
        """Return the gains after each shift, from whole rows: faster where they are short."""
        sizes = lasts - firsts
        gains = self._prefixes[firsts]
        for step in range(sizes[0]):
            active = np.searchsorted(-sizes, -step)  # windows larger than `step` come first
            begin = firsts[:active]
            tokens = self.words[begin + (step + bys[:active]) % sizes[:active]]
            best = gains[:active, :-1] + self._table[tokens, :-1]
            np.maximum(best, gains[:active, 1:], out=best)
            out = gains[:active, 1:]
            if self._clip is None:
                np.maximum.accumulate(best, axis=1, out=out)
                continue
            clip = self._clip[begin + step + 1]  # gains run on within each row's beam
            np.maximum.accumulate(np.minimum(best, clip, out=best), axis=1, out=out)
            np.minimum(out, clip, out=out)
        reached: NDArray[np.int32] = gains[:, 1:] + self._suffixes[lasts, :-1]
        return reached.max(axis=1)  # type: ignore[no-any-return]

    def apply(self, rotation: Rotation) -> None:
        """Shift the hypothesis."""
        self.words = rotation.apply(self.words)
        self._fill(rotation.first, rotation.last)

    def _fill(self, first: int, last: int) -> None:
        """Compute all rows of prefixes from `first` + 1 on, of suffixes from `last` - 1 back."""
        for row in range(first + 1, len(self.words) + 1):
            start, end = self._beam[row]
            before, table = self._prefixes[row - 1], self._table[self.words[row - 1]]
            best = before[start:end] + table[start:end]
            np.maximum(best, before[start + 1 : end + 1], out=best)
            np.maximum.accumulate(best, out=self._prefixes[row, start + 1 : end + 1])
        for row in range(last - 1, -1, -1):
            start, end = self._beam[row]
            following, table = self._suffixes[row + 1], self._table[self.words[row]]
            best = following[start + 1 : end + 1] + table[start + 1 : end + 1]
            np.maximum(best, following[start:end], out=best)
            np.maximum.accumulate(best[::-1], out=self._suffixes[row, start:end][::-1])
        rows = len(self.words) - first + last
        self.work += rows * (self._width + ROW_WORK)

    def align(self) -> Alignment:
        """Trace back: a match or substitution goes before a superfluous token, that before none."""
        row, column = len(self.words), self._prefixes.shape[1] - 2
        alignment = Alignment([-1] * column, [True] * column, [True] * row)
        while column:
            here = self._prefixes[row, column + 1]
            gain = self._table[self.words[row - 1], column] if row else 0
            if row and self._prefixes[row - 1, column] + gain == here:
                is_error = bool(gain == 1)
                row, column = row - 1, column - 1
                alignment.at[column] = row
                alignment.reference_errors[column] = alignment.hypothesis_errors[row] = is_error
            elif row and self._prefixes[row - 1, column + 1] == here:
                row -= 1
            else:
                column -= 1
                alignment.at[column] = row - 1
        return alignment


def _table(wanted: Integers, costs: Integers) -> Integers:
    """Gains of each word id against each reference token: int32 [ids, tokens + 2].

    Id 0 is no word of the reference. Token j is in column j + 1; the outer two go unused.
    """
    table = np.ones((int(wanted.max(initial=0)) + 1, len(wanted) + 2), dtype=np.int32)
    table[wanted, np.arange(1, len(wanted) + 1)] += costs
    return table


def _clip(rows: list[tuple[int, int]], columns: int) -> Integers | None:
    """Return upper bounds of gains, per row and column; None if the beam never ends inside."""
    if all(row == (0, columns) for row in rows):
        return None
    clip = np.full((len(rows), columns), UNREACHABLE, dtype=np.int32)
    for row, (first, end) in enumerate(rows):
        clip[row, first:end] = -UNREACHABLE
    return clip
