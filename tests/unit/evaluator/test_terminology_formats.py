"""Formats of term lists, told apart by content; language pairs; merging files."""

from __future__ import annotations

import io
import json

import pytest

from evaluator.formats.terminologies import read_terminologies
from evaluator.formats.terminologies.listed import is_language
from evaluator.formats.terminologies.texts import same_source
from evaluator.normalise import Normaliser
from evaluator.types import Term
from tests.unit.evaluator.terminology_lists import HEADER, NEW_TBX, cells, errors, read

LISTS = {
    "csv of translators": HEADER + "7,en,fr_XX,glove,gant\n8,en,fr_XX,mask,masque\n",
    "csv with descriptions": "stringID,sourceLang,targetLang,pos,description,sourceString,"
    'targetString\n7,en,fr-FR,noun,"worn, on a hand",glove,gant\n8,EN,fr,,,mask,masque\n',
    "csv of a spreadsheet": "\ufeffID;sourceLang;targetLang;sourceString;targetString\r\n"
    '"7";en;fr;glove;"gant"\r\n\r\n8;en;fr;mask;masque\r\n',
    "csv with tabs": HEADER.replace(",", "\t") + "7\ten\tfr\tglove\tgant\n8\ten\tfr\tmask\tmasque",
    "jsonl": '{"id": 7, "source": "glove", "targets": ["gant"]}\n\n'
    '{"id": "8", "source": "mask", "targets": ["masque"], "note": "ignored"}\n',
}


@pytest.mark.parametrize("content", LISTS.values(), ids=LISTS)
def test_formats_are_told_apart_by_content_and_say_the_same(content):
    imported = read(content)

    assert imported.terminology.terms == (
        Term("7", "glove", ("gant",)),
        Term("8", "mask", ("masque",)),
    )
    assert imported.report == ()
    assert (imported.terminology.source_language, imported.terminology.target_language) == (
        "en",
        "fr",
    )


@pytest.mark.parametrize("header", ["", "source\ttarget\n", "\nSource\tTargets\tseen\n"])
def test_tsv_has_alternatives_behind_bars_and_perhaps_a_third_column(header):
    content = header + 'glove\tgant|moufle\t1\nmask\tmasque\t0\n\n"cap\tbonnet\t\n'

    terms = read(content).terminology.terms

    assert [(t.source, t.targets, t.seen) for t in terms] == [
        ("glove", ("gant", "moufle"), True),
        ("mask", ("masque",), False),
        ('"cap', ("bonnet",), None),  # quotation marks are text in TSV
    ]
    assert len({term.id for term in terms}) == 3


def test_json_lines_are_taken_literally():
    line = {"source": "a; b (c)", "targets": ["x; y [z]", "v (W)", "v (W)"], "seen": False}

    imported = read(json.dumps(line))

    assert imported.terminology.terms == (Term("1", "a; b (c)", ("x; y [z]", "v (W)"), seen=False),)
    assert imported.report == ()


OLD_TBX = """<?xml version="1.0"?>
<!DOCTYPE martif SYSTEM "TBXBasiccoreStructV02.dtd">
<martif type="TBX-Basic" xml:lang="en"><martifHeader><p>about</p></martifHeader><text><body>
<termEntry id="c1">
 <langSet xml:lang="en-US"><tig><term>glove</term></tig></langSet>
 <langSet xml:lang="fr"><ntig><termGrp><term>moufle</term>
   <termNote type="administrativeStatus">admittedTerm-admn-sts</termNote></termGrp></ntig>
  <tig><term>g<hi>an</hi>t</term>
   <termNote type="normativeAuthorization">preferredTerm</termNote></tig>
  <tig><term>mitaine</term>
   <termNote type="normativeAuthorization">deprecatedTerm</termNote></tig></langSet>
 <langSet xml:lang="de"><tig><term>Handschuh</term></tig></langSet>
</termEntry>
<termEntry id="c2"><langSet xml:lang="en"><tig><term>mask</term></tig></langSet></termEntry>
</body></text></martif>"""


@pytest.mark.parametrize(
    ("content", "language", "status"),
    [(OLD_TBX, "fr", "deprecatedTerm"), (NEW_TBX, "fr-CA", "supersededTerm-admn-sts")],
    ids=["2008", "2019"],
)
def test_tbx_gives_the_preferred_term_first_and_no_deprecated_one(content, language, status):
    imported = read(content)

    assert imported.terminology.terms == (Term("c1", "glove", ("gant", "moufle")),)
    assert [(c.kind, c.entry, c.message) for c in imported.report] == [
        ("dropped", "mitaine", f"“mitaine” ({language}) has the status “{status}”: not accepted."),
        ("dropped", "mask", "Empty: target."),
    ]


def test_synonyms_of_a_source_in_tbx_are_entries_of_their_own():
    second = "<termSec><term>mitt</term></termSec><termSec><term>glove</term>"

    terms = read(NEW_TBX.replace("<termSec><term>glove</term>", second)).terminology.terms

    assert [(t.id, t.source) for t in terms] == [("c1", "mitt"), ("c1-2", "glove")]


def test_the_same_source_is_one_entry_with_all_targets_in_order():
    rows = [("WHO", "OMS"), ("Flu", "grippe"), ("who", "qui"), ("flu ", "influenza; grippe")]

    imported = read(cells(*rows))

    # WHO is matched in capitals alone, so "who" is another entry.
    assert imported.terminology.terms == (
        Term("1", "WHO", ("OMS",)),
        Term("2", "Flu", ("grippe", "influenza")),
        Term("3", "who", ("qui",)),
    )
    assert [(c.line, c.kind) for c in imported.report] == [(5, "split"), (5, "merged")]
    assert imported.report[1].message == ("The same source as in line 3: “influenza” added to it.")


def test_files_are_merged_and_every_id_stays_unique():
    second = "glove\tmoufle\t1\n"
    files = [
        (io.BytesIO(text.encode()), name)
        for text, name in (
            (cells(("glove", "gant")), "a"),
            (second, "b"),
            (cells(("mask", "masque")), "c"),
        )
    ]

    imported = read_terminologies(files, source_language="en", target_language="fr")

    assert imported.terminology.terms == (
        Term("1", "glove", ("gant", "moufle"), seen=True),
        Term("1-2", "mask", ("masque",)),
    )
    assert [str(change) for change in imported.report] == [
        "b:1: glove: The same source as in line 2 of a: “moufle” added to it."
    ]


@pytest.mark.parametrize(
    "source", ["WHO", "Flu  x", "ﬂu", "straße", "COVID\u2011\u200b19", "A", "İ", "2019-NCOV", "Ⅷ"]
)
def test_sources_are_compared_as_matching_does(source):
    assert same_source(source) == Normaliser.for_language("en").form(source).key


@pytest.mark.parametrize(
    ("code", "wanted", "expected"),
    [
        ("fr_XX", "fr", True),
        ("fr-FR", "fr-CA", True),
        ("EN", "en-gb", True),
        ("zh-Hans", "zh", True),
        ("zh_CN", "zh-Hans", True),
        ("zh_TW", "zh-CN", False),  # another script
        ("cmn", "zh", True),
        ("cs", "en", False),
        ("", "en", False),
        ("fra", "fr", True),  # the same by ISO 639-2
    ],
)
def test_regions_do_not_count_but_scripts_do(code, wanted, expected):
    assert is_language(code, wanted) is expected


def test_rows_of_other_pairs_are_dropped_with_a_report():
    imported = read(HEADER + "1,en,fr,glove,gant\n2,en,de,glove,Handschuh\n")

    assert len(imported.terminology.terms) == 1
    assert [str(change) for change in imported.report] == ["terms:3: glove: The row is for en-de."]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (cells(("glove", "gant")), "The file is for en-fr, not for cs-de. Give the list of cs-de."),
        (NEW_TBX, "“en”, “fr-CA”, and cs-de is wanted"),
        (HEADER, "holds no entry of cs-de"),
        (HEADER + "1,cs,de,,\n", "holds no entry of cs-de"),
    ],
)
def test_a_file_without_the_pair_is_an_error_that_names_what_it_has(content, words):
    assert words in errors(content, source="cs", target="de")[0].message


def test_no_file_gives_an_empty_terminology():
    imported = read_terminologies([], source_language="en", target_language="fr")

    assert imported.terminology.terms == imported.report == ()
