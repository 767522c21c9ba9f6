"""TERm's search for shifts in machine code: the numbers of `shifts.py`, which stays its oracle.

A row of plain edit distances is kept as two words of bits, where it rises and where it falls from
place to place (Myers 1999, Hyyrö 2003), from the end of both texts. Three facts make that enough:

- Rows of the hypothesis before a shift's window stay, and so do rows of suffixes after it.
- Rows that are weighted are those of the *original* hypothesis: up to the words that a shifted
  hypothesis shares with it. So no weighted row is ever computed for a shift.
- All rows after them cost 1. The distance is the least sum, over the places, of the last row
  before them and of the suffix's row. The step between the two is taken cell by cell, because
  steps along a weighted row cost more.

Import this module by `evaluator.metrics.kernels` only: it compiles, or reads what was compiled.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from evaluator.metrics.wmt21.shifts import Edits, cells_allowed, number_words
from evaluator.metrics.wmt21.terms import Tokens

Array = NDArray[Any]
BITS = 64
ONE = np.uint64(1)
ZERO = np.uint64(0)
LAST = np.uint64(63)

compiled = njit(cache=True)  # what `search` calls


@compiled
def _step(equal: Array, word: int, row: Array) -> None:
    """Make the row [blocks, rises or falls] that of a suffix a word longer; lowest bit = last."""
    carry_up, carry_down = ONE, ZERO  # the first column grows by 1 for each word
    for block in range(equal.shape[1]):
        rise, fall, same = row[block, 0], row[block, 1], equal[word, block]
        vertical = same | fall
        same |= carry_down
        horizontal = (((same & rise) + rise) ^ rise) | same
        up = fall | ~(horizontal | rise)
        down = rise & horizontal
        shifted_up = (up << ONE) | carry_up
        shifted_down = (down << ONE) | carry_down
        carry_up, carry_down = up >> LAST, down >> LAST
        row[block, 0] = shifted_down | ~(vertical | shifted_up)
        row[block, 1] = shifted_up & vertical


@compiled
def _fill_rows(
    rows: Array, words: Array, reference: Array, heavy: Array, shared: int, first: int
) -> None:
    """Compute the distances of prefixes from row `first` + 1 on; weighted up to row `shared`."""
    for n in range(first, len(words)):
        word, before, row = words[n], rows[n], rows[n + 1]
        left = before[0] + 1
        row[0] = left
        for j in range(len(reference)):
            cost = heavy[j] if n < shared else 1
            below = heavy[j + 1] if n < shared else 1
            left = min(left + cost, before[j] + (0 if word == reference[j] else cost))
            left = min(left, before[j + 1] + below)
            row[j + 1] = left


@compiled
def _count_shared(words: Array, original: Array) -> int:
    for n in range(len(words)):
        if words[n] != original[n]:
            return n
    return len(words)


@compiled
def _list_shifts(words: Array, reference: Array, heads: Array, links: Array, out: Array) -> Any:
    """Write shifts [first, middle, last] while there is room; return their number and rows.

    A shift turns the window [first, last) so that it begins with the word at `middle`. `heads`
    and `links` lead through a word's places in the reference, from the last to the first.
    """
    many = len(words)
    runs = np.zeros(len(reference) + 1, np.int64)  # of the word after, by place
    new = np.zeros(len(reference) + 1, np.int64)
    count = rows = 0
    for start in range(many - 1, -1, -1):
        at = heads[words[start]]
        while at >= 0:
            length = runs[at + 1] + 1
            new[at] = length
            # Beyond the end of the rest a run is appended; where that moves nothing, no shift.
            target = min(at, many - length)
            if at != start and target != start:
                first, last = min(start, target), max(start, target) + length
                if count < len(out):
                    out[count, 0], out[count, 2] = first, last
                    out[count, 1] = start if target < start else start + length
                count += 1
                rows += last - first
            at = links[at]
        if start + 1 < many:
            at = heads[words[start + 1]]
            while at >= 0:
                runs[at] = 0
                at = links[at]
        runs, new = new, runs
    return count, rows


@compiled
def _word_after(words: Array, first: int, middle: int, last: int, at: int) -> Any:
    """Return the word that a shift puts at a place."""
    if first <= at < last:
        at += middle - first
        at -= last - first if at >= last else 0
    return words[at]


@compiled
def _is_greater(words: Array, shifts: Array, this: int, other: int) -> bool:
    """Return whether a shift gives a greater word list than another."""
    first, middle, last = shifts[this, 0], shifts[this, 1], shifts[this, 2]
    from_, by, to = shifts[other, 0], shifts[other, 1], shifts[other, 2]
    for at in range(min(first, from_), max(last, to)):
        word = _word_after(words, first, middle, last, at)
        against = _word_after(words, from_, by, to, at)
        if word != against:
            return word > against  # type: ignore[no-any-return]
    return False


@compiled
def _join(rows: Array, top: int, equal: Array, word: int, suffix: Array, after: Any) -> int:
    """Return the least sum of row `top` and of the suffix's row, with `word` between them.

    The suffix's distances are `after` for no word of the reference, and so on by its bits.
    """
    place = rows.shape[1] - 1
    least = rows[top, place] + after + 1
    for block in range(equal.shape[1]):
        rise, fall, differs = suffix[block, 0], suffix[block, 1], ~equal[word, block]
        for _ in range(min(BITS, place)):
            place -= 1
            substituted = after + np.int64(differs & ONE)
            after += np.int64(rise & ONE) - np.int64(fall & ONE)
            least = min(least, rows[top, place] + min(substituted, after + 1))
            rise, fall, differs = rise >> ONE, fall >> ONE, differs >> ONE
    return least  # type: ignore[no-any-return]


@compiled
def _measure(
    shift: Any,
    words: Array,
    original: Array,
    shared: int,
    rows: Array,
    original_rows: Array,
    equal: Array,
    suffixes: Array,
    scratch: Array,
) -> int:
    """Return the distance after a shift; `scratch` is the suffix's row of bits."""
    first, middle, last = shift
    many, places = len(words), rows.shape[1] - 1
    top = first
    if shared >= first:
        while top < many and _word_after(words, first, middle, last, top) == original[top]:
            top += 1
        if top == many:  # the original once more: every row is weighted
            return original_rows[top, places]  # type: ignore[no-any-return]
    at = max(last, top + 1)
    for block in range(equal.shape[1]):
        scratch[block, 0], scratch[block, 1] = suffixes[at, block, 0], suffixes[at, block, 1]
    while at > top + 1:
        at -= 1
        _step(equal, _word_after(words, first, middle, last, at), scratch)
    word = _word_after(words, first, middle, last, top)
    if shared >= first:
        return _join(original_rows, top, equal, word, scratch, many - at)
    return _join(rows, top, equal, word, scratch, many - at)


@compiled
def _index(reference: Array, kinds: int) -> Any:
    """Return a word's bits [kinds, blocks], from the last place, and the links between places."""
    places = len(reference)
    equal = np.zeros((kinds, max(1, -(-places // BITS))), np.uint64)
    heads, links = np.full(kinds, -1, np.int64), np.full(places, -1, np.int64)
    for at in range(places):
        from_end = places - 1 - at
        equal[reference[at], from_end // BITS] |= ONE << np.uint64(from_end % BITS)
        links[at] = heads[reference[at]]
        heads[reference[at]] = at
    return equal, heads, links


@njit("UniTuple(int64, 5)(int32[::1], int32[::1], int64[::1], int64)", cache=True)
def search(original: Array, reference: Array, heavy: Array, allowed: int) -> Any:
    """Return shifts, distance, 1 if the search is complete, first distance, and cells.

    Words are numbers in the order of code points, from 0; `heavy` int64 [places + 1] is what each
    place costs in a weighted row, the last for the end of the reference.
    """
    many, places = len(original), len(reference)
    kinds = 1
    for word in original:
        kinds = max(kinds, word + 1)
    for word in reference:
        kinds = max(kinds, word + 1)
    equal, heads, links = _index(reference, kinds)
    original_rows = np.empty((many + 1, places + 1), np.int32)
    original_rows[0] = np.arange(places + 1)
    _fill_rows(original_rows, original, reference, heavy, many, 0)
    suffixes = np.zeros((many + 1, equal.shape[1], 2), np.uint64)
    suffixes[many, :, 0] = ~ZERO
    scratch = np.empty((equal.shape[1], 2), np.uint64)
    words, rows, filled = original.copy(), original_rows, many
    shifts, cells = 0, 0
    distance = first_distance = int(rows[many, places])
    while True:
        count, window = _list_shifts(words, reference, heads, links, np.empty((0, 3), np.int64))
        cells += (2 * many + window) * (places + 1)
        if cells > allowed:
            return shifts, distance, 0, first_distance, cells
        candidates = np.empty((count, 3), np.int64)
        _list_shifts(words, reference, heads, links, candidates)
        for at in range(filled - 1, -1, -1):
            suffixes[at] = suffixes[at + 1]
            _step(equal, words[at], suffixes[at])
        shared = _count_shared(words, original)
        best, least = -1, distance
        for at in range(count):
            shift = candidates[at, 0], candidates[at, 1], candidates[at, 2]
            after = _measure(
                shift, words, original, shared, rows, original_rows, equal, suffixes, scratch
            )
            if after < least or (
                best >= 0 and after == least and _is_greater(words, candidates, at, best)
            ):
                best, least = at, after
        if best < 0:
            return shifts, distance, 1, first_distance, cells
        first, middle, last = candidates[best, 0], candidates[best, 1], candidates[best, 2]
        before = words.copy()
        for at in range(first, last):
            words[at] = _word_after(before, first, middle, last, at)
        if shifts == 0:
            rows = original_rows.copy()
        shifts, distance, filled = shifts + 1, least, last
        _fill_rows(rows, words, reference, heavy, _count_shared(words, original), first)


def find_edits(
    hypothesis: Tokens,
    reference: Tokens,
    weighted: frozenset[int],
    *,
    weight: int = 2,
    max_cells: int | None = None,
) -> Edits:
    """Return what `shifts.find_edits` returns."""
    original, wanted = number_words(hypothesis, reference)
    heavy = np.ones(len(reference) + 1, np.int64)
    heavy[list(weighted)] = weight
    allowed = cells_allowed(len(reference)) if max_cells is None else max_cells
    shifts, distance, is_complete, first_distance, cells = search(original, wanted, heavy, allowed)
    return Edits(shifts, distance, bool(is_complete), first_distance, cells)
