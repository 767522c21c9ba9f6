"""Hypotheses meet their test set: order, ids, and everything that doesn't fit."""

from __future__ import annotations

import time

import pytest

from evaluator import HypothesisFile, Line, MisalignedError, Segment, TestSet, align
from evaluator.normalise import count_tokens, has_more_tokens


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
        # 20 x 3 + 200 tokens are allowed
        (plain("w " * 261, "w " * 260), UNIQUE, [(1, None, "more than 260 tokens, the limit")]),
        # punctuation is a token
        (plain("w, " * 131, "w, " * 130), UNIQUE, [(1, None, "more than 260 tokens")]),
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


def test_documents_without_a_name_leave_no_gap_in_a_sentence():
    test_set = TestSet("en", "fr", (segment("", "1"), segment("", "2")))

    found = problems(marked(("", "9", "a"), ("", "1", "a"), ("", "1", "a")), test_set)

    assert [problem.message.partition(". ")[0] for problem in found] == [
        "The test set has no such segment in a document without a name",
        "The segment stands in line 2 already",
        "The segment is missing",
    ]


def test_all_problems_come_at_once():
    file = marked(("x", "9", "a\nb"), ("d", "1", "a"), ("d", "1", "a"))

    assert len(problems(file, TWO_DOCUMENTS)) == 5  # unknown, twice, two missing, line break


def test_a_problem_reads_file_line_segment_message():
    text = str(problems(marked(("d", "1", "a"), ("d", "9", "b")), UNIQUE)[0])

    assert text.startswith("h.jsonl:2: segment 9: The test set has no such segment")


@pytest.mark.parametrize(
    ("target", "token"),
    [("zh", "病"), ("zh-Hans", "病"), ("ko", "나는 "), ("fr", "l'eau "), ("ru", "да ")],
)
def test_a_text_is_measured_in_tokens_of_its_language(target, token):
    test_set = TestSet("en", target, (segment("d", "1"), segment("d", "2")))
    most = 260 // count_tokens(token, target)

    align(plain(token * most, "b"), test_set)
    found = problems(plain(token * (most + 1), "b"), test_set)

    assert "20 times the longest source's 3, and 200" in found[0].message


def test_sources_are_measured_in_tokens_of_their_language():
    test_set = TestSet("zh", "en", (segment("d", "1", "病毒" * 10),))  # 20 x 20 + 200

    align(plain("w " * 600), test_set)

    assert "more than 600 tokens" in problems(plain("w " * 601), test_set)[0].message


@pytest.mark.parametrize("text", ["a" * 100_000, "\ufdfa" * 33_000, "a " * 50_000, "ㄱ" * 33_000])
@pytest.mark.parametrize("target", ["fr", "zh", "ko"])
def test_measuring_a_long_line_takes_no_time(target, text):
    start = time.process_time()

    has_more_tokens(text, target, 10**9)

    assert time.process_time() - start < 5  # seconds; MeCab takes 9 for the first at once


def test_pieces_do_not_change_the_count():
    text = "Die Patientin (34) nahm 2,5 mg ein. " * 500

    assert count_tokens(text, "de") == 500 * count_tokens(text[:36], "de") == 500 * 10
