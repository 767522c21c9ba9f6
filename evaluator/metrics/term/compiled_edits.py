"""Calls term TER's compiled search for shifts: the rooms it works in, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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


class References(NamedTuple):
    """References in arrays, one after the other: the same for all hypotheses of a test set."""

    numbers: Mapping[str, int]  # of their words; all other words are equal to none of them
    words: NDArray[np.int32]
    costs: NDArray[np.int32]
    lengths: tuple[int, ...]


def index_references(references: Sequence[tuple[Sequence[str], Sequence[int]]]) -> References:
    """Put tokens and weights into arrays."""
    words = list(chain.from_iterable(tokens for tokens, _ in references))
    numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
    costs = chain.from_iterable(weights for _, weights in references)
    return References(
        numbers,
        np.array([numbers[word] for word in words], np.int32),
        np.array(list(costs), np.int32),
        tuple(len(tokens) for tokens, _ in references),
    )


def find_all(
    kernel: Kernel,
    pairs: Sequence[Pair],
    references: References | None = None,
    *,
    longest: int = LONGEST,
    max_work: int = WORK,
) -> list[Edits]:
    """Return what `edits.find_edits` returns of each pair; `references` if they are kept."""
    if not pairs:
        return []
    numbers, wanted, costs, places_of = references or index_references([p[1:] for p in pairs])
    other = len(numbers)
    tokens = chain.from_iterable(pair.hypothesis for pair in pairs)
    own = np.array(list(map(numbers.get, tokens, repeat(other))), np.int32)
    lengths = [
        (len(pair.hypothesis), length) for pair, length in zip(pairs, places_of, strict=True)
    ]
    is_own = np.repeat([True, False] * len(pairs), np.ravel(lengths))
    words = np.empty(len(own) + len(wanted), np.int32)  # each hypothesis before its reference
    words[is_own], words[~is_own] = own, wanted
    is_long = [is_too_long(*both, longest) for both in lengths]
    allowed = [work_allowed(wanted, max_work) for _, wanted in lengths]
    many, places = np.array(lengths).T
    known = np.full(len(pairs), other + 1)
    shapes = np.column_stack([many, places, known, is_long, allowed])
    results = np.empty((len(pairs), 3), np.int64)
    row, column = int(many.max()) + 1, int(places.max()) + 2
    cells = int((np.where(is_long, 1, many + 1) * (places + 2)).max())
    sizes = (
        *(column, 2 * row, cells, cells, column, column, row, column),
        *(3 * MAX_SHIFT_CANDIDATES, MAX_SHIFT_SIZE * row, row, column * column, column),
    )
    rooms = [np.empty(size, np.int32) for size in sizes]
    heads = np.full(other + 1, -1, np.int32)
    kernel(len(pairs), [words, costs, heads, *rooms], [shapes, results], [])
    return [
        Edits(shifts, distance, bool(is_complete))
        for shifts, distance, is_complete in results.tolist()
    ]
