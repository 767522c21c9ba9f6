"""How fast we score, against sacrebleu in the same run: ratios, as the machine is shared."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.metrics.ter import TER

from evaluator import Hypotheses, Term, Terminology, TestSet, read_test_set, score
from evaluator.metrics import METRICS
from evaluator.normalise import Normaliser
from evaluator.terms.matching import Required, Requirements

pytestmark = pytest.mark.bench
SEGMENTS = 100  # sacrebleu takes a quarter of a second for each


@pytest.fixture
def test_set(shared_data: Path) -> TestSet:
    with (shared_data / "tico19" / "text" / "test.en-fr.tsv").open("rb") as stream:
        whole = read_test_set(
            source=stream,
            source_language="en",
            target_language="fr",
            text_form=None,
            terminology=Terminology("en", "fr", (Term("1", "virus", ("virus",)),)),
        )
    with_term = [segment for segment in whole.segments if "virus" in segment.source.split()]
    return TestSet("en", "fr", tuple(with_term[:SEGMENTS]), "raw", terminology=whole.terminology)


def disturbed(test_set: TestSet, seed: int = 3) -> Hypotheses:
    chance = random.Random(seed)
    texts = []
    for segment in test_set.segments:
        words = [word for word in segment.references[0].split() if chance.random() > 0.1]
        middle = len(words) // 2
        texts.append(" ".join([*words[middle:], *words[:middle]]))
    return Hypotheses(tuple(texts))


def seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def test_term_ter_is_faster_than_sacrebleus(test_set: TestSet) -> None:
    hypotheses = disturbed(test_set)
    references = [[segment.references[0] for segment in test_set.segments]]

    same = Hypotheses(tuple(segment.references[0] for segment in test_set.segments))
    assert score(test_set, same, metrics=["term-1-ter"]).scores  # loads the lemmatiser's lists
    ours = seconds(lambda: score(test_set, hypotheses, metrics=["term-1-ter"]))
    theirs = seconds(lambda: TER().corpus_score(list(hypotheses.texts), references))

    print(f"\nterm-1-ter {ours:.2f} s, sacrebleu's TER {theirs:.2f} s: {theirs / ours:.1f} times")
    assert theirs > ours


def test_the_term_metrics_cost_no_more_than_bleu_and_chrf(test_set: TestSet) -> None:
    hypotheses = disturbed(test_set)
    term = ["term-success", "term-consistency", "over-application"]
    score(test_set, hypotheses, metrics=["bleu", *term])  # dictionaries are loaded once

    fresh = disturbed(TestSet("en", "fr", test_set.segments[::-1], "raw"))
    ours = seconds(lambda: score(test_set, fresh, metrics=term))
    theirs = seconds(lambda: score(test_set, fresh, metrics=["bleu", "chrf", "chrf++"]))

    print(f"\nterm metrics {ours:.2f} s, BLEU and chrF {theirs:.2f} s: {ours / theirs:.2f} of it")
    assert ours < 2 * theirs


def turned(test_set: TestSet, source_language: str, target_language: str) -> TestSet:
    segments = tuple(
        replace(segment, source=segment.references[0], references=(segment.source,))
        for segment in test_set.segments
    )
    return TestSet(source_language, target_language, segments, "raw", "proper", None)


@pytest.fixture
def five_pairs(shared_data: Path) -> list[TestSet]:
    pairs = []
    for target in ("fr", "ru", "zh"):
        with (shared_data / "tico19" / "text" / f"dev.en-{target}.tsv").open("rb") as stream:
            whole = read_test_set(
                source=stream, source_language="en", target_language=target, text_form=None
            )
        words = ("virus", "patients", "cells", "disease", "symptoms", "infection")
        terms = Terminology("en", target, tuple(Term(word, word, (word,)) for word in words))
        pairs.append(TestSet("en", target, whole.segments[:SEGMENTS], "raw", "proper", terms))
    return [*pairs, turned(pairs[0], "fr", "en"), turned(pairs[1], "ru", "en")]


def test_later_hypotheses_of_five_pairs_in_turn_cost_less_than_the_first(
    five_pairs: list[TestSet],
) -> None:
    metrics = [name for name in METRICS if name != "term-1-ter"]  # its search hides all else
    rounds = [[disturbed(pair, seed) for pair in five_pairs] for seed in (3, 4, 5)]
    warm = [replace(pair, mode="random") for pair in five_pairs]  # other test sets, same words

    def score_all(pairs: list[TestSet], systems: list[Hypotheses]) -> float:
        return seconds(
            lambda: [
                score(pair, texts, metrics=metrics)
                for pair, texts in zip(pairs, systems, strict=True)
            ]
        )

    for systems in rounds:
        score_all(warm, systems)
    first, *later = [score_all(five_pairs, systems) for systems in rounds]

    print(f"\nfirst {first:.2f} s, later {min(later):.2f} s: {min(later) / first:.2f} of it")
    assert min(later) < 0.8 * first


def test_bleu_and_chrf_cost_half_of_sacrebleus(five_pairs: list[TestSet]) -> None:
    pairs = [(pair, disturbed(pair)) for pair in five_pairs[:2]]
    names = ["bleu", "chrf", "chrf++"]
    for pair, _ in pairs:
        score(pair, disturbed(pair, 4), metrics=names)

    def score_by_sacrebleu() -> None:
        for pair, texts in pairs:
            references = [[segment.references[0] for segment in pair.segments]]
            for backend in (BLEU(force=True), CHRF(), CHRF(word_order=2)):
                backend.corpus_score(list(texts.texts), references)

    ours = seconds(lambda: [score(pair, texts, metrics=names) for pair, texts in pairs])
    theirs = seconds(score_by_sacrebleu)

    print(f"\nBLEU and chrF {ours:.2f} s, sacrebleu {theirs:.2f} s: {theirs / ours:.1f} times")
    assert 2 * ours < theirs


@pytest.mark.parametrize("count", [1, 3])
def test_nested_repeats_cost_a_few_times_what_chrf_costs(count: int) -> None:
    normaliser = Normaliser.for_language("fr")
    line = "virus " * 5000
    rows = [
        Required(
            str(n), str(n), str(n), None, (normaliser.form(" ".join(["virus"] * n)),), 1, count
        )
        for n in range(1, 6)
    ]
    requirements, text = Requirements(rows, normaliser), normaliser.normalise(line)

    ours = seconds(lambda: requirements.assign(text))
    theirs = seconds(lambda: CHRF().sentence_score(line, [line]))

    print(f"5,000 nested repeats, {count} of each: {ours:.2f} s, chrF {theirs:.2f} s")
    assert ours < 15 * theirs
