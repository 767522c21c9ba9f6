"""Which slot or language pair a file's name says."""

from __future__ import annotations

import pytest

from evaluator.formats.pairs_in_names import (
    find_joined_pairs,
    find_language,
    find_loose_pairs,
    find_pairs,
    find_target,
)
from evaluator.formats.slots_in_names import Slot, find_pair, find_slot, find_slots
from evaluator.normalise import contradicts

SLOTS = ["en-fr", "en-fr.noterm", "en-de", "zh-TW-en", "pt-BR-fr"]


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("ours.en-fr.txt", "en-fr"),
        ("ours.en-fr-primary.txt", "en-fr"),
        ("ours.en_fr.txt", "en-fr"),
        ("ours_en_fr.txt", "en-fr"),
        ("en2fr.out", "en-fr"),
        ("ours.eng-fra.txt", "en-fr"),
        ("eng_Latn-fra_Latn.txt", "en-fr"),
        ("EN-DE.sgm", "en-de"),
        ("system-1-deu.eng-deu.txt", "en-de"),
        ("ours.en-fr.noterm.txt", "en-fr.noterm"),
        ("ours.en_fr_noterm.txt", "en-fr.noterm"),
        ("ours-en-fr-noterm.txt", "en-fr.noterm"),
        ("ours.zh-tw-en.txt", "zh-TW-en"),
        ("zh_TW2en.txt", "zh-TW-en"),
        ("ours_pt_br_fr.txt", "pt-BR-fr"),
        ("en-fr/output.txt", "en-fr"),
        ("ours.txt", None),
        ("ours.en-es.txt", None),
        ("en-fr_en-de.txt", None),
        ("en2fr_en2de.txt", None),
        ("ours.en-fr.random.txt", None),
    ],
)
def test_a_name_finds_its_slot_where_one_fits(name, slot):
    assert find_slot(name, SLOTS, None)[0] == slot


DOMAINS = [
    *(
        str(Slot("en", "pl", domain, mode))
        for domain in ("medical", "mechanical-engineering")
        for mode in ("proper", "noterm", "random")
    ),
    *(str(Slot("es", "eu", "energy", mode)) for mode in ("noterm", "glossary")),
    *(str(Slot("en", "de", mode=mode)) for mode in ("proper", "noterm", "random")),
    str(Slot("en", "zh-Hant", "2015", "noterm")),
    str(Slot("en", "zh-Hant", "2017", "noterm")),
]


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("sys.proper.medical.enpl.json", "en-pl.medical"),
        ("sys.v1.2.noterm.mechanical-engineering.enpl.json", "en-pl.mechanical-engineering.noterm"),
        ("sys.ende.random.jsonl", "en-de.random"),
        ("o3-term-guide.ende.proper.jsonl", "en-de"),
        ("CommandA_MT.2017.enzh.noterm.jsonl", "en-zh-Hant.2017.noterm"),
        ("Some CAT+.noterm.medical.enpl.json", "en-pl.medical.noterm"),
        # other orders, other signs
        ("enpl.medical.random.sys.json", "en-pl.medical.random"),
        ("sys_en_pl_medical_noterm.json", "en-pl.medical.noterm"),
        ("NOTERM.Medical.en-pl.json", "en-pl.medical.noterm"),
        ("sys.mechanical_engineering.eng-pol.json", "en-pl.mechanical-engineering"),
        ("sys.glossary.energy.eseu.json", "es-eu.energy.glossary"),  # a mode of the organiser
        ("noterm/medical/sys.enpl.json", "en-pl.medical.noterm"),
        # a file without terms must never count as one with terms
        ("out.en-de.no-term.txt", "en-de.noterm"),
        ("out_en-de_no_terms.txt", "en-de.noterm"),
        ("NoTerminology.ende.jsonl", "en-de.noterm"),
        ("en-de random.txt", "en-de.random"),
        ("en-de(noterm).txt", "en-de.noterm"),
        ("en-de+random.v2.txt", "en-de.random"),
        # signs that people leave out, or that a computer writes for a hyphen
        ("sys.noterm.mechanical engineering.enpl.json", "en-pl.mechanical-engineering.noterm"),
        ("sys.mechanicalengineering.enpl.json", "en-pl.mechanical-engineering"),
        ("sys.en\u2013de.txt", "en-de"),
        ("en\u2192de.random.txt", "en-de.random"),
        ("sys.2015.noterm.en-zh_TW.jsonl", "en-zh-Hant.2015.noterm"),
        ("sys.2015.noterm.en-zh-CN.jsonl", None),
        # words that belong to the system's name
        ("medical-mt.noterm.mechanical-engineering.enpl.json",
         "en-pl.mechanical-engineering.noterm"),
        ("random-forest.medical.enpl.json", "en-pl.medical"),
        ("my-random.en-de.txt", "en-de"),
        # nothing fits
        ("sys.random.energy.eseu.json", None),
        ("sys.proper.enpl.json", None),
        ("sys.noterm.finance.enpl.json", None),
        ("sys.enzh.noterm.jsonl", None),
        ("test.medical.noterm.json", None),
    ],
)  # fmt: skip
def test_a_name_says_pair_domain_and_mode_in_any_order(name, slot):
    assert find_slot(name, DOMAINS, None)[0] == slot


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("sys.random.energy.eseu.json", "es-eu.energy.random"),
        ("sys.noterm.finance.enpl.json", "en-pl.noterm"),
        ("ours.en-pl.txt", "en-pl"),
    ],
)
def test_a_name_that_fits_no_slot_is_told_what_it_says(name, says):
    assert f"name says {says}; wanted here: en-pl.medical, " in find_slot(name, DOMAINS, None)[1]


@pytest.mark.parametrize("name", ["noterm_" * 9_000, "en-pl." * 9_000, "enpl_medical_" * 5_000])
def test_a_long_name_is_looked_at_in_bounded_time(name):
    assert find_slot(name, DOMAINS, None)[0] in (None, "en-pl.medical")


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("full_data.ende.jsonl", [("en", "de")]),
        ("text.medical.enpl.json", [("en", "pl")]),
        ("text.engpol.json", [("en", "pl")]),
        ("test.data.txt", [("da", "ta")]),  # Danish and Tamil: only where nothing else is said
        ("test.tsv", []),
        ("ours.final.json", []),
    ],
)
def test_a_pair_may_have_no_sign_in_between(name, pairs):
    assert find_joined_pairs(name) == pairs


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("output.pt-BR.txt", "en-pt-BR"),
        ("ours.fr-CA.txt", "en-fr-CA"),
        ("ours.de_CH.v2.txt", "en-de-CH"),
        ("hi-IN.jsonl", "en-hi-IN"),
        ("ours.sv-se.txt", "fi-sv-SE"),
        ("output.nl-BE.txt", "fr-nl-BE.noterm"),
        ("ours.et-EE.txt", "en-et"),
        ("ours.es_ar.txt", "es-ar"),  # the test set says that it is a pair
        ("ours_fr-ca_2.txt", "fr-ca"),
    ],
)
def test_a_name_with_the_target_and_its_country_is_for_the_only_slot(name, slot):
    assert find_slot(name, [slot], slot) == (slot, None)


@pytest.mark.parametrize(
    ("name", "slot", "says"),
    [
        ("output.pt-BR.txt", "en-fr", "pt-BR"),
        ("output.de-CH.txt", "en-de-AT", "de-CH"),
        ("output.fr-ca.txt", "en-de", "fr-CA"),
        ("output.en-de.txt", "en-fr-CA", "en-de"),
    ],
)
def test_a_name_with_another_language_is_refused(name, slot, says):
    found, problem = find_slot(name, [slot], slot)

    assert found is None
    assert f"says {says}; wanted here: {slot}" in problem


def test_a_plain_pair_comes_before_other_ways_to_write_one():
    assert find_slots("en_de.en-fr.txt", SLOTS) == ("en-fr",)


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("test.en-de.tsv", "en-de"),
        ("test.cs_uk.noterm.tsv", "cs-uk.noterm"),
        ("test.eng-ces.tsv", "en-cs"),
        ("test.zh-Hant-en.tsv", "zh-Hant-en"),
        ("source.txt", None),
        ("output.pt-BR.txt", None),  # one language
        ("output.fr_CA.txt", None),
        ("output.de-ch.txt", None),  # may be
        ("src-tgt.txt", None),  # Sardinian and Central Tagbanwa have these codes
        ("mt-run.txt", None),  # Maltese and Rundi
        ("my-en-fr.txt", None),  # Burmese, or a possessive
        ("new-min.txt", None),
        ("pre-top.txt", None),
    ],
)
def test_words_that_are_codes_too_are_not_a_pair(name, pair):
    assert find_pair(name) == pair


def test_longer_parts_of_a_name_may_hold_a_pair():
    assert find_pairs("ours_en-fr_v2.txt") == []
    assert find_loose_pairs("ours_en-fr_v2.txt") == [("en", "fr")]
    assert find_loose_pairs("wmt25-en-zh-TW-primary.txt") == [("en", "zh-TW")]
    assert find_loose_pairs("-_" * 10_000) == []


@pytest.mark.parametrize(
    ("name", "language"),
    [("dev.en.sgm", "en"), ("test.pt-BR.txt", "pt-BR"), ("dev.en.fr.txt", None), ("en.txt", None)],
)
def test_a_name_may_say_one_language(name, language):
    assert find_language(name) == language


@pytest.mark.parametrize(
    ("slot", "target"),
    [("en-fr", "fr"), ("zh-TW-en", "en"), ("en-zh-CN.noterm", "zh-CN"), ("pt-BR-fr-CA", "fr-CA")],
)
def test_a_slot_has_its_target(slot, target):
    assert find_target(slot) == target


@pytest.mark.parametrize("code", ["any", "src", "", "French", "fra", "fr-CA", "und", "all"])
def test_what_names_no_other_language_contradicts_nothing(code):
    assert not contradicts(code, "fr")


@pytest.mark.parametrize("code", ["de", "deu", "zh-CN", "hsb"])
def test_another_language_contradicts(code):
    assert contradicts(code, "fr")
