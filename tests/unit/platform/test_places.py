"""Official orders of boards: a metric, or the mean of ranks over several."""

from __future__ import annotations

import pytest

from leaderboard.places import find_standings

TERMS, CHRF, OVER = "term-success", "chrf++", "over-application"
BOTH = (TERMS, CHRF)


def table(order, **rows):
    return {
        number: dict(zip(order, values, strict=False))
        for number, values in enumerate(rows.values(), 1)
    }


@pytest.mark.parametrize(
    ("order", "rows", "unranked", "expected"),
    [
        # a single metric, either way round
        ([TERMS], {"a": [70], "b": [90], "c": [80]}, "", "b1 c2 a3"),
        ([OVER], {"a": [7], "b": [9], "c": [8]}, "", "a1 c2 b3"),
        ([TERMS], {"a": [90], "b": [90 + 9e-10], "c": [89]}, "", "a1= b1= c3"),
        ([TERMS], {"a": [90], "b": [90 + 2e-9], "c": [89]}, "", "b1 a2 c3"),
        ([TERMS], {"a": [0], "b": [], "c": [0]}, "", "a1= c1="),  # zero is a score
        # metrics.md's mean of ranks: a and c have 2.25, and the first metric lists a first
        (BOTH, {"a": [90, 50], "b": [90, 60], "c": [80, 60], "d": [70, 40]}, "", "b1 a2= c2= d4"),
        (BOTH[::-1], {"a": [50, 90], "b": [60, 90], "c": [60, 80], "d": [40, 70]}, "",
         "b1 c2= a2= d4"),
        (BOTH, {"a": [1, 3], "b": [2, 2], "c": [3, 1]}, "", "c1= b1= a1="),
        ([*BOTH, OVER], {"a": [9, 5, 5], "b": [8, 6, 1], "c": [8, 4, 2]}, "", "b1 a2 c3"),
        (BOTH, {"a": [90, 50], "b": [99], "c": [80, 60]}, "", "a1= c1="),  # b lacks chrF++
        # others stand among the ranked, and change no place
        ([TERMS], {"a": [70], "b": [90], "c": [80]}, "b", "b c1 a2"),
        ([TERMS], {"a": [70], "b": [90], "c": [80], "d": [90]}, "ac", "b1= d1= c a"),
        ([TERMS], {"a": [90], "b": [90]}, "a", "b1 a"),  # of equals the ranked comes first
        ([TERMS], {"a": [50], "b": [60], "c": [40]}, "abc", "b a c"),
        # with b among them, a would come before c: the ranked are ranked among themselves
        (BOTH, {"a": [3, 1], "c": [1, 3], "b": [2, 0]}, "b", "a1= c1= b"),
        (BOTH, {"a": [10, 50], "b": [20, 40], "c": [15, 45], "d": [15, 60]}, "cd",
         "d b1= a1= c"),
    ],
)  # fmt: skip
def test_orders(order, rows, unranked, expected):
    names = dict(enumerate(rows, 1))
    ranked = {number for number, name in names.items() if name not in unranked}

    standings = find_standings(table(order, **rows), ranked, order)

    listed = sorted(standings.items(), key=lambda pair: (pair[1].position, pair[0]))
    assert " ".join(names[number] + own.place for number, own in listed) == expected


def test_equal_systems_have_the_same_position_and_others_have_not():
    rows = {"a": [90, 50], "b": [90, 50], "c": [80, 60], "d": [80, 60], "e": [70, 40]}

    standings = find_standings(table(BOTH, **rows), {1, 2, 3, 4}, BOTH)

    assert [standings[number].position for number in range(1, 6)] == [1, 1, 2, 2, 3]
    assert [standings[number].place for number in range(1, 6)] == ["1=", "1=", "1=", "1=", ""]


def test_a_board_without_systems_has_no_order():
    assert find_standings({}, set(), BOTH) == {}
