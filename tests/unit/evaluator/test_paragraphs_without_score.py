"""Of a document every paragraph is translated, and no message shows which of them count."""

from __future__ import annotations

import io
import json

import pytest

from evaluator import Segment, SubmissionError, TestSet, read_aligned
from evaluator.checking import count_all_paragraphs, find_warnings
from evaluator.types import Document, UnscoredSegment

SOURCES = {
    "a": ("The first source of a.", "The second source of a."),
    "b": ("A document of a single paragraph.",),
    "c": ("The first source of c.", "The second source of c.", "The third source of c."),
}
ROWS = [(name, str(n), text) for name, texts in SOURCES.items() for n, text in enumerate(texts, 1)]
# Which paragraphs no score counts: none, the first, the last, a whole document, several.
HIDDEN = [set(), {0}, {5}, {2}, {1, 3, 4}]


def make_test_set(hidden):
    segments = [Segment(i, d, text, ("a reference",)) for d, i, text in ROWS]
    return TestSet(
        "en",
        "pl",
        tuple(segment for place, segment in enumerate(segments) if place not in hidden),
        "raw",
        unscored=tuple(UnscoredSegment(n, ROWS[n][1], *ROWS[n][::2]) for n in sorted(hidden)),
        unit="document",
        documents=tuple(Document(name, None, "\n\n") for name in SOURCES),
    )


def with_ids(texts, *, left_out=()):
    return "".join(
        json.dumps({"doc": d, "id": i, "translation": text}) + "\n"
        for place, ((d, i, _), text) in enumerate(zip(ROWS, texts, strict=True))
        if place not in left_out
    )


TEXTS = [f"Tłumaczenie numer {n}." for n in range(6)]
LONG = "x" * 30_000
FILES = {
    "good.jsonl": with_ids(TEXTS),
    "good.txt": "\n".join(TEXTS) + "\n",
    "empty.jsonl": with_ids([""] * 6),
    "empty.txt": "\n" * 6,
    "without some.jsonl": with_ids(TEXTS, left_out={0, 1, 3}),
    "without most.jsonl": with_ids(TEXTS, left_out={1, 2, 3, 4, 5}),
    "too long.jsonl": with_ids([*TEXTS[:4], LONG, LONG]),
    "too long.txt": "\n".join([LONG, *TEXTS[:5]]),
    "breaks.jsonl": with_ids(["one\ntwo"] * 6),
    "entities.jsonl": with_ids(["a &amp; b"] * 6),
    "copies.txt": "\n".join(text for _, _, text in ROWS),
    "twice.jsonl": with_ids(TEXTS) + with_ids(TEXTS),
    "broken.jsonl": with_ids(TEXTS, left_out={2, 3}) + "{broken\n",
    "unknown.jsonl": '{"doc": "z", "id": "1", "translation": "x"}\n' + with_ids(TEXTS),
    "short.txt": "\n".join(TEXTS[:4]),
    "object.json": json.dumps({f"{d}:{i}": "" for d, i, _ in ROWS[1:]}),
    "array.json": json.dumps(["a\n\nb", LONG, "\n\n\n\n"]),
}


def say(name, test_set):
    """Return everything that a participant is told about a file."""
    try:
        hypotheses = read_aligned(io.BytesIO(FILES[name].encode()), name, test_set)
    except SubmissionError as error:
        return error.total, [str(problem) for problem in error.problems]
    return 0, [str(problem) for problem in find_warnings(hypotheses, test_set)]


@pytest.mark.parametrize("name", FILES)
def test_nothing_said_shows_which_paragraphs_count(name):
    answers = [say(name, make_test_set(hidden)) for hidden in HIDDEN]

    assert answers == [answers[0]] * len(HIDDEN)
    assert bool(answers[0][1]) == (not name.startswith("good"))


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("name", ["good.jsonl", "good.txt"])
def test_only_paragraphs_that_count_are_scored(name, hidden):
    test_set = make_test_set(hidden)

    hypotheses = read_aligned(io.BytesIO(FILES[name].encode()), name, test_set)

    counted = [n for n in range(6) if n not in hidden]
    assert hypotheses.texts == tuple(TEXTS[n] for n in counted)
    assert hypotheses.lines == tuple(n + 1 for n in counted)
    whole = count_all_paragraphs(test_set)
    assert [segment.source for segment in whole.segments] == [text for _, _, text in ROWS]
    assert not whole.unscored
