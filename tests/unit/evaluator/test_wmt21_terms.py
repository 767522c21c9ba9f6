"""The habits of the published scorer that its own sample pins weakly or not at all."""

from __future__ import annotations

import time

import numpy as np
import pytest

from evaluator.metrics.wmt21.exact_match import ExactMatch
from evaluator.metrics.wmt21.expressions import find_offsets
from evaluator.metrics.wmt21.terms import accepted_forms, positions
from evaluator.metrics.wmt21.window_overlap import WindowOverlap2, WindowOverlap3
from evaluator.normalise import Lemmatiser
from evaluator.types import Hypotheses, Segment, TermAnnotation, TestSet

# Plural s off, case kept: enough of a lemmatiser to tell surface from lemma.
SINGULAR = Lemmatiser("singular", lambda token: token.removesuffix("s") or token)


def term(form, target=None, kind="tgt_original"):
    target = form if target is None else target
    return TermAnnotation("1", f"src_original_and_{kind}", "x", target, form)


def segment(reference, *terms):
    return Segment("1", "d", "x", (reference,), (), (terms,))


@pytest.mark.parametrize(
    ("form", "reference", "expected"),
    [
        ("b", "a b c", (1,)),  # one token: its place
        ("b c", "a b c", (2,)),  # two tokens: only the second
        ("a b c", "a b c", (0, 2)),  # the one before last is left out
        ("a b c d", "x a b c d", (1, 2, 4)),
        ("c b", "b c b", (0,)),  # the last token occurs before the first: only the end
        ("a b", "a x a b", (0, 1, 3)),  # each at its first occurrence: two strangers inside
        ("a x b", "a b a x b", (1,)),  # start 0, end 1: range(0, 0) is empty
        ("a c a", "a c a", (0,)),  # first and last are the same word: one place
    ],
)
def test_positions_follow_the_scorer(form, reference, expected):
    assert positions(term(form), tuple(reference.split())) == expected


@pytest.mark.parametrize(
    ("form", "target", "expected"),
    [
        ("masque", "masque|masques", ("masque", "masques")),  # listed
        ("Masque", "masque", ("masque", "Masque")),  # case counts
        ("mask", "masks|veil", ("masks", "veil")),  # a substring of tgt is left out
        ("k|v", "mask|veil", ("mask", "veil")),  # … even across the bar
        ("gant", "masque", ("masque", "gant")),  # the annotated form comes last
    ],
)
def test_accepted_forms_are_the_variants_then_the_annotated_one(form, target, expected):
    assert accepted_forms(term(form, target)) == expected


@pytest.mark.parametrize(
    ("terms", "hypothesis", "expected"),
    [
        ([term("gant")], "un gant bleu", (1, 0, 0)),  # found
        ([term("gant")], "un Gant bleu", (0, 1, 0)),  # case counts
        ([term("gant")], "un gantelet", (0, 1, 0)),  # whole tokens only
        ([term("gant")], "des gants", (0, 0, 1)),  # found among the lemmas
        ([term("gants")], "un gant", (0, 1, 0)),  # forms are not lemmatised
        ([term("gant"), term("gant")], "un gant", (1, 1, 0)),  # an offset serves once
        ([term("gant"), term("gant")], "gant gant", (2, 0, 0)),  # overlapping spaces are fine
        # Each form of the first term takes an offset of its own, so none is left for the second.
        ([term("a", "a|b"), term("b", "b")], "a b", (1, 1, 0)),
        ([term("b", "b"), term("a", "a|b")], "a b", (2, 0, 0)),  # the other way round both
        # Offsets are starts: a longer term at the same place is blocked, one inside is not.
        ([term("a"), term("a b")], "a b", (1, 1, 0)),
        ([term("a b"), term("b")], "a b", (2, 0, 0)),
        # Lemma pass: offset 0 of the surface is taken, and 0 of the lemmas counts as the same.
        ([term("masques"), term("masque")], "masques x", (1, 1, 0)),
        # In the lemmas the second word starts at 2, in the surface at 3: both are free.
        ([term("bs"), term("b")], "as bs", (1, 0, 1)),
        ([term("", "")], "a b", (0, 1, 0)),  # an empty variant never matches
        ([term("gant", "|gant")], "", (0, 1, 0)),  # nor in an empty hypothesis
        ([term("gant", kind="tgt_lemma")], "gant", (1, 0, 0)),  # terms of any type
        ([], "gant", (0, 0, 0)),
    ],
)
def test_exact_match_counts_found_wrong_and_found_by_lemma(terms, hypothesis, expected):
    assert ExactMatch(SINGULAR).row(segment("x", *terms), hypothesis) == expected


def test_an_offset_used_in_the_surface_blocks_another_word_of_the_lemmas():
    terms = segment("x", term("ys"), term("d"))

    # "ys" is taken at offset 6 of " as as ys ds ", and "d" starts at 6 of " a a y d ".
    assert ExactMatch(SINGULAR).row(terms, "as as ys ds") == (1, 1, 0)
    # "ys" is taken at offset 5 of " a as ys ds "; 6 is free.
    assert ExactMatch(SINGULAR).row(terms, "a as ys ds") == (1, 0, 1)


@pytest.mark.parametrize(
    ("form", "hypothesis", "found"),
    [
        ("(COVID)", "le COVID fini", 1),  # a group: the brackets are no text
        ("(COVID)", "le (COVID) fini", 0),
        ("a.c", "abc", 1),  # any character
        ("a.c", "a c", 1),  # … also a space
        ("nez ?", "le nez", 1),  # the space is optional, the question mark no text
        ("(a", "(a", 0),  # invalid: never matches
        ("a)", "a)", 0),
        ("*a", "x *a", 1),  # the space before is repeated
        ("C++", "C++", 0),
        ("C++", "CC", 1),
        ("[ab]", "b", 1),
        ("a\\", "a\\", 0),
        ("l'eau", "l'eau", 1),  # no special character: literal
        ("A-B", "A-B", 1),
        ("a{99999999999}", "a", 0),  # invalid in another way
    ],
)
def test_forms_are_unescaped_regular_expressions(form, hypothesis, found):
    counted = ExactMatch(None).row(segment("x", term(form)), hypothesis)

    assert counted == (found, 1 - found, 0)


def test_without_a_lemmatiser_a_miss_is_a_miss():
    assert ExactMatch(None).row(segment("x", term("gant")), "gants") == (0, 1, 0)


def test_exact_match_is_undefined_without_terms():
    assert ExactMatch(None).aggregate(np.array([0, 0, 0])) is None


def overlap(reference, terms, hypothesis, lemmatiser=None, metric=WindowOverlap2):
    test_set = TestSet("en", "fr", (segment(reference, *terms),), "tokenised")
    [row] = metric(lemmatiser).statistics(test_set, Hypotheses((hypothesis,)))
    return row[0]


@pytest.mark.parametrize(
    ("reference", "terms", "hypothesis", "expected"),
    [
        ("a b T c d", [term("T")], "a b T c d", 1.0),  # the same on both sides
        ("a b T c d", [term("T")], "x b T c y", 0.5),  # two of four
        ("a b T", [term("T")], "a b T q", 1.0),  # over the reference's tokens, fewer at the edge
        ("T", [term("T")], "T", 0.0),  # no window
        ("a b T c d", [term("T")], "a b c d", 0.0),  # the term is missing
        ("a b T c d", [term("T", "S")], "a b S c d", 0.0),  # only the annotated form is looked up
        ("a b T c d", [term("T")], "c d T a b", 1.0),  # sides are one multiset
        ("a a T b c", [term("T")], "a x T b c", 0.75),  # … in which repetitions count
        ("a , T . b", [term("T")], "a T b", 1.0),  # punctuation is skipped
        ("a () T b", [term("T")], "a T b", 1.0),  # … as a substring of string.punctuation
        ("a ... T b", [term("T")], "a T b", 2 / 3),  # "..." is no substring of it
        ("a « T b", [term("T")], "a T b", 2 / 3),  # nor is «
        # Of two places the better: a place and an annotation serve once.
        ("a b T c d", [term("T")], "T q a b T c d", 1.0),
        # Two annotations, equal positions (both the first T): two pairs, of two places.
        ("a T b T c", [term("T"), term("T")], "a T b T c", (1 + 2 / 3) / 2),
        ("a T b", [term("T"), term("T")], "a T b", 1.0),  # one place: one pair
        # Two tokens: the reference's window {S, b, c} holds the first one, the hypothesis' not.
        ("a b S T c", [term("S T")], "a b S T c", 2 / 3),
        # The end before the start: the window is around the end.
        ("T a S T b", [term("S T")], "S T a S", 1.0),
        # Starts are taken per form: another form may use the same words.
        ("a S T b", [term("S T"), term("T")], "a S T b", (2 / 3 + 1.0) / 2),
    ],
)
def test_window_overlap_follows_the_scorer(reference, terms, hypothesis, expected):
    assert overlap(reference, terms, hypothesis) == pytest.approx(expected, abs=1e-15)


def test_a_tie_goes_to_the_pair_listed_first_and_decides_what_is_left():
    """Two annotations of one lemma; the greedy choice among equals changes the mean."""
    terms = [term("gant", kind="tgt_lemma"), term("gants", kind="tgt_lemma")]
    reference = "a b gant c q r t u gants v w"

    # First start {a, b, t, u}: 2/4 with either annotation. Second {c, q, y, z}: 2/4 with the first
    # only. Taking (first, first) leaves the pair of score 0; the other way round both had 2/4.
    assert overlap(reference, terms, "a b gant t u x x c q gant y z", SINGULAR) == 0.25


def test_three_tokens_on_each_side_for_n_3():
    assert overlap("a b c T d", [term("T")], "a b c T d", metric=WindowOverlap3) == 1.0
    assert overlap("a b c T d", [term("T")], "x b c T d", metric=WindowOverlap3) == 0.75


def test_lemma_terms_are_looked_up_among_lemmas_by_their_lemmas():
    terms = [term("gants", "gant", "tgt_lemma")]

    assert overlap("des gants bleus", terms, "de gant bleu", SINGULAR) == 1.0
    assert overlap("des gants bleus", terms, "des gants bleus", None) == 0.0  # skipped


def test_lemma_pairs_join_the_list_of_the_surface():
    terms = [term("T"), term("gants", "gant", "tgt_lemma")]

    # Surface pair: {a, gants} vs {a, gant}: 1/2. Lemma pair: {a, T}: 1.
    assert overlap("a T gants", terms, "a T gant", SINGULAR) == pytest.approx(0.75)


def test_two_surface_forms_of_one_lemma_are_one_group():
    terms = [term("gant", "gant", "tgt_lemma"), term("gants", "gant", "tgt_lemma")]

    # One start only: one pair is taken of the two annotations, the better one.
    assert overlap("a gant b c gants d", terms, "a gant b", SINGULAR) == pytest.approx(2 / 3)


# Values of the published scorer, run on these texts.
@pytest.mark.parametrize(
    ("reference", "forms", "hypothesis", "expected"),
    [
        ("we use C++ here now", ["C++"], "we use C++ here now", 0.0),  # one C or more, no plus
        ("we use C++ here now", ["C++"], "we use CCC here now", 1.0),
        ("on a.b it runs", ["a.b"], "on axb it runs", 1.0),  # any character for the dot
        ("the U.S. has it", ["U.S."], "the UXSX has it", 1.0),
        ("so what ? he asks", ["what ?"], "so what ? he asks", 0.75),  # the space is optional
        ("take ( x ) of it", ["( x )"], "take ( x ) of it", 0.0),  # a group, no brackets
        ("a [ab] c", ["[ab]"], "a b c", 1.0),
        ("x a|b y", ["a|b"], "x b y", 0.5),  # "b " is found inside: its window begins one later
        ("x * y z", ["*"], "x * y z", 1.0),  # spaces, as many as there are, before a space
        ("x ) y", [")"], "x ) y", 0.0),  # invalid: never found
    ],
)
def test_window_overlap_reads_forms_as_expressions(reference, forms, hypothesis, expected):
    assert overlap(reference, [term(form) for form in forms], hypothesis) == expected


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("(a+)+b", "a" * 30_000),
        ("(a|a)*b", "a" * 30_000),
        (r"(\w+\s?)*$", "ab " * 5_000),
        ("a?" * 40 + "a" * 40, "a" * 40),
        (".*.*.*x", "a " * 8_000),
        ("x.*y", "x " * 10_000),
        ("(a{1,9}){9,}", "a" * 5_000),
        ("a" * 5_000 + "+", "a" * 9_000),
        ("(" * 300 + "a" + ")" * 300, "a"),
    ],
)
def test_an_expression_without_a_bound_is_not_searched(form, text):
    start = time.process_time()

    found = list(find_offsets(form, f" {text} "))

    assert time.process_time() - start < 2  # seconds; an unbounded search outlives the sun
    assert len(found) <= 1


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("colou?r", " color colour ", [0, 6]),
        ("(COVID|SARS).19", " COVID-19 SARS-19 ", [0, 9]),
        ("[0-9]+ mg", " 5 mg 10 mg ", [0, 5]),
        (r"5\+", " 5+ 5 ", [0]),
        ("a{2}", " aa a ", [0]),
        ("e.g.", " e.g. exgy ", [0, 5]),
        ("(a)?b", " ab b ", [0, 3]),
    ],
)
def test_an_expression_with_a_bound_is_searched_as_it_is(form, text, expected):
    assert list(find_offsets(form, text)) == expected
