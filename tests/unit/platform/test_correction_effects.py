"""What a correction changes on a board, and in a test set: pure functions."""

from __future__ import annotations

from dataclasses import replace

import pytest

import evaluator
from leaderboard.correction_effects import compare_boards
from leaderboard.snapshots import Board, BoardRow
from sharedtasks.test_set_changes import Part, TextChange, count_changes, find_changes

SIGNATURES = {"chrf++": "chrf|v:1", "bleu": "bleu|v:1"}


def make_board(*rows, offset=0, signatures=SIGNATURES):
    """Build a board of (entry, place, chrF++)."""
    return Board.of(
        [
            BoardRow(
                entry=entry + offset, submission=1, kind="system", team_id=entry, team=f"T{entry}",
                team_slug=f"t{entry}", is_verified=True, is_organisers=False, system=f"s{entry}",
                description="", is_primary=True, is_constrained=True, terminology_use="", alias="",
                place=place, position=None, scores={} if value is None else {"chrf++": value},
            )
            for entry, place, value in rows
        ],
        order=["chrf++"], references=1, signatures=signatures,
    )  # fmt: skip


def compare(old, new, signatures=SIGNATURES):
    boards = make_board(*old), make_board(*new, offset=100, signatures=signatures)
    adopted = {entry + 100: entry for entry, *_ in new}
    return compare_boards(*boards, adopted, ["chrf++", "bleu"])


@pytest.mark.parametrize(
    ("old", "new", "moved", "first", "climbed"),
    [
        ([(1, "1", 60.0), (2, "2", 50.0)], [(1, "1", 61.0), (2, "2", 50.0)], 0, True, [0, 0]),
        ([(1, "1", 60.0), (2, "2", 50.0)], [(2, "1", 62.0), (1, "2", 61.0)], 2, False, [1, -1]),
        # They share the first place from now on.
        ([(1, "1", 60.0), (2, "2", 50.0)], [(1, "1=", 60.0), (2, "1=", 60.0)], 1, False, [0, 1]),
        # The second is not ranked on the new version: it comes last.
        ([(1, "2", 50.0), (2, "1", 60.0)], [(1, "1", 50.0), (2, "", None)], 2, False, [1, 0]),
        # It is not there at all.
        ([(1, "1", 60.0), (2, "2", 50.0)], [(1, "1", 60.0)], 1, True, [0, 0]),
        # Contrastive systems are not compared.
        ([(1, "1", 60.0), (2, "", 70.0)], [(1, "1", 60.0), (2, "", 71.0)], 0, True, [0]),
    ],
)
def test_places_are_compared(old, new, moved, first, climbed):
    effects = compare(old, new)

    assert effects.moved == moved
    assert effects.are_first_same == first
    assert [system.climbed for system in effects.systems] == climbed


def test_scores_are_compared_and_undefined_scores_are_not_zero():
    effects = compare([(1, "1", 60.0), (2, "2", None)], [(1, "1", 61.5), (2, "2", 50.0)])

    chrf = [system.scores[0] for system in effects.systems]
    assert [(change.old, change.new, change.difference) for change in chrf] == [
        (60.0, 61.5, 1.5),
        (None, 50.0, None),
    ]


def test_it_says_which_metrics_are_defined_anew():
    rows = [(1, "1", 60.0)]

    effects = compare(rows, rows, signatures=SIGNATURES | {"chrf++": "chrf|v:2"})

    assert effects.redefined == ["chrf++"]
    assert "another version of the metric" in effects.describe()[-1]


def make_test_set(*segments, terms=()):
    terminology = evaluator.Terminology(
        "en", "fr", tuple(evaluator.Term(str(n), *term) for n, term in enumerate(terms))
    )
    rows = [
        evaluator.Segment(str(number), "doc", source, (reference,))
        for number, (source, reference) in enumerate(segments, 1)
    ]
    return evaluator.TestSet("en", "fr", tuple(rows), terminology=terminology)


def test_changed_texts_and_terms_are_named():
    old = make_test_set(("a stroke", "un choc"), ("b", "b"), terms=[("stroke", ("choc",))])
    new = make_test_set(
        ("a stroke", "un AVC"), ("b.", "b"), terms=[("stroke", ("AVC", "choc")), ("b", ("bé",))]
    )

    changes = find_changes(old, new)

    assert changes == [
        TextChange(Part.TERM, "stroke", "choc", "AVC, choc"),
        TextChange(Part.TERM, "b", "", "bé"),
        TextChange(Part.REFERENCE, "1 of doc", "un choc", "un AVC"),
        TextChange(Part.SOURCE, "2 of doc", "b", "b."),
    ]
    assert count_changes(changes) == {
        Part.SOURCE: 1, Part.REFERENCE: 1, Part.TERM: 2, Part.ANNOTATION: 0,
    }  # fmt: skip
    assert find_changes(old, replace(old)) == []


def test_words_are_compared_unless_there_are_very_many():
    few = TextChange(Part.REFERENCE, "1", "un choc hier", "un AVC hier")
    many = TextChange(Part.REFERENCE, "1", "x " * 5000, "x " * 4999)

    assert few.pieces == [("same", "un"), ("old", "choc"), ("new", "AVC"), ("same", "hier")]
    assert [kind for kind, _ in many.pieces] == ["old", "new"]
