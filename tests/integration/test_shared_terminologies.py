"""The term lists of shared/cases: each stands for a kind, and most were once read wrongly."""

from __future__ import annotations

import io

import pytest

from evaluator import TerminologyError, read_terminologies, read_test_set, score
from evaluator.types import Hypotheses

TWO = {"tablet": ("comprimé",), "fever": ("fièvre",)}
ONE = {"tablet": ("comprimé",)}
READ = {
    "01-two-columns-comma.csv": TWO,
    "02-header-source-target-comma.csv": TWO,
    "04-header-langs-tab.tsv": TWO,
    "05-header-English-French-tab.tsv": TWO,
    "06-excel-de-semicolon-bom.csv": TWO,
    "07-excel-sep-line.csv": TWO,
    "08-deepl-four-columns.csv": TWO,
    "16-quoted-header-comma.csv": TWO,
    "26-wmt23-json.json": ONE,
    "28-json-dict-wmt25.json": TWO,
    "40-tbx-forbidden-termweb.tbx": ONE,
    "41-status-01.tbx": ONE,
    "41-status-02.tbx": ONE,
    "41-status-03.tbx": ONE,
    "41-status-10.tbx": ONE,
    "62-tbx-status-at-langset.tbx": ONE,
    "63-csv-forbidden-column.csv": ONE,
}


def read(path):
    files = [(io.BytesIO(path.read_bytes()), path.name)]
    return read_terminologies(files, source_language="en", target_language="fr")


@pytest.mark.parametrize(("name", "expected"), READ.items(), ids=READ)
def test_it_is_read_as_meant(shared_cases, name, expected):
    imported = read(shared_cases / "terms" / name)

    assert {term.source: term.targets for term in imported.terminology.terms} == expected
    if expected == ONE and "json" not in name:
        assert "tablette" in " ".join(change.message for change in imported.report)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("01-two-columns-comma.csv", "separated by commas"),
        ("02-header-source-target-comma.csv", "a header; sources and targets are in “source”"),
        ("04-header-langs-tab.tsv", "a header; sources and targets are in “en”, “fr”"),
        ("05-header-English-French-tab.tsv", "“English”, “French”. If it is a term"),
        ("06-excel-de-semicolon-bom.csv", "separated by semicolons"),
        ("08-deepl-four-columns.csv", "read as the languages"),
        ("16-quoted-header-comma.csv", "a header; sources and targets are in “source”"),
        ("13-tsv-quoted-newline.tsv", "layout removed from “comprimé pelliculé”"),
    ],
)
def test_what_was_concluded_is_reported(shared_cases, name, words):
    assert words in " ".join(map(str, read(shared_cases / "terms" / name).report))


def test_deepls_languages_are_checked(shared_cases):
    path = shared_cases / "terms" / "08-deepl-four-columns.csv"

    with pytest.raises(TerminologyError, match="The file is for EN-FR, not for en-de"):
        read_terminologies(
            [(io.BytesIO(path.read_bytes()), path.name)], source_language="en", target_language="de"
        )


def test_excels_quoting(shared_cases):
    terms = read(shared_cases / "terms" / "11-excel-tab-quoted.tsv").terminology.terms

    assert [(term.source, *term.targets) for term in terms] == [
        ("tablet, film-coated", "comprimé, pelliculé"),
        ('5" tube', 'tube de 5"'),
        ("tablet", "comprimé"),
    ]


def test_a_quoted_line_break_is_a_space(shared_cases):
    terms = read(shared_cases / "terms" / "13-tsv-quoted-newline.tsv").terminology.terms

    assert terms[0].targets == ("comprimé pelliculé",)


@pytest.mark.parametrize(
    ("name", "words"),
    [("19-xlsx.xlsx", "CSV"), ("48-mtf-multiterm-utf8.xml", "Export the term base as TBX")],
)
def test_it_is_named_with_the_way_out(shared_cases, name, words):
    with pytest.raises(TerminologyError, match=words):
        read(shared_cases / "terms" / name)


def test_tbx_in_utf16_is_read(shared_cases):
    terms = read(shared_cases / "terms" / "49-tbx-utf16.tbx").terminology.terms

    assert "comprimé" in terms[0].targets


def test_a_header_of_languages_is_never_a_required_term(shared_cases):
    folder = shared_cases / "terms" / "header-as-term"
    terminology = read(folder / "terms.tsv").terminology
    test_set = read_test_set(
        source=io.BytesIO((folder / "test.en-fr.tsv").read_bytes()), source_language="en",
        target_language="fr", text_form=None, terminology=terminology,
    )  # fmt: skip

    texts = tuple((folder / "ours.txt").read_text().splitlines())
    result = score(test_set, Hypotheses(texts), metrics=["term-success"])

    assert [one.value for one in result.scores] == [100.0]
