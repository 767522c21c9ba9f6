"""Terminologies with headers, columns, statuses and beginnings that people really write."""

from __future__ import annotations

import io

import pytest

from evaluator.errors import TerminologyError
from evaluator.formats import read_terminology
from evaluator.formats.terminologies.statuses import read_status

TWO_ROWS = "tablet{0}comprimé\nfever{0}fièvre\n"


def read(text):
    return read_terminology(
        io.BytesIO(text.encode()), "terms", source_language="en", target_language="fr"
    )


def list_terms(text):
    return {term.source: list(term.targets) for term in read(text).terminology.terms}


@pytest.mark.parametrize(
    ("header", "mark"),
    [
        ("Source:{0}Target:", "\t"),
        ("Termino{0}Traduccion", ";"),
        ("termino_en{0}termino_fr", ";"),
        ("Keyword{0}Translation", ","),
        ("term{0}vertaling", "\t"),
        ("Pojem{0}Překlad", ";"),
        ("Ord{0}Översättning", "\t"),
        ("Terim{0}Çeviri", ";"),
        ("مصطلح{0}ترجمة", "\t"),
        ("英语术语{0}法语术语", ","),
        ("[en]{0}[fr]", "\t"),
    ],
)
def test_a_header_in_other_words_is_not_a_term(header, mark):
    text = header.format(mark) + "\n" + TWO_ROWS.format(mark)
    assert list_terms(text) == {"tablet": ["comprimé"], "fever": ["fièvre"]}


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("Forbidden?", "no", "YES"),
        ("Do not use!", "FALSE", "TRUE"),
        ("obsolète", "non", "oui"),
        ("allowed", "yes", "no"),
        ("Approved?", "x", "0"),
        ("erlaubt", "ja", "nein"),
        ("Status", "ok", "deprecated (since 2019)"),
        ("Status", "✓", "❌"),
    ],
)
def test_a_column_that_forbids_a_translation_is_recognised(column, good, bad):
    text = f"source;target;{column}\ntablet;comprimé;{good}\ntablet;tablette;{bad}\n"
    result = read(text)
    assert [list(term.targets) for term in result.terminology.terms] == [["comprimé"]]
    assert any("tablette" in change.message for change in result.report)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("not authorised", "forbidden"),
        ("unpreferred", "forbidden"),
        ("niet gebruiken", "forbidden"),
        ("avrådes", "forbidden"),
        ("不推荐使用", "forbidden"),
        ("🚫", "forbidden"),
        ("–", "accepted"),
        ("preferred (EU)", "preferred"),
        ("?", "unknown"),
        ("archaic", "unknown"),
    ],
)
def test_a_status_in_other_words_and_signs(word, status):
    assert read_status(word) == status


@pytest.mark.parametrize(
    "text",
    [
        "[U-13C] glucose{0}glucose [U-13C]\nfever{0}fièvre\n",
        "<5 years{0}<5 ans\nfever{0}fièvre\n",
        "{{x}} wave{0}onde x\nfever{0}fièvre\n",
    ],
)
@pytest.mark.parametrize("mark", ["\t", ";", ","])
def test_a_table_may_begin_with_a_bracket(text, mark):
    assert list_terms(text.format(mark))["fever"] == ["fièvre"]


@pytest.mark.parametrize(
    "text",
    [
        '{"en": "tablet", "fr": "comprimé"}\n{"en": "fever", "fr": "fièvre"}\n',
        '{"term": "tablet", "translation": "comprimé"}\n{"term": "fever", "translation": "fièvre"}',
        '{"English": "tablet", "French": ["comprimé"]}\n{"English": "fever", "French": "fièvre"}',
    ],
)
def test_json_lines_may_name_their_keys_as_a_table_its_columns(text):
    assert list_terms(text) == {"tablet": ["comprimé"], "fever": ["fièvre"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"tab\\ud800": "x"}', "half a surrogate pair"),
        ('{"tab\\u0000": "x", "fever": "y"}', "control character"),
        ('[{"en\\u0000": "tablet", "fr": "x"}]', '"source" must be'),
        ('{"tablet": {"target": "comprimé", "status": "forbidden"}}', 'targets of "tablet"'),
        ('{"tablet": {"translation": "comprimé"}}', 'targets of "tablet"'),
    ],
)
def test_json_that_cannot_be_read_is_refused_with_the_reason(text, message):
    with pytest.raises(TerminologyError, match=message):
        read(text)
