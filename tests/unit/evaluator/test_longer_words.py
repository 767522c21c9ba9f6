"""Terms inside longer words: the cases of docs/longer-words.md, and others of their kinds."""

from __future__ import annotations

import time
from importlib.metadata import version

import numpy as np
import pytest

from evaluator.metrics.base import total
from evaluator.metrics.term import TermConsistency, TermSuccess, WeightedTer, per_term
from evaluator.metrics.term.renderings import rendered
from evaluator.normalise import Lemmatiser, Normaliser
from evaluator.normalise.longer_word_rules import RULES, sign_rules
from evaluator.terms import compounds, longer_words
from evaluator.terms.matching import Required, Requirements
from evaluator.types import Hypotheses, Segment, Term, TestSet

# Dictionaries take seconds to load: German's is the real one, of others this is enough.
WORDS = frozenset(
    """capaciteit hantering hånd kapasitet kapasiteetti väli südame levelező kapacitet hjärt
    posta bihotz""".split()
)
LEMMAS = {
    "välimuistissa": "välimuisti",
    "südamehaigused": "südamehaigus",
    "håndsæben": "håndsæbe",
}
SMALL = frozenset("nl sv da nb fi et hu tr es".split())


class SmallDictionary:
    """What simplemma's dictionaries say about a few words; German's is asked for German."""

    def __init__(self):
        self._german = compounds._load_dictionary()

    def get_lemma(self, word, code):
        if code == "de":
            return self._german.get_lemma(word, code)
        return word if word in WORDS else None


@pytest.fixture(autouse=True)
def small_dictionaries(monkeypatch):
    dictionary = SmallDictionary()
    monkeypatch.setattr(compounds, "_load_dictionary", lambda: dictionary)
    yield
    compounds.is_left_part.cache_clear()
    compounds.is_right_part.cache_clear()


def normaliser_of(language):
    if language not in SMALL:
        return Normaliser.for_language(language)
    return Normaliser(language, Lemmatiser("small", lambda word: LEMMAS.get(word, word)), "words")


def find(language, required, text, count=1):
    """Return `s`, `l` or `w` and its letters for each chosen span, by entry.

    Entries are separated by `;`, their variants by `|`.
    """
    normaliser = normaliser_of(language)
    rows = []
    for number, entry in enumerate(required.split("; ")):
        forms = tuple(map(normaliser.form, entry.split("|")))
        rows.append(Required(str(number), str(number), entry, None, forms, len(forms), count))
    normalised = normaliser.normalise(text)
    chosen = Requirements(rows, normaliser).assign(normalised).chosen
    return [f"{'slw'[span.tier]}:{normalised.text[span.start : span.end]}" for span in chosen]


@pytest.mark.parametrize(
    ("language", "required", "text", "expected"),
    [
        # the numbered cases of the specification
        ("de", "Speicher", "Die Speicherkapazität reicht.", ["w:Speicher"]),  # 1
        ("de", "Speicher; Kapazität", "Die Speicherkapazität reicht.",
         ["w:Speicher", "w:kapazität"]),  # 2
        ("de", "Speicherkapazität; Speicher", "Die Speicherkapazität reicht.",
         ["s:Speicherkapazität"]),  # 3
        ("de", "Speicherkapazität; Speicher", "Die Speicherkapazität des Speichers reicht.",
         ["s:Speicherkapazität", "l:Speichers"]),  # 4
        ("de", "Speicher", "Speicher- und Rechenressourcen", ["s:Speicher"]),  # 5
        ("de", "Connector", "Die „Connectors“ sind aktiv.", ["w:Connector"]),  # 6
        ("de", "Wert", "Die Standardwerte gelten.", ["w:wert"]),  # 7
        ("de", "Typ", "Der Datentyp ist falsch.", ["w:typ"]),  # 8
        ("de", "Art", "Die Landkarte fehlt.", []),
        ("de", "Umfang", "Die Funktionsumfangsbeschreibung liegt vor.", ["w:umfang"]),  # 9
        ("de", "Verweis", "Attribute können auf Quellen verweisen.", []),  # 10
        ("de", "Lauf", "Attribute können auf Quellen laufen.", []),
        ("de", "Prüfung", "Nach der Überprüfung", []),  # 11
        ("de", "Bereich", "Unterbereich", []),
        ("de", "erstellen", "Wir können Autos herstellen.", []),  # 12
        ("de", "Lunge", "Die Behandlungen und Einstellungen", []),  # 13
        ("de", "Lunge", "Die Lungenentzündung", ["w:Lunge"]),
        ("de", "Probe; Pest; Produkt; Speicher",
         "Problem; Pestizide; Produktionsauftrag; Speicherung", []),  # 14
        ("de", "INR; STEMI", "Die Einrichtung, der INR-Wert; die Systeminformation",
         ["s:INR"]),  # 15
        ("de", "Compliance; Anforderung", "Die Compliance-Anforderungen",
         ["s:Compliance", "l:Anforderungen"]),  # 16
        ("de", "Vertrag", "Die Kaufverträge", ["w:verträge"]),  # 17
        ("de", "Sprache", "Die Sprachauswahl", ["w:Sprach"]),  # 18
        ("de", "Virus", "Das Norovirus", ["w:virus"]),  # 19
        ("de", "Auslöser", "auslöserbasierte Verarbeitung", ["w:auslöser"]),  # 20
        ("de", "geschäftlich", "Geschäftliche Daten", ["w:Geschäftlich"]),
        ("ru", "ресурс", "Нажмите «Рассчитать ресурсы».", ["l:ресурсы"]),  # 21
        ("es", "agente", "El subagente", []),  # 22
        ("de", "Ort", "Der Standort", ["w:ort"]),  # 23
        ("de", "Ort", "der Import", []),
        ("de", "Speicher", "a" * 2_500 + "Speicher" + "b" * 2_500, []),  # 24
    ],
)  # fmt: skip
def test_the_cases_of_the_specification(language, required, text, expected):
    assert find(language, required, text) == expected


@pytest.mark.parametrize(
    ("required", "text", "expected"),
    [
        # a compound, at its beginning, at its end and inside
        ("Impfung", "Auffrischungsimpfungen", ["w:impfung"]),
        ("Kündigung", "Kündigungsfristen", ["w:Kündigung"]),
        ("Konto", "Der Kontostand", ["w:Konto"]),
        ("Benutzer", "benutzerdefinierte Werte", ["w:benutzer"]),
        ("Straße", "Die Seitenstrasse", ["w:strasse"]),
        ("Filter", "Filialfilter", ["w:filter"]),  # Filiale without its last letter
        ("Schule", "Ein Schulbuch", ["w:Schul"]),
        # one letter too few, or a false friend
        ("Maß", "Die Maßnahme", []),
        ("Reis", "Im Kreis der Greise, Abreise", []),
        ("Lunge", "Zahlungsempfehlungen", []),
        ("Dosis; Rippe", "Acidosis, Virusgrippe", []),
        ("Log; Art; Source", "Katalog, Registerkarte, Ressource", []),
        # no digit, no underscore
        ("Speicher", "Speicher2 2Speicher meinSpeicher_alt", []),
        ("Speicher", "Speicher" + "kapazität" * 6, []),  # 62 letters
        # capitals are looked up as they are
        ("API", "Die APIs laufen", ["w:API"]),
        ("MERS; STEMI", "des Eigentümers, ein System", []),
        # several words: the first may end, the last may begin a longer word
        ("digitale Signatur", "mit digitaler Signaturprüfung", ["w:digitaler Signatur"]),
        ("Daten Typ", "Stammdaten Typ", ["w:daten Typ"]),
        ("Datum der Prüfung", "Enddatum der Prüfungen", ["w:datum der Prüfungen"]),
        ("digitale Signatur", "digitale, Signaturprüfung", []),  # other characters between
        ("Zentrale Daten", "dezentrale Datenbank", []),
    ],
)
def test_german_compounds_and_what_only_looks_like_them(required, text, expected):
    assert find("de", required, text) == expected


@pytest.mark.parametrize(
    ("language", "required", "text", "expected"),
    [
        ("nl", "geheugen", "de geheugencapaciteit", ["w:geheugen"]),
        ("nl", "werk", "verwerk dit", []),  # a prefix
        ("sv", "lösenord", "lösenordshantering", ["w:lösenord"]),
        ("da", "sæbe", "håndsæben", ["w:sæben"]),  # æ is folded to ae, the dictionary has æ
        ("nb", "minne", "minnekapasitet", ["w:minne"]),
        ("fi", "muisti", "välimuistissa", ["w:muistissa"]),  # by the lemma of the whole word
        ("et", "haigus", "südamehaigused", ["w:haigused"]),
        ("hu", "memória", "memóriáját", ["w:memóriá"]),
        ("hu", "szerver", "levelezőszerver", ["w:szerver"]),
        ("tr", "Terminarium", "Terminariumlarımızdan", ["w:Terminarium"]),
        ("tr", "sunucu", "postasunucu", []),  # no compounds
        ("eu", "makina", "makinak", ["w:makin"]),
        ("eu", "zerbitzari", "zerbitzarietan", ["w:zerbitzari"]),
        ("eu", "gaixotasun", "bihotzgaixotasuna", []),  # no compounds
        ("en", "memory", "memoryless", []),
        ("fr", "agent", "agentivité", []),
        ("ru", "вход", "входные", []),
        ("pl-PL", "serwer", "serwerownia", []),
    ],
)
def test_other_languages_have_their_own_rules_or_none(language, required, text, expected):
    if language.startswith("pl"):
        pytest.importorskip("morfeusz2")
    assert find(language, required, text) == expected


@pytest.mark.parametrize(
    ("language", "required", "text", "expected"),
    [
        # quotation marks and hyphens stay on a token
        ("fr", "essai clinique", "des «essais cliniques»", ["l:essais cliniques"]),
        ("de", "Patient", "Die „Patienten“ kamen", ["l:Patienten"]),
        ("ru", "провайдер", "для SAML-провайдера", ["l:провайдера"]),
        ("cs", "infekce", "„infekcí“", ["l:infekcí"]),
        ("fr", "masque", "sans ‘masques’", ["l:masques"]),
        # what only tokens give stays
        ("fr", "sous-jacent", "la maladie sous-jacente", ["l:sous-jacente"]),
        # what stands around a variant's words has to stand there in the text
        ("de", "Patient (m)", "Patienten m", []),
        ("de", "„Patient“", "Patienten", []),
    ],
)
def test_lemmas_are_taken_of_words_as_well_as_of_tokens(language, required, text, expected):
    assert find(language, required, text) == expected


@pytest.mark.parametrize(
    ("required", "text"),
    [
        ("COVID-19-Test", "Ein COVID\u201119\u2011Test"),
        ("E-Mail", "die E\u2010Mail"),
        ("Nord-Süd", "von Nord\u2013Süd"),
        ("2019-2020", "2019\u20122020"),
        ("Œuvre", "das Oeuvre"),
        ("Oeuvre", "das Œuvre"),
        ("Caesar", "Cæsar"),
        ("Grafik", "Graﬁk"),
    ],
)
def test_hyphens_and_ligatures_match_their_plain_forms(required, text):
    assert len(find("de", required, text)) == 1


def test_a_dash_between_words_is_no_hyphen():
    assert find("de", "Nord-Süd", "Nord \u2013 Süd") == []


def test_two_renderings_share_no_letter_but_may_share_a_token():
    assert find("de", "Daten; Bank; Datenbank", "Die Datenbanken") == ["w:Daten", "w:bank"]
    assert find("de", "Speicher", "Speicherkapazität Speicherkapazität", 2) == ["w:Speicher"] * 2


def test_a_longer_word_is_no_candidate_where_the_same_entry_has_a_better_span():
    assert find("de", "Speicher|Speicherkapazität", "Die Speicherkapazität", 2) == [
        "s:Speicherkapazität"
    ]


def make_test_set(required, language="de", source="memory", **options):
    terms = tuple(Term(str(n), f"t{n}", tuple(v.split("|"))) for n, v in enumerate(required))
    sources = " ".join(term.source for term in terms)
    reference = ("Die Speicherkapazität und die Bandbreite",)
    segments = (Segment("1", "d", sources, reference, terms=terms),)
    return TestSet("en", language, segments, "raw", **options)


def test_statistics_details_and_results_by_term_name_the_tier():
    test_set = make_test_set(["Speicher", "Kapazität", "Bandbreite"])
    hypotheses = Hypotheses(("Die Speicherkapazität der Bandbreiten",))
    metric = TermSuccess()
    rows = metric.statistics(test_set, hypotheses)
    details = metric.details(total(rows))

    assert rows.shape == (1, 10)
    assert metric.aggregate(total(rows)) == 100
    assert list(details)[:5] == ["required", "surface", "lemma", "longer_word", "missed"]
    assert (details["lemma"], details["longer_word"], details["missed"]) == (1, 2, 0)
    assert "lemma 1, in a longer word 2, missed 0" in metric.describe(details)
    results = per_term(test_set, metric.by_term(test_set, hypotheses))
    assert [(result.longer_word, result.missed) for result in results] == [(1, 0), (1, 0), (0, 0)]


def test_statistics_of_version_1_are_still_read():
    metric = TermSuccess()
    old = total(metric.statistics(make_test_set(["Speicher"]), Hypotheses(("Speicher",))))
    old = np.delete(old, 3)

    assert metric.aggregate(old) == 100
    assert metric.details(old)["longer_word"] == 0
    assert "longer" not in metric.describe(metric.details(old))


def test_tokens_of_longer_words_weigh_in_term_ter_once():
    both = make_test_set(["Speicher", "Kapazität"])
    one = make_test_set(["Speicher"])
    metric = WeightedTer()
    rows = [metric.statistics(t, Hypotheses(("",)))[0, 0] for t in (both, one)]

    assert rows[0] == rows[1] == 6  # five tokens, and one more for the compound


def test_a_longer_word_counts_for_the_first_listed_variant_that_gives_it():
    test_set = make_test_set(["Gedächtnis|Speicher|Speicherkapazität"])
    [segment] = rendered(test_set, Hypotheses(("Die Speicherkapazitäten",)))
    [span] = segment.assignment.chosen

    assert (span.form, span.tier.name) == (2, "LEMMA")
    [segment] = rendered(test_set, Hypotheses(("Die Speicherverwaltung",)))
    assert segment.assignment.chosen[0].form == 1


def test_consistency_counts_longer_words():
    term = Term("1", "memory", ("Speicher", "Gedächtnis"))
    segments = (Segment("1", "d", "memory memory memory", ("r",), terms=(term,)),)
    test_set = TestSet("en", "de", segments, "raw")
    metric = TermConsistency()
    hypothesis = Hypotheses(("Speicherplatz, Speicher und Gedächtnis",))

    assert metric.aggregate(total(metric.statistics(test_set, hypothesis))) == 100 * 2 / 3


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de-AT", f"de-1+simplemma-{version('simplemma')}"),
        ("nl", f"nl-1p+simplemma-{version('simplemma')}"),
        ("tr", "tr-1p"),
        ("eu", "eu-1p"),
        ("en", "off"),
        ("zh", "off"),
    ],
)
def test_the_signature_names_table_entry_version_and_dictionary(language, expected):
    assert sign_rules(language) == expected
    if language != "de-AT":
        return
    test_set = make_test_set(["Speicher"], language)
    signature = TermSuccess().signature(test_set)
    assert f"|longer:{expected}|spans:letters|form:raw|v:2|" in signature


@pytest.mark.parametrize(
    ("lemmatiser", "expected"), [(None, 1), ("simplemma", 1), ("identity", 0), ("none", 0)]
)
def test_a_test_set_may_name_the_lemmatiser(lemmatiser, expected):
    test_set = make_test_set(["Haus"], lemmatiser=lemmatiser)
    metric = TermSuccess()
    details = metric.details(metric.statistics(test_set, Hypotheses(("Viele Häuser",)))[0])

    assert details["lemma"] == expected
    assert f">{lemmatiser or 'simplemma'}" in metric.signature(test_set)
    assert test_set.digest == make_test_set(["Haus"]).digest  # the signature tells them apart


def test_only_german_is_measured():
    assert {code for code, rules in RULES.items() if rules.is_measured} == {"de"}
    assert set(RULES) == set("de nl sv da nb fi et hu tr eu".split())


def test_hostile_words_take_no_time():
    # Warm: the dictionary is loaded.
    find("de", "Speicher", "Speicherkapazität")
    start = time.process_time()
    assert find("de", "Speicher", "Daten" * 1_000 + "speicher" + "kapazität" * 500) == []
    terms = "; ".join(f"Speicher{'abcdefgh'[n % 8]}{n:04}"[:14] for n in range(3_000))
    assert find("de", terms, "Speicherwert " * 500) == []

    assert time.process_time() - start < 5  # a fifth of a second on an idle machine


def test_beyond_the_bound_a_segment_is_flagged(monkeypatch):
    monkeypatch.setattr(longer_words, "MOST_PLACES", 1)
    test_set = make_test_set(["Speicher", "Kapazität"])
    metric = TermSuccess()
    details = metric.details(
        total(metric.statistics(test_set, Hypotheses(("Die Speicherkapazität",))))
    )

    assert (details["longer_word"], details["flagged"]) == (1, 1)
