"""Term TER's search for shifts in machine code: the numbers of `edits.py`, which stays its oracle.

It does what `edits.py` and `gains.py` do, a cell after the other, with their names. All that
differs: a shift's rows are computed for it alone, and within the beam only.

Only `evaluator.metrics.kernel_compiler` imports this module. Whatever is needed is allocated by
the caller, `compiled_edits.py`, and nothing here can raise: so the code runs without numba.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from numpy.typing import NDArray

from evaluator.metrics.kernel_compiler import carray, compiled, entry, int64
from evaluator.metrics.term.edits import (
    MAX_SHIFT_CANDIDATES,
    MAX_SHIFT_DISTANCE,
    MAX_SHIFT_SIZE,
    PAIR_WORK,
)
from evaluator.metrics.term.gains import BEAM_WIDTH, NARROW, ROW_WORK, UNREACHABLE

Array = NDArray[Any]
MOST_CELLS = 1_000_000  # of a pair for which to compute the gain without the beam is worth it


class Pair(NamedTuple):
    """A hypothesis with its reference, and room to work in. Words are numbers."""

    words: Array  # of the hypothesis, after the shifts so far
    wanted: Array  # of the reference
    costs: Array  # of each
    heads: Array  # by word, its first place in the reference, or -1
    links: Array  # by place, the next with the same word, or -1
    table: Array  # [heads + 1, places + 2]: gains of a word; token j is in column j + 1, most in 0
    beam: Array  # [words + 1, first column or the first after it]
    prefixes: Array  # [words + 1, places + 2]: gains; j tokens are in column j + 1
    suffixes: Array  # the same; those after j tokens are in column j
    row: Array  # [places + 2], as a row of prefixes
    at: Array  # by place: its hypothesis token, or the last before it, or -1
    word_error: Array  # by word, the next error at it or after it
    wanted_error: Array
    shifts: Array  # [MAX_SHIFT_CANDIDATES, length, start or target]
    seen: Array  # [MAX_SHIFT_SIZE, targets]: the last start that has such a shift, + 1
    before: Array  # room for another hypothesis
    best: Array  # room for a row


@compiled
def draw_beam(pair: Pair) -> int:
    """Write each row's columns, and return the most of a row; see `gains.beam`."""
    words, wanted, beam = len(pair.words), len(pair.wanted), pair.beam
    ratio = wanted / words if words else 1.0
    width = BEAM_WIDTH
    if ratio / 2 > BEAM_WIDTH:
        width = math.ceil(ratio / 2 + BEAM_WIDTH)
    beam[0, 0], beam[0, 1] = 0, wanted + 1
    widest = 0 if words else 1
    for row in range(1, words + 1):
        middle = math.floor(row * ratio)
        beam[row, 0], beam[row, 1] = max(0, middle - width), min(wanted + 1, middle + width)
        widest = max(widest, beam[row, 1] - beam[row, 0])
    return widest


@compiled
def advance(pair: Pair, above: Array, row: Array, number: int, word: Any) -> None:
    """Compute row `number` of prefixes, which a word makes of the row above; in place, too."""
    first, end, best = pair.beam[number, 0], pair.beam[number, 1], pair.best
    gains = pair.table[pair.heads[word] + 1]
    for column in range(first, end):  # by itself, so that a processor takes several at once
        best[column] = max(above[column] + gains[column], above[column + 1])
    most = UNREACHABLE
    for column in range(first, end):
        most = max(most, best[column])
        row[column + 1] = most
    row[first] = UNREACHABLE  # in place: all that the next row may look at of older rows


@compiled
def fill_prefixes(pair: Pair, first: int) -> None:
    """Compute rows from `first` + 1 on."""
    for number in range(first + 1, len(pair.words) + 1):
        above, row = pair.prefixes[number - 1], pair.prefixes[number]
        advance(pair, above, row, number, pair.words[number - 1])


@compiled
def fill_suffixes(pair: Pair, last: int) -> None:
    """Compute rows from `last` - 1 back."""
    for number in range(last - 1, -1, -1):
        row, following, word = pair.suffixes[number], pair.suffixes[number + 1], pair.words[number]
        first, end = pair.beam[number, 0], pair.beam[number, 1]
        gains, best = pair.table[pair.heads[word] + 1], UNREACHABLE
        for column in range(end - 1, first - 1, -1):
            gained = following[column + 1] + gains[column + 1]
            best = max(best, max(gained, following[column]))
            row[column] = best


@compiled
def measure(pair: Pair, first: int, last: int, by: int) -> Any:
    """Return the gain of the whole hypothesis after a rotation."""
    row, prefix, suffix = pair.row, pair.prefixes[first], pair.suffixes[last]
    begin, end = pair.beam[first, 0], pair.beam[last, 1]
    for column in range(begin, end + 1):
        row[column] = prefix[column]
    size = last - first
    for step in range(size):
        advance(pair, row, row, first + step + 1, pair.words[first + (step + by) % size])
    best = UNREACHABLE
    for column in range(pair.beam[last, 0], end):
        best = max(best, row[column + 1] + suffix[column])
    return best


@compiled
def align(pair: Pair) -> None:
    """Trace back, and write where reference tokens stand and which tokens are errors."""
    row, column = len(pair.words), len(pair.wanted)
    for number in range(row):
        pair.word_error[number] = 1
    while column:
        here = pair.prefixes[row, column + 1]
        gain = pair.table[pair.heads[pair.words[row - 1]] + 1, column] if row else 0
        if row and pair.prefixes[row - 1, column] + gain == here:
            row, column = row - 1, column - 1
            pair.at[column] = row
            pair.wanted_error[column] = pair.word_error[row] = 1 if gain == 1 else 0
        elif row and pair.prefixes[row - 1, column + 1] == here:
            row -= 1
        else:
            column -= 1
            pair.at[column], pair.wanted_error[column] = row - 1, 1
    find_next(pair.word_error)
    find_next(pair.wanted_error)


@compiled
def find_next(errors: Array) -> None:
    """Replace each mark by the position of the next error; far off if none follows."""
    last = len(errors) + MAX_SHIFT_SIZE
    for position in range(len(errors) - 1, -1, -1):
        last = position if errors[position] else last
        errors[position] = last


@compiled
def list_shifts(pair: Pair, limit: int) -> Any:
    """Write the different shifts; return them, sacrebleu's count, and the equal tokens seen."""
    known = count = pairs = 0
    most = len(pair.wanted) + MAX_SHIFT_DISTANCE
    for length in range(MAX_SHIFT_SIZE):
        for target in range(len(pair.words) + 1):
            pair.seen[length, target] = 0
    for start in range(min(len(pair.words), most)):
        if pair.word_error[start] >= start + MAX_SHIFT_SIZE:
            continue
        place = int64(pair.heads[pair.words[start]])
        while 0 <= place <= start + MAX_SHIFT_DISTANCE:
            if place >= start - MAX_SHIFT_DISTANCE:
                pairs += 1
                known, more = list_targets(pair, start, place, known, limit - count)
                count += more
                if count >= limit:
                    return known, count, pairs
            place = int64(pair.links[place])
    return known, count, pairs


@compiled
def list_targets(pair: Pair, start: int, place: int, known: int, limit: int) -> Any:
    """Write where runs from `start` and `place` could go; return all shifts so far, and a count."""
    words, wanted, at = pair.words, pair.wanted, pair.at
    shortest = max(pair.word_error[start] - start, pair.wanted_error[place] - place) + 1
    longest = min(MAX_SHIFT_SIZE, min(len(words) - start, len(wanted) - place))
    if at[place] >= start:
        longest = min(longest, at[place] - start)
    count = 0
    for length in range(1, longest + 1):
        if words[start + length - 1] != wanted[place + length - 1]:
            break
        if length < shortest:
            continue
        last = at[place - 1] if place else -1
        for number in range(-1, length):
            stands = last if number < 0 else at[place + number]
            if number >= 0 and stands == last:
                continue
            last, target = stands, stands + 1
            count += 1
            if pair.seen[length - 1, target] != start + 1:
                pair.seen[length - 1, target] = start + 1
                if known < MAX_SHIFT_CANDIDATES:
                    shift = pair.shifts[known]
                    shift[0], shift[1], shift[2] = length, start, target
                    known += 1
        if count >= limit:
            break
    return known, count


@compiled
def rotate(words: int, shift: Array) -> Any:
    """Return the window [first, last) that a shift changes, and by how many it moves left."""
    length, start, target = int64(shift[0]), int64(shift[1]), int64(shift[2])
    if target < start:
        return target, start + length, start - target
    end = target if target > start + length else min(target + length, words)
    return start, end, length


@compiled
def is_before(shift: Array, other: Array) -> bool:
    """Return whether sacrebleu takes a shift rather than another of equal gain."""
    if shift[0] != other[0]:
        return shift[0] > other[0]  # type: ignore[no-any-return]
    if shift[1] != other[1]:
        return shift[1] < other[1]  # type: ignore[no-any-return]
    return shift[2] < other[2]  # type: ignore[no-any-return]


@compiled
def measure_worst(pair: Pair) -> int:
    """Return the distance where nothing is gained: all tokens are dropped, and all new."""
    worst = len(pair.words)
    for cost in pair.costs:
        worst += cost
    return worst


@compiled
def measure_slack(pair: Pair) -> Any:
    """Return by how much the beam keeps the gain of the whole hypothesis down.

    No shift gains more than that and what the moved tokens can gain: to leave these out gains
    nothing.
    """
    row, best, places = pair.row, pair.best, len(pair.wanted)
    if places + 1 <= pair.beam[1, 1] and pair.beam[len(pair.words), 0] == 0:
        return 0  # all rows have all columns
    if len(pair.words) * places > MOST_CELLS:
        return -UNREACHABLE
    row[0] = UNREACHABLE
    for column in range(places + 1):
        row[column + 1] = 0
    for word in pair.words:
        gains, most = pair.table[pair.heads[word] + 1], UNREACHABLE
        for column in range(places + 1):
            best[column] = max(row[column] + gains[column], row[column + 1])
        for column in range(places + 1):
            most = max(most, best[column])
            row[column + 1] = most
    return row[places + 1] - pair.prefixes[len(pair.words), places + 1]


@compiled
def find_best(pair: Pair, known: int) -> Any:
    """Return the best of the shifts, and by how much it lowers the distance."""
    now = pair.prefixes[len(pair.words), len(pair.wanted) + 1]
    slack = measure_slack(pair)
    best, most = -1, int64(0)
    for length in range(MAX_SHIFT_SIZE, 0, -1):  # long runs gain most, and leave others out
        for number in range(known):
            shift = pair.shifts[number]
            if shift[0] != length:
                continue
            bound = int64(slack)
            for at in range(shift[1], shift[1] + length):
                bound += pair.table[pair.heads[pair.words[at]] + 1, 0]
            if bound < most:
                continue
            first, last, by = rotate(len(pair.words), shift)
            gained = measure(pair, first, last, by) - now
            if gained > most or (
                best >= 0 and gained == most and is_before(shift, pair.shifts[best])
            ):
                best, most = number, gained
    return best, most


@compiled
def search(pair: Pair, width: int, max_work: int, result: Array) -> None:
    """Take the best shift until none gains; write shifts, distance, 1 if complete."""
    words, many, places = pair.words, len(pair.words), len(pair.wanted)
    cells = width * NARROW if width * NARROW < places else places + 2
    fill_prefixes(pair, 0)
    fill_suffixes(pair, many)
    work = 2 * many * (width + ROW_WORK)
    worst = measure_worst(pair)
    checked = shifts = 0
    result[2] = 1
    while worst - pair.prefixes[many, places + 1]:
        align(pair)
        known, count, pairs = list_shifts(pair, MAX_SHIFT_CANDIDATES - checked)
        checked += count
        work += pairs * PAIR_WORK
        if known == 0 or checked >= MAX_SHIFT_CANDIDATES:
            break  # at its limit sacrebleu forgets the shift that it was about to make
        sizes = longest = 0
        for number in range(known):
            first, last, _ = rotate(many, pair.shifts[number])
            sizes, longest = sizes + last - first, max(longest, last - first)
        work += sizes * cells + longest * ROW_WORK
        if work > max_work:
            result[2] = 0
            break
        best, gained = find_best(pair, known)
        if gained <= 0:
            break
        first, last, by = rotate(many, pair.shifts[best])
        for at in range(first, last):
            pair.before[at] = words[at]
        for step in range(last - first):
            words[first + step] = pair.before[first + (step + by) % (last - first)]
        fill_prefixes(pair, first)
        fill_suffixes(pair, last)
        work += (many - first + last) * (width + ROW_WORK)
        shifts += 1
    result[0], result[1] = shifts, worst - pair.prefixes[many, places + 1]


@compiled
def measure_only(pair: Pair, result: Array) -> None:
    """Write the distance of a pair that is too long for shifts."""
    row, places = pair.row, len(pair.wanted)
    row[0] = UNREACHABLE
    for column in range(places + 1):
        row[column + 1] = 0
    if len(pair.words):  # of the first row, what the second looks at
        for column in range(pair.beam[1, 1] + 1, places + 2):
            row[column] = UNREACHABLE
    for number in range(len(pair.words)):
        advance(pair, row, row, number + 1, pair.words[number])
    result[0], result[2] = 0, 0
    result[1] = measure_worst(pair) - row[places + 1]


@compiled
def index(pair: Pair) -> None:
    """Write down where each word stands, and what each gains at every place."""
    places = len(pair.wanted)
    for at in range(places - 1, -1, -1):
        pair.links[at] = pair.heads[pair.wanted[at]]
        pair.heads[pair.wanted[at]] = at
    pair.table[:] = 1
    for at in range(places):
        gains = pair.table[pair.heads[pair.wanted[at]] + 1]
        gains[at + 1] += pair.costs[at]
        gains[0] = max(gains[0], gains[at + 1])


@compiled
def open_search(pair: Pair) -> None:
    """Write the first row of prefixes and the last of suffixes; all else is out of reach."""
    places = len(pair.wanted)
    pair.prefixes[:] = UNREACHABLE
    pair.suffixes[:] = UNREACHABLE
    for column in range(places + 1):
        pair.prefixes[0, column + 1] = 0
    many = len(pair.words)
    for column in range(pair.beam[many, 0], pair.beam[many, 1]):
        pair.suffixes[many, column] = 0


@entry
def kernel(count: int, ints: Any, longs: Any, bits: Any) -> None:
    """Search for the shifts of pair after pair; `compiled_edits.py` says what is where."""
    shapes, results = carray(longs[0], (count, 5)), carray(longs[1], (count, 3))
    word = cost = 0
    for number in range(count):
        many, places, vocabulary, is_long, max_work = shapes[number]
        rows = 1 if is_long else many + 1
        middle, end = word + many, word + many + places
        texts = carray(ints[0], (end,))
        pair = Pair(
            texts[word:middle],
            texts[middle:end],
            carray(ints[1], (cost + places,))[cost:],
            carray(ints[2], (vocabulary,)),
            carray(ints[3], (places,)),
            carray(ints[14], (places + 1, places + 2)),
            carray(ints[4], (many + 1, 2)),
            carray(ints[5], (rows, places + 2)),
            carray(ints[6], (rows, places + 2)),
            carray(ints[7], (places + 2,)),
            carray(ints[8], (places,)),
            carray(ints[9], (many,)),
            carray(ints[10], (places,)),
            carray(ints[11], (MAX_SHIFT_CANDIDATES, 3)),
            carray(ints[12], (MAX_SHIFT_SIZE, many + 1)),
            carray(ints[13], (many,)),
            carray(ints[15], (places + 2,)),
        )
        width = draw_beam(pair)
        index(pair)
        if is_long:
            measure_only(pair, results[number])
        else:
            open_search(pair)
            search(pair, width, max_work, results[number])
        for at in range(places):
            pair.heads[pair.wanted[at]] = -1
        word, cost = end, cost + places
