"""Scores → ranks; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TOLERANCE = 1e-9  # of a score; sacrebleu gives 100.00000000000004 for identical texts


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry's place; no rank without a score."""

    entry_id: int
    rank: float | None  # 1 is best; a tie shares its mean
    value: float | None


def rank(values: Mapping[int, float | None], *, higher_is_better: bool) -> list[Ranked]:
    """Rank entries by score, best first.

    Scores within 1e-9 of the best of their group are equal: they share their mean rank and stand
    in order of entry id. Entries without a score come last, unranked, by id; no entries give [].
    """
    scored = [(value, entry) for entry, value in values.items() if value is not None]
    scored.sort(key=lambda pair: (-pair[0] if higher_is_better else pair[0], pair[1]))
    ranked: list[Ranked] = []
    while len(ranked) < len(scored):
        first = last = len(ranked)
        best = scored[first][0]
        while last + 1 < len(scored) and abs(scored[last + 1][0] - best) <= TOLERANCE:
            last += 1
        mean = (first + last) / 2 + 1
        group = sorted(scored[first : last + 1], key=lambda pair: pair[1])
        ranked += [Ranked(entry, mean, value) for value, entry in group]
    missing = sorted(entry for entry, value in values.items() if value is None)
    return ranked + [Ranked(entry, None, None) for entry in missing]
