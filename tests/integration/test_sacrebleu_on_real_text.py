"""BLEU and chrF are sacrebleu's to the last digit, statistics too, on every real file."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from evaluator import Hypotheses, TestSet, read_hypotheses, read_test_set, score
from evaluator.checking.alignment import align

PAIRS = {"en-fr": "13a", "en-ru": "13a", "en-zh": "zh"}
METRICS = ("bleu", "chrf", "chrf++")


def backends(tokeniser: str) -> dict[str, BLEU | CHRF]:
    return {
        "bleu": BLEU(tokenize=tokeniser, force=True),
        "chrf": CHRF(),
        "chrf++": CHRF(word_order=2),
    }


def disturbed(text: str, chance: random.Random) -> str:
    words = [word for word in text.split() if chance.random() > 0.15]
    chance.shuffle(words)
    return " ".join(words)


def assert_equals_sacrebleu(
    test_set: TestSet, texts: list[str], tokeniser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    references = [[segment.references[0] for segment in test_set.segments]]
    result = score(test_set, Hypotheses(tuple(texts)), metrics=METRICS)

    found = {scored.metric: scored.value for scored in result.scores}
    for name, backend in backends(tokeniser).items():
        rows = backend._extract_corpus_statistics(texts, references)
        assert np.array_equal(result.statistics[name], np.array(rows))
        # The score is made of these rows: extracting them again would take as long again.
        monkeypatch.setattr(backend, "_extract_corpus_statistics", lambda *_, rows=rows: rows)
        assert found[name] == backend.corpus_score(texts, references).score


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS)
def test_tico_references_sources_and_disturbed_text(
    pair: str, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source_language, target_language = pair.split("-")
    with (shared_data / "tico19" / "text" / f"test.{pair}.tsv").open("rb") as stream:
        test_set = read_test_set(
            source=stream,
            source_language=source_language,
            target_language=target_language,
            text_form=None,
        )
    chance = random.Random(7)

    # A segment's statistics are its own, so each kind of text takes another fifth of them.
    for first, text_of in enumerate(
        (
            lambda segment: segment.references[0],
            lambda segment: segment.source,
            lambda segment: disturbed(segment.references[0], chance),
        )
    ):
        fifth = replace(test_set, segments=test_set.segments[first::5])
        texts = [text_of(segment) for segment in fifth.segments]
        assert_equals_sacrebleu(fifth, texts, PAIRS[pair], monkeypatch)


def test_the_wmt21_sample(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shared_data / "wmt21-en-fr"
    with (
        (folder / "dev.en-fr.en.sgm").open("rb") as source,
        (folder / "dev.en-fr.fr.sgm").open("rb") as reference,
        (folder / "en-fr.dev.txt.truecased.sgm").open("rb") as hypotheses,
    ):
        test_set = read_test_set(
            source=source, references=[reference], source_language="en", target_language="fr"
        )
        aligned = align(read_hypotheses(hypotheses, "sample"), test_set)

    assert_equals_sacrebleu(test_set, list(aligned.texts), "13a", monkeypatch)
