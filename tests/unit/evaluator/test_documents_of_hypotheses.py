"""Hypotheses by document: paragraphs are counted, sources checked, line breaks kept or joined."""

from __future__ import annotations

import io
import json

import pytest

from evaluator import MisalignedError, Segment, TestSet, read_aligned
from evaluator.checking.review import find_warnings
from evaluator.container.output import OutputReader
from evaluator.types import Document, UnscoredSegment

SOURCES = {
    "a": ("The first source is long.", "The second source is long."),
    "b": ("One\nwhole document of lines", ),
    "c": ("Third document, first.", "Third document, second.", "Third document, last."),
    "d": ("A document of one paragraph.",),
}  # fmt: skip


def documents(delimiter="\n\n", *, unscored=()):
    rows = [
        (name, str(number), text)
        for name, texts in SOURCES.items()
        for number, text in enumerate(texts, 1)
    ]
    return TestSet(
        "en",
        "pl",
        tuple(Segment(i, d, t, ("x",)) for d, i, t in rows if (d, i) not in unscored),
        "raw",
        unscored=tuple(
            UnscoredSegment(place, i, d, t)
            for place, (d, i, t) in enumerate(rows)
            if (d, i) in unscored
        ),
        unit="document",
        documents=tuple(
            Document(name, None, delimiter if len(texts) > 1 else None)
            for name, texts in SOURCES.items()
        ),
    )


GOOD = ["a1\n\na2", "b\n\nlines", "c1\n\nc2\n\nc3", "d"]


def read(content, test_set=None, name="ours.json"):
    text = content if isinstance(content, str) else json.dumps(content)
    return read_aligned(io.BytesIO(text.encode()), name, test_set or documents())


def problems(content, test_set=None):
    with pytest.raises(MisalignedError) as caught:
        read(content, test_set)
    return [(problem.line, problem.message) for problem in caught.value.problems]


def as_lines(key="pl", texts=GOOD, sources=None):
    sources = sources or ["\n\n".join(texts) for texts in SOURCES.values()]
    rows = ({"en": source, key: text} for source, text in zip(sources, texts, strict=True))
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def test_a_string_for_each_document_is_split_into_its_paragraphs():
    hypotheses = read(GOOD)

    assert hypotheses.texts == ("a1", "a2", "b\n\nlines", "c1", "c2", "c3", "d")
    assert hypotheses.lines == (1, 1, 2, 3, 3, 3, 4)
    assert hypotheses.notes == ()


def test_paragraphs_may_come_one_by_one():
    flat = ["a1", "a2", "b lines", "c1", "c2", "c3", "d"]
    by_id = [
        {"id": segment.id, "doc": segment.document, "translation": text}
        for segment, text in zip(documents().segments, flat, strict=True)
    ]

    assert read(flat).texts == tuple(flat)
    assert read("".join(f"{text}\n" for text in flat)).texts == tuple(flat)
    assert read("".join(f"{json.dumps(row)}\n" for row in by_id)).texts == tuple(flat)


def test_lines_with_languages_are_split_too():
    assert read(as_lines()).texts == read(GOOD).texts
    assert read(as_lines().replace("\n\n", "\r\n\r\n")).texts == read(GOOD).texts


@pytest.mark.parametrize(
    ("place", "text", "words"),
    [
        (2, "c1\nc2\nc3", "document 3 has 1 paragraph, expected 3; this document looks '\\n'-join"),
        (2, "c1\n\nc2", "document 3 has 2 paragraphs, expected 3. Translate each paragraph"),
        (2, "c1\n\n\n\nc2\n\nc3", "document 3 has 4 paragraphs, expected 3; 1 of them is empty"),
        (0, "a1\n\na2\n\na3\n\na4", "document 1 has 4 paragraphs, expected 2. Translate each"),
        (3, "d\n\nmore", "document 4 has 2 paragraphs, expected 1. Send it as a single paragraph"),
    ],
)
def test_paragraphs_are_counted_with_the_remedy(place, text, words):
    content = [*GOOD[:place], text, *GOOD[place + 1 :]]

    [(line, message)] = problems(content)
    assert line == place + 1
    assert words in message
    assert words in problems(as_lines(texts=content))[0][1]


def test_another_delimiter_is_that_of_the_test_set():
    joined = ["a1\na2", "b\n\nlines", "c1\n\nc2\n\nc3", "d"]

    [(_, message)] = problems(joined, documents("\n"))
    assert "document 3 has 5 paragraphs, expected 3; this document looks '\\n\\n'-joined" in message
    assert "by '\\n'" in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (GOOD[:3], "has 3 strings, the test set 4 documents (7 paragraphs). Add the missing"),
        ([*GOOD, "e"], "has 5 strings, the test set 4 documents (7 paragraphs). Send one string"),
        ("one\ntwo\n", "2 lines, the test set 7 paragraphs"),
    ],
)
def test_another_number_of_documents_is_named(content, words):
    assert words in problems(content)[0][1]


def test_paragraphs_without_score_are_translated_and_not_told():
    test_set = documents(unscored={("c", "2"), ("a", "1")})

    hypotheses = read(GOOD, test_set)
    assert hypotheses.texts == ("a2", "b\n\nlines", "c1", "c3", "d")
    assert find_warnings(hypotheses, test_set) == ()
    # Neither a shorter file nor a message shows which paragraphs have no score.
    assert "4 documents (7 paragraphs)" in problems(["a2", "b", "c1", "c3", "d"], test_set)[0][1]
    assert "expected 3" in problems([*GOOD[:2], "c1\n\nc3", "d"], test_set)[0][1]


def test_line_breaks_around_a_document_are_ignored_with_a_warning():
    hypotheses = read([GOOD[0] + "\n\n", *GOOD[1:]])

    assert hypotheses.texts[:2] == ("a1", "a2")
    assert "beginning or the end of documents are ignored, in 1" in hypotheses.notes[0].message


SEGMENTS = TestSet(
    "en",
    "pl",
    tuple(
        Segment(str(number), "", text, ("x",))
        for number, text in enumerate(
            ("The first source of all.", "The second source of all.", "The third source."), 1
        )
    ),
    "raw",
)
PLAIN = [segment.source for segment in SEGMENTS.segments]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(["a\nb", "c", "d\r\n\r\ne\n"]),
        json.dumps({"1": "a\nb", "2": "c", "3": "d\r\n\r\ne\n"}),
        "".join(
            json.dumps({"id": str(n), "translation": text}) + "\n"
            for n, text in enumerate(["a\nb", "c", "d\n e"], 1)
        ),
        as_lines(texts=["a\nb", "c", "d\re"], sources=PLAIN),
    ],
)
def test_a_line_break_in_a_segment_is_a_space_with_one_warning(content):
    hypotheses = read(content, SEGMENTS)

    assert hypotheses.texts == ("a b", "c", "d e")
    counted = [n.message for n in hypotheses.notes if "line break" in n.message]
    assert len(counted) == 1
    assert counted[0].startswith("2 texts hold line breaks")


@pytest.mark.parametrize(
    ("sources", "line", "words"),
    [
        ([PLAIN[0], "Another text, not ours.", PLAIN[2]], 2, "not in the test set; 'The second"),
        ([PLAIN[0], PLAIN[2], PLAIN[1]], 2, "number 3 in the test set; number 2 is expected"),
        (["A file of some other test set"] * 3, 1, "whether this is the file for another test"),
        ([PLAIN[0], "", PLAIN[2]], 2, "not in the test set"),
    ],
)
def test_a_wrong_source_names_the_line_and_the_remedy(sources, line, words):
    found = problems(as_lines(texts=["a", "b", "c"], sources=sources), SEGMENTS)

    assert found[0][0] == line
    assert words in found[0][1]


def test_names_in_the_place_of_sources_are_a_warning():
    hypotheses = read(as_lines(texts=["a", "b", "c"], sources=["s1", "s2", "s3"]), SEGMENTS)

    assert hypotheses.texts == ("a", "b", "c")
    assert "names instead of the sources" in hypotheses.notes[0].message


def test_white_space_of_sources_is_free_and_one_line_is_enough():
    [segment, *_] = SEGMENTS.segments
    test_set = TestSet("en", "pl", (segment,), "raw")

    assert read(as_lines(texts=["a"], sources=["The  first source of all. "]), test_set).texts == (
        "a",
    )


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"en": PLAIN[1]}, 'There is no "pl"'),
        ({"en": PLAIN[1], "pl": 3}, '"pl" must be a string'),
        ({"pl": "b"}, 'There is no "en"'),
    ],
)
def test_a_line_without_a_language_is_named(row, words):
    content = as_lines(texts=["a", "b", "c"], sources=PLAIN).splitlines()
    content[1] = json.dumps(row)

    assert words in problems("\n".join(content), SEGMENTS)[0][1]


@pytest.mark.parametrize(
    ("id", "text", "total"),
    [("1", "a\nb", 1), ("2", "a\nb\n\nc", 0), ("2", "a\rb", 0), ("2", "one line", 0)],
)
def test_an_image_may_break_lines_where_the_source_does(id, text, total):
    reader = OutputReader(
        ["1", "2"],
        sources=["one line", "two\nlines"],
        max_bytes=10_000,
        max_line_bytes=1_000,
        quote=False,
    )

    reader.feed(json.dumps({"id": id, "translation": text}).encode() + b"\n")

    assert reader.log.total == total
