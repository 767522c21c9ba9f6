"""Hypotheses meet their test set: order, ids, and everything that doesn't fit."""

from __future__ import annotations

import pytest

from evaluator import HypothesisFile, Line, MisalignedError, Segment, TestSet, align


def segment(document, identifier, source="one two three"):
    return Segment(identifier, document, source, ("ref",), (), ((),))


TWO_DOCUMENTS = TestSet("en", "fr", (segment("d", "1"), segment("d", "2"), segment("e", "1")))
UNIQUE = TestSet("en", "fr", (segment("d", "1"), segment("d", "2")))


def plain(*texts):
    lines = (Line(number, None, None, text) for number, text in enumerate(texts, 1))
    return HypothesisFile("h.txt", "text", tuple(lines))


def marked(*rows, form="jsonl"):
    lines = (Line(number, s, d, text) for number, (d, s, text) in enumerate(rows, 1))
    return HypothesisFile("h.jsonl", form, tuple(lines))


def problems(file, test_set):
    with pytest.raises(MisalignedError) as caught:
        align(file, test_set)
    return caught.value.problems


def test_plain_text_pairs_by_order():
    assert align(plain("a", "", "c"), TWO_DOCUMENTS).texts == ("a", "", "c")


def test_ids_pair_in_any_order():
    file = marked(("e", "1", "c"), ("d", "2", "b"), ("d", "1", "a"), form="sgml")

    assert align(file, TWO_DOCUMENTS).texts == ("a", "b", "c")


def test_an_id_alone_is_enough_where_it_is_unique():
    assert align(marked((None, "2", "b"), ("d", "1", "a")), UNIQUE).texts == ("a", "b")


@pytest.mark.parametrize(
    ("file", "test_set", "expected"),
    [
        # too few lines
        (plain("a"), UNIQUE, [(1, None, "1 lines, the test set 2 segments. Add the missing 1")]),
        # too many
        (plain("a", "b", "c"), UNIQUE, [(3, None, "Remove the 1 that are too many")]),
        # unknown document, so that the right one is missing
        (
            marked(("x", "1", "a"), ("d", "2", "b")),
            UNIQUE,
            [(1, "1", "no such segment in document x"), (None, "1", "document d is missing")],
        ),
        # repeated
        (
            marked(("d", "1", "a"), (None, "2", "b"), ("d", "1", "a")),
            UNIQUE,
            [(3, "1", "stands in line 1 already")],
        ),
        # ambiguous without document; not also called missing
        (
            marked((None, "1", "a"), ("d", "2", "b")),
            TWO_DOCUMENTS,
            [(1, "1", "2 documents of the test set have a segment of this id. Say which one")],
        ),
        # line breaks
        (
            marked(("d", "1", "a\nb"), ("d", "2", "a\rb")),
            UNIQUE,
            [(1, "1", "line break"), (2, "2", "Replace it by a space")],
        ),
        # 20 x 3 + 200 words are allowed
        (plain("w " * 261, "w " * 260), UNIQUE, [(1, None, "261 words; 260 are allowed")]),
        # bytes
        (plain("é" * 50_001, "b"), UNIQUE, [(1, None, "100,002 bytes; 100,000 are allowed")]),
    ],
)
def test_what_does_not_fit_is_named_with_line_id_and_remedy(file, test_set, expected):
    found = problems(file, test_set)

    assert [(problem.line, problem.segment) for problem in found] == [row[:2] for row in expected]
    for problem, (_, _, words) in zip(found, expected, strict=True):
        assert words in problem.message
        assert problem.file == file.name


def test_all_problems_come_at_once():
    file = marked(("x", "9", "a\nb"), ("d", "1", "a"), ("d", "1", "a"))

    assert len(problems(file, TWO_DOCUMENTS)) == 5  # unknown, twice, two missing, line break


def test_a_problem_reads_file_line_segment_message():
    text = str(problems(marked(("d", "1", "a"), ("d", "9", "b")), UNIQUE)[0])

    assert text.startswith("h.jsonl:2: segment 9: The test set has no such segment")
