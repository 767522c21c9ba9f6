"""Quick looks spare ordinary files the closer looks, and never hide what those would see."""

from __future__ import annotations

import io
import random
from collections import Counter
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluator import MisalignedError, TestSet, UnreadableFileError, read_aligned
from evaluator.checking.kept_sources import read_kept_sources
from evaluator.checking.line_tables import begin_with_sources, read_table
from evaluator.checking.ordering import may_have_other_form
from evaluator.checking.shapes import SHAPES, find_shape
from evaluator.formats import FORMATS, open_upload, read_hypotheses
from evaluator.formats.decoding import read_bytes
from evaluator.formats.detection import are_alike, is_json, is_jsonl, is_xml, unsupported
from evaluator.formats.file_kinds import MAGIC
from evaluator.formats.hypotheses import MAY_BE_MARKED
from evaluator.formats.limits import Refused
from evaluator.formats.pairs_in_names import MAY_HOLD_PAIR
from evaluator.formats.sgml import is_sgml
from evaluator.formats.slots_in_names import find_slot
from evaluator.types import Line, Segment

SOURCES = ["Take two pills today", "Call us, please", "Wash your hands often", "Rest a little"]
UNITS = [Segment(f"s{n}", "leaflet", source, (), (), ()) for n, source in enumerate(SOURCES, 1)]
READERS = ["table", "kept sources", "begin with sources", *(shape.name for shape in SHAPES)]

PLAIN = ["pilules", "Prenez deux", "mains", "é", "repos.", "svp", "leaflet", "s", "a", "Oui, non"]
BLANKS = [
    *[""] * 20, " ", "  ", "\t", "\ufeff", "\u00a0", "\u2003", "\u3000", "\x1c", "\x85", "\r"
]  # fmt: skip
AROUND = [  # what stands before and after the words of a line; 1 is its number
    *[("", "")] * 9, ("\t", ""), ("", "\t"), ("s1\t", ""), ("1 ||| ", ""), ("| ", " |"), (", ", ""),
    (";", ""), (": ", ""), (". ", ""), (") ", ""), (" - ", ""), ("= ", ""), ('"', '"'), ("'", "',"),
    ('"', '",'), ('"', '\\n"'), ("(1) ", ""), ("（1）", ""), ("٣. ", ""), ("① ", ""), ("x²;", ""),
    ("a1,", ""), ("", ";k1"), ("Line 1: ", ""), ("第1行：", ""), ("- ", ""), ("•\u2003", ""),
    ("b'", "'"), ("S-1\t", ""), ("H-1\t", ""), ("[", "]"), ("['", "']"),
    ('{"a": "', '"}'), ("<p>", "</p>"), ("<b>", ""), ("<x/>", ""), ("```", ""), ("msgid ", ""),
    ('msgstr "', '"'), ("", '\t"'),
    ("00:01,500 --> 00:02,500", ""), ("key.a = ", ""), ("'k': ", ""), ("one: ", ""), ("_", ""),
]  # fmt: skip
# Lines before and after the others.
OUTER = [
    *[([], [])] * 20, (["id,text"], []), (["id\ttext"], []), ([""], [""]), ([], ["\t"]),
    (["```"], [" ```\u2003"]), (["~~~text"], ["~~~"]),
]  # fmt: skip
DRAWS = 3000


def draw_units(chooser):
    """Draw units whose ids and sources may have blanks around them."""
    first, last = chooser.choice(BLANKS), chooser.choice(BLANKS)
    ids = chooser.choice([lambda n: f"s{n}", str, lambda n: "abcd"[n - 1], lambda _: ""])
    return [
        Segment(
            first + ids(n) + last,
            chooser.choice(["", "leaflet", " d "]),
            chooser.choice(BLANKS) + source + chooser.choice(BLANKS),
            (), (), (),
        )
        for n, source in enumerate(SOURCES[: chooser.choice([1, 2, 4, 4, 4])], 1)
    ]  # fmt: skip


OWN = [
    *[lambda n, unit: ""] * 6,
    lambda n, unit: str(n),
    *[lambda n, unit: unit.id] * 3,
    lambda n, unit: f'"{unit.id.strip()}"',
    lambda n, unit: f"{unit.document}:{unit.id}",
    lambda n, unit: unit.source,
    lambda n, unit: unit.source.strip(),
    lambda n, unit: SOURCES[-n],
]


def draw_lines(chooser, units):
    """Draw a line for each unit: words, perhaps what is its own, and what is around them."""
    around, own = chooser.choice(AROUND), chooser.choice(OWN)
    change = chooser.choice([*[str] * 9, str.upper])
    place = chooser.randrange(3 * len(units))  # of the only odd line; most files are odd everywhere
    is_turned, between = chooser.random() < 0.3, chooser.choice(["", "", " "])
    first, last = chooser.choice(BLANKS), chooser.choice(BLANKS)
    lines = []
    for number, unit in enumerate(units, 1):
        words = " ".join(chooser.choices(PLAIN, k=chooser.randrange(4)))
        if place >= len(units) or place == number - 1:
            words = change(words.join(part.replace("1", str(number)) for part in around))
        parts = [own(number, unit), words]
        lines.append(first + between.join(parts[::-1] if is_turned else parts) + last)
    before, after = chooser.choice(OUTER)
    return [*before, *lines, *after]


def look_closer(lines, units):
    """Return the names of all that a file without a quick look is taken for."""
    texts, sources = [line.text for line in lines], [unit.source for unit in units]
    shape = find_shape(texts, sources)
    looks = {
        "table": read_table(lines, units),
        "kept sources": read_kept_sources(lines, units),
        "begin with sources": begin_with_sources(lines, units),
        **{known.name: shape and known.name in shape.message for known in SHAPES},
    }
    return {name for name, result in looks.items() if result}


def test_a_quick_look_hides_nothing_that_a_closer_look_sees():
    chooser, seen, plain = random.Random(13), Counter(), 0
    for _ in range(DRAWS):
        units = draw_units(chooser)
        texts = draw_lines(chooser, units)
        lines = [Line(number, None, None, text) for number, text in enumerate(texts, 1)]
        names = look_closer(lines, units)
        if may_have_other_form(lines, [units]):
            seen.update(names)
        else:
            plain += 1
            assert not names, (texts, units)

    assert plain > DRAWS / 10  # files that are spared the closer look
    assert {name for name in READERS if seen[name] < 8} == set()


def check(sources, ids, content):
    """Return the texts and the messages of warnings, or the message of a refusal."""
    segments = [Segment(i, "d", s, (), (), ()) for i, s in zip(ids, sources, strict=True)]
    test_set = TestSet("en", "fr", tuple(segments))
    try:
        hypotheses = read_aligned(io.BytesIO(content.encode()), "o.txt", test_set)
    except MisalignedError as error:
        return error.problems[0].message, ()
    return list(hypotheses.texts), [note.message for note in hypotheses.notes]


@pytest.mark.parametrize(
    ("ids", "content"),
    [
        ([" a", " b"], " a. un\n b. deux\n"),
        (["a ", "b "], "a. un\nb. deux\n"),
        (["\u00a0a", "\u00a0b"], "a: un\nb: deux\n"),
        (["\ta", "\tb\t"], "a) un\n  b) deux\n"),
        (["a\u3000", " b"], "d:a. un\nd: b. deux\n"),
        (["", "\u2003 "], "d/. un\nd/. deux\n"),
        (["a", "b"], "d-a un\nd-b deux\n"),
        (["a ", "b\t"], "d_a=un\n \u3000d_b=deux\n"),
    ],
)
def test_ids_with_blanks_around_them_still_show_a_table(ids, content):
    texts, notes = check(SOURCES[:2], ids, content)

    assert texts == ["un", "deux"]
    assert "The file is a table, not plain text" in notes[0]


@pytest.mark.parametrize("end", ["\t", "\t\t", "\t ", "\t\r", "\t\u00a0"])
@pytest.mark.parametrize("step", [1, 3])
def test_sources_in_another_order_before_a_tab_are_refused(end, step):
    order = [(n + step) % 4 for n in range(4)]
    content = "".join(f"{SOURCES[n]}{end}\n" for n in order)

    message, _ = check(SOURCES, "abcd", content)

    assert "lines begin with sources, but not each with its own" in message


@pytest.mark.parametrize(
    "line", ["Take two pills today\t", " Take two pills today \t", "a\t", "1\t", '"a"\t']
)
def test_a_single_line_that_ends_after_its_source_or_name_is_an_empty_text(line):
    texts, notes = check(SOURCES[:1], ["a"], f"{line}\n")

    assert texts == [""]
    assert "The file is a table, not plain text" in notes[0]


def test_plain_words_need_no_closer_look():
    texts = ["prenez deux pilules", "appelez-nous, svp.", "lavez-vous les mains", "repos"]
    lines = [Line(number, None, None, text) for number, text in enumerate(texts, 1)]

    assert not may_have_other_form(lines, [UNITS])


STARTS = [
    "", "a", "é ", "\n", " ", "\u2003", "\x1c", "\ufeff", "1", "- ", "web", "?xml", "(", "“",
    "webvtté ", "WEBVTT-", "WebVTT_", "webvtt٣", "ſ<", "ＷＥＢＶＴＴ\n", "ẃebvtt\n",
]  # fmt: skip
HEADS = [
    "<tstset>", "<DATASET>", "<!-- x --> <doc>", "<!DOCTYPE html>", "<TMX>", "<xliff ",
    "<body>", '{"id": 1}', "{'ID': 1}", '["a"]', "[\u2003{", "webvtt\n", "WEBVTT\u2003",
    "WebVTTé\n", "<a>\nb</a>",
]  # fmt: skip


def test_what_begins_otherwise_is_neither_markup_nor_json():
    texts = [first + second + third for first, second, third in product(STARTS, HEADS, ["", "]}"])]
    heads = [text.strip() for text in texts]
    others = {text for text in heads if not MAY_BE_MARKED.match(text)}

    assert len(others) > len(heads) / 2
    for text in others:
        assert not is_sgml(text)
        assert not is_xml(text)
        assert not is_jsonl(text)
        assert not is_json(text, text)
        assert unsupported(text, text) is None
        assert not are_alike((text, text), ["{", "["])


@pytest.mark.parametrize(
    "start", ["WEBVTTé", "webvttß x", "WebVTT日本", "WEBVTT\u2003é", "WEBVTT - é", "\ufeffWEBVTTñ"]
)
def test_subtitles_are_refused_where_no_letter_of_ascii_goes_on(start):
    with pytest.raises(UnreadableFileError, match="WebVTT"):
        read_hypotheses(io.BytesIO(f"{start} un\ndeux\n".encode()), "o")


@pytest.mark.parametrize("start", ["WEBVTTs", "webvtt_1", "WEBVTT7é", "ẂEBVTT", "e WEBVTT"])
def test_a_word_that_only_begins_like_subtitles_is_text(start):
    file = read_hypotheses(io.BytesIO(f"{start} un\ndeux\n".encode()), "o")

    assert [line.text for line in file.lines] == [f"{start} un", "deux"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_says_truly_how_its_files_begin(name):
    example = FORMATS[name].example.replace("$first", "Un").replace("$second", "Deux")

    assert read_hypotheses(io.BytesIO(example.encode()), "o").format == name


@pytest.mark.parametrize(
    "name",
    ["output.txt", "a/b/baseline.final.txt", "système.sgm", "日本語.txt", "run7.txt", "x", "2024"],
)
def test_a_name_without_a_pair_needs_no_look_at_languages(name):
    assert not MAY_HOLD_PAIR.search(name)
    assert find_slot(name, ["en-fr", "en-zh-Hans.noterm"], "en-fr") == ("en-fr", None)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["en", "fr", "pt", "BR", ".", "/", "a", "7", "é"]), max_size=6))
def test_a_name_that_may_hold_no_pair_is_for_the_default(parts):
    name = "".join(parts)
    assume(not MAY_HOLD_PAIR.search(name))

    assert find_slot(name, ["en-fr"], "en-fr") == ("en-fr", None)


@pytest.mark.parametrize("name", ["en-de.txt", "ours.en_de.txt", "eng-deu.sgm", "pt-BR.txt"])
def test_a_name_with_another_pair_is_still_noticed(name):
    with open_upload([(io.BytesIO(b"a\n"), name)], ["en-fr"]) as upload:
        assert upload.files[0].slot is None
        assert upload.files[0].error is not None


NO_TEXT = [
    *MAGIC,
    b"PK\x03\x04",
    b"BZh",
    b"Rar!",
    b"\xff\xfe",
    b"\0",
    b"\x80",
    b"\x01" * 9,
    b"\xfd7zXZ",
]


@pytest.mark.parametrize("start", NO_TEXT)
def test_bytes_that_are_no_text_are_refused_wherever_text_follows(start):
    with pytest.raises(Refused):
        read_bytes(io.BytesIO(start + b"text\n"), "text")


@pytest.mark.parametrize("place", [0, 70_000])
def test_text_with_a_byte_order_mark_or_long_lines_is_read(place):
    data = b"\xef\xbb\xbf" + b"a" * place + "é\n".encode()

    assert read_bytes(io.BytesIO(data), "text") == data[3:]


def test_an_xml_declaration_still_decides_the_encoding():
    data = '<?xml version="1.0" encoding="iso-8859-1"?><dataset id="é"/>'.encode("latin-1")

    assert "é".encode() in read_bytes(io.BytesIO(data), "text")


def test_plain_text_that_looks_like_markup_is_read_as_its_sources_are():
    file = read_hypotheses(io.BytesIO(b"[1] un\n[2] deux]\n"), "o", sources=("[1] one", "[2] two]"))

    assert (file.format, len(file.lines)) == ("text", 2)
