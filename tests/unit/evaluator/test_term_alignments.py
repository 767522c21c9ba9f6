"""Files that say which words of hypotheses translate which terms."""

from __future__ import annotations

import gzip
import io

import pytest

from evaluator.errors import SubmissionError
from evaluator.formats import read_term_alignments
from evaluator.formats.term_alignments import MAX_ALIGNMENT_BYTES
from evaluator.types import Segment, TermAlignment, TestSet

SEGMENTS = [("a", "1"), ("a", "2"), ("b", "2"), ("b", "3")]
TEST_SET = TestSet(
    "en", "de", tuple(Segment(number, document, "s", ("r",)) for document, number in SEGMENTS)
)
HEADER = "segment\tsource\ttarget\n"


def read(text):
    data = text if isinstance(text, bytes) else text.encode()
    return read_term_alignments(io.BytesIO(data), "pseudorefs.tsv", TEST_SET)


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "1\tspace\tSpace\n3\tspace\t\n",
        "\ufeffSegment\tSource term\tAligned target\r\n1\tspace\tSpace\r\n\r\n3\tspace\t▔\r\n",
        "target\tunknown\tterm\tid\nSpace\tx\tspace\t1\n\ty\tspace\t3",
        '{"segment": "1", "source": "space", "target": "Space"}\n'
        '{"segment": 3, "term": "space", "target": null}\n',
        gzip.compress((HEADER + "1\tspace\tSpace\n3\tspace\t\n").encode()),
    ],
)
def test_tables_and_json_lines_give_the_same(text):
    assert read(text) == (TermAlignment(0, "space", "Space"), TermAlignment(3, "space", None))


def test_a_document_tells_segments_with_the_same_id_apart():
    rows = read("doc\tsegment\tsource\ttarget\na\t2\tk\tx\nb\t2\tk\ty\n")

    assert [(row.segment, row.target) for row in rows] == [(1, "x"), (2, "y")]


def test_pseudo_references_are_read_where_the_file_has_them():
    [row] = read(
        "segment\tsource\ttarget\tpseudoref_first\tpseudoref_predefined\tpseudoref_frequent\n"
        "1\tk\tx\tf\t\tq\n"
    )

    assert (row.frequent, row.first, row.predefined) == ("q", "f", None)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", None, "The file is empty. Give one with a row for each term of each segment."),
        ("segment\tsource\n1\tk\n", 1, 'names no column "target"'),
        ("1\tk\tx\n", 1, 'names no column "segment"'),
        (HEADER, None, "The file holds no rows."),
        (HEADER + "1\tk\n", 2, "The line has 2 columns, and the first line names 3."),
        (HEADER + "9\tk\tx\n", 2, "The test set has no segment 9."),
        (HEADER + "2\tk\tx\n", 2, "Several documents have a segment 2."),
        (HEADER + "1\t\tx\n", 2, 'There is no "source".'),
        (HEADER + "1\tk\tx\n1\tk\ty\n", 3, "has two rows for segment 1."),
        (HEADER + f"1\tk\t{'x' * 3000}\n", 2, '"target" is longer than 2,000 characters.'),
        ("doc\t" + HEADER + "z\t1\tk\tx\n", 2, "no segment 1 in a document z"),
        ('{"segment": "1"}\n', 1, 'There is no "source".'),
        ('{"segment": "1", "source": ["k"]}\n', 1, '"source" must be a string'),
        ('{"segment": "1", "source": "k"\n', 1, "not valid JSON"),
        (b"\xff\xfe", None, "UTF-16"),
    ],
)
def test_every_fault_is_named_with_its_line(text, line, message):
    with pytest.raises(SubmissionError) as caught:
        read(text)

    problem = caught.value.problems[0]
    assert message in problem.message
    assert (problem.line, problem.file) == (line, "pseudorefs.tsv")


def test_all_faults_are_told_at_once_and_a_large_file_is_not_read():
    with pytest.raises(SubmissionError) as caught:
        read(HEADER + "9\tk\tx\n1\n2\tk\tx\n")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4]

    with pytest.raises(SubmissionError, match="bytes, the limit"):
        read(HEADER.encode() + b"x" * MAX_ALIGNMENT_BYTES)
