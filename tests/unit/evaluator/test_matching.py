"""Where forms match, and the largest set of spans that render what is required."""

from __future__ import annotations

import random
import re
from itertools import combinations, pairwise

import pytest

from evaluator.normalise import Normaliser
from evaluator.terms import span_selection
from evaluator.terms.matching import FormIndex, Required, Requirements
from evaluator.terms.span_selection import CandidateSpan, Tier, select_spans
from evaluator.terms.string_table import FEW, StringTable


def spans(language, form, text):
    """What a form matches, as the raw text's pieces: on the surface, and among lemmas only."""
    normaliser = Normaliser.for_language(language)
    index = FormIndex([normaliser.form(form)], normaliser)
    normalised = normaliser.normalise(text)
    found = []
    seen = set()
    for match in (*index.surface(normalised), *index.lemma(normalised)):
        if (match.start, match.end) not in seen:
            raw = text[slice(*normalised.raw_span(match.start, match.end))]
            found.append(raw if match.is_surface else f"lemma:{raw}")
        seen.add((match.start, match.end))
    return found


@pytest.mark.parametrize(
    ("language", "form", "text", "expected"),
    [
        # boundaries: no letter, digit or underscore beside a match
        ("fr", "toux", "toux, Toux et toux-là", ["toux", "Toux", "toux"]),
        ("fr", "toux", "toux9 _toux atoux touxé", []),
        ("fr", "grippe", "l'grippe (grippe) grippe.", ["grippe"] * 3 + ["lemma:l'grippe"]),
        ("fr", "(H1N1)", "virus (H1N1)", ["(H1N1)"]),
        ("fr", "(H1N1)", "virus(H1N1)", []),  # the neighbour is a letter
        ("fr", "nez  qui\u00a0coule", "Nez qui coule", ["Nez qui coule"]),  # white space
        ("fr", "masque", "mas\u200bque\u00ad", ["mas\u200bque"]),  # zero width
        ("fr", "fièvre", "ﬁe\u0300vre", ["ﬁe\u0300vre"]),  # ligature, combining
        ("fr", "fievre", "fie\u0300vre", []),  # another letter
        ("fr", "q", "q\u0301 uq\u0301", []),  # a mark that doesn't compose belongs to its letter
        ("ru", "рус", "ви\u0301рус", []),  # … and doesn't end a word
        ("fr", "masque", "_masques masques", ["lemma:masques"]),  # lemmas have boundaries too
        ("fr", "été", "e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("de", "strasse", "Straße", ["Straße"]),
        ("fr", "2", "½", ["½"]),  # ⁄ is no letter
        # all capitals: unfolded, no lemmas
        ("en", "WHO", "Who says so? who? WHO", ["WHO"]),
        ("en", "who", "Who says WHO", ["Who", "WHO"]),  # the other way round anything goes
        ("fr", "TESTS", "test tests TEST", []),
        ("fr", "OMS", "l'ＯＭＳ", ["ＯＭＳ"]),  # unfolded, but normalised
        # inflection: on the surface and among lemmas
        ("fr", "masque chirurgical", "masques chirurgicaux", ["lemma:masques chirurgicaux"]),
        ("fr", "masque chirurgical", "masques très chirurgicaux", []),  # token by token
        ("de", "Infektion", "Infektionen", ["lemma:Infektionen"]),
        (
            "de",
            "chronische Erkrankung",
            "chronischen Erkrankungen",
            ["lemma:chronischen Erkrankungen"],
        ),
        ("cs", "infekce", "infekcí", ["lemma:infekcí"]),
        ("cs", "viru", "virus", ["lemma:virus"]),
        ("ru", "острый бронхит", "Острого бронхита", ["lemma:Острого бронхита"]),
        ("ru", "вирус", "вирус, вирусами", ["вирус", "lemma:вирусами"]),
        # Chinese: anywhere, but not inside a run of Latin letters or digits
        ("zh", "新冠", "患新冠肺炎", ["新冠"]),
        ("zh", "COVID", "COVID病 COVID19 xCOVID", ["COVID"]),
        ("zh", "19", "共19人2019年19", ["19", "19"]),
        ("zh", "COVID-19", "(COVID-19)患者", ["COVID-19"]),
        ("zh", "COVID-19", "ＣＯＶＩＤ-19患者", ["ＣＯＶＩＤ-19"]),
        ("zh", "型", "A型", ["型"]),  # its own edge is no Latin letter
        ("zh", "é", "aé 病é", ["é"]),  # Latin, not just ASCII
        # Korean: only the start; particles follow
        ("ko", "마스크", "마스크를 썼다", ["마스크"]),
        ("ko", "스크", "마스크", []),
        ("ko", "COVID-19", "COVID-19는", ["COVID-19"]),
        # nothing to look for, nothing to look in
        ("fr", "\u200b", "a b", []),
        ("fr", "toux", "", []),
    ],
)
def test_forms_match_where_the_language_lets_them(language, form, text, expected):
    assert spans(language, form, text) == expected


def test_a_naive_search_agrees():
    # Python's own \w will do: these texts have no combining marks.
    chance = random.Random(5)
    normaliser = Normaliser.for_language("fr")
    for _ in range(500):
        text = normaliser.normalise("".join(chance.choices("ab A.-'1", k=chance.randrange(20))))
        form = normaliser.form("".join(chance.choices("ab A.-1", k=chance.randint(1, 5))))
        where = text.text if form.is_capital else text.folded
        naive = re.finditer(rf"(?<!\w)(?={re.escape(form.key)}(?!\w))", where) if form.key else ()

        found = FormIndex([form], normaliser).surface(text)

        assert [match.start for match in found] == [match.start() for match in naive]


@pytest.mark.parametrize("language", ["fr", "ko", "zh"])
def test_many_forms_together_match_as_each_by_itself(language):
    chance = random.Random(6)
    normaliser = Normaliser.for_language(language)
    letters = "abAB1 -_(«é\u0301"
    strings = {"".join(chance.choices(letters, k=chance.randint(1, 4))) for _ in range(200)}
    forms = [normaliser.form(string) for string in sorted(strings)]
    together = FormIndex(forms, normaliser)
    alone = [FormIndex([form], normaliser) for form in forms]
    for _ in range(30):
        text = normaliser.normalise("".join(chance.choices(letters, k=chance.randrange(30))))

        expected = {
            match._replace(form=number)
            for number, index in enumerate(alone)
            for match in index.surface(text)
        }
        assert set(together.surface(text)) == expected


def test_a_span_is_all_the_tokens_that_it_touches():
    normaliser = Normaliser.for_language("fr")
    text = normaliser.normalise("un corona-virus grave")
    index = FormIndex([normaliser.form("virus grave")], normaliser)

    assert [text.token_range(match.start, match.end) for match in index.surface(text)] == [(1, 3)]


def required(*entries, language="fr"):
    """Requirements of entries given as (count, variant, …)."""
    normaliser = Normaliser.for_language(language)
    rows = [
        Required(
            str(n), str(n), str(n), None, tuple(map(normaliser.form, forms)), len(forms), count
        )
        for n, (count, *forms) in enumerate(entries)
    ]
    return Requirements(rows, normaliser)


def rendered(requirements, text, language="fr"):
    """Per chosen span: entry, its letters, s, l or w (in a longer word), the variant."""
    normalised = Normaliser.for_language(language).normalise(text)
    return [
        (one.entry, normalised.text[one.start : one.end], "slw"[one.tier], one.form)
        for one in requirements.assign(normalised).chosen
    ]


@pytest.mark.parametrize(
    ("entries", "text", "expected"),
    [
        ([(1, "toux")], "", []),  # an empty hypothesis
        ([], "toux", []),  # nothing required
        ([(2, "toux")], "la toux", [(0, "toux", "s", 0)]),  # required twice, rendered once
        ([(1, "toux")], "toux et toux", [(0, "toux", "s", 0)]),  # … and the other way: the first
        ([(2, "toux", "tousser")], "tousser, toux", [(0, "tousser", "s", 1), (0, "toux", "s", 0)]),
        # nested: each needs its own span
        ([(1, "nez"), (1, "nez bouché")], "nez bouché", [(0, "nez", "s", 0)]),
        (
            [(1, "nez"), (1, "nez bouché")],
            "nez bouché, nez",
            [(0, "nez", "s", 0), (1, "nez bouché", "s", 0)],  # greedy from the left gives one
        ),
        # straddling: the middle one gives way to both of its neighbours
        (
            [(1, "b c"), (1, "a b"), (1, "c d")],
            "a b c d",
            [(1, "a b", "s", 0), (2, "c d", "s", 0)],
        ),
        # greedy by end takes the short one first and leaves nothing to the second entry
        (
            [(1, "b", "c d"), (1, "a b")],
            "a b c d",
            [(0, "c d", "s", 1), (1, "a b", "s", 0)],
        ),
        # most surface hits before the smallest list: the plural comes first but is a lemma hit
        ([(1, "masque")], "masques ou masque", [(0, "masque", "s", 0)]),
        # a lemma hit blocks its tokens for the surface too
        ([(1, "masque"), (1, "masques")], "masques", [(1, "masques", "s", 0)]),
        # a lemma hit counts for the first-listed variant that it matches
        ([(1, "gant", "masque", "masques")], "Masques", [(0, "Masques", "s", 2)]),
        (
            [(1, "gant", "chirurgical", "chirurgicale")],
            "chirurgicaux",
            [(0, "chirurgicaux", "l", 1)],
        ),
        # the same span found on the surface by one variant, by lemma by another: surface
        ([(1, "masque", "masques")], "masques", [(0, "masques", "s", 1)]),
        # among equals the first entry, the leftmost, the shortest
        ([(1, "a"), (1, "a")], "a", [(0, "a", "s", 0)]),
        ([(1, "a", "a b")], "a b", [(0, "a", "s", 0)]),
    ],
)
def test_as_many_occurrences_as_can_be_are_rendered(entries, text, expected):
    assert rendered(required(*entries), text) == expected


def test_an_annotated_form_counts_for_the_listed_variant_that_it_inflects():
    french = Normaliser.for_language("fr")
    forms = tuple(map(french.form, ("masque", "masques", "gants")))
    one = Required("1", "mask", "mask", None, forms, 1, 3)  # the last two are annotated ones

    found = rendered(Requirements([one], french), "masques et gants")

    assert found == [(0, "masques", "s", 0), (0, "gants", "s", 2)]


def test_the_most_spans_of_entries_may_overlap():
    requirements = required((1, "nez"), (2, "nez bouché"), (1, "toux"))
    text = Normaliser.for_language("fr").normalise("nez bouché")
    found = requirements.assign(text)

    assert (len(found.chosen), found.spans) == (1, (1, 1, 0))


def brute_force(candidates, limits):
    """Try every subset, by the rules of docs/metrics.md 4; occurrences count entry by entry."""
    first = [sum(limits[:entry]) for entry in range(len(limits))]
    best = None
    for size in range(len(candidates) + 1):
        for chosen in combinations(range(len(candidates)), size):
            own = [candidates[at] for at in chosen]
            taken = [letter for one in own for letter in range(one.start, one.end)]
            used = [sum(one.entry == entry for one in own) for entry in range(len(limits))]
            if len(taken) > len(set(taken)) or any(map(int.__gt__, used, limits)):
                continue
            number = list(first)
            listed = []
            for one in sorted(own, key=lambda one: (one.entry, one.start)):
                listed.append((number[one.entry], one.start, one.end - one.start))
                number[one.entry] += 1
            tiers = [one.tier for one in own]
            key = (-size, -tiers.count(Tier.SURFACE), -tiers.count(Tier.LEMMA), listed)
            if best is None or key < best[0]:
                best = key, list(chosen)
    return best[1]


def random_case(chance):
    limits = [chance.randint(1, 3) for _ in range(chance.randint(1, 4))]
    places = {
        (chance.randrange(len(limits)), start, start + chance.randint(1, 3)): chance.choice(
            list(Tier)
        )
        for start in (chance.randrange(8) for _ in range(chance.randint(0, 8)))
    }
    return [CandidateSpan(*place, places[place]) for place in sorted(places)], limits


def test_a_brute_force_matcher_agrees():
    chance = random.Random(3)
    for _ in range(3000):
        candidates, limits = random_case(chance)

        assert select_spans(candidates, limits) == (brute_force(candidates, limits), True)


def test_beyond_the_bound_spans_are_taken_by_end_shorter_and_best_tier_first(monkeypatch):
    monkeypatch.setattr(span_selection, "BUDGET", 0)
    candidates = [
        CandidateSpan(0, 0, 3, Tier.SURFACE),
        CandidateSpan(0, 1, 3, Tier.LEMMA),
        CandidateSpan(1, 1, 3, Tier.SURFACE),  # same place, on the surface
        CandidateSpan(1, 2, 4, Tier.SURFACE),
        CandidateSpan(1, 3, 5, Tier.SURFACE),  # its entry is used up
        CandidateSpan(2, 4, 5, Tier.LEMMA),
    ]

    assert select_spans(candidates, [1, 1, 1]) == ([2, 5], False)


def test_what_is_chosen_beyond_the_bound_is_allowed_if_not_always_most(monkeypatch):
    monkeypatch.setattr(span_selection, "BUDGET", 0)
    chance = random.Random(4)
    for _ in range(300):
        candidates, limits = random_case(chance)
        chosen, is_exact = select_spans(candidates, limits)
        own = sorted((candidates[at] for at in chosen), key=lambda one: one.start)

        assert is_exact is (not candidates)
        assert all(one.end <= two.start for one, two in pairwise(own))
        assert all(sum(o.entry == e for o in own) <= limits[e] for e in range(len(limits)))


def test_a_monstrous_component_leaves_the_others_exact(monkeypatch):
    monster = [CandidateSpan(0, at, at + 2, Tier.SURFACE) for at in range(10, 60)]
    small = [
        CandidateSpan(1, 0, 1, Tier.SURFACE),
        CandidateSpan(1, 2, 4, Tier.SURFACE),
        CandidateSpan(2, 0, 2, Tier.SURFACE),
    ]
    monkeypatch.setattr(span_selection, "BUDGET", 200_000)

    chosen, is_exact = select_spans([*monster, *small], [1, 1, 1])

    assert not is_exact
    assert chosen == [0, 51, 52]


@pytest.mark.parametrize("count", [1, 3])
def test_five_thousand_nested_repeats_end_within_the_budget(count):
    requirements = required(*((count, " ".join(["virus"] * n)) for n in range(1, 6)))
    text = Normaliser.for_language("fr").normalise("virus " * 5000)

    found = requirements.assign(text)

    assert len(found.chosen) == 5 * count
    assert not found.is_complete


@pytest.mark.parametrize(("copies", "is_exact"), [(1, False), (40, True), (200, True)])
def test_the_budget_grows_with_what_is_required(monkeypatch, copies, is_exact):
    # The same small puzzle; other entries that are required make room for its search.
    monkeypatch.setattr(span_selection, "BUDGET", 8_000_000)
    puzzle = [
        CandidateSpan(entry, start, start + 2, True) for entry in range(6) for start in range(9)
    ]

    _, exact = span_selection.select_spans(puzzle, [1] * 6 + [copies])

    assert exact is is_exact


def crowd(regions, entries=8, chance=None):
    """Return places full of spans: in each region more than a small budget can search."""
    chance = chance or random.Random(7)
    spans = {
        (region * entries + entry, region * 100 + start, region * 100 + start + length)
        for region in range(regions)
        for entry in range(entries)
        for start, length in ((chance.randrange(50), chance.randrange(1, 6)) for _ in range(12))
    }
    return [CandidateSpan(*span, 0) for span in sorted(spans)]


@pytest.mark.parametrize("regions", [1, 6, 24])
def test_what_fails_costs_as_much_as_what_succeeds(monkeypatch, regions):
    """Or a text with many hard places would take the whole budget for each of them."""
    monkeypatch.setattr(span_selection, "BUDGET", 2**25)
    spent = []
    search = span_selection._search

    def count(*arguments):
        answer = search(*arguments)
        spent.append(answer[1])
        return answer

    monkeypatch.setattr(span_selection, "_search", count)

    chosen, is_exact = select_spans(crowd(regions), [1] * 8 * regions)

    longest_step = 2**22  # what a step may cost beyond the budget, which ends the search
    budget = 2**25 * min(regions, span_selection.MOST)
    assert sum(spent) <= budget + longest_step
    assert len(chosen) > 4 * regions
    assert not is_exact


@pytest.mark.parametrize(("memory", "is_exact"), [(2**28, True), (2**22, True), (2**13, False)])
def test_the_states_of_a_search_fit_the_memory(monkeypatch, memory, is_exact):
    monkeypatch.setattr(span_selection, "MEMORY", memory)

    chosen, was_exact = select_spans(crowd(1), [1] * 8)

    assert was_exact == is_exact
    assert len(chosen) > 4


@pytest.mark.parametrize("many", [0, FEW])
def test_texts_that_hold_a_string_are_listed(many):
    table = StringTable([("ab", 1), ("b", 2), *((f"x{n}", n) for n in range(many))])
    texts = ["ab", "", "cab", "bc", "c", "abab"]

    for after, expected in (("", {0, 2, 3, 5}), ("\n", {0, 2, 5})):
        assert set(table.list_holders(texts, after)) == (set(range(6)) if many else expected)
    assert set(table.list_holders([])) == set()
