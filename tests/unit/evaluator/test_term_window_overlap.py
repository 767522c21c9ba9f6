"""Term window overlap, by hand and against a second implementation."""

from __future__ import annotations

import itertools
import random

import pytest

from evaluator.metrics.term import window_overlap
from evaluator.metrics.term.pairing import best_sum
from evaluator.metrics.term.window_overlap import TermWindowOverlap2, TermWindowOverlap3
from evaluator.types import Hypotheses, Segment, Term, Terminology, TestSet

VIRUS = ("virus", "virus")
FEVER = ("fever", "fièvre", "température")


def make(source, references, *terms, languages=("en", "fr")):
    entries = tuple(Term(str(n), text, tuple(targets)) for n, (text, *targets) in enumerate(terms))
    segment = Segment("1", "d", source, tuple(references), (), tuple(() for _ in references))
    terminology = Terminology(*languages, entries)
    return TestSet(*languages, (segment,), "raw", "proper", terminology)


def row(metric, test_set, hypothesis):
    (found,) = metric.statistics(test_set, Hypotheses((hypothesis,))).tolist()
    return found


REFERENCE = (
    "Le nouveau virus circule encore ici."  # the window of size 2: le nouveau, circule encore
)


@pytest.mark.parametrize(
    ("hypothesis", "twelfths"),
    [
        (REFERENCE, 12),  # itself
        ("LE NOUVEAU VIRUS CIRCULE ENCORE", 12),  # folded; what is beyond the window is free
        ("Le nouveau microbe circule encore ici.", 0),  # the term isn't rendered
        ("", 0),  # nothing is
        ("Le virus circule encore ici.", 9),  # le, circule, encore
        ("encore circule virus nouveau le", 12),  # both sides together are one multiset
        ("Le ( nouveau ) virus, « circule » encore", 12),  # punctuation is no content
        ("Le + nouveau virus = circule encore", 12),  # nor are symbols
        ("Le nouveau très virus circule encore", 9),  # a word between pushes the last one out
        ("virus", 0),  # no window at all
        ("virus Le nouveau virus circule encore", 6),  # term success's span counts: the first one
    ],
)
def test_a_rendering_shares_words_with_the_window_of_the_reference(hypothesis, twelfths):
    test_set = make("the virus", [REFERENCE], VIRUS)

    assert row(TermWindowOverlap2(), test_set, hypothesis) == [twelfths, 1, 0]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "sixtieths", "counted"),
    [
        ("a b c virus d e f", "a b c virus d e f", 60, 1),  # six tokens
        ("a b c virus d e f", "z b c virus d e z", 40, 1),  # four of six
        ("z a b c virus", "y a b c virus", 60, 1),  # fewer at the edge: three of three
        ("virus a", "b virus a c", 60, 1),  # one token: the reference's window alone divides
        ("a virus b", "a c virus", 30, 1),  # one of two
        ("a a virus a a", "a virus a b", 30, 1),  # as often as both have it: two of four
        ("a virus a b", "a a virus a a", 40, 1),  # … two of three
        ("Virus !", "Virus !", 0, 0),  # no window in the reference: it doesn't count
        ("rien du tout", "le virus", 0, 0),  # the reference doesn't render it: nor does this
    ],
)
def test_what_counts_and_divides_is_the_reference(reference, hypothesis, sixtieths, counted):
    test_set = make("the virus", [reference], VIRUS)

    assert row(TermWindowOverlap3(), test_set, hypothesis) == [sixtieths, counted, 0]


@pytest.mark.parametrize(
    ("source", "references", "hypothesis", "twelfths", "counted"),
    [
        # Required twice, rendered once by the hypothesis: the other one scores 0.
        ("virus virus", ["a virus b c d virus e"], "a virus b c", 12, 2),
        # … rendered once by the reference: one counts, and the better of two spans has it.
        ("virus virus", ["a virus b"], "z virus z a virus b", 12, 1),
        # Required once, rendered twice by the reference: one counts, at the better place.
        ("virus", ["a virus b c d e virus f"], "d e virus f", 12, 1),
        # The other way round: only the span that term success takes.
        ("virus", ["d e virus f"], "a virus b c d e virus f", 0, 1),
        # Swapped: paired by their windows, not by their order.
        ("virus virus", ["a a virus b b c c virus d d"], "c c virus d d a a virus b b", 24, 2),
        # Greatest sum: a b | c d has 12 with either place; it leaves the first to c | d, for 6.
        ("virus virus", ["a b virus c d z a b virus"], "a b virus c d q c virus d q", 18, 2),
        # The best reference, the occurrences of the one with most.
        ("virus virus", ["x virus y", "a virus b c d virus e"], "x virus y", 12, 2),
        ("virus virus", ["x virus y", "a virus b c d virus e"], "a virus b c d virus e", 24, 2),
        # Each entry has its own best reference.
        ("virus fever", ["a virus b c d", "x y z fièvre w"], "a virus b c q y z fièvre w", 24, 2),
        # Another variant in another reference.
        ("fever", ["la fièvre monte", "sa température monte"], "sa fièvre monte", 12, 1),
        # Found among lemmas, on both sides.
        ("fever", ["des fièvres fortes"], "des températures fortes", 12, 1),
    ],
)
def test_spans_are_paired_entry_by_entry(source, references, hypothesis, twelfths, counted):
    test_set = make(source, references, VIRUS, FEVER)

    assert row(TermWindowOverlap2(), test_set, hypothesis) == [twelfths, counted, 0]


def test_of_nested_terms_each_has_the_window_of_its_own_span():
    test_set = make(
        "the syndrome, a respiratory syndrome",
        ["ce syndrome est un syndrome respiratoire grave"],
        ("respiratory syndrome", "syndrome respiratoire"),
        ("syndrome", "syndrome"),
    )

    # ce | est un, and est un | grave
    wanted = row(TermWindowOverlap2(), test_set, "le syndrome est un syndrome respiratoire grave")

    assert wanted == [8 + 12, 2, 0]


def test_an_annotated_form_is_a_rendering_and_punctuation_in_it_none_of_the_window():
    test_set = make("the virus", ["un Sars-CoV-2 mortel"], ("virus", "Sars-CoV-2"))

    assert row(TermWindowOverlap2(), test_set, "un sars-cov-2, mortel") == [12, 1, 0]


@pytest.mark.parametrize(
    ("language", "targets", "reference", "hypothesis", "twelfths"),
    [
        ("zh", ["病毒"], "新型病毒传播快。", "新型病毒,传播慢", 12),  # tokens are characters
        ("zh", ["病毒"], "新型病毒传播快。", "旧型病毒传说慢", 6),  # 型 传 of four
        ("ru", ["вирус"], "новые вирусы опасны", "новый вирус опасны", 6),  # an inflected rendering
        ("de", ["Virus"], "das Virus breitet sich aus", "Das Virus breitet aus", 8),  # two of three
    ],
)
def test_other_languages(language, targets, reference, hypothesis, twelfths):
    test_set = make("the virus", [reference], ("virus", *targets), languages=("en", language))

    assert row(TermWindowOverlap2(), test_set, hypothesis) == [twelfths, 1, 0]


def test_the_score_is_the_mean_over_the_occurrences_of_the_test_set():
    metric = TermWindowOverlap2()
    test_set = make("virus", ["a virus b"], VIRUS)

    assert metric.aggregate(metric.statistics(test_set, Hypotheses(("a virus",)))[0]) == 50.0
    assert metric.details(metric.statistics(test_set, Hypotheses(("a virus",)))[0]) == {
        "counted": 1,
        "flagged": 0,
    }


def test_it_is_absent_where_nothing_counts():
    metric = TermWindowOverlap3()
    test_set = make("virus", ["rien"], VIRUS)

    assert metric.aggregate(metric.statistics(test_set, Hypotheses(("virus",)))[0]) is None


def test_beyond_the_bound_equal_windows_are_paired_and_it_says_so(monkeypatch):
    monkeypatch.setattr(window_overlap, "PAIRING_STEPS", 1)
    text = "a virus b c virus d"
    test_set = make("virus virus", [text], VIRUS)

    assert row(TermWindowOverlap2(), test_set, text) == [24, 2, 1]
    assert row(TermWindowOverlap2(), test_set, "a virus z c virus d") == [0, 2, 1]


def random_test_set(source):
    words = ["virus", "alpha", "beta", "gamma", "grand", ",", "%", "x", "y"]
    terms = [("one", "virus"), ("two", "virus grand", "alpha"), ("three", "alpha", "beta virus")]
    references = [
        " ".join(source.choices(words, k=source.randint(1, 12)))
        for _ in range(source.randint(1, 2))
    ]
    required = source.choices(["one", "two", "three"], k=source.randint(1, 4))
    hypothesis = " ".join(source.choices(words, k=source.randint(0, 12)))
    return make(" ".join(required), references, *terms), hypothesis


@pytest.mark.parametrize("metric", [TermWindowOverlap2(), TermWindowOverlap3()])
def test_a_reference_scores_100_by_itself_and_nothing_scores_more(metric):
    source = random.Random(20231)
    scored = 0
    for _ in range(400):
        test_set, hypothesis = random_test_set(source)
        (reference, *others) = test_set.segments[0].references
        for text in (hypothesis, reference, *others):
            value = metric.aggregate(metric.statistics(test_set, Hypotheses((text,)))[0])

            assert value is None or 0 <= value <= 100
            if text is reference and not others:
                assert value in (None, 100.0), test_set
                scored += value is not None
    assert scored > 100


def naive_sum(scores):
    """All ways to pair."""
    if not scores or not scores[0]:
        return 0
    if len(scores) > len(scores[0]):
        scores = list(zip(*scores, strict=True))
    choices = itertools.permutations(range(len(scores[0])), len(scores))
    return max(sum(line[at] for line, at in zip(scores, c, strict=True)) for c in choices)


@pytest.mark.parametrize(
    ("scores", "wanted"),
    [
        ([], 0),  # no rows
        ([[], []], 0),  # no columns
        ([[3, 7, 5]], 7),  # one row
        ([[3], [7], [5]], 7),  # one column
        ([[12, 9], [9, 0]], 18),  # the greatest pair isn't in it
        ([[0, 0], [0, 0]], 0),  # nothing to gain
        ([[1, 2, 3], [3, 3, 3], [3, 2, 2]], 9),  # the last row moves the others
    ],
)
def test_pairs_have_the_greatest_sum(scores, wanted):
    assert best_sum(scores) == wanted == naive_sum(scores)


def test_pairs_equal_all_ways_to_pair_in_random_cases():
    source = random.Random(20232)
    for _ in range(1500):
        rows, columns = source.randint(1, 5), source.randint(1, 5)
        options = [0, 0, 12, source.randint(0, 60)]
        scores = [source.choices(options, k=columns) for _ in range(rows)]

        assert best_sum(scores) == naive_sum(scores), scores
