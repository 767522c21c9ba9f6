"""Where systems stand on a board: all in the official order, the ranked ones in places."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from evaluator.metrics import METRICS
from evaluator.ranking import TOLERANCE
from evaluator.significance import order_by_mean_rank, write_place


class Standing(NamedTuple):
    """Where a system stands; `place` is empty for a system that is not ranked."""

    position: int  # among all systems; equal systems have the same
    place: str  # among the ranked: `1`, or `1=` where it is shared


def find_standings(
    scores: Mapping[int, Mapping[str, float]], ranked: Collection[int], order: Sequence[str]
) -> dict[int, Standing]:
    """Return the standing of each entry that has a score in every metric of the order.

    Takes the scores of all systems by entry and metric. Ranked entries stand by the mean of their
    ranks among themselves, whatever else is on the board. Each other entry stands where its scores
    would bring it among them.
    """
    by_metric = [
        (METRICS[name], {entry: own[name] for entry, own in scores.items() if name in own})
        for name in order
    ]
    everybody = order_by_mean_rank(by_metric)
    among_ranked = order_by_mean_rank(
        [
            (metric, {entry: value for entry, value in values.items() if entry in ranked})
            for metric, values in by_metric
        ]
    )
    inserted = dict.fromkeys(everybody.entries, 0.0)
    for metric, values in by_metric:
        known = sorted(values[entry] for entry in among_ranked.entries)
        for entry in inserted:
            below = bisect_left(known, values[entry] - TOLERANCE)
            up_to = bisect_right(known, values[entry] + TOLERANCE)
            better = len(known) - up_to if metric.higher_is_better else below
            # Half a rank before the next, so that only equal scores have the same rank.
            inserted[entry] += better + (up_to - below) / 2 + 0.5
    # Of equal systems the ranked come first; other equals are told apart among themselves.
    keys: dict[int, tuple[float, bool, float, float]] = {
        entry: (
            inserted[entry] / len(order), True,
            everybody.mean_ranks[number], everybody.ranks[number][0],
        )
        for number, entry in enumerate(everybody.entries)
    }  # fmt: skip
    places: dict[int, str] = {}
    for number, entry in enumerate(among_ranked.entries):
        keys[entry] = (among_ranked.mean_ranks[number], False, 0.0, among_ranked.ranks[number][0])
        places[entry] = write_place(among_ranked.places[number])
    positions = {key: number for number, key in enumerate(sorted(set(keys.values())), 1)}
    return {entry: Standing(positions[key], places.get(entry, "")) for entry, key in keys.items()}
