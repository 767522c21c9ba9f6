"""What pipelines leave in texts: one warning a kind, where the sources do not have it."""

from __future__ import annotations

import base64
import time
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.checking.leftover_kinds import KINDS
from evaluator.checking.leftovers import find_leftovers
from evaluator.checking.shapes import SHAPES, find_shape

SOURCES = [
    "Take the tablet twice a day.",
    "Do not split the tablet.",
    "Call us if the fever stays.",
    "The patient has a high fever.",
    "Wash your hands often.",
]
TEXTS = [
    "Prenez le comprimé deux fois par jour.",
    "Ne coupez pas le comprimé.",
    "Appelez-nous si la fièvre persiste.",
    "Le patient a une forte fièvre.",
    "Lavez-vous souvent les mains.",
]


def found(texts, sources=SOURCES, language="fr"):
    return [
        (leftover.kind.what, leftover.count)
        for leftover in find_leftovers(texts, sources, language, KINDS)
    ]


def swapped(old, new):
    return lambda text: text.replace(old, new)


@pytest.mark.parametrize(
    ("spoil", "words", "count"),
    [
        (lambda t: f'"{t}"', "quotation marks", 5),
        (lambda t: f"« {t} »", "quotation marks", 5),
        (lambda t: f"„{t}“", "quotation marks", 5),
        (lambda t: f"0 ||| {t} ||| LM=-1 ||| -3", "n-best", 5),
        (lambda t: "▁" + t.replace(" ", " ▁"), "SentencePiece", 5),
        (swapped(" ", " Ġ"), "byte-level", 5),
        (swapped("mé", "m@@ é"), "BPE", 2),
        (swapped("com", "com￭ "), "BPE", 2),
        (swapped("ent", "ent</w>"), "BPE", 2),
        (swapped("com", "com ##"), "WordPiece", 2),
        (lambda t: unicodedata.normalize("NFD", t), "NFD", 4),
        (swapped("é", "\ufffd"), "U+FFFD", 2),
        (lambda t: t.encode().decode("latin-1"), "UTF-8 that was read", 4),
        (lambda t: t.encode().decode("cp1252"), "UTF-8 that was read", 4),
        (swapped("Le", "Лек".encode().decode("latin-1")), "UTF-8 that was read", 1),
        (swapped("Le", "水".encode().decode("cp1252")), "UTF-8 that was read", 1),
        (lambda t: f"<2fr> {t}", "tag of a language", 5),
        (lambda t: f"fra_Latn {t}", "tag of a language", 5),
        (lambda t: f">>fra<< {t}", "tag of a language", 5),
        (lambda t: f"__fr__ {t}", "tag of a language", 5),
        (lambda t: f"{t} </s>", "special tokens", 5),
        (lambda t: f"{t} <pad> <pad>", "special tokens", 5),
        (lambda t: f"[CLS] {t} [SEP]", "special tokens", 5),
        (lambda t: f"{t}<|im_end|>", "special tokens", 5),
        (lambda t: f"{t}<end_of_turn>", "special tokens", 5),
        (swapped("comprimé", "<unk>"), "unknown words", 2),
        (swapped("comprimé", "⁇"), "unknown words", 2),
        (swapped("comprimé", "__TERM0__"), "placeholders", 2),
        (swapped("comprimé", "⟦1⟧"), "placeholders", 2),
        (swapped("comprimé", "<term1>"), "placeholders", 2),
        (swapped("comprimé", "{{TERM_1}}"), "placeholders", 2),
        (swapped("comprimé", "<term>comprimé</term>"), "<term> tags", 2),
        (swapped("comprimé", '<term target="x">comprimé</term>'), "<term> tags", 2),
        (swapped("é", "\\u00e9"), "escapes", 2),
        (lambda t: t + "\\n", "escapes", 5),
        (lambda t: f"Here is the translation: {t}", "a preface", 5),
        (lambda t: f"Sure! Here's the French version: {t}", "a preface", 5),
        (lambda t: f"Voici la traduction : {t}", "a preface", 5),
        (lambda t: f"译文：{t}", "a preface", 5),
        (lambda t: f"French: {t}", "same label", 5),
        (lambda t: f"Assistant: {t}", "same label", 5),
        (lambda t: f"**{t}**", "Markdown", 5),
        (lambda t: f"# {t}", "Markdown", 5),
        (lambda t: f"```{t}```", "code block", 5),
        (lambda t: f"{t} {t}", "several times", 5),
        (lambda t: " ".join([t] * 3), "several times", 5),
        (swapped("é", "é\ufeff"), "zero-width", 2),
        (swapped("é", "é\u200b"), "zero-width", 2),
        (swapped("é", "é\u00ad"), "zero-width", 2),
        (swapped("é", "é\x03"), "control characters", 2),
        (lambda t: t + "\r", "carriage return", 5),
        (lambda t: t + "\t", "tabs", 5),
        (lambda t: f"<think></think>{t}", "tags of HTML", 5),
        (lambda t: t.replace(" ", "<br/>"), "tags of HTML", 5),
        (lambda t: t + "\\nous", "escapes", 5),
        (swapped(" ", "\\t"), "escapes", 5),
        (swapped(" le ", " @-@ le "), "joined characters", 2),
        (swapped(" ", " @/@ "), "joined characters", 5),
        (swapped(" ", "@,@"), "joined characters", 5),
        (swapped("comprimé", "{comprimé}"), "braces", 2),
        (swapped("fièvre", "{{fièvre}}"), "braces", 2),
        (swapped("mains", "[[mains]]"), "braces", 1),
        (lambda t: t + "\ue000", "private use", 5),
        (swapped("é", "é\uf8ff"), "private use", 2),
        (swapped("é", "é\U0010fffd"), "private use", 2),
        (lambda t: " ".join(t), "space between all letters", 5),
        (lambda t: " ".join(t.replace(" ", "")), "space between all letters", 5),
        (lambda t: " ".join("吃药两次" + t[:3]), "space between all letters", 5),
        (lambda t: t + " (Note: formal register)", "a note to the reader", 5),
        (lambda t: t + " [Translator's note: formal]", "a note to the reader", 5),
        (lambda t: t + "（注：正式）", "a note to the reader", 5),
        (lambda t: t + " (Remarque : soutenu)", "a note to the reader", 5),
        (lambda t: "nan" if "comprimé" in t else t, "nothing but nan", 2),
        (lambda t: "None" if "comprimé" in t else t, "nothing but nan", 2),
        (lambda t: "NULL" if "comprimé" in t else t, "nothing but nan", 2),
        (lambda t: f"{t} -0.53{len(t)}", "like a score", 5),
        (lambda t: f"{t} [{len(t)}]", "like a score", 5),
        (lambda t: f"{t} 0.98{len(t)}", "like a score", 5),
        (lambda t: f"{t} (-1.2)", "like a score", 5),
        (lambda t: f"-0.53{len(t)} {t}", "like a score", 5),
        (lambda t: f"7. {t}", "before the text", 5),
        (lambda t: f"({len(t)}) {t}", "before the text", 5),
        (lambda t: f"”{t}”", "quotation marks", 5),
        (lambda t: f"『{t}』", "quotation marks", 5),
        (lambda t: t + " [Anm. d. Übers.: Begriff]", "a note to the reader", 5),
        (lambda t: t + " (Прим. переводчика: термин)", "a note to the reader", 5),
        (lambda t: t + " (Observação: termo)", "a note to the reader", 5),
        (lambda t: t + "（注意：用語）", "a note to the reader", 5),
        (lambda t: t + " Note: I used the glossary.", "a note to the reader", 5),
        (lambda t: t + " **Explication :** glossaire", "a note to the reader", 5),
        (lambda t: f"[{len(t)}/50] {t}", "before the text", 5),
        (lambda t: f"{len(t)}/50: {t}", "before the text", 5),
        (lambda t: f"<{len(t)}> {t}", "before the text", 5),
        (lambda t: f"③ {t}", "before the text", 5),
        (lambda t: f"b) {t}", "before the text", 5),
        (lambda t: f"iv. {t}", "before the text", 5),
        (lambda t: f"\\item {t}", "before the text", 5),
        (lambda t: f"<reasoning>hm</reasoning>{t}", "tags of HTML", 5),
        (lambda t: f"{t}</answer>", "tags of HTML", 5),
        (lambda t: f"*{t}*", "Markdown", 5),
        (lambda t: f"I'm sorry, but I can't translate “{t}”.", "does not translate", 5),
        (lambda t: f"As an AI, I see {t}", "does not translate", 5),
        (lambda t: t if "comprimé" in t else f"抱歉，{t}", "does not translate", 3),
        (lambda t: base64.b64encode(t.encode()).decode(), "another form", 5),
        (lambda t: " ".join(str(ord(letter)) for letter in t), "another form", 5),
        (lambda t: quote(t + " é"), "another form", 5),
        (lambda t: f"100%|████| 5/5 {t}", "a progress bar", 5),
        (lambda t: f"2026-01-02 10:11:12 INFO {t}", "a progress bar", 5),
        (lambda _: "Bonjour.", "one and the same text", 5),
    ],
)
def test_each_kind_is_one_warning_with_its_number_of_lines(spoil, words, count):
    kinds = found(list(map(spoil, TEXTS)))

    assert [(n, words in what) for what, n in kinds if words in what] == [(count, True)]
    assert len(kinds) <= 2  # SentencePiece's mark does not make a text quoted, and so on


def test_a_clean_text_has_none():
    assert found(TEXTS) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: f'"{t}"', lambda t: f"{t} <unk>", lambda t: f"**{t}**", lambda t: f"{t} \\n",
        lambda t: f"x: {t}", lambda t: t.replace("t", "t\u200b"), lambda t: f"__TERM0__ {t}",
    ],
)  # fmt: skip
def test_what_the_sources_have_is_no_left_over(spoil):
    assert found(list(map(spoil, TEXTS)), list(map(spoil, SOURCES))) == []


def test_an_honest_apology_is_no_left_over():
    sources = [f"Sorry, {source}" for source in SOURCES]

    assert found([f"对不起，{text}" for text in TEXTS], sources, "zh") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ('"Oui"', "fr"),
        ("Il dit : « Non »", "fr"),
        ("ÉTÉ» - Â", "fr"),
        ("ภาษา\u200bไทย", "th"),
        ("می\u200cخواهم", "fa"),
        ("\u200fשלום", "he"),
        ("क़लम", "hi"),
        ("C:\\temp", "fr"),
        ("non non", "fr"),
        ("a_b_1", "fr"),
        ("5 × 3", "fr"),
        ("C:\\nouveau\\texte", "fr"),
        ("A B C D E F", "fr"),
        ("écrivez à a@b.fr", "fr"),
        ("Prix : 2.50", "fr"),
        ("Voir [1]", "fr"),
        ("https://exemple.fr/une/page", "fr"),
        ("Rindfleischetikettierungsüberwachung", "de"),
        ("100 % du texte", "fr"),
    ],
)
def test_what_one_honest_line_of_many_has_is_no_left_over(text, language):
    assert found([*TEXTS * 2, text], [*SOURCES * 2, "x"], language) == []


def test_20000_lines_are_looked_through_in_seconds():
    texts = [f"{text} {number}" for number in range(4_000) for text in TEXTS]
    sources = [f"{text} {number}" for number in range(4_000) for text in SOURCES]

    started = time.process_time()
    assert found(texts, sources) == []
    assert find_shape(texts, sources) is None
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "unit", ["<", "@@ ", "▁", "**", "__1", "<a ", '""', '","', "{'", "1. ", "\\u", "a:", " ##", "[",
             "_", "$", "</", "_a", "#",
             "Ã©", ',"a""', '""a', "|||", "\t", "'a',", ",\"", "<term ", "e\u0301", "_1_", "> "],
)  # fmt: skip
def test_hostile_texts_are_looked_through_in_linear_time(unit):
    text = (unit * 50_000)[:50_000]

    started = time.process_time()
    found([text] * 5)
    find_shape([text] * 5, SOURCES)
    assert time.process_time() - started < 5


HOSTILE = "".join(map(chr, range(33, 48))) + ":;<=>?@[\\]^_`{|}~\t▁Ġ￭⁇⟦⟨«“：！（【\ufffd\ue000−"


@pytest.mark.parametrize(("before", "after"), [("1 ", " 1"), ("a", "a"), (" ", ""), ("", "1")])
def test_20000_times_a_mark_is_bounded_work_for_every_kind_and_shape(before, after):
    rules = [(kind.what, kind.has) for kind in KINDS]
    rules += [(shape.name, lambda text, rule=shape.rule: rule([text])) for shape in SHAPES]
    slow = []
    for mark in HOSTILE:
        text = before + mark * 20_000 + after
        for name, look in rules:
            started = time.process_time()
            look(text)
            if time.process_time() - started > 0.5:  # milliseconds where work is linear
                slow.append((mark, name))

    assert slow == []


@settings(max_examples=40)
@given(st.lists(st.text(), min_size=5, max_size=5), st.lists(st.text(), min_size=5, max_size=5))
def test_no_text_is_too_odd(texts, sources):
    found(texts, sources)
    find_shape(texts, sources)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8))
def test_copies_of_the_sources_have_neither_left_overs_nor_shapes(texts):
    assert found(texts, texts) == []
    assert find_shape(texts, texts) is None


def test_kinds_have_names_of_their_own():
    assert len({kind.what for kind in KINDS}) == len(KINDS)
