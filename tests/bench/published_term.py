"""The published scorer's TERm in plain Python, for comparison: readable, and as slow as that.

Written from docs/metrics.md 3. Rows of the edit distance are kept by prefix of the hypothesis, as
the scorer keeps them; so the rows of the first hypothesis, which are weighted, serve all later
hypotheses that begin with the same words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

Words = tuple[str, ...]
Rows = dict[Words, list[int]]


def find_edits(hypothesis: Words, reference: Words, weighted: Set[int]) -> tuple[int, int]:
    """Return the number of shifts and the distance after them."""
    rows: Rows = {(): list(range(len(reference) + 1))}
    heavy = [2 if place in weighted else 1 for place in range(len(reference))] + [1]
    unit = [1] * (len(reference) + 1)
    distance = measure(hypothesis, reference, heavy, rows)
    shifts = 0
    while True:
        gains = [
            (distance - measure(new, reference, unit, rows), new)
            for new in shift(hypothesis, reference)
        ]
        gain, new = max(gains, default=(0, hypothesis))
        if gain <= 0:
            return shifts, distance
        shifts, distance, hypothesis = shifts + 1, distance - gain, new


def measure(words: Words, reference: Words, weights: Sequence[int], rows: Rows) -> int:
    """Return the distance; rows that are not known yet cost `weights`."""
    row = rows[()]
    for length in range(1, len(words) + 1):
        prefix = words[:length]
        if prefix not in rows:
            rows[prefix] = extend(row, words[length - 1], reference, weights)
        row = rows[prefix]
    return row[-1]


def extend(above: Sequence[int], word: str, reference: Words, weights: Sequence[int]) -> list[int]:
    """Return the row after `above`, cell by cell."""
    row = [above[0] + 1]
    for place, other in enumerate(reference):
        substituted = above[place] + (0 if word == other else weights[place])
        inserted = row[place] + weights[place]
        deleted = above[place + 1] + weights[place + 1]
        row.append(min(substituted, inserted, deleted))
    return row


def shift(words: Words, reference: Words) -> Iterator[Words]:
    """Yield the hypothesis after each shift of a longest run to where the reference has it."""
    for start in range(len(words)):
        for target in range(len(reference)):
            if start == target or words[start] != reference[target]:
                continue
            length = 0
            for word, other in zip(words[start:], reference[target:], strict=False):
                if word != other:
                    break
                length += 1
            run, rest = words[start : start + length], words[:start] + words[start + length :]
            yield rest[:target] + run + rest[target:]
