"""N-grams of a test set's references, in arrays, and how many of them hypotheses share.

The counts are those of sacrebleu's counters, to the last digit. Its `references=` keeps such
counters of every reference: 112 MB for the 2,100 segments of a TICO-19 test set, against 10 MB of
arrays. A scoring process has five such pairs and more in turn.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

BATCH = 200_000  # tokens matched at once: bounds memory to some tens of MB


class NgramIndex:
    """All n-grams of some rows of tokens, up to an order; a string is a row of characters.

    An n-gram of a row is a node: the node of its first n - 1 tokens, and its last token. A row
    itself is the node of no tokens, so the nodes of an order are ordered by row.
    """

    def __init__(self, rows: Sequence[Sequence[Hashable]], order: int) -> None:
        self.lengths = _count_tokens(rows)
        self._ids = {token: at for at, token in enumerate(dict.fromkeys(chain(*rows)))}
        self._nodes: list[NDArray[np.unsignedinteger]] = []  # per order, ascending
        self._counts: list[NDArray[np.unsignedinteger]] = []  # of each
        tokens, nodes, places, ends = self._read(rows, self.lengths)
        above = len(rows)
        for n in range(order):
            stays = places + n < ends
            nodes, places, ends = nodes[stays], places[stays], ends[stays]
            keys = nodes * len(self._ids) + tokens[places + n]
            above *= len(self._ids)  # all keys, those of a hypothesis as well
            unique, nodes, counts = np.unique(keys, return_inverse=True, return_counts=True)
            self._nodes.append(_shrink(unique, above))
            self._counts.append(_shrink(counts, int(counts.max(initial=0))))
            above = len(unique)

    def counts(self, lengths: Integers) -> Integers:
        """Return int64 [rows, orders]: the number of n-grams in rows of these lengths."""
        return np.maximum(lengths[:, None] - np.arange(len(self._nodes)), 0)

    def match(self, rows: Sequence[Sequence[Hashable]]) -> Integers:
        """Return int64 [rows, orders]: n-grams shared with the same row of the index.

        Each counts as often as both have it. `rows` are as many as the index was made of.
        """
        lengths = _count_tokens(rows)
        matches = np.zeros((len(rows), len(self._nodes)), dtype=np.int64)
        for first, last in _split(lengths):
            self._match(rows[first:last], lengths[first:last], first, matches)
        return matches

    def _match(
        self, rows: Sequence[Sequence[Hashable]], lengths: Integers, first: int, matches: Integers
    ) -> None:
        tokens, row_of, places, ends = self._read(rows, lengths)
        row_of += first
        nodes = row_of
        for n, (known, counts) in enumerate(zip(self._nodes, self._counts, strict=True)):
            stays = places + n < ends
            stays[stays] = tokens[places[stays] + n] >= 0
            nodes, row_of = nodes[stays], row_of[stays]
            places, ends = places[stays], ends[stays]
            keys = (nodes * len(self._ids) + tokens[places + n]).astype(known.dtype)
            at = np.searchsorted(known, keys)
            at[at == len(known)] = 0
            hits = known[at] == keys if len(known) else np.zeros(len(keys), dtype=bool)
            nodes, row_of = at[hits], row_of[hits]
            places, ends = places[hits], ends[hits]
            times = np.bincount(nodes, minlength=len(known))
            owner = np.zeros(len(known), dtype=np.int64)
            owner[nodes] = row_of
            shared = np.flatnonzero(times)
            np.add.at(matches[:, n], owner[shared], np.minimum(times[shared], counts[shared]))

    def _read(
        self, rows: Sequence[Sequence[Hashable]], lengths: Integers
    ) -> tuple[Integers, Integers, Integers, Integers]:
        """Return the rows' tokens (-1: in no row of the index); of each its row, place, row's end."""
        ids = self._ids
        tokens = np.fromiter(
            (ids.get(token, -1) for token in chain(*rows)), np.int64, int(lengths.sum())
        )
        ends = np.cumsum(lengths)
        return (
            tokens,
            np.repeat(np.arange(len(rows)), lengths),
            np.arange(len(tokens)),
            np.repeat(ends, lengths),
        )


def _count_tokens(rows: Sequence[Sequence[Hashable]]) -> Integers:
    return np.fromiter(map(len, rows), np.int64, len(rows))


def _shrink(numbers: Integers, greatest: int) -> NDArray[np.unsignedinteger]:
    """Return them in the smallest type that holds the greatest."""
    return numbers.astype(np.min_scalar_type(greatest))


def _split(lengths: Integers) -> Iterator[tuple[int, int]]:
    """Yield ranges [first, last) of rows, BATCH tokens each beside the row that begins it."""
    batch = np.maximum(np.cumsum(lengths) - 1, 0) // BATCH
    starts = np.flatnonzero(np.diff(batch, prepend=-1)) if len(lengths) else []
    yield from zip(starts, [*starts[1:], len(lengths)], strict=True)
