"""Test sets as participants download them: read back by our own tools, without a reference."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from evaluator import (
    Segment,
    Term,
    TermAnnotation,
    Terminology,
    TestSet,
    read_terminologies,
    read_test_set,
)
from sharedtasks import test_set_writers
from sharedtasks.handouts import hand_out_test_set

SECRET = "zweitausend"  # in references and annotations only
TERMS = (Term("t1", "tablet", ("comprimé", "pastille")), Term("t2", "R & D", ("R&D",)))
NOTE = TermAnnotation("9", "src_original_and_tgt_original", "day", SECRET, "day")


def segment(number: int, document: str, source: str) -> Segment:
    reference = f"{SECRET} {number}"
    return Segment(str(number), document, source, (reference, "autre"), (NOTE,), ((NOTE,), ()))


CONTENT = TestSet(
    "en",
    "fr",
    (
        segment(1, "leaflet <1>", "Take a tablet a day."),
        segment(2, "leaflet <1>", 'R & D says: 1 < 2, "so" there.'),
        segment(1, "second", "No term here."),
    ),
    text_form="raw",
    terminology=Terminology("en", "fr", TERMS),
)
SOURCE_WRITERS = [
    test_set_writers.write_sources_tsv,
    test_set_writers.write_sources_sgml,
    test_set_writers.write_sources_jsonl,
]
FOR_ALL = [
    test_set_writers.write_sources_text,
    *SOURCE_WRITERS,
    test_set_writers.write_terms_tsv,
    test_set_writers.write_terms_jsonl,
]


def with_names(identifier: str, document: str) -> TestSet:
    return TestSet("en", "fr", (Segment(identifier, document, "a", ("b",), (), ((),)),))


@pytest.mark.parametrize("write", SOURCE_WRITERS)
def test_our_tools_read_the_sources_back(write):
    written = "".join(write(CONTENT)).encode()

    found = read_test_set(
        source=BytesIO(written),
        source_language="en",
        target_language="fr",
        sources_only=True,
    )

    assert [(one.document, one.id, one.source) for one in found.segments] == [
        (one.document, one.id, one.source) for one in CONTENT.segments
    ]
    assert not any(one.references or one.source_terms for one in found.segments)


def test_plain_text_has_one_source_a_line():
    assert "".join(test_set_writers.write_sources_text(CONTENT)).splitlines() == [
        one.source for one in CONTENT.segments
    ]


@pytest.mark.parametrize(
    "write", [test_set_writers.write_terms_tsv, test_set_writers.write_terms_jsonl]
)
def test_our_tools_read_the_terms_back(write):
    written = "".join(write(CONTENT)).encode()

    found = read_terminologies(
        [(BytesIO(written), "terms")], source_language="en", target_language="fr"
    )

    assert [(term.source, term.targets) for term in found.terminology.terms] == [
        (term.source, term.targets) for term in TERMS
    ]


def test_annotated_sources_are_what_the_contract_says():
    rows = [json.loads(line) for line in test_set_writers.write_sources_jsonl(CONTENT)]

    assert rows[0] == {
        "id": "1",
        "doc": "leaflet <1>",
        "source": "Take a tablet a day.",
        "terms": [{"source": "tablet", "targets": ["comprimé", "pastille"]}],
        "annotated": 'Take a <term target="comprimé|pastille">tablet</term> a day.',
    }
    assert rows[2]["terms"] == []


@pytest.mark.parametrize("write", FOR_ALL)
def test_nothing_for_participants_was_made_from_a_reference(write):
    assert SECRET not in "".join(write(CONTENT))
    assert "autre" not in "".join(write(CONTENT))


def test_systems_without_terms_are_told_none():
    content = hand_out_test_set(CONTENT, gives_terms=False)

    rows = [json.loads(line) for line in test_set_writers.write_sources_jsonl(content)]

    assert test_set_writers.list_common_terms(content) == ()
    assert all(row["terms"] == [] for row in rows)
    assert rows[1]["annotated"] == 'R &amp; D says: 1 &lt; 2, "so" there.'


@pytest.mark.parametrize(
    "write", [test_set_writers.write_references_tsv, test_set_writers.write_references_jsonl]
)
def test_references_are_a_test_set_to_score_with(write):
    written = "".join(write(CONTENT)).encode()

    found = read_test_set(source=BytesIO(written), source_language="en", target_language="fr")

    assert [one.references for one in found.segments] == [
        one.references for one in CONTENT.segments
    ]


@pytest.mark.parametrize(
    ("identifier", "document", "table", "sgml"),
    [
        ("1", "d", True, True),
        ("1", "", True, False),  # SGML wants a document
        ("", "d", False, False),
        ("a\tb", "d", False, True),
        ("a", "d\ne", False, True),
        (" a", "d", False, True),  # a table's cells are trimmed
    ],
)
def test_a_format_says_which_ids_it_can_hold(identifier, document, table, sgml):
    content = with_names(identifier, document)

    assert (test_set_writers.fits_table(content), test_set_writers.fits_sgml(content)) == (
        table,
        sgml,
    )


def test_a_tab_in_a_source_does_not_break_the_table():
    content = TestSet("en", "fr", (Segment("1", "d", "a\tb", ("c",), (), ((),)),))

    assert list(test_set_writers.write_sources_tsv(content)) == ["id\tdoc\tsource\n", "1\td\ta b\n"]
