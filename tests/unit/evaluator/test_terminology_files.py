"""Reading term lists: formats, the rules for cells, the report, and hostile files."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc

import pytest

from evaluator.errors import TerminologyError
from evaluator.formats.terminologies import read_terminologies, read_terminology
from evaluator.formats.terminologies.pairs import is_language
from evaluator.formats.terminologies.texts import same_source
from evaluator.normalise import Normaliser
from evaluator.types import Term

HEADER = "id,sourceLang,targetLang,sourceString,targetString\n"


def read(content, source="en", target="fr", name="terms", **options):
    data = content.encode() if isinstance(content, str) else content
    return read_terminology(
        io.BytesIO(data), name, source_language=source, target_language=target, **options
    )


def cells(*pairs, target="fr"):
    """The CSV with these source and target cells."""
    out = io.StringIO()
    rows = [(n, "en", target, *pair) for n, pair in enumerate(pairs, 1)]
    csv.writer(out, lineterminator="\n").writerows(rows)
    return HEADER + out.getvalue()


def errors(content, **options):
    with pytest.raises(TerminologyError) as caught:
        read(content, **options)
    return caught.value.problems


# Formats


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

NEW_TBX = """<tbx type="TBX-Basic" style="dct" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"
 xmlns:basic="http://www.tbxinfo.net/ns/basic"><text><body>
<conceptEntry id="c1">
 <langSec xml:lang="en"><termSec><term>glove</term></termSec></langSec>
 <langSec xml:lang="fr-CA"><termSec><term>moufle</term></termSec>
  <termSec><term>gant</term>
   <basic:administrativeStatus>preferredTerm-admn-sts</basic:administrativeStatus></termSec>
  <termSec><term>mitaine</term>
   <termNote type="administrativeStatus">supersededTerm-admn-sts</termNote></termSec></langSec>
</conceptEntry>
<conceptEntry id="c2"><langSec xml:lang="en"><termSec><term>mask</term></termSec></langSec>
</conceptEntry></body></text></tbx>"""


@pytest.mark.parametrize(
    ("content", "language"), [(OLD_TBX, "fr"), (NEW_TBX, "fr-CA")], ids=["2008", "2019"]
)
def test_tbx_gives_the_preferred_term_first_and_no_deprecated_one(content, language):
    imported = read(content)

    assert imported.terminology.terms == (Term("c1", "glove", ("gant", "moufle")),)
    assert [(c.kind, c.entry, c.message) for c in imported.report] == [
        ("dropped", "mitaine", "“mitaine” (" + language + ") is marked as deprecated."),
        ("dropped", "mask", "Empty: target."),
    ]


def test_synonyms_of_a_source_in_tbx_are_entries_of_their_own():
    second = "<termSec><term>mitt</term></termSec><termSec><term>glove</term>"

    terms = read(NEW_TBX.replace("<termSec><term>glove</term>", second)).terminology.terms

    assert [(t.id, t.source) for t in terms] == [("c1", "mitt"), ("c1-2", "glove")]


# The rules, one table per side


TARGETS = [
    # as listed: words, hyphens, apostrophes, articles, hash signs, no-break spaces
    ("the glove", "l'eau-de-vie", ["l'eau-de-vie"], set()),
    ("stay home", "#RestezChezVous", ["#RestezChezVous"], set()),
    ("5 steps", "5\u00a0gestes", ["5\u00a0gestes"], set()),
    # spaced colons and slashes, semicolons and bars separate alternatives
    ("glove", "gant : moufle : mitaine", ["gant", "moufle", "mitaine"], {"split"}),
    ("glove", "gant; moufle；mitaine", ["gant", "moufle", "mitaine"], {"split"}),
    ("glove", "gant / moufle", ["gant", "moufle"], {"split"}),
    ("glove", "gant|moufle", ["gant", "moufle"], {"split"}),
    ("glove", "gant; moufle; gant", ["gant", "moufle"], {"split"}),
    # a bar can't stand in a target, even if the source has one too
    ("a|b", "x|y", ["x", "y"], {"split", "doubtful"}),
    # what the source has too belongs to the term
    ("virus: signs", "virus : signes", ["virus : signes"], set()),
    ("and / or", "et / ou", ["et / ou"], set()),
    # ratios, entities, brackets and tight slashes are no separators
    ("dilution", "1 : 10", ["1 : 10"], {"doubtful"}),
    ("R and D", "R&amp;D", ["R&amp;D"], {"doubtful"}),
    ("glove", "gant [main; doigts]", ["gant"], {"note_removed"}),
    ("nurse", "infirmier/infirmière", ["infirmier/infirmière"], {"doubtful"}),
    # commas may or may not separate
    ("spread", "se répandre, s'étendre", ["se répandre, s'étendre"], {"doubtful"}),
    ("well, then", "bon, alors", ["bon, alors"], set()),
    # notes in square brackets go, in a Latin text whatever they say
    ("glove", "gant [when worn] : moufle [pl.]", ["gant", "moufle"], {"split", "note_removed"}),
    ("glove", "[rare] gant", ["gant"], {"note_removed"}),
    ("glove", "gant [de] ville", ["gant ville"], {"note_removed"}),
    ("glove", "[untranslated]", ["[untranslated]"], {"doubtful"}),  # nothing else is there
    # endings make words
    ("student", "étudiant(e)", ["étudiant", "étudiante"], {"split"}),
    ("old patient", "patient(e) âgé(e)", ["patient âgé", "patiente âgée"], {"split"}),
    ("nurse", "infirmier(ère)", ["infirmier(ère)"], {"doubtful"}),  # infirmierère is no word
    # a gloss at the end is optional; indexes are no glosses; nor is what the source has too
    ("WHO", "Organisation de la Santé (OMS)",
     ["Organisation de la Santé (OMS)", "Organisation de la Santé"], {"optional"}),
    ("factor 8", "facteur (VIII)", ["facteur (VIII)"], {"doubtful"}),
    ("virus (X)", "virus (X)", ["virus (X)"], {"doubtful"}),
    ("wash", "(se) laver", ["(se) laver"], {"doubtful"}),
    ("a b c", "a (b) c", ["a (b) c"], {"doubtful"}),
    ("a", "b (c) (d)", ["b (c) (d)"], {"doubtful"}),
    # brackets that don't pair up: nothing is done
    ("a", "b (c; d", ["b (c; d"], {"doubtful"}),
    ("a", "b] c; d", ["b] c; d"], {"doubtful"}),
    # quotation marks around all go, others stay
    ("glove", "« gant »", ["gant"], {"cleaned"}),
    ("glove", 'le "gant"', ['le "gant"'], {"doubtful"}),
    ("glove", '"a" et "b"', ['"a" et "b"'], {"doubtful"}),
    # edges, layout, invisible characters; a full stop may be an abbreviation's
    ("glove", " gant,; ", ["gant"], {"cleaned"}),
    ("glove", "gant \u200b\u200bfin\n  long", ["gant fin long"], {"cleaned"}),
    ("about", "env.", ["env."], {"doubtful"}),
    # spelling stays: decomposed, capitals; only the same twice is once
    ("cafe", "cafe\u0301; CAFÉ; café", ["cafe\u0301", "CAFÉ"], {"split"}),
]  # fmt: skip


@pytest.mark.parametrize(("source", "cell", "forms", "kinds"), TARGETS)
def test_a_target_cell_is_read_as_its_forms_and_the_rest_reported(source, cell, forms, kinds):
    imported = read(cells((source, cell)))

    assert [list(term.targets) for term in imported.terminology.terms] == [forms]
    assert {change.kind for change in imported.report} == kinds
    assert all(change.line == 2 and change.file == "terms" for change in imported.report)


SCRIPTS = [
    # an English note in another script; a gloss in Latin letters, also inside, also full-width
    ("zh", "virus", "病毒 (as a wider group)", ["病毒"], {"note_removed"}),
    ("zh", "RNA", "核糖（RNA）", ["核糖（RNA）", "核糖"], {"optional"}),
    ("zh", "MERS-like", "综合征（MERS）样", ["综合征（MERS）样", "综合征样"], {"optional"}),
    ("zh", "virus", "甲 (AB) [when new] : 甲病毒",
     ["甲 (AB)", "甲", "甲病毒"], {"split", "optional", "note_removed"}),
    # the gloss repeats the source: no note, though it is in lower case
    ("zh", "big flu", "大流感 (big flu)", ["大流感 (big flu)", "大流感"], {"optional"}),
    # in Korean nothing stands before the bracket
    ("ko", "flu", "독감(인플루)", ["독감(인플루)", "독감"], {"optional"}),
    # words in the target's own script are optional words; not in Latin, where notes are too
    ("ru", "cases", "случаи [болезни]", ["случаи", "случаи болезни"], {"optional"}),
    ("ru", "cases", "случаи [plural]", ["случаи"], {"note_removed"}),
    # больнойая is no word
    ("ru", "sick", "больной(ая)", ["больной(ая)"], {"doubtful"}),
    ("de", "patient", "Patient(in)", ["Patient", "Patientin"], {"split"}),
]  # fmt: skip


@pytest.mark.parametrize(("language", "source", "cell", "forms", "kinds"), SCRIPTS)
def test_scripts_tell_notes_from_words(language, source, cell, forms, kinds):
    imported = read(cells((source, cell), target=language), target=language)

    assert list(imported.terminology.terms[0].targets) == forms
    assert {change.kind for change in imported.report} == kinds


SOURCES = [
    # alternatives become entries, if there is one translation: else which is whose?
    ("glove; mitt", "gant", ["glove", "mitt"], {"split"}),
    ("glove / mitt", "gant", ["glove", "mitt"], {"split"}),
    ("glove / mitt", "gant; moufle", ["glove / mitt"], {"split", "doubtful"}),
    ("glove : mitt", "gant", ["glove : mitt"], {"doubtful"}),  # a title, perhaps
    ("glove, mitt", "gant", ["glove, mitt"], {"doubtful"}),
    # notes and glosses go; both sides' brackets belong to the term
    ("glove [noun]", "gant", ["glove"], {"note_removed"}),
    ("SARS-X (virus)", "SARS-X", ["SARS-X"], {"note_removed"}),
    ("SARS-X (virus)", "SARS-X (virus)", ["SARS-X (virus)"], {"doubtful"}),
    ("(the) glove", "gant", ["(the) glove"], {"doubtful"}),
    ("type (2)", "type deux", ["type (2)"], {"doubtful"}),
    ("“glove”,", "gant", ["glove"], {"cleaned"}),
]


@pytest.mark.parametrize(("cell", "target", "sources", "kinds"), SOURCES)
def test_a_source_cell_is_read_as_its_entries_and_the_rest_reported(cell, target, sources, kinds):
    imported = read(cells((cell, target)))

    assert [term.source for term in imported.terminology.terms] == sources
    assert {change.kind for change in imported.report} == kinds
    assert len({term.id for term in imported.terminology.terms}) == len(sources)


def test_what_was_read_is_read_again_without_a_change():
    forms = [(source, cell) for source, cell, _, _ in TARGETS if "|" not in source]
    terms = read(cells(*forms)).terminology.terms
    lines = [{"id": t.id, "source": t.source, "targets": t.targets} for t in terms]

    again = read("\n".join(json.dumps(line) for line in lines))

    assert again.terminology.terms == terms
    assert again.report == ()


def test_messages_say_what_was_removed():
    change = read(cells(("glove", "gant [when worn]"))).report[0]

    assert str(change) == "terms:2: glove: “when worn” removed from “gant [when worn]”."


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [("glove", "", "target"), (" ", "gant", "source"), ("", ";", "source and target")],
)
def test_rows_with_an_empty_side_are_dropped_with_a_report(source, target, words):
    imported = read(cells((source, target), ("mask", "masque")))

    assert [term.source for term in imported.terminology.terms] == ["mask"]
    assert [(c.kind, c.message) for c in imported.report] == [("dropped", f"Empty: {words}.")]
    assert (imported.changed, imported.dropped, imported.doubtful) == (0, 1, 0)


# Merging


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


# Languages


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
        ("fra", "fr", False),  # codes are not guessed
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


# What can't be read


def nested(depth):
    return f"<tbx>{'<a>' * depth}{'</a>' * depth}</tbx>"


LAUGHS = """<?xml version="1.0"?><!DOCTYPE tbx [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
<tbx>&b;</tbx>"""

BROKEN = {
    "no UTF-8": (HEADER.encode() + b"1,en,fr,a,\xff\n", 2, "UTF-8"),
    "UTF-16": (cells(("a", "b")).encode("utf-16"), None, "UTF-16"),
    "NUL": (HEADER.encode() + b"1,en,fr,a,b\0\n", 2, "NUL"),
    "nothing": (b"", None, "empty"),
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
    "no XML": ("<tbx>\n<a>\n</b></tbx>", 3, "no well-formed XML"),
    "billion laughs": (LAUGHS, 1, "declarations of its own"),
    "an external entity": ('<!DOCTYPE tbx [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<tbx>&x;</tbx>',
                           1, "declarations of its own"),
    "an entity of nowhere": ('<!DOCTYPE tbx SYSTEM "x.dtd">\n<tbx>&x;</tbx>', 2, "entity"),
    "deep elements": (nested(5000), 1, "nested more than 50 deep"),
    "many names": ("<tbx>" + "".join(f"<a{n}/>" for n in range(1000)) + "</tbx>", 1, "names"),
    "a long tag": (f'<tbx a="{"x" * 100_000}"/>', 1, "65,536"),
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
