"""The figures of WMT 2026, on cases small enough to be counted by hand."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest
from sacrebleu.metrics.chrf import CHRF

from evaluator.metrics import FAMILIES, describe
from evaluator.metrics.wmt26.exclusive import assign_spans
from evaluator.scoring import defined_metrics, score
from evaluator.types import (
    Document,
    GoldTerm,
    Hypotheses,
    Segment,
    Term,
    Terminology,
    TestSet,
)

TIERS = ["annotated", "annotated-lemma", "glossary", "glossary-lemma", "exclusive"]


def gold(source, target, inflected=None, *alternatives, seen=None, known=None):
    return GoldTerm(source, target, inflected, alternatives, seen, known)


def make(*documents, language="fr", delimiters=()):
    """Documents are lists of the gold terms of their paragraphs."""
    segments = tuple(
        Segment(f"{number}.{at}", str(number), "s", ("r",), gold_terms=tuple(golds))
        for number, paragraphs in enumerate(documents)
        for at, golds in enumerate(paragraphs)
    )
    described = tuple(Document(str(n), None, d) for n, d in enumerate(delimiters))
    return TestSet("en", language, segments, "raw", unit="document", documents=described)


def score_tiers(test_set, *texts):
    """Return value and details by tier."""
    result = score(test_set, Hypotheses(texts), metrics=["wmt26"])
    return {s.metric.removeprefix("wmt26-"): s for s in result.scores}


def hits(test_set, *texts):
    found = score_tiers(test_set, *texts)
    return [found[tier].details["hits"] for tier in TIERS]


@pytest.mark.parametrize(
    ("golds", "text", "expected"),
    [
        # The translation as written, in any case; only as a whole word.
        ([gold("trial", "essai")], "Un ESSAI.", [1, 1, 1, 1, 1]),
        ([gold("trial", "essai")], "essaié, essai2, préessai", [0, 0, 0, 0, 0]),
        ([gold("trial", "essai")], "«essai»-clinique", [1, 1, 1, 1, 1]),
        # The inflected form is annotated, too; its lemma is looked for as well.
        ([gold("trial", "étude", "essais")], "les essais", [1, 1, 1, 1, 1]),
        ([gold("trial", "étude", "essais")], "un essai", [0, 1, 0, 1, 1]),
        # Lemmas of all words: several words, in a row.
        ([gold("t", "essai clinique")], "essais cliniques", [0, 1, 0, 1, 1]),
        ([gold("t", "essai clinique")], "essais très cliniques", [0, 0, 0, 0, 0]),
        # Another translation of the glossary, as written and by lemma.
        ([gold("t", "preuve", None, "essai")], "un essai", [0, 0, 1, 1, 1]),
        ([gold("t", "preuve", None, "essai")], "les essais", [0, 0, 0, 1, 1]),
        # Zero-width characters and white space make no difference, on either side.
        ([gold("t", "es\u200bsai  clinique\n")], "essai\n cli\ufeffnique", [1, 1, 1, 1, 1]),
        # Each occurrence by itself may share words with another, but not exclusively.
        ([gold("t", "essai"), gold("t", "essai")], "essai", [2, 2, 2, 2, 1]),
        ([gold("t", "essai"), gold("t", "essai")], "essai, essais", [2, 2, 2, 2, 2]),
        ([gold("t", "essai"), gold("c", "essai clinique")], "essai clinique", [2, 2, 2, 2, 1]),
        ([gold("a", "x y"), gold("b", "y z")], "x y z", [2, 2, 2, 2, 1]),
        ([gold("a", "x y"), gold("b", "y z")], "x y y z", [2, 2, 2, 2, 2]),
        # A span by lemma blocks the words on the surface, and the other way round.
        ([gold("a", "essais"), gold("b", "essai")], "essais", [1, 2, 1, 2, 1]),
        # Greedy from the left would give essai to the first, which has another place.
        ([gold("a", "essai", None, "preuve"), gold("b", "essai")], "essai, preuve",
         [2, 2, 2, 2, 2]),
        # Overlapping matches of the same form are all candidates.
        ([gold("a", "x y x"), gold("b", "x y")], "x y x y x", [2, 2, 2, 2, 2]),
        # Signs are words, too.
        ([gold("c", "C++")], "en C++.", [1, 1, 1, 1, 1]),
        ([gold("c", "C++")], "C++11", [0, 1, 0, 1, 1]),  # among lemmas a space is between
        ([gold("n", ".NET")], "a.net", [0, 1, 0, 1, 1]),
        # Nothing to find.
        ([gold("t", "essai")], "", [0, 0, 0, 0, 0]),
        ([gold("t", "\u200b")], "\u200b ", [0, 0, 0, 0, 0]),
    ],
)  # fmt: skip
def test_each_tier_counts_what_it_says(golds, text, expected):
    assert hits(make([golds]), text) == expected


def test_an_occurrence_is_looked_for_in_its_own_paragraph():
    test_set = make([[gold("t", "essai")], []], [[gold("t", "essai")]])

    assert hits(test_set, "rien", "essai", "essai") == [1, 1, 1, 1, 1]


def test_inflected_exact_is_about_occurrences_that_carry_a_form():
    golds = [gold("a", "essai", "essais"), gold("b", "preuve", "preuves"), gold("c", "dosis")]
    found = score_tiers(make([golds]), "essais, preuve, dosis")["inflected-exact"]

    assert (found.value, found.details["occurrences"], found.details["hits"]) == (0.5, 2, 1)


def test_a_type_is_a_source_term_in_a_document():
    first = [[gold("t", "essai"), gold("d", "dosis")], [gold("t", "essai")]]
    test_set = make(first, [[gold("t", "essai")]])

    details = score_tiers(test_set, "rien", "essai", "rien")["annotated"].details

    assert details == {
        "occurrences": 4, "hits": 1, "share": 0.25,
        "types": 3, "types_hit": 1, "types_share": 1 / 3,
    }  # fmt: skip


def test_splits_by_what_systems_saw_where_the_annotations_say_it():
    golds = [
        gold("a", "uno", seen=True, known=True),
        gold("a", "dos", seen=False, known=True),
        gold("b", "tres", seen=False, known=False),
        gold("c", "uno"),
    ]
    found = score_tiers(make([golds]), "uno tres")["annotated"]

    counts = {
        name: (found.details[f"{name}_hits"], found.details[f"{name}_occurrences"])
        for name in ("seen_as_sample", "unseen", "term_in_samples", "term_not_in_samples")
    }
    assert counts == {
        "seen_as_sample": (1, 1), "unseen": (1, 2),
        "term_in_samples": (1, 2), "term_not_in_samples": (1, 1),
    }  # fmt: skip
    assert found.details["term_in_samples_types_share"] == 1
    assert describe(found.metric, found.details) == (
        "3 of 4 occurrences, 3 of 3 types; seen as sample 1 of 1; unseen 1 of 2; "
        "term in samples 1 of 2; term not in samples 1 of 1"
    )


def test_without_a_lemmatiser_the_tiers_of_lemmas_are_absent():
    test_set = make([[gold("t", "entsegu", "entseguaren", "proba")]], language="eu")
    found = score_tiers(test_set, "entseguaren")

    assert "annotated-lemma" not in found
    assert "glossary-lemma" not in found
    assert [found[tier].value for tier in ("annotated", "glossary", "exclusive")] == [1, 1, 1]
    assert "|lemma:none|" in found["exclusive"].signature


def test_the_family_is_for_annotated_occurrences_and_documents():
    marked = make([[gold("t", "essai", "essais")]])
    listed = replace(
        make([[]], [[]]), terminology=Terminology("en", "fr", (Term("1", "s", ("r",)),))
    )

    assert set(FAMILIES["wmt26"]) <= set(defined_metrics(marked))
    assert not set(FAMILIES["wmt26"]) & set(defined_metrics(listed))
    assert "wmt26-chrf++-documents" in defined_metrics(make([[], []]))
    segments = replace(marked, unit="segment")
    assert {n for n in FAMILIES["wmt26"] if n not in defined_metrics(segments)} == {
        "wmt26-chrf++-documents", "wmt26-chrf++-paragraphs",
    }  # fmt: skip
    assert "wmt26-inflected-exact" not in defined_metrics(make([[gold("t", "essai")]]))


@pytest.mark.parametrize("delimiters", [("\n\n", "\n"), (None, " "), ()])
def test_chrf_over_documents_and_over_paragraphs_are_sacrebleus(delimiters):
    paragraphs = [("uno dos", "uno tres"), ("cuatro", "cuatro cinco"), ("seis.", "siete.")]
    test_set = make([[], []], [[]], delimiters=delimiters)
    segments = tuple(
        replace(segment, references=(reference,))
        for segment, (reference, _) in zip(test_set.segments, paragraphs, strict=True)
    )
    hypotheses = [text for _, text in paragraphs]

    found = score(
        replace(test_set, segments=segments), Hypotheses(tuple(hypotheses)), metrics=["wmt26"]
    )

    first = delimiters[0] if delimiters and delimiters[0] else "\n"
    sides = [[text for text, _ in paragraphs], hypotheses]
    references, documents = ([first.join(side[:2]), side[2]] for side in sides)
    chrf = CHRF(char_order=6, word_order=2)
    assert {s.metric: s.value for s in found.scores} == {
        "wmt26-chrf++-documents": chrf.corpus_score(documents, [references]).score,
        "wmt26-chrf++-paragraphs": chrf.corpus_score(hypotheses, [sides[0]]).score,
    }
    units = {s.metric: s.signature.split("|unit:")[1].split("|")[0] for s in found.scores}
    assert units == {
        "wmt26-chrf++-documents": "document", "wmt26-chrf++-paragraphs": "segment",
    }  # fmt: skip


def try_all(candidates, used=frozenset()):
    """Return the largest number by trying everything."""
    if not candidates:
        return 0
    first, *others = candidates
    best = try_all(others, used)
    for start, end in first:
        words = set(range(start, end))
        if not words & used:
            best = max(best, 1 + try_all(others, used | words))
    return best


def test_the_number_of_exclusive_spans_is_the_largest():
    chance = random.Random(26)
    for _ in range(300):
        width = chance.choice([3, 6, 12])
        kinds = [
            frozenset(
                (start, start + chance.randint(1, 3))
                for start in (chance.randrange(width) for _ in range(chance.randint(0, 4)))
            )
            for _ in range(3)
        ]
        candidates = [chance.choice(kinds) for _ in range(chance.randint(1, 5))]

        found = assign_spans(candidates)

        assert sum(found.satisfied) == found.upper_bound == try_all(candidates)
        assert found.is_complete


@pytest.mark.parametrize(
    "text",
    [
        "essai " * 10_000,
        "essai clinique " * 6_500,
        "essai-" * 14_000,
        "en" * 50_000,
        "\u200b" * 30_000 + "essai",
    ],
    ids=lambda text: text[:8],
)
def test_repetition_and_length_cost_little_time(text):
    golds = [
        gold("a", "essai", "essais", "clinique", "essai clinique"),
        gold("b", "essai clinique", None, "clinique essai"),
        gold("c", "cliniques", None, "essai"),
    ] * 5
    started = time.process_time()

    found = score_tiers(make([golds]), text)

    assert time.process_time() - started < 5  # measured under 1
    assert found["exclusive"].details["flagged"] == 0


def test_a_search_cut_short_says_so(monkeypatch):
    monkeypatch.setattr("evaluator.terms.span_selection.BUDGET", 0)
    golds = [gold("a", "x y"), gold("b", "y z")]

    details = score_tiers(make([golds], [golds]), "x y z", "x y y z")["exclusive"].details

    assert (details["hits"], details["upper_bound"], details["flagged"]) == (3, 4, 1)
    assert describe("wmt26-exclusive", details).endswith(
        "; at most 4 rendered; search cut short in 1 segment"
    )
