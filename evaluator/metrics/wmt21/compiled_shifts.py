"""Calls TERm's compiled search for shifts: the rooms it works in, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from evaluator.metrics.kernels import Kernel
from evaluator.metrics.wmt21.shifts import WEIGHT, Edits, Pair, cells_allowed

BITS = 64  # places of a reference in a word of bits


def find_all(
    kernel: Kernel, pairs: Sequence[Pair], left: int, *, weight: int = WEIGHT
) -> list[Edits]:
    """Return what `shifts.find_all` returns."""
    if not pairs:
        return []
    texts = [text for pair in pairs for text in pair[:2]]
    # In the order of code points: lists of numbers compare as lists of words do.
    numbers = {word: n for n, word in enumerate(sorted(set(chain.from_iterable(texts))))}
    words = np.array([numbers[word] for text in texts for word in text], np.int32)
    many, places = np.array([len(text) for text in texts]).reshape(-1, 2).T
    heavy = np.ones((places + 1).sum(), np.int64)
    starts = np.cumsum(places + 1) - places - 1
    weighted = zip(starts.tolist(), pairs, strict=True)
    heavy[[start + at for start, pair in weighted for at in pair.weighted]] = weight
    limits = np.array([cells_allowed(length) for length in places.tolist()])
    # Where no search is allowed two rows give the distance, however long the hypothesis is.
    height = np.where(2 * many * (places + 1) > limits, 2, many + 1)
    shapes = np.column_stack([many, places, height, np.full(len(pairs), len(numbers)), limits])
    results = np.empty((len(pairs), 5), np.int64)
    blocks = np.maximum(1, -(-places // BITS))
    longest, cells, row = int(many.max()), int((height * (places + 1)).max()), int(places.max()) + 1
    ints = [
        words,
        np.zeros(len(numbers), np.int32),  # kinds
        *(np.empty(size, np.int32) for size in (row, row, cells, cells, 2 * row, longest, longest)),
    ]
    sizes = ((places + 1) * blocks).max(), (2 * (many + 1) * blocks).max(), 2 * blocks.max()
    bits = [np.empty(size, np.uint64) for size in sizes]
    kernel(len(pairs), ints, [shapes, results, np.array([left]), heavy], bits)
    return [
        Edits(shifts, distance, bool(is_complete), first_distance, cells)
        for shifts, distance, is_complete, first_distance, cells in results.tolist()
    ]
