"""Quick looks spare ordinary files the closer looks, and never hide what those would see."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.checking.kept_sources import read_kept_sources
from evaluator.checking.line_tables import begin_with_sources, read_table
from evaluator.checking.ordering import may_have_other_form
from evaluator.checking.shapes import find_shape
from evaluator.formats import FORMATS, open_upload, read_hypotheses
from evaluator.formats.decoding import read_bytes
from evaluator.formats.detection import are_alike, is_json, is_jsonl, unsupported
from evaluator.formats.file_kinds import MAGIC
from evaluator.formats.hypotheses import MAY_BE_MARKED
from evaluator.formats.limits import Refused
from evaluator.formats.pairs_in_names import MAY_HOLD_PAIR, find_slot
from evaluator.formats.sgml import is_sgml
from evaluator.types import Line, Segment

SOURCES = ["Take two pills today", "Call us, please", "Wash your hands often", "Rest a little"]
UNITS = [Segment(f"s{n}", "leaflet", source, (), (), ()) for n, source in enumerate(SOURCES, 1)]
NAMED = [
    Segment(word, "", source, (), (), ()) for word, source in zip("abcd", SOURCES, strict=True)
]

PLAIN = ["pilules", "Prenez deux", "mains", "é", "repos.", "svp", "leaflet", "s", "a", "– non"]
ODD = [
    "\t", "|||", ",", ";", ": ", ":", ". ", ") ", " - ", "=", "|", '"', "'", "1", "s1", "(1) ",
    "- ", "* ", "b'x'", "S-1\t", "[", "{", "}", "]", "<p>", "```", "~~~", "msgid ", "00:01,5 -->",
    "\\n", "：", "_", "/",
]  # fmt: skip
OWN = st.sampled_from(["", "", "id", "document", "source"])


@st.composite
def files(draw):
    """Draw units and a line for each: words, with its own id or source, and a sign at a place."""
    units = draw(st.sampled_from([UNITS, NAMED]))
    own, odd = draw(OWN), draw(st.sampled_from(ODD))
    place, is_everywhere = draw(st.integers(0, 3)), draw(st.booleans())
    lines = []
    for number, unit in enumerate(units):
        parts = [getattr(unit, own, ""), *draw(st.lists(st.sampled_from(PLAIN), max_size=3))]
        if draw(st.booleans()):
            parts.reverse()
        if is_everywhere or number == place:
            parts.insert(min(place, len(parts)), odd)
        lines.append(Line(number + 1, None, None, draw(st.sampled_from([" ", ""])).join(parts)))
    return lines, units


@settings(max_examples=300, deadline=None)
@given(files(), st.booleans())
def test_plain_words_hide_no_table_no_sources_and_no_shape(file, is_for_others):
    lines, units = file
    units = [*units, *units[:1]] if is_for_others else units
    if may_have_other_form(lines, [units]):
        return

    assert read_table(lines, units) is None
    assert read_kept_sources(lines, units) is None
    assert not begin_with_sources(lines, units)
    assert find_shape([line.text for line in lines], [unit.source for unit in units]) is None


def test_plain_words_need_no_closer_look():
    texts = ["prenez deux pilules", "appelez-nous, svp.", "lavez-vous les mains", "repos"]
    lines = [Line(number, None, None, text) for number, text in enumerate(texts, 1)]

    assert not may_have_other_form(lines, [UNITS])


STARTS = ["", "a", "é ", "\n", " ", "1", "- ", "web", "?xml", "webvtt", "(", "“", "\u00a0"]
HEADS = ["<tstset>", "<dataset>", "<!-- x --> <doc>", '{"id": 1}', '["a"]', "webvtt\n", "<tmx>"]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(STARTS), st.lists(st.sampled_from([*HEADS, "{", "]", "}", "\n"]), max_size=5)
)
def test_what_begins_otherwise_is_neither_markup_nor_json(start, pieces):
    text = (start + "".join(pieces)).strip()
    if MAY_BE_MARKED.match(text):
        return

    assert not is_sgml(text)
    assert not is_jsonl(text)
    assert not is_json(text, text)
    assert unsupported(text, text) is None
    assert not are_alike((text, text), ["{", "["])


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


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["en", "fr", "pt", "BR", ".", "/", "a", "7", "é"]), max_size=6))
def test_a_name_that_may_hold_no_pair_is_for_the_default(parts):
    name = "".join(parts)
    if MAY_HOLD_PAIR.search(name):
        return

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
