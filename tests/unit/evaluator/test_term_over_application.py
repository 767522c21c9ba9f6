"""Over-application: which targets count, worked out by hand."""

from __future__ import annotations

import time

import numpy as np
import pytest

from evaluator.metrics.base import total
from evaluator.metrics.term import OverApplication
from evaluator.metrics.term.renderings import rendered
from evaluator.types import Hypotheses, Segment, Term, TermAnnotation, Terminology, TestSet

METRIC = OverApplication()
TERMS = Terminology(
    "en",
    "fr",
    (
        Term("1", "mask", ("masque", "loup")),
        Term("2", "veil", ("voile", "masque")),
        Term("3", "pain", ("douleur",)),
        Term("4", "chest pain", ("douleur thoracique",)),
        Term("5", "WHO", ("OMS",)),
        Term("6", "eye", ("oeil du loup",)),
    ),
)


def applied(source, hypothesis, references=("rien",), reference_terms=((),)):
    segment = Segment("1", "d", source, references, (), reference_terms)
    test_set = TestSet("en", "fr", (segment,), "raw", "proper", TERMS)
    return METRIC.statistics(test_set, Hypotheses((hypothesis,))).tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("source", "hypothesis", "expected"),
    [
        ("nothing", "un masque", True),
        ("nothing", "un Masque", True),  # folded
        ("nothing", "des masques", False),  # surface matches only
        ("nothing", "", False),
        ("nothing", "rien", False),
        ("a mask", "un masque", False),  # asked for
        ("two masks", "des masques", False),
        ("two masks", "un masque et un loup", False),  # present by lemma
        ("a mask", "un masque, un masque", False),  # once too often, but of a present entry
        ("a mask", "un masque, un voile", True),
        ("a veil", "un masque", False),  # also a target of a present entry
        ("chest pain", "douleur thoracique, douleur", False),  # present, though suppressed
        ("the pain", "douleur thoracique", False),  # touches the span that renders pain
        ("the pain", "douleur, douleur thoracique", True),  # … and this one doesn't
        ("who", "l'OMS", True),  # who is no WHO
        ("nothing", "l'oms", False),  # all capitals
        ("a mask, masks", "oeil du loup, masque", False),  # the loup inside renders a mask
        ("", "voile", True),  # an empty source holds no entry
    ],
)
def test_a_target_counts_only_where_nothing_asks_for_it(source, hypothesis, expected):
    assert applied(source, hypothesis) is expected


def test_a_target_in_any_reference_does_not_count():
    assert applied("nothing", "un masque", ("rien", "le Masque !")) is False
    assert applied("nothing", "un masque", ("rien", "les masques")) is True  # on the surface


def test_an_annotated_entry_is_present():
    term = TermAnnotation("9", "src_original_and_tgt_original", "veil", "tulle", "tulle")

    assert applied("x", "voile, tulle", reference_terms=((term,),)) is False
    assert applied("x", "tulle, douleur", reference_terms=((term,),)) is True


def test_the_score_is_a_share_of_all_segments():
    sources = ("nothing", "a mask", "")
    segments = tuple(
        Segment(str(n), "d", source, ("rien",), (), ((),)) for n, source in enumerate(sources)
    )
    test_set = TestSet("en", "fr", segments, "raw", "proper", TERMS)
    summed = total(METRIC.statistics(test_set, Hypotheses(("loup", "loup", ""))))

    assert METRIC.aggregate(summed) == pytest.approx(100 / 3)
    assert METRIC.details(summed) == {"overapplied": 1, "segments": 3}
    assert METRIC.aggregate(np.zeros(2, dtype=np.int64)) is None


def test_five_thousand_renderings_in_a_line_take_under_a_second():
    source, hypothesis = " ".join(["mask"] * 5000), " ".join(["masque"] * 5000)
    segment = Segment("1", "d", source, ("rien",), (), ((),))
    test_set = TestSet("en", "fr", (segment,), "raw", "proper", TERMS)
    hypotheses = Hypotheses((hypothesis,))
    assert rendered(test_set, hypotheses)  # computed once for all metrics of the family
    start = time.process_time()

    rows = METRIC.statistics(test_set, hypotheses)

    assert time.process_time() - start < 1
    assert rows.tolist() == [[0, 1]]


def test_it_is_absent_without_a_terminology():
    segment = Segment("1", "d", "x", ("r",), (), ((),))

    assert METRIC.is_defined(TestSet("en", "fr", (segment,), "raw", "proper", TERMS))
    assert not METRIC.is_defined(TestSet("en", "fr", (segment,)))
    assert not METRIC.is_defined(
        TestSet("en", "fr", (segment,), "raw", "proper", Terminology("en", "fr", ()))
    )
