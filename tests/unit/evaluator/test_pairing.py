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
        (
            plain("a"),
            UNIQUE,
            [(1, None, "1 line, the test set 2 segments. Add the missing 1 line:")],
        ),
        # too many
        (plain("a", "b", "c"), UNIQUE, [(3, None, "Remove 1 line, such as")]),
        (plain("Sure! Here they are:", "a", "b"), UNIQUE, [(1, None, "words to the reader")]),
        (
            plain("Voici la liste :", "", "a", "b"),
            UNIQUE,
            [(1, None, "words to the reader")],
        ),
        (plain("translation", "a", "b"), UNIQUE, [(1, None, "the name of a column")]),
        (plain('"MT"', "a", "b"), UNIQUE, [(1, None, "the name of a column")]),
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
            [(1, "1", "2 documents of the test set have a segment with this id. Add")],
        ),
        # line breaks
        (
            marked(("d", "1", "a\nb"), ("d", "2", "a\rb"), form="sgml"),
            UNIQUE,
            [(1, "1", "line break"), (2, "2", "Replace it by a space")],
        ),
    ],
)
def test_what_does_not_fit_is_named_with_line_id_and_remedy(file, test_set, expected):
    found = problems(file, test_set)

    assert [(problem.line, problem.segment) for problem in found] == [row[:2] for row in expected]
    for problem, (_, _, words) in zip(found, expected, strict=True):
        assert words in problem.message
        assert problem.file == file.name


def test_documents_without_a_name_leave_no_gap_in_a_sentence():
    test_set = TestSet("en", "fr", (segment("", "1"), segment("", "2")))

    found = problems(marked(("", "9", "a"), ("", "1", "a"), ("", "1", "a")), test_set)

    assert [problem.message.partition(". ")[0] for problem in found] == [
        "The test set has no such segment in a document without a name",
        "The segment stands in line 2 already",
        "The segment is missing",
    ]


def test_all_problems_come_at_once():
    file = marked(("x", "9", "a\nb"), ("d", "1", "a"), ("d", "1", "a"), form="sgml")

    assert len(problems(file, TWO_DOCUMENTS)) == 5  # unknown, twice, two missing, line break


def test_a_problem_reads_file_line_segment_message():
    text = str(problems(marked(("d", "1", "a"), ("d", "9", "b")), UNIQUE)[0])

    assert text.startswith("h.jsonl:2: segment 9: The test set has no such segment")


def test_a_text_may_be_four_times_its_own_source_and_20000_bytes():
    sources = (segment("d", "1", "a" * 1000), segment("d", "2", "b"))
    test_set = TestSet("en", "fr", sources)

    align(plain("é" * 12_000, "x" * 20_004), test_set)
    found = problems(plain("é" * 12_000 + "x", "x" * 20_005), test_set)

    assert [problem.line for problem in found] == [1, 2]
    assert "24,001 bytes; 24,000 are allowed" in found[0].message
    assert "20,005 bytes; 20,004 are allowed" in found[1].message


@pytest.mark.parametrize("letter", ["x", "é", "病", "🦠"])
def test_a_file_may_be_four_times_all_sources_and_100000_bytes(letter):
    test_set = TestSet("en", "fr", tuple(segment("d", str(n), "a" * 250) for n in range(40)))
    share = 140_000 // 40 // len(letter.encode())  # 4 times 10,000, and 100,000
    rest = "x" * (140_000 // 40 - share * len(letter.encode()))

    align(plain(*[letter * share + rest] * 40), test_set)
    found = problems(plain(*[letter * share + rest] * 39, letter * (share + 1)), test_set)

    assert "140,000 are allowed" in found[0].message
    assert "140,0" in found[0].message
    assert [problem.line for problem in found[1:]] == [1, 2, 3, 4, 40]  # the longest are named
