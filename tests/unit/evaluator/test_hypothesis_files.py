"""What is read from hypotheses in each format, and what people are told about the rest."""

from __future__ import annotations

import time

import pytest

from evaluator import UnreadableFileError, WrongFileError
from evaluator.errors import PROBLEMS_KEPT

HEAD = '<tstset setid="x"><doc docid="d">\n'
TAIL = "</doc></tstset>"


def texts(file):
    return [line.text for line in file.lines]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a\nb\n", ["a", "b"]),
        ("a\nb", ["a", "b"]),  # no line feed at the end
        ("a\r\nb\r\n", ["a", "b"]),  # one carriage return belongs to the line's end
        ("a\r\r\n", ["a\r"]),  # … a second one doesn't (alignment refuses it)
        ("a\n\n", ["a", ""]),  # an empty last hypothesis
        ("\n", [""]),
        (" a  b \n", [" a  b "]),  # verbatim
        ("a\u2028b\x85c\x0bd\x0ce\x1cf\n", ["a\u2028b\x85c\x0bd\x0ce\x1cf"]),  # one line
        ("a &amp; <b> <term>\n", ["a &amp; <b> <term>"]),  # no tags, no entities
        ("\ufeffa\n", ["a"]),  # byte order mark
        ("<unk> a\n", ["<unk> a"]),  # looks like a tag, is none
        ("{ a\n", ["{ a"]),  # looks like JSON, is none
    ],
)
def test_plain_text_is_taken_verbatim(read, content, expected):
    file = read(content)

    assert file.format == "text"
    assert texts(file) == expected
    assert [line.number for line in file.lines] == list(range(1, len(expected) + 1))
    assert {line.segment for line in file.lines} == {None}


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (" a b ", "a b"),
        ("a\n  b", "a b"),  # layout
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("&amp;lt;", "&lt;"),  # decoded once
        ("a & b < c > d", "a & b < c > d"),  # bare characters
        ("a <unk> b <!-- c", "a <unk> b <!-- c"),  # no tags of ours
        ("a <b>c</b>", "a <b>c</b>"),
        ("a <segment> <terminal>", "a <segment> <terminal>"),  # longer names
        ('a <term id="1" tgt="x > y">b</term> c', "a b c"),  # a term is no problem here
        ("a <hl>b</hl> <p>c</p>", "a b c"),
        ("a </term> b", "a b"),
        ("a\u00a0b\u2028c", "a\u00a0b\u2028c"),  # other white space is text
        ("", ""),
    ],
)
def test_sgml_is_neither_xml_nor_html(read, inside, expected):
    file = read(f'{HEAD}<seg id="1">{inside}</seg>{TAIL}')

    assert file.format == "sgml"
    assert texts(file) == [expected]


def test_sgml_segments_know_line_document_and_id(read):
    file = read(
        f'\ufeff<?xml version="1.0"?>\n<!DOCTYPE x>\n{HEAD}<SEG ID=1>a</SEG>\n'
        f'<seg id="&amp;2"/></doc><doc docid=\'e\'><seg id="1">b</seg>{TAIL}'
    )

    found = [(line.number, line.document, line.segment, line.text) for line in file.lines]
    assert found == [(4, "d", "1", "a"), (5, "d", "&2", ""), (5, "e", "1", "b")]


def test_json_lines_are_read(read):
    file = read('{"id": "1", "translation": "a"}\n{"id": "2", "doc": "d", "translation": ""}\n')

    assert file.format == "jsonl"
    assert [(line.segment, line.document, line.text) for line in file.lines] == [
        ("1", None, "a"),
        ("2", "d", ""),
    ]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", None, "is empty"),
        (b"\xef\xbb\xbf", None, "is empty"),
        (b"a\nb\xff\n", 2, "Byte 2 of the line (0xff) is not UTF-8. Save"),
        ("né\n".encode("latin-1"), 1, "Byte 2"),
        ("a\n".encode("utf-16"), None, "UTF-16"),  # byte order mark
        ("abc d\n".encode("utf-16-le"), None, "UTF-16"),  # every other byte is NUL
        ("abc d\n".encode("utf-16-be"), None, "UTF-16"),
        (b"some text\nb\0c and more\n", 2, "NUL"),
        (b"PK\x03\x04abc", None, "zip archive"),
        (b"\x1f\x8b\x08abc", None, "gzip"),
        (bytes(range(1, 9)) * 50, None, "binary"),
        (b"a\n" * 1_000_001, None, "more than 1,000,000 lines"),
        (b"<html>\n", None, "Upload one of: WMT SGML"),
        (b"<dataset id='1'>\n", None, "<dataset> files are not read"),
        (b'{"id": "1", "translation": "a"}\n{"id": "2", "tr\n', 2, "no valid JSON"),
        (b'{"id": "1", "translation": "a"}\n\n{"id": "2", "translation": "a"}', 2, "is empty"),
        (b'{"id": "1", "translation": "a"}\n[1]\n', 2, "no JSON object"),
        (b'{"id": 1, "translation": "a"}\n', 1, '"id" must be a string'),
        (b'{"id": "1"}\n', 1, 'no "translation"'),
        (b'{"translation": "a"}\n', 1, 'no "id"'),
        (b'{"id": "1", "translation": null}\n', 1, 'no "translation"'),
        (b'{"id": "1", "doc": 3, "translation": "a"}\n', 1, '"doc" must be'),
        (b'{"id": "1", "id": "2", "translation": "a"}\n', 1, "The key id stands twice"),
        (b'{"id": "1", "translation": "\\u0000"}\n', 1, "NUL"),
        (b'{"id": "1", "translation": "\\ud800"}\n', 1, "surrogate"),
        (b'{"id": "1", "x": ' + b"[" * 100_000 + b"\n", 1, "nested too deeply"),
        (b'{"id": "1", "x": ' + b"9" * 10_000 + b"}\n", 1, "too long"),
        (b'<tstset><seg id="1">a</seg></tstset>', 1, "outside any <doc>"),
        (b'<tstset>\n<doc docid="d">\n<seg>a</seg></doc></tstset>', 3, "no id"),
        (b'<tstset>\n<doc>\n<seg id="1">a</seg></doc></tstset>', 2, "no docid"),
        (b'<doc docid="d">\n<seg id="1">a\n<seg id="2">b</seg></doc>', 2, "not closed"),
        (b'<doc docid="d">\n<seg id="1">a\n</doc>', 2, "not closed at the end of a document"),
        (b'<doc docid="d">\n<seg id="1">a\n', 2, "not closed at the end of the file"),
        (b'<doc docid="d">\n</seg></doc>', 2, "no <seg> before it"),
        (b'<doc docid="d">\n\nhello\n<seg id="1">a</seg></doc>', 3, "outside <seg>"),
        (b'<doc docid="d">\n<seg id="1>a</seg></doc>', 2, "outside <seg>"),
        (b"<tstset></tstset>", None, "no segment"),
    ],
)
def test_a_broken_file_is_explained(read, content, line, words):
    with pytest.raises(UnreadableFileError) as caught:
        read(content)

    problem = caught.value.problems[0]
    assert problem.line == line
    assert problem.file == "output"
    assert words in problem.message
    assert problem.severity == "error"


def test_a_file_over_the_limit_is_refused_without_reading_on(read):
    with pytest.raises(UnreadableFileError, match="larger than 10 bytes"):
        read(b"a" * 11, max_bytes=10)
    assert len(read(b"a" * 10, max_bytes=10).lines) == 1


@pytest.mark.parametrize(("kind", "word"), [("refset", "reference"), ("srcset", "source")])
def test_a_reference_or_source_by_mistake_is_named(read, kind, word):
    with pytest.raises(WrongFileError, match=f"This is a {word} file"):
        read(f'<{kind}><doc docid="d"><seg id="1">a</seg></doc></{kind}>')


def test_all_problems_come_at_once_the_first_thousand_kept(read):
    with pytest.raises(UnreadableFileError) as caught:
        read('{"id": "1"}\n' * 1500)

    assert len(caught.value.problems) == PROBLEMS_KEPT
    assert caught.value.total == 1500
    assert str(caught.value).endswith("… and 500 more")


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<seg ",
        '<seg "',
        "<seg \"'",
        "<seg a=",
        "<seg " + "a" * 50,
        "<p a=' ",
        "<!--",
        "&",
        "</seg",
        '<seg "x"',
    ],
)
def test_hostile_markup_takes_linear_time(read, unit):
    content = HEAD + unit * (2_000_000 // len(unit))
    start = time.process_time()

    with pytest.raises(UnreadableFileError):
        read(content)

    assert time.process_time() - start < 10  # seconds; quadratic would be hours


def test_a_long_attribute_takes_linear_time(read):
    start = time.process_time()

    with pytest.raises(UnreadableFileError, match="no id"):
        read(f"{HEAD}<seg {'a' * 1_000_000}>x</seg>{TAIL}")

    assert time.process_time() - start < 10  # seconds


def test_a_file_of_tags_alone_is_cut_off(read, monkeypatch):
    monkeypatch.setattr("evaluator.formats.segments.MAX_TAGS", 10)

    with pytest.raises(UnreadableFileError, match="More than 10 tags"):
        read(HEAD + "<p>" * 20)
