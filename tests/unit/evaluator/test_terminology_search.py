"""Terms found in a source, what they require, and the annotated source for systems."""

from __future__ import annotations

import pytest

from evaluator.terms.required import required_terms
from evaluator.terms.source_terms import TermIndex, annotate, find_terms
from evaluator.types import Segment, Term, TermAnnotation, Terminology, TestSet


def index(*sources, language="en"):
    terms = [Term(f"{n:02}", source, (f"t{n}",)) for n, source in enumerate(sources)]
    return TermIndex(terms, language)


def found(terms, source):
    """Each occurrence as entry id, raw text, s or l."""
    return [(one.id, source[one.start : one.end], one.by[0]) for one in find_terms(source, terms)]


@pytest.mark.parametrize(
    ("sources", "text", "expected"),
    [
        (["cough"], "", []),
        ([], "cough", []),
        (["cough"], "A Cough, then coughs", [("00", "Cough", "s"), ("00", "coughs", "l")]),
        # most tokens first: the longer of two nested ones
        (
            ["pain", "chest pain"],
            "chest pain or pain",
            [("01", "chest pain", "s"), ("00", "pain", "s")],
        ),
        # straddling, two tokens each: most characters
        (["big red", "red balloon"], "big red balloon", [("01", "red balloon", "s")]),
        # … then leftmost
        (["b c", "a b"], "a b c", [("01", "a b", "s")]),
        # same span: entry id
        (["who", "WHO"], "WHO", [("00", "WHO", "s")]),
        (["WHO", "who"], "WHO", [("00", "WHO", "s")]),
        # three tokens beat four characters more
        (["a b c", "c pneumonia"], "a b c pneumonia", [("00", "a b c", "s")]),
        # the surface pass comes first: its one token blocks the longer lemma match
        (["test", "rapid tests kit"], "rapid test kit", [("00", "test", "s")]),
        # … and the lemma pass takes the rest
        (
            ["test", "mask", "face mask"],
            "face masks, test",
            [("02", "face masks", "l"), ("00", "test", "s")],
        ),
        # a token is one term's: both are in it, the longer takes it
        (["corona", "virus-free"], "corona-virus-free", [("01", "virus-free", "s")]),
        # … and its lemma is looked up with its quotation marks: what is required stays
        (["test"], "“tests” and tests", [("00", "tests", "l")]),
        # all capitals: as they are, and never by lemma
        (["WHO", "TESTS"], "who tests the test?", []),
        (["WHO"], "the ＷＨＯ\u00ad.", [("00", "ＷＨＯ", "s")]),
        # invisible characters and ligatures: raw places
        (["fine infection"], "a ﬁne  in\u200bfection.", [("00", "ﬁne  in\u200bfection", "s")]),
    ],
)
def test_terms_are_found_longest_first_surface_before_lemma(sources, text, expected):
    assert found(index(*sources), text) == expected


@pytest.mark.parametrize(
    ("language", "source", "text", "expected"),
    [
        ("cs", "infekce", "bez infekcí", [("00", "infekcí", "l")]),
        ("de", "Maske", "zwei Masken", [("00", "Masken", "l")]),
        ("ru", "вирус", "вирусами", [("00", "вирусами", "l")]),
        ("zh", "新冠", "患新冠肺炎", [("00", "新冠", "s")]),
        ("ko", "마스크", "마스크를", [("00", "마스크", "s")]),
    ],
)
def test_terms_are_found_in_every_source_language(language, source, text, expected):
    assert found(index(source, language=language), text) == expected


def test_entries_that_gave_way_are_present_all_the_same():
    terms = index("pain", "chest pain", "fever")

    assert terms.find("chest pain").present == {0, 1}
    assert terms.find("chest pains").present == {0, 1}  # by lemma


def test_entries_with_the_same_source_are_one():
    terms = [
        Term("7", "Cough", ("toux",)),
        Term("3", "fever", ("fièvre",), seen=False),
        Term("2", "\u200bcough", ("tousser", "toux"), seen=True),
        Term("1", "COUGH", ("TOUX",)),  # all capitals: looked up differently, another entry
    ]

    assert TermIndex(terms, "en").entries == (
        Term("7", "Cough", ("toux", "tousser"), seen=True),
        Term("3", "fever", ("fièvre",), seen=False),
        Term("1", "COUGH", ("TOUX",)),
    )


@pytest.mark.parametrize(
    ("source", "annotated", "entries"),
    [
        ("", "", []),
        ("no term & <b>", "no term &amp; &lt;b&gt;", []),
        (
            "the order & orders",
            'the <term target="commande|ordre">order</term> &amp; '
            '<term target="commande|ordre">orders</term>',
            ["order"],  # listed once
        ),
        (
            'R&D "x" order',
            '<term target="R&amp;D &quot;it\'s&quot; &lt;">R&amp;D</term> "x" '
            '<term target="commande|ordre">order</term>',
            ["R&D", "order"],
        ),
        ("℀", '<term target="a">℀</term>', ["a", "c"]),  # a/c: two terms in one raw character
    ],
)
def test_the_annotated_source_is_escaped_and_names_all_targets(source, annotated, entries):
    terms = TermIndex(
        [
            Term("1", "order", ("commande", "ordre")),
            Term("2", "R&D", ('R&D "it\'s" <',)),
            Term("3", "a", ("a",)),
            Term("4", "c", ("c",)),
        ],
        "en",
    )

    given = annotate(source, terms)

    assert given.annotated == annotated
    assert [term.source for term in given.terms] == entries


def annotation(source, target, form, number="1"):
    return TermAnnotation(number, "src_original_and_tgt_original", source, target, form)


def segment(number, source="x", *, terms=(), references=("r",), reference_terms=((),)):
    return Segment(str(number), "d", source, references, terms, reference_terms)


def wanted(test_set):
    """Per segment: source, count, accepted forms with the listed ones first."""
    return [
        [
            (one.source, one.count, [f.raw for f in one.accepted[: one.listed]],
             [f.raw for f in one.accepted[one.listed :]])
            for one in row
        ]
        for row in required_terms(test_set).per_segment
    ]  # fmt: skip


COUGH = annotation("cough", "toux|tousser", "tousse")
FEVER = annotation("fever", "fièvre", "fièvres", "2")
TERMS = Terminology("en", "fr", (Term("1", "cough", ("toux",)), Term("2", "mask", ("masque",))))


@pytest.mark.parametrize(
    ("segments", "terminology", "expected"),
    [
        # neither annotations nor a terminology
        ([segment(1, "cough")], None, [[]]),
        # a terminology: found in the source, n times
        (
            [segment(1, "masks, cough, mask"), segment(2)],
            TERMS,
            [[("mask", 2, ["masque"], []), ("cough", 1, ["toux"], [])], []],
        ),
        # annotations of the first reference, whatever the terminology finds
        (
            [segment(1, "mask", reference_terms=((COUGH, COUGH),)), segment(2, "mask")],
            TERMS,
            [[("cough", 2, ["toux", "tousser"], ["tousse"])], []],
        ),
        # annotations in the source come before those of a reference, in all segments
        (
            [
                segment(1, terms=(COUGH,)),
                segment(2, reference_terms=((FEVER,),)),
            ],
            None,
            [[("cough", 1, ["toux", "tousser"], [])], []],
        ),
        # forms of all references are accepted, each once, those of other segments are not
        (
            [
                segment(
                    1,
                    references=("r", "s"),
                    reference_terms=((FEVER,), (annotation("Fever", "y", "fiévreux"), FEVER)),
                ),
                segment(2, reference_terms=((annotation("fever", "fièvre", "fièvre"),), ())),
            ],
            None,
            [
                [("fever", 1, ["fièvre"], ["fièvres", "fiévreux"])],
                [("fever", 1, ["fièvre"], [])],
            ],
        ),
        # each occurrence has its own targets, whatever another occurrence of the source has
        (
            [
                segment(
                    1,
                    terms=(
                        annotation("fever", "fièvre", "f"),
                        annotation("Fever", "chaud", "f", "9"),
                    ),
                )
            ],
            None,
            [[("fever", 1, ["fièvre"], []), ("Fever", 1, ["chaud"], [])]],
        ),
    ],
)
def test_required_terms_come_from_annotations_else_from_the_terminology(
    segments, terminology, expected
):
    test_set = TestSet("en", "fr", tuple(segments), "raw", "proper", terminology)

    assert wanted(test_set) == expected


def test_a_random_test_set_requires_its_own_random_terms():
    terms = Terminology("en", "fr", (Term("1", "the", ("le", "la")),))
    test_set = TestSet("en", "fr", (segment(1, "the cough"),), "raw", "random", terms)

    assert wanted(test_set) == [[("the", 1, ["le", "la"], [])]]
