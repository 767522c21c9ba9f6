"""Which slot or language pair a file's name says."""

from __future__ import annotations

import pytest

from evaluator.formats.pairs_in_names import (
    find_language,
    find_loose_pairs,
    find_pairs,
    find_target,
)
from evaluator.formats.slots_in_names import find_pair, find_slot, find_slots
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
