"""Calls term TER's compiled search for shifts: the rooms it works in, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from evaluator.metrics.kernels import Kernel
from evaluator.metrics.term.edits import (
    LONGEST,
    MAX_SHIFT_CANDIDATES,
    MAX_SHIFT_SIZE,
    WORK,
    Edits,
    Pair,
    is_too_long,
    work_allowed,
)


def find_all(
    kernel: Kernel, pairs: Sequence[Pair], *, longest: int = LONGEST, max_work: int = WORK
) -> list[Edits]:
    """Return what `edits.find_edits` returns of each pair."""
    if not pairs:
        return []
    texts = [text for pair in pairs for text in pair[:2]]
    numbers = {word: n for n, word in enumerate(set(chain.from_iterable(texts)))}
    words = np.array([numbers[word] for text in texts for word in text], np.int32)
    costs = np.array([cost for pair in pairs for cost in pair.weights], np.int32)
    lengths = [(len(pair.hypothesis), len(pair.reference)) for pair in pairs]
    is_long = [is_too_long(*both, longest) for both in lengths]
    allowed = [work_allowed(wanted, max_work) for _, wanted in lengths]
    many, places = np.array(lengths).T
    known = np.full(len(pairs), len(numbers))
    shapes = np.column_stack([many, places, known, is_long, allowed])
    results = np.empty((len(pairs), 3), np.int64)
    row, column = int(many.max()) + 1, int(places.max()) + 2
    cells = int((np.where(is_long, 1, many + 1) * (places + 2)).max())
    sizes = (
        *(column, 2 * row, cells, cells, column, column, row, column),
        *(3 * MAX_SHIFT_CANDIDATES, MAX_SHIFT_SIZE * row, row, column * column, column),
    )
    rooms = [np.empty(size, np.int32) for size in sizes]
    heads = np.full(len(numbers), -1, np.int32)
    kernel(len(pairs), [words, costs, heads, *rooms], [shapes, results], [])
    return [
        Edits(shifts, distance, bool(is_complete))
        for shifts, distance, is_complete in results.tolist()
    ]
