"""What is read from hypotheses in each format, and what people are told about the rest."""

from __future__ import annotations

import gzip
import html
import time
from string import Template

import pytest

from evaluator import UnreadableFileError, WrongFileError
from evaluator.errors import PROBLEMS_KEPT
from evaluator.formats import FORMATS

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
        (b"PK\x05\x06" + bytes(18), None, "an empty zip archive"),
        (b"\x1f\x8b\x08abc", None, "gzip file is damaged"),
        (gzip.compress(b"a\n" * 500)[:-9], None, "gzip file is cut off"),  # truncated
        (gzip.compress(b"a\n")[:-8] + b"\0" * 8, None, "damaged"),  # wrong checksum
        (gzip.compress(b"a\n") + b"rest", None, "damaged, or other bytes follow"),
        (gzip.compress(gzip.compress(b"a\n")), None, "compressed twice"),
        (gzip.compress(b"PK\x03\x04abc"), None, "a zip archive"),
        (gzip.compress(b""), None, "is empty"),
        (gzip.compress(b"") * 10_001, None, "more than 10,000 members"),
        (b"BZh91AY", None, "bzip2"),
        (b"a" * 257 + b"ustar\0" + bytes(300), None, "tar archive"),
        (bytes(range(1, 9)) * 50, None, "binary"),
        (b"a\n" * 200_001, None, "more than 200,000 lines"),
        (b"a\n" + b"b" * 10_000_000 + b"\n", 2, "The line has 10,000,000 bytes"),
        (b"<html>\n", None, "send one of: WMT SGML"),
        (
            b'[{"id": "1", "translation": "a"}]',
            None,
            "JSON array of objects. Write one object",
        ),
        (b'{"id": "1", "translation": "a"}\n{"id": "2", "tr\n', 2, "not valid JSON"),
        (b'{"id": "1", "translation": "a"}\n\n{"id": "2", "translation": "a"}', 2, "is empty"),
        (b'{"id": "1", "translation": "a"}\n[1]\n', 2, "no JSON object"),
        (b'{"id": 1, "translation": "a"}\n', 1, '"id" must be a string'),
        (b'{"id": "1"}\n', 1, 'no "translation"'),
        (b'{"translation": "a"}\n', 1, 'no "id"'),
        (b'{"id": "1", "hypothesis": "a"}\n', 1, '"translation" is missing. Rename "hypothesis"'),
        (b'{"segid": "1", "translation": "a"}\n', 1, '"id" is missing. Rename "segid"'),
        (b"a\rb\rc\r", 1, "carriage returns alone"),  # an old Mac's
        (b'{"id": "1", "translation": "a"}\r{"id": "2", "translation": "b"}', 1, "carriage"),
        (b'{"id": "1", "translation": null}\n', 1, 'no "translation"'),
        (b'{"id": "1", "doc": 3, "translation": "a"}\n', 1, '"doc" must be'),
        (b'{"id": "1", "doc": null, "translation": "a"}\n', 1, 'leave "doc" out'),
        (b"{'id': '1', 'translation': 'a'}\n", 1, "not valid JSON"),  # as Python prints it
        (b'{"id": "1", "id": "2", "translation": "a"}\n', 1, "The key id stands twice"),
        (b'{"id": "1", "translation": "\\u0000"}\n', 1, "NUL"),
        (b'{"id": "1", "translation": "\\ud800"}\n', 1, "surrogate"),
        (b'{"id": "1", "x": ' + b"[" * 100_000 + b"\n", 1, "nested too deeply"),
        (b'{"id": "1", "x": ' + b"[" * 1_100_000, None, "'[' more than 1,000,000 times"),
        (b'{"id": "' + b"1" * 1_001 + b'", "translation": "a"}', 1, "longer than 1,000 char"),
        (b'{"id": "1", "translation": "' + b"a" * 1_048_576 + b'"}', 1, "The line has"),
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
        (b'<doc docid="' + b"d" * 1_001 + b'">', 1, "An id is longer"),
        (b'<doc docid="d"><seg id="1">' + b"a" * 1_048_577 + b"</seg>", 1, "No tag follows"),
        (b'<doc docid="d"><seg id="1">' + b"aaa<p>" * 350_000 + b"</seg>", 1, "segment is longer"),
        (b"<doc docid='d'>" + b"<" * 1_000_001, None, "'<' more than 1,000,000 times"),
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


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        lambda data: gzip.compress(data[:3]) + gzip.compress(data[3:]),  # several members
        lambda data: gzip.compress(data) + bytes(100),  # padded
    ],
)
def test_a_file_may_be_compressed_by_gzip(read, pack):
    file = read(pack("a\né\n".encode()))

    assert (file.format, texts(file)) == ("text", ["a", "é"])


def test_a_gzip_file_is_unpacked_to_the_limit_and_no_further(read):
    bomb = gzip.compress(bytes(50_000_000))

    with pytest.raises(UnreadableFileError, match="larger than 1,000,000 bytes"):
        read(bomb, max_bytes=1_000_000)


def test_not_utf_8_far_behind_is_found_at_its_line_and_byte(read):
    content = "é\n".encode() * 180_000 * 4  # the steps of decoding cut characters
    content = content.replace(b"\n", b" ") + b"\nab\xe9c"

    with pytest.raises(UnreadableFileError) as caught:
        read(content)

    problem = caught.value.problems[0]
    assert (problem.line, problem.message[:37]) == (
        2,
        "Byte 3 of the line (0xe9) is not UTF-8"[:37],
    )


@pytest.mark.parametrize("number", ["9" * 5_000, "0" * 5_000 + "65", "00000065", "99999999", "0"])
def test_a_character_reference_of_any_length_is_decoded(read, number):
    file = read(f'{HEAD}<seg id="1">&#{number};</seg>{TAIL}')

    short = number.lstrip("0")[:10] or "0"
    assert texts(file) == [html.unescape(f"&#{short};")]


def test_a_comment_before_the_first_tag_is_no_text(read):
    assert read(f'<!-- made - by -- hand -->\n{HEAD}<seg id="1">a</seg>{TAIL}').format == "sgml"


def test_blank_lines_at_the_end_of_json_lines_mean_nothing(read):
    assert texts(read('{"id": "1", "translation": "a"}\n\n \n')) == ["a"]


@pytest.mark.parametrize(
    ("language", "pair", "is_refused"),
    [
        ("de", "en-fr", True),
        ("fr", "en-fr", False),
        ("FR_ca", "en-fr", False),  # a region
        ("zh", "en-zh-CN.noterm", False),
        ("ru", "en-zh-CN.noterm", True),
        ("any", "en-fr", False),  # says nothing, as WMT21's srclang
        ("de", None, False),  # nothing is expected
    ],
)
def test_hypotheses_of_another_language_pair_are_refused(read, language, pair, is_refused):
    content = f'<tstset trglang="{language}"><doc docid="d"><seg id="1">a</seg></doc></tstset>'

    if is_refused:
        with pytest.raises(WrongFileError, match=f"The file says trglang='{language}', but {pair}"):
            read(content, language_pair=pair)
    else:
        assert texts(read(content, language_pair=pair)) == ["a"]


def test_what_a_message_quotes_is_short_and_printable(read):
    with pytest.raises(UnreadableFileError) as caught:
        read('{"id": "\\u001b' + "x" * 900 + '", "translation": null}')

    assert caught.value.problems[0].segment == "�" + "x" * 198 + "…"


def test_texts_that_would_take_too_much_memory_are_refused(read, monkeypatch):
    monkeypatch.setattr("evaluator.formats.limits.Budget.__init__.__defaults__", (10_000, 1_000, 0))

    with pytest.raises(UnreadableFileError, match="more memory than a check may use"):
        read("a\n" * 100)
    assert len(read("a\n" * 30).lines) == 30


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

    with pytest.raises(UnreadableFileError, match="A tag is longer"):
        read(f"{HEAD}<seg {'a' * 1_000_000}>x</seg>{TAIL}")

    assert time.process_time() - start < 10  # seconds


def test_a_file_of_tags_alone_is_cut_off(read, monkeypatch):
    monkeypatch.setattr("evaluator.formats.sgml.MAX_TAGS", 10)

    with pytest.raises(UnreadableFileError, match="More than 10 tags"):
        read(HEAD + "<p>" * 20)


@pytest.mark.parametrize("known", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize(
    ("first", "second"),
    [("Prenez un comprimé.", "Appelez."), ("a", "b"), ("1,5 mg", "« Non ! »")],
)
def test_a_formats_own_example_is_read_as_this_format(read, known, first, second):
    file = read(Template(known.example).substitute(first=first, second=second))

    assert file.format == known.name
    assert texts(file) == [first, second]
    assert known.title
    assert known.suffix.startswith(".")
