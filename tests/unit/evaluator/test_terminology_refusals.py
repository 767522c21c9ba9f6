"""Term lists that can't be read, and hostile ones."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from evaluator.errors import TerminologyError
from evaluator.formats.terminologies import read_terminologies, read_terminology
from tests.unit.evaluator.terminology_lists import HEADER, NEW_TBX, cells, errors, read


def nested(depth):
    return f"<tbx>{'<a>' * depth}{'</a>' * depth}</tbx>"


LAUGHS = """<?xml version="1.0"?><!DOCTYPE tbx [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
<tbx>&b;</tbx>"""

BROKEN = {
    "no UTF-8": (HEADER.encode() + b"1,en,fr,a,\xff\n", 2, "UTF-8"),
    "UTF-16": (cells(("a", "b")).encode("utf-16"), None, "UTF-16"),
    "NUL": (HEADER.encode() + b"1,en,fr,a,b\0\n", 2, "NUL"),
    "nothing": (b"", None, "is empty. Give one with at least one term"),
    "another format": ("glove is gant\n", 1, "format is not known"),
    "a column missing": ("id,sourceLang,sourceString,targetString\n1,en,a,b\n", 1, "targetLang"),
    "cells missing": (HEADER + "1,en,fr,a\n", 2, "4 cells, the header 5"),
    "an open quotation mark": (HEADER + '1,en,fr,"a,b\n2,en,fr,c,d\n', 2, "quotation marks"),
    "text behind quotation marks": (HEADER + '1,en,fr,"a"b,c\n', 2, "quotation marks"),
    "a carriage return": (HEADER + "1,en,fr,a\rb,c\n", 2, "carriage return"),
    "a field beyond csv's limit": (HEADER + f"1,en,fr,a,{'b' * 200_000}\n", 2, "131,072"),
    "a long cell": (HEADER + f"1,en,fr,a,{'b' * 2000}\n", 2, "2,000 characters"),
    "a control character": (HEADER + "1,en,fr,a,b\x07\n", 2, "control character"),
    "a column missing in TSV": ("a\tb\nc\n", 2, "two or three columns"),
    "seen of another kind": ("a\tb\tyes\n", 1, "0, 1 or empty"),
    "10 MB in TSV": ("a\tb\nc\t" + "x" * 10_000_000, 2, "10,000,000 characters"),
    "tabs": ("a\tb\nc" + "\t" * 10_000_000 + "d", 2, "two or three columns"),
    "10 MB in JSON": ('{"source": "a", "targets": ["' + "x" * 10_000_000 + '"]}', 1, "10,000,"),
    "an array": ('{"source": "a", "targets": ["b"]}\n[1]\n', 2, "no JSON object"),
    "a deep array": ('{"source": ' + "[" * 100_000, 1, "Write"),
    "a long number": ('{"seen": ' + "1" * 10_000 + "}", 1, "Write"),
    "targets as a string": ('{"source": "a", "targets": "b"}', 1, "list of strings"),
    "a bar in JSON": ('{"source": "a", "targets": ["b|c"]}', 1, "separates targets"),
    "half a character": ('{"source": "a", "targets": ["\\ud800"]}', 1, "surrogate"),
    "NUL in JSON": ('{"source": "a", "targets": ["\\u0000"]}', 1, "control character"),
    "HTML": ("<html><body>404</body></html>", 1, "<html>, not <tbx> or <martif>"),
    "no XML": ("<tbx>\n<a>\n</b></tbx>", 3, "not well-formed XML"),
    "billion laughs": (LAUGHS, 1, "declarations of its own"),
    "an external entity": ('<!DOCTYPE tbx [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<tbx>&x;</tbx>',
                           1, "declarations of its own"),
    "an entity of nowhere": ('<!DOCTYPE tbx SYSTEM "x.dtd">\n<tbx>&x;</tbx>', 2, "entity"),
    "deep elements": (nested(5000), 1, "nested more than 50 deep"),
    "many names": ("<tbx>" + "".join(f"<a{n}/>" for n in range(1000)) + "</tbx>", 1, "names"),
    "a long tag": (f'<tbx a="{"x" * 100_000}"/>', 1, "65,536"),
    "many statuses": (
        NEW_TBX.replace("<termSec>", "<descrip type='status'>x</descrip>" * 99 + "<termSec>", 1), 4,
        "more than 50 statuses"),
    "many synonyms": (
        NEW_TBX.replace("<termSec>", "<termSec><term>x</term></termSec>" * 300 + "<termSec>", 1), 4,
        "more than 200 terms"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "line", "words"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_is_refused_with_line_and_remedy(content, line, words):
    problem = errors(content)[0]

    assert words in problem.message
    assert (problem.file, problem.line) == ("terms", line)
    assert len(problem.message) < 500


def test_all_problems_are_told_at_once_also_behind_a_broken_row():
    content = HEADER + '1,en,fr,"a,b\n2,en,fr,c\n3,en,fr,"d"x,e\n4,en,fr,ok,ok\n'

    problems = errors(content)

    assert [problem.line for problem in problems] == [2, 3, 4]


def test_problems_of_all_files_are_told_at_once():
    files = [(io.BytesIO(b"\xff"), "a"), (io.BytesIO(b"rubbish"), "b"), (io.BytesIO(b""), "c")]

    with pytest.raises(TerminologyError) as caught:
        read_terminologies(files, source_language="en", target_language="fr")

    assert [problem.file for problem in caught.value.problems] == ["a", "b", "c"]


def test_after_a_hundred_broken_rows_the_rest_is_left():
    problems = errors(HEADER + '"x"y\n' * 5000)

    assert len(problems) == 101
    assert "the rest was not read" in problems[-1].message


def test_a_line_of_several_physical_lines_counts_them():
    imported = read(HEADER + '1,en,fr,a,"b\nc"\n2,en,fr,d,\n')

    assert [(c.line, c.kind) for c in imported.report] == [(2, "cleaned"), (4, "dropped")]


def test_too_many_entries_are_refused(monkeypatch):
    monkeypatch.setattr("evaluator.formats.terminologies.reading.MAX_ENTRIES", 10)
    rows = [(f"a{n}", "b") for n in range(20)]

    assert errors(cells(*rows[:11]))[0].line == 12
    assert errors(cells(("; ".join(a for a, _ in rows), "b"), ("c", "d")))[0].line == 2
    assert len(read(cells(*rows[:10])).terminology.terms) == 10


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        ("MAX_FORMS", "more than 5 alternatives"),
        ("MAX_CHANGES", "More than 5 changes"),
    ],
)
def test_alternatives_and_changes_are_bounded_also_where_they_are_equal(monkeypatch, bound, words):
    monkeypatch.setattr(f"evaluator.formats.terminologies.reading.{bound}", 5)

    assert words in errors(cells(*[("a; a; a", "«b»")] * 6))[0].message


class Endless(io.RawIOBase):
    """A stream of any length that counts what is taken from it."""

    def __init__(self):
        self.taken = 0

    def readable(self):
        return True

    def read(self, size=-1):
        assert 0 <= size <= 2**24
        self.taken += size
        return b"a\tb\n" * (size // 4 + 1)


def test_a_stream_of_any_length_is_left_at_the_limit():
    stream = Endless()

    with pytest.raises(TerminologyError, match="100,000 bytes"):
        read_terminology(stream, "x", source_language="en", target_language="fr", max_bytes=100_000)

    assert stream.taken < 1_000_000


def test_a_report_of_many_changes_stays_small():
    content = cells(*[(f"{n} (xx)", "a(AB); b [c d]; «d»; e/f") for n in range(300)])

    tracemalloc.start()
    imported = read(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert imported.changed == imported.doubtful == 300
    assert peak / 300 < 5000  # bytes a row; 100,000 rows are the limit
