"""JSON outputs with repeated keys, and documents whose paragraphs are joined in odd ways."""

from __future__ import annotations

import io
import json

import pytest

from evaluator import SubmissionError, read_aligned, read_test_set

SOURCES = ["Alpha one.\n\nAlpha two.\n\nAlpha three.", "Beta one.\n\nBeta two.", "Gamma."]
OUTPUTS = ["A1.\n\nA2.\n\nA3.", "B1.\n\nB2.", "G."]


def make_documents():
    return read_test_set(
        source=io.BytesIO(json.dumps(SOURCES).encode()),
        names=["text.medical.enpl.json"],
        source_language="en",
        target_language="pl",
        references_required=False,
    )


def read(value, test_set):
    data = value if isinstance(value, str) else json.dumps(value)
    return read_aligned(io.BytesIO(data.encode()), "ours.en-pl.json", test_set)


@pytest.mark.parametrize("joint", ["\r\r", "\r\n\r\n", "\n \n", "\n\t\n", "\n\u00a0\n"])
def test_paragraphs_may_be_joined_by_other_empty_lines(joint):
    outputs = [text.replace("\n\n", joint) for text in OUTPUTS]
    texts = read(outputs, make_documents()).texts
    assert texts == ("A1.", "A2.", "A3.", "B1.", "B2.", "G.")


@pytest.mark.parametrize("joint", ["\\n\\n", "\\n", "\u2029", "<br><br>"])
def test_other_joints_are_named(joint):
    outputs = [text.replace("\n\n", joint) for text in OUTPUTS]
    with pytest.raises(SubmissionError) as error:
        read(outputs, make_documents())
    assert f"looks {joint!r}-joined" in str(error.value)


@pytest.mark.parametrize(
    ("pairs", "twice"),
    [
        ([("1", "a"), ("1", "b"), ("2", "c")], ["1"]),
        ([("1", "a"), ("2", "b"), ("2", "b")], ["2"]),
        ([("1", "a"), ("2", "b"), ("1", "c"), ("2", "d"), ("1", "e")], ["1", "2"]),
    ],
)
def test_a_key_that_stands_twice_in_an_object_is_a_problem(pairs, twice):
    test_set = read_test_set(
        source=io.BytesIO(b"seg_id\ttuid\tsource\n1\td:1\tOne.\n2\td:2\tTwo.\n"),
        source_language="en",
        target_language="pl",
        references_required=False,
    )
    text = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in pairs)
    with pytest.raises(SubmissionError) as error:
        read(f"{{\n{text}\n}}", test_set)
    repeated = [p.segment for p in error.value.problems if "more than once" in p.message]
    assert repeated == twice
