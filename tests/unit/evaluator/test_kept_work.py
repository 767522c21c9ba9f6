"""Work kept per test set: done once, bounded, and no digit changes."""

from __future__ import annotations

import random
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.tokenizers.tokenizer_ko_mecab import TokenizerKoMecab

from evaluator import Hypotheses, Segment, TestSet
from evaluator.metrics import METRICS, bleu, chrf, kept, ngrams
from evaluator.metrics.kept import digest_of, keep_last, keep_per_test_set
from evaluator.normalise import tokenisers
from evaluator.types import Document, GoldTerm, Term, TermAnnotation, Terminology, TermList

ODD = 'ab .,!"(-é中\ud800😀\u00a0\u2028\t\x1c&lt;'


def make_test_set(rows, target="fr"):
    segments = tuple(
        Segment(str(at), "d", "source", tuple(references), (), ((),) * len(references))
        for at, references in enumerate(rows)
    )
    return TestSet("en", target, segments, "raw")


def backends(tokeniser="13a"):
    return {
        "bleu": BLEU(tokenize=tokeniser, force=True),
        "chrf": CHRF(),
        "chrf++": CHRF(word_order=2),
    }


def assert_equals_sacrebleu(rows, texts, target="fr", tokeniser="13a"):
    test_set, hypotheses = make_test_set(rows, target), Hypotheses(tuple(texts))
    references = [list(texts) for texts in zip(*rows, strict=True)]
    for name, backend in backends(tokeniser).items():
        expected = np.array(backend._extract_corpus_statistics(texts, references), dtype=np.int64)
        actual = METRICS[name]().statistics(test_set, hypotheses)
        assert actual.dtype == expected.dtype
        assert np.array_equal(actual, expected), name


@pytest.mark.parametrize(
    ("rows", "texts", "target", "tokeniser"),
    [
        ([["la la la la"], ["la"]], ["la la la la la la", ""], "fr", "13a"),  # clipped; empty
        ([[""], ["x"]], ["mot", "x y"], "fr", "13a"),  # a reference without any n-gram
        ([["a b", "a b c d"], ["x", "y"]], ["a b c", "z"], "fr", "13a"),  # closest is ambiguous
        ([["aaa bbb", "bbb. aaa.", "b"]], ["bbb aaa. b"], "fr", "13a"),  # another best reference
        ([["Маска и вирус."], ["Кашель"]], ["маска и вирус", "кашель."], "ru", "13a"),
        ([["病毒病毒COVID-19。"], ["发烧"]], ["病毒COVID。", "烧发烧"], "zh", "zh"),
        ([["코로나바이러스는 위험하다."]], ["코로나는 위험"], "ko", "ko-mecab"),
    ],
)
def test_counts_are_sacrebleus(rows, texts, target, tokeniser):
    assert_equals_sacrebleu(rows, texts, target, tokeniser)


@pytest.mark.parametrize("references", [1, 2, 3])
@pytest.mark.parametrize("batch", [3, 200_000])  # batches end inside, between and after rows
def test_counts_of_odd_texts_are_sacrebleus(references, batch, monkeypatch):
    monkeypatch.setattr(ngrams, "BATCH", batch)
    chance = random.Random(references)

    def text():
        return "".join(chance.choices(ODD, k=chance.choice([0, 1, 2, 6, 30])))

    for _ in range(25):
        rows = [[text() for _ in range(references)] for _ in range(chance.randrange(1, 6))]
        texts = [chance.choice([text(), row[0], row[-1] * 2]) for row in rows]
        assert_equals_sacrebleu(rows, texts)


def test_ngrams_of_many_rows_and_tokens_are_told_apart():
    # More keys than fit in the type of the smallest table: none may wrap round to another.
    rows = [[f"t{at} t{at + 1}"] for at in range(400)]
    assert_equals_sacrebleu(rows, [f"t{399 - at} t{400 - at}" for at in range(400)])


def test_chrf_and_chrf_plus_plus_count_once_and_share_no_array(monkeypatch):
    test_set, hypotheses = make_test_set([["un deux"], ["trois"]]), Hypotheses(("un", "trois"))
    monkeypatch.setattr(chrf, "_split_characters", Mock(wraps=chrf._split_characters))

    first = METRICS["chrf"]().statistics(test_set, hypotheses)
    first += 1  # a caller's own
    both = METRICS["chrf++"]().statistics(test_set, hypotheses)

    assert [call.args[0] for call in chrf._split_characters.call_args_list] == [
        ("un", "trois"), ("un deux", "trois"),  # the hypotheses and the references, once each
    ]  # fmt: skip
    assert np.array_equal(METRICS["chrf"]().statistics(test_set, hypotheses), both[:, :18])
    assert np.array_equal(first - 1, both[:, :18])


def test_five_pairs_in_three_modes_do_not_evict_each_other(monkeypatch):
    monkeypatch.setattr(kept, "_kept", kept._Kept())
    calls = []

    @keep_per_test_set
    def prepare(test_set, size):
        calls.append((test_set.target_language, test_set.mode, size))
        return len(calls)

    test_sets = [
        TestSet("en", target, make_test_set([["x"]]).segments, "raw", mode)
        for target in ("fr", "ru", "zh", "ko", "de")
        for mode in ("proper", "noterm", "random")
    ]
    first = [prepare(test_set, size) for test_set in test_sets for size in (2, 3)]
    for _ in range(3):
        assert [prepare(test_set, size) for test_set in test_sets for size in (2, 3)] == first
    assert len(calls) == len(set(calls)) == 30


@pytest.mark.parametrize(("number", "text"), [(3, 10_000), (100, 20), (1, 1)])
def test_what_is_kept_is_bounded_by_number_and_by_text(number, text, monkeypatch):
    monkeypatch.setattr(kept, "_kept", kept._Kept())
    monkeypatch.setattr(kept, "TEST_SETS_KEPT", number)
    monkeypatch.setattr(kept, "TEXT_KEPT", text)
    calls = []
    prepare = keep_per_test_set(calls.append)
    test_sets = [make_test_set([["1234"]]) for _ in range(6)]  # 10 characters with the source

    for test_set in test_sets:
        prepare(test_set)
    prepare(test_sets[-1])  # the last stays, however large
    assert len(calls) == 6
    prepare(test_sets[0])
    assert len(calls) == 7


TERM = (Term("1", "12345", ("12", "345")),)  # 10 characters
LIST = Terminology("en", "fr", TERM)
GOLD = GoldTerm("123", "12", "12", ("123",))
NOTE = TermAnnotation("1", "", "1234", "123", "123")


@pytest.mark.parametrize(
    "give",
    [
        lambda t: replace(t, terminology=LIST),
        lambda t: replace(t, documents=(Document("d", TERM),)),
        lambda t: replace(t, segments=(replace(t.segments[0], terms=TERM),)),
        lambda t: replace(t, other_lists=(TermList("random", LIST, (), ()),)),
        lambda t: replace(t, other_lists=(TermList("random", None, (TERM,), (None,)),)),
        lambda t: replace(t, other_lists=(TermList("random", None, (), (None, TERM)),)),
        lambda t: replace(t, segments=(replace(t.segments[0], gold_terms=(GOLD,)),)),
        lambda t: replace(t, segments=(replace(t.segments[0], source_terms=(NOTE,)),)),
        lambda t: replace(t, segments=(replace(t.segments[0], reference_terms=((NOTE,),)),)),
    ],
)
def test_lists_of_terms_count_as_text(give):
    test_set = make_test_set([["1234"]])

    assert kept._count_characters(test_set) == 10
    assert kept._count_characters(give(test_set)) == 20


def test_a_list_that_many_segments_share_counts_once():
    [segment] = make_test_set([["1234"]]).segments
    segments = tuple(replace(segment, id=str(at), terms=TERM) for at in range(100))

    assert kept._count_characters(TestSet("en", "fr", segments)) == 1010


def test_the_last_result_is_kept_by_identity_and_nothing_is_hashed():
    class Unhashable:
        __hash__ = None

        def __eq__(self, other):
            raise AssertionError

    calls = []

    @keep_last
    def compute(first, second):
        calls.append((first, second))
        return [len(calls)]

    one, two, three = (Unhashable() for _ in range(3))
    assert compute(one, two) is compute(one, two)
    assert compute(one, three) == [2]
    assert compute(two, three) == compute(two, three) == [3]
    assert compute(one, two) == [4]


def test_equal_test_sets_are_digested_alike():
    rows = [["un deux"], ["trois"]]
    assert digest_of(make_test_set(rows)) == digest_of(make_test_set(rows))
    assert digest_of(make_test_set(rows)) == make_test_set(rows).digest
    assert digest_of(make_test_set(rows)) != digest_of(make_test_set(rows[:1]))


def test_a_process_has_one_korean_tagger(monkeypatch):
    for cached in (
        bleu._make_backend,
        tokenisers._load_splitter,
        tokenisers.load_korean_tokeniser,
    ):
        cached.cache_clear()
    made = []
    begin = TokenizerKoMecab.__init__
    monkeypatch.setattr(TokenizerKoMecab, "__init__", lambda self: made.append(self) or begin(self))

    test_set = make_test_set([["x"]], "ko")
    backend = METRICS["bleu"]().backend(test_set)
    for text in ("기침", "코로나바이러스는 위험", "발열 COVID-19"):
        tokenisers.tokenise(text, "ko")

    assert made == [backend.tokenizer]
    assert f"|tok:{backend.tokenizer.signature()}|" in METRICS["bleu"]().signature(test_set)
