"""Term consistency: statistics worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evaluator.metrics.base import total
from evaluator.metrics.term import TermConsistency
from evaluator.types import Hypotheses, Segment, Term, TermAnnotation, Terminology, TestSet

METRIC = TermConsistency()
TERMS = Terminology(
    "en", "fr", (Term("1", "mask", ("masque", "loup")), Term("2", "cough", ("toux",)))
)


def make_test_set(*rows):
    segments = tuple(
        Segment(str(n), document, source, ("r",), (), ((),))
        for n, (document, source) in enumerate(rows)
    )
    return TestSet("en", "fr", segments, "raw", "proper", TERMS)


def rows(test_set, *hypotheses):
    return METRIC.statistics(test_set, Hypotheses(hypotheses)).tolist()


@pytest.mark.parametrize(
    ("sources", "hypotheses", "expected"),
    [
        # columns: by one variant, required, rendered
        (["mask", "mask"], ["masque", "masque"], [2, 2, 2]),
        (["mask", "mask"], ["masque", "loup"], [1, 2, 2]),
        (["mask", "mask"], ["masque", ""], [1, 2, 1]),  # over the rendered ones it were 100
        (["mask mask", "mask"], ["loup loup", "masque"], [2, 3, 3]),
        (["mask", "mask"], ["masque", "masques"], [2, 2, 2]),  # a lemma hit: its variant
        (["mask", "cough"], ["masque", "toux"], [0, 0, 0]),  # nothing is required twice
        (["mask cough", "mask"], ["loup toux", "loup"], [2, 2, 2]),  # cough: once only
        (["mask cough", "mask cough"], ["loup toux", "masque"], [2, 4, 3]),
        (["mask", "mask"], ["", ""], [0, 2, 0]),
        (["mask", "mask"], ["masque masque", ""], [1, 2, 1]),  # more than required doesn't help
    ],
)
def test_counts_worked_out_by_hand(sources, hypotheses, expected):
    test_set = make_test_set(*(("d", source) for source in sources))

    assert rows(test_set, *hypotheses) == [expected]


def test_each_document_is_a_row_even_where_its_segments_are_apart():
    test_set = make_test_set(("a", "mask"), ("b", "mask"), ("a", "mask"), ("b", "cough"))

    assert rows(test_set, "masque", "loup", "loup", "toux") == [[1, 2, 2], [0, 0, 0]]
    assert "|unit:document|" in METRIC.signature(test_set)


def test_where_every_document_is_one_segment_the_test_set_is_the_document():
    test_set = make_test_set(("a", "mask"), ("b", "mask"), ("c", "mask"))

    assert rows(test_set, "masque", "loup", "loup") == [[2, 3, 3]]
    assert "|unit:testset|" in METRIC.signature(test_set)


def test_an_annotated_form_is_the_variant_that_it_inflects():
    def segment(number, form):
        term = TermAnnotation("1", "src_original_and_tgt_original", "mask", "masque", form)
        return Segment(number, "d", "mask", ("r",), (), ((term,),))

    test_set = TestSet("en", "fr", (segment("1", "masques"), segment("2", "loup")))

    assert rows(test_set, "masques", "masque") == [[2, 2, 2]]
    assert rows(test_set, "masques", "loup") == [[1, 2, 2]]  # no inflection: its own variant


def test_it_is_absent_where_nothing_is_required_twice():
    assert METRIC.is_defined(make_test_set(("d", "mask"), ("d", "mask")))
    assert not METRIC.is_defined(make_test_set(("d", "mask"), ("e", "mask"), ("e", "")))
    assert not METRIC.is_defined(make_test_set())
    assert METRIC.aggregate(np.zeros(3, dtype=np.int64)) is None


def test_the_score_and_its_diagnosis():
    test_set = make_test_set(("d", "mask"), ("d", "mask"))
    summed = total(METRIC.statistics(test_set, Hypotheses(("masque", ""))))
    nothing = total(METRIC.statistics(test_set, Hypotheses(("", ""))))

    assert METRIC.aggregate(summed) == 50
    assert METRIC.details(summed)["of_rendered"] == 100
    assert "of_rendered" not in METRIC.details(nothing)
