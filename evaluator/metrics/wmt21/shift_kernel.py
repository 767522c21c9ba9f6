"""TERm's search for shifts in machine code: the numbers of `shifts.py`, which stays its oracle.

A row of plain edit distances is kept as two words of bits, where it rises and where it falls from
place to place (Myers 1999, Hyyrö 2003), from the end of both texts. Three facts make that enough:

- Rows of the hypothesis before a shift's window stay, and so do rows of suffixes after it.
- Rows that are weighted are those of the *original* hypothesis: up to the words that a shifted
  hypothesis shares with it. So no weighted row is ever computed for a shift.
- All rows after them cost 1. The distance is the least sum, over the places, of the last row
  before them and of the suffix's row. The step between the two is taken cell by cell, because
  steps along a weighted row cost more.

Only `evaluator.metrics.kernel_compiler` imports this module. Whatever is needed is allocated by
the caller, `compiled_shifts.py`, and nothing here can raise: so the code runs without numba.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.kernel_compiler import carray, compiled, entry, int64

Array = NDArray[Any]
BITS = 64
ONE = np.uint64(1)
ZERO = np.uint64(0)
LAST = np.uint64(63)


class Pair(NamedTuple):
    """A hypothesis with its reference, and room to work in.

    Words are numbers in the order of code points. `kinds` numbers the words of the reference from
    1 on; 0 stands for all others.
    """

    original: Array
    reference: Array
    heavy: Array  # what each place costs in a weighted row; the last for the reference's end
    kinds: Array  # by word
    equal: Array  # [kinds, blocks]: bits of the places that have the word, from the last place
    heads: Array  # by kind, the last place that has the word, or -1
    links: Array  # by place, the place before it with the same word, or -1
    original_rows: Array  # [words + 1, places + 1]: distances of prefixes of the original
    rows: Array  # the same of the current words, once there was a shift
    suffixes: Array  # [words + 1, blocks, rises or falls]: distances of suffixes, plain
    scratch: Array  # [blocks, rises or falls]
    runs: Array  # [2, places + 1]: lengths of runs of equal words, by place
    words: Array  # after the shifts so far
    before: Array  # room for another of it


@compiled
def copy(source: Array, target: Array) -> None:
    """Copy all items; an assignment of arrays could raise."""
    for at in range(source.size):
        target.flat[at] = source.flat[at]


@compiled
def step(equal: Array, kind: int, row: Array) -> None:
    """Make the row [blocks, rises or falls] that of a suffix a word longer; lowest bit = last."""
    carry_up, carry_down = ONE, ZERO  # the first column grows by 1 for each word
    for block in range(equal.shape[1]):
        rise, fall, same = row[block, 0], row[block, 1], equal[kind, block]
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
def fill_rows(pair: Pair, words: Array, rows: Array, shared: int, first: int) -> None:
    """Compute the distances of prefixes from row `first` + 1 on; weighted up to row `shared`.

    Where there are fewer rows than words, each takes the place of the oldest.
    """
    reference, heavy, height = pair.reference, pair.heavy, len(rows)
    for n in range(first, len(words)):
        word, before, row = words[n], rows[n % height], rows[(n + 1) % height]
        left = before[0] + 1
        row[0] = left
        for j in range(len(reference)):
            cost = heavy[j] if n < shared else 1
            below = heavy[j + 1] if n < shared else 1
            left = min(left + cost, before[j] + (0 if word == reference[j] else cost))
            left = min(left, before[j + 1] + below)
            row[j + 1] = left


@compiled
def count_shared(words: Array, original: Array) -> int:
    """Return how many words both begin with."""
    for n in range(len(words)):
        if words[n] != original[n]:
            return n
    return len(words)


@compiled
def word_after(words: Array, shift: Any, at: int) -> Any:
    """Return the word that a shift puts at a place.

    A shift (first, middle, last) turns [first, last) so that it begins with the word at `middle`.
    """
    first, middle, last = shift
    if first <= at < last:
        at += middle - first
        at -= last - first if at >= last else 0
    return words[at]


@compiled
def is_greater(words: Array, shift: Any, other: Any) -> bool:
    """Return whether a shift gives a greater word list than another."""
    for at in range(min(shift[0], other[0]), max(shift[2], other[2])):
        word, against = word_after(words, shift, at), word_after(words, other, at)
        if word != against:
            return word > against  # type: ignore[no-any-return]
    return False


@compiled
def join(row: Array, equal: Array, kind: int, suffix: Array, after: Any) -> Any:
    """Return the least sum of a row and of the suffix's row, with a word between them.

    The suffix's distances are `after` for no word of the reference, and so on by its bits.
    """
    place = len(row) - 1
    least = row[place] + after + 1
    for block in range(equal.shape[1]):
        rise, fall, differs = suffix[block, 0], suffix[block, 1], ~equal[kind, block]
        for _ in range(min(BITS, place)):
            place -= 1
            substituted = after + int64(differs & ONE)
            after += int64(rise & ONE) - int64(fall & ONE)
            least = min(least, row[place] + min(substituted, after + 1))
            rise, fall, differs = rise >> ONE, fall >> ONE, differs >> ONE
    return least


@compiled
def measure(pair: Pair, shared: int, shift: Any) -> Any:
    """Return the distance after a shift."""
    words, original, suffix = pair.words, pair.original, pair.scratch
    first, _, last = shift
    many = len(words)
    top = first
    if shared >= first:
        while top < many and word_after(words, shift, top) == original[top]:
            top += 1
        if top == many:  # the original once more: every row is weighted
            return int64(pair.original_rows[top, len(pair.reference)])
    at = max(last, top + 1)
    copy(pair.suffixes[at], suffix)
    while at > top + 1:
        at -= 1
        step(pair.equal, pair.kinds[word_after(words, shift, at)], suffix)
    kind = pair.kinds[word_after(words, shift, top)]
    rows = pair.original_rows if shared >= first else pair.rows
    return join(rows[top], pair.equal, kind, suffix, many - at)


@compiled
def visit_shifts(pair: Pair, shared: int, least: Any, measures: bool) -> Any:
    """Return the rows of all windows together, the best shift, and its distance.

    The best is none, with a `last` of 0, where no shift is below `least`, or nothing is measured.
    """
    words, many = pair.words, len(pair.words)
    runs, new = pair.runs[0], pair.runs[1]  # of the word after
    runs[:] = 0
    new[:] = 0
    window, best = 0, (0, 0, 0)
    for start in range(many - 1, -1, -1):
        at = int64(pair.heads[pair.kinds[words[start]]])
        while at >= 0:
            length = int64(runs[at + 1]) + 1
            new[at] = length
            # Beyond the end of the rest a run is appended; where that moves nothing, no shift.
            target = min(at, many - length)
            if at != start and target != start:
                first, last = min(start, target), max(start, target) + length
                window += last - first
                if measures:
                    shift = (first, start if target < start else start + length, last)
                    after = measure(pair, shared, shift)
                    if after < least or (
                        best[2] and after == least and is_greater(words, shift, best)
                    ):
                        best, least = shift, after
            at = int64(pair.links[at])
        if start + 1 < many:
            at = pair.heads[pair.kinds[words[start + 1]]]
            while at >= 0:
                runs[at] = 0
                at = pair.links[at]
        runs, new = new, runs
    return window, best, least


@compiled
def index(pair: Pair) -> None:
    """Number the words of the reference, and write down where each of them stands."""
    places, known = len(pair.reference), 0
    pair.heads[0] = -1
    pair.equal[:] = ZERO
    for at in range(places):
        word, from_end = pair.reference[at], places - 1 - at
        if pair.kinds[word] == 0:
            known += 1
            pair.kinds[word] = known
            pair.heads[known] = -1
        kind = pair.kinds[word]
        pair.equal[kind, from_end // BITS] |= ONE << np.uint64(from_end % BITS)
        pair.links[at] = pair.heads[kind]
        pair.heads[kind] = at


@compiled
def search(pair: Pair, allowed: int, result: Array) -> None:
    """Write shifts, distance, 1 if the search is complete, first distance, and cells."""
    words, original, many = pair.words, pair.original, len(pair.words)
    places = len(pair.reference)
    fill_rows(pair, original, pair.original_rows, many, 0)
    distance = first_distance = int64(pair.original_rows[many % len(pair.original_rows), places])
    shifts, cells, filled, is_complete = 0, 0, many, 0
    while True:
        window, _, _ = visit_shifts(pair, int64(0), distance, False)
        cells += (2 * many + window) * (places + 1)
        if cells > allowed:
            break
        for at in range(filled - 1, -1, -1):
            copy(pair.suffixes[at + 1], pair.suffixes[at])
            step(pair.equal, pair.kinds[words[at]], pair.suffixes[at])
        shared = count_shared(words, original)
        _, best, least = visit_shifts(pair, shared, distance, True)
        if best[2] == 0:
            is_complete = 1
            break
        copy(words, pair.before)
        for at in range(best[0], best[2]):
            words[at] = word_after(pair.before, best, at)
        if shifts == 0:
            copy(pair.original_rows, pair.rows)
        shifts, distance, filled = shifts + 1, least, best[2]
        fill_rows(pair, words, pair.rows, count_shared(words, original), best[0])
    result[0], result[1], result[2] = shifts, distance, is_complete
    result[3], result[4] = first_distance, cells


@entry
def kernel(count: int, ints: Any, longs: Any, bits: Any) -> None:
    """Search for the shifts of pair after pair; `compiled_shifts.py` says what is where."""
    shapes, results = carray(longs[0], (count, 5)), carray(longs[1], (count, 5))
    left = carray(longs[2], (1,))
    word = weight = 0
    for number in range(count):
        many, places, height, known, limit = shapes[number]
        blocks = max(1, -(-places // BITS))
        middle, end = word + many, word + many + places
        texts = carray(ints[0], (end,))
        pair = Pair(
            texts[word:middle],
            texts[middle:end],
            carray(longs[3], (weight + places + 1,))[weight:],
            carray(ints[1], (known,)),
            carray(bits[0], (places + 1, blocks)),
            carray(ints[2], (places + 1,)),
            carray(ints[3], (places,)),
            carray(ints[4], (height, places + 1)),
            carray(ints[5], (height, places + 1)),
            carray(bits[1], (many + 1, blocks, 2)),
            carray(bits[2], (blocks, 2)),
            carray(ints[6], (2, places + 1)),
            carray(ints[7], (many,)),
            carray(ints[8], (many,)),
        )
        index(pair)
        copy(pair.original, pair.words)
        for at in range(places + 1):
            pair.original_rows[0, at] = at
        for block in range(blocks):
            pair.suffixes[many, block, 0], pair.suffixes[many, block, 1] = ~ZERO, ZERO
        search(pair, min(limit, left[0]), results[number])
        left[0] = max(left[0] - results[number, 4], 0)
        for at in range(places):
            pair.kinds[pair.reference[at]] = 0
        word, weight = end, weight + places + 1
