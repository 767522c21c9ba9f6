"""The rules that read a term list's cells, one table per side, and their report."""

from __future__ import annotations

import json

import pytest

from tests.unit.evaluator.terminology_lists import cells, read

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
