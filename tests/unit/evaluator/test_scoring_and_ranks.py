"""Scores equal sacrebleu's, statistics survive storage, ranks follow the rules."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from evaluator import (
    Hypotheses,
    MisalignedError,
    Ranked,
    Segment,
    TermAnnotation,
    TestSet,
    load_statistics,
    rank,
    save_statistics,
    score,
)
from evaluator.metrics import FAMILIES, METRICS
from evaluator.metrics.base import total
from evaluator.normalise import lemmatiser_for, sacrebleu_tokeniser
from evaluator.types import ScoringResult

WORDS = "the a virus, masks (two) x.y & &amp; « non » état 3,5 10 % don't end. 新冠肺炎".split()
TERM = TermAnnotation("1", "src_original_and_tgt_original", "x", "virus,", "virus,")


def random_set(seed, *, references=1, language="fr", segments=25, terms=()):
    source = random.Random(seed)

    def sentence():
        return " ".join(source.choices(WORDS, k=source.randint(1, 14)))

    rows = tuple(
        Segment(
            str(n),
            "d",
            "s",
            tuple(f"virus, {sentence()}" for _ in range(references)),
            (),
            (tuple(terms),) + ((),) * (references - 1),
        )
        for n in range(segments)
    )
    hypotheses = Hypotheses(tuple(sentence() if n else "" for n in range(segments)))
    return TestSet("en", language, rows), hypotheses


@pytest.mark.parametrize("references", [1, 3])
@pytest.mark.parametrize("language", ["fr", "zh-Hans"])
def test_scores_and_signatures_equal_sacrebleus(references, language):
    for seed in range(5):
        test_set, hypotheses = random_set(seed, references=references, language=language)
        streams = list(zip(*(s.references for s in test_set.segments), strict=True))
        backends = {
            "bleu": BLEU(tokenize="zh" if language == "zh-Hans" else "13a"),
            "chrf": CHRF(),
            "chrf++": CHRF(word_order=2),
        }

        result = score(test_set, hypotheses, metrics=list(backends))

        for found in result.scores:
            theirs = backends[found.metric]
            assert found.value == theirs.corpus_score(hypotheses.texts, streams).score
            assert found.signature.startswith(f"{theirs.get_signature()}|unit:segment|testset:")


def test_rows_sum_to_the_score_of_any_choice_of_segments():
    test_set, hypotheses = random_set(7)
    half = TestSet("en", "fr", test_set.segments[::2])

    rows = score(test_set, hypotheses, metrics=["chrf"]).statistics["chrf"]
    direct = score(half, Hypotheses(hypotheses.texts[::2]), metrics=["chrf"])

    assert METRICS["chrf"](None).aggregate(total(rows[::2])) == direct.scores[0].value


@pytest.mark.parametrize(
    ("language", "tokeniser"),
    [("fr", "13a"), ("zh", "zh"), ("zh_CN", "zh"), ("ZH-Hans", "zh"), ("ko", "ko-mecab")],
)
def test_sacrebleus_tokeniser_goes_by_the_target_language(language, tokeniser):
    assert sacrebleu_tokeniser(language) == tokeniser


@pytest.mark.parametrize("language", ["fr", "zh", "ko"])
def test_bleu_keeps_one_tokeniser_and_each_test_set_its_number_of_references(language):
    bleu = METRICS["bleu"](None)
    test_sets = [random_set(1, references=count, language=language)[0] for count in (1, 3)]

    backends = [bleu.backend(test_set) for test_set in test_sets]
    signatures = [bleu.signature(test_set) for test_set in test_sets]

    assert backends[0].tokenizer is backends[1].tokenizer
    assert [signature.partition("|")[0] for signature in signatures] == ["nrefs:1", "nrefs:3"]


def test_metrics_that_are_undefined_are_absent():
    plain, hypotheses = random_set(1)
    annotated, _ = random_set(1, terms=[TERM])
    raw = TestSet("en", "fr", annotated.segments, "raw")

    assert len(score(annotated, hypotheses, metrics=["wmt21"]).scores) == 4
    for test_set in (plain, raw):  # no annotation; another text form
        result = score(test_set, hypotheses, metrics=["bleu", "wmt21"])
        assert [found.metric for found in result.scores] == ["bleu"]
        assert list(result.statistics) == ["bleu"]
    assert score(TestSet("en", "fr", ()), Hypotheses(())).scores == ()


def test_signatures_name_the_lemmatiser_and_the_test_set():
    test_set, hypotheses = random_set(1, terms=[TERM])

    def signature(lemmatiser):
        return score(test_set, hypotheses, metrics=["wmt21"], lemmatiser=lemmatiser).scores[0]

    assert signature("simplemma").signature == (
        "nrefs:1|case:mixed|tok:split|lemma:simplemma-2.0.0-fr|v:1|unit:segment|testset:"
        + test_set.digest[:12]
    )
    assert "|lemma:identity|" in signature("identity").signature
    assert "|lemma:none|" in signature(None).signature
    assert signature(None) == signature("none")


def test_a_language_without_lemmatiser_has_none_and_an_unknown_name_is_an_error():
    assert lemmatiser_for("simplemma", "zh") is None
    with pytest.raises(KeyError):
        lemmatiser_for("stanza", "fr")
    with pytest.raises(KeyError):
        score(*random_set(1), metrics=["comet"])


def test_the_wrong_number_of_texts_is_refused():
    test_set, hypotheses = random_set(1)

    with pytest.raises(MisalignedError, match="24 hypotheses for 25 segments"):
        score(test_set, Hypotheses(hypotheses.texts[1:]))


def test_statistics_survive_storage_and_objects_are_refused():
    result = score(*random_set(1, terms=[TERM]))
    stream = io.BytesIO()

    save_statistics(result, stream)
    stream.seek(0)
    loaded = load_statistics(stream)

    # Without a terminology there is no over-application: no score is not zero. And it is no test
    # set like those of WMT 2025 and 2026.
    absent = {"over-application", *FAMILIES["wmt25"], *FAMILIES["wmt26"]}
    assert list(loaded) == [name for name in METRICS if name not in absent]
    for name, rows in result.statistics.items():
        assert rows.dtype == loaded[name].dtype
        assert np.array_equal(rows, loaded[name])
    earlier = io.BytesIO()
    np.savez(earlier, **result.statistics)  # as releases before wrote it
    earlier.seek(0)
    for name, rows in load_statistics(earlier).items():
        assert rows.dtype == loaded[name].dtype
        assert np.array_equal(rows, loaded[name])
    hostile = io.BytesIO()
    save_statistics(ScoringResult((), {"x": np.array([{}], dtype=object)}), hostile)
    hostile.seek(0)
    with pytest.raises(ValueError, match="pickle"):
        load_statistics(hostile)


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((0, 3), dtype=np.int64),
        np.array([[2**62, -(2**62), 0]]),
        np.array([[0.1, -0.0, 1e-310, np.inf]]),
        np.arange(24_000).reshape(1_000, 24) % 7,
    ],
    ids=["no segment", "large counts", "odd fractions", "many segments"],
)
def test_storage_changes_no_bit_and_takes_less_room(rows):
    stream = io.BytesIO()
    save_statistics(ScoringResult((), {"x": rows}), stream)
    size = stream.tell()
    stream.seek(0)

    loaded = load_statistics(stream)["x"]

    assert (loaded.dtype, loaded.shape) == (rows.dtype, rows.shape)
    assert loaded.tobytes() == rows.tobytes()
    assert size < 600 + rows.nbytes / 10


@pytest.mark.parametrize(
    ("values", "higher", "expected"),
    [
        ({}, True, []),
        ({1: 0.5, 2: 0.7}, True, [(2, 1), (1, 2)]),
        ({1: 0.5, 2: 0.7}, False, [(1, 1), (2, 2)]),
        # a tie shares its mean rank and stands by id, whatever its last digits
        ({3: 100.0, 1: 100.0 + 4e-14, 2: 100.0, 4: 9.0}, True, [(1, 2), (2, 2), (3, 2), (4, 4)]),
        ({2: 1.0, 1: 1.0 - 2e-9}, True, [(2, 1), (1, 2)]),  # not equal
        ({3: None, 1: None, 2: -1.0}, True, [(2, 1), (1, None), (3, None)]),  # at the end
    ],
)
def test_ranks(values, higher, expected):
    ranked = rank(values, higher_is_better=higher)

    assert [(found.entry_id, found.rank) for found in ranked] == expected
    assert all(
        found == Ranked(found.entry_id, found.rank, values[found.entry_id]) for found in ranked
    )
