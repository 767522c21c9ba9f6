"""chrF2 and chrF++ (Popović, 2015, 2017) by sacrebleu."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sacrebleu.metrics.chrf import CHRF

from evaluator.metrics.kept import keep_last, keep_per_test_set
from evaluator.metrics.ngrams import NgramIndex, count_ngrams, count_tokens
from evaluator.metrics.sacre import EFFECTIVE_ORDER, SacrebleuBased, list_references
from evaluator.types import Hypotheses, Scores, Statistics, TestSet

WORD_ORDER = 2  # of chrF++


class Chrf(SacrebleuBased):
    """chrF2: characters up to order 6, effective order; [0, 100], higher is better."""

    name = "chrf"
    label = "chrF2"
    meaning = "Agreement of letter sequences with the reference, by sacrebleu."
    is_headline = True
    signature_keys: ClassVar[Mapping[str, str]] = {
        **SacrebleuBased.signature_keys,
        "eff": EFFECTIVE_ORDER,
        "nc": "the longest sequence of characters of chrF",
        "nw": "the longest sequence of words of chrF",
        "space": "whether chrF counts spaces",
    }
    word_order: ClassVar[int] = 0

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [segments, 3 · orders], as sacrebleu extracts them.

        Columns by order, characters first: n-grams of the hypothesis, of the reference, shared.
        Of several references a segment has the numbers of the first that gives the best score.
        """
        columns = 3 * self.backend(None).order
        tables = [table[:, :columns] for table in _compare(test_set, hypotheses)]
        return _choose_best(tables, self.backend(None))

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return what `aggregate` returns, to 1e-9, for sums of rows [..., 3 · orders]."""
        own, reference, shared = np.moveaxis(totals.reshape(*totals.shape[:-1], -1, 3), -1, 0)
        counts = (own > 0) & (reference > 0)  # sacrebleu's effective order
        orders = np.maximum(counts.sum(axis=-1), 1)
        precision = np.where(counts, shared / np.maximum(own, 1), 0).sum(axis=-1) / orders
        recall = np.where(counts, shared / np.maximum(reference, 1), 0).sum(axis=-1) / orders
        factor = CHRF.BETA**2
        weighted = factor * precision + recall
        product = 100 * (1 + factor) * precision * recall
        return np.where(weighted > 0, product / np.where(weighted > 0, weighted, 1), 0.0)

    def backend(self, test_set: TestSet | None) -> CHRF:
        """The same for every language: characters need no tokeniser."""
        return CHRF(word_order=self.word_order)


class ChrfPlusPlus(Chrf):
    """chrF++: chrF2 with words up to order 2."""

    name = "chrf++"
    label = "chrF++"
    meaning = "chrF2 with word sequences of length one and two, by sacrebleu."
    is_headline = False
    word_order = WORD_ORDER


@dataclass(frozen=True, slots=True)
class _Reference:
    """The n-grams of a reference, a row per segment."""

    index: NgramIndex
    counts: Statistics  # int64 [segments, orders]


@keep_per_test_set
def _read_references(test_set: TestSet) -> tuple[tuple[_Reference, _Reference], ...]:
    """Return for each reference what is kept of its characters and of its words."""
    return tuple(
        (
            _read_reference(_split_characters(texts), CHRF.CHAR_ORDER),
            _read_reference(_split_words(texts), WORD_ORDER),
        )
        for texts in list_references(test_set)
    )


def _read_reference(rows: Sequence[Sequence[str]], order: int) -> _Reference:
    return _Reference(NgramIndex([rows], order), count_ngrams(count_tokens(rows), order))


@keep_last  # for chrF2 and chrF++: chrF2's columns are the first of chrF++'s
def _compare(test_set: TestSet, hypotheses: Hypotheses) -> tuple[Statistics, ...]:
    """Return chrF++'s statistics, int64 [segments, 24], with each reference by itself."""
    characters, words = _split_characters(hypotheses.texts), _split_words(hypotheses.texts)
    return tuple(
        np.hstack([_count(of_characters, characters), _count(of_words, words)])
        for of_characters, of_words in _read_references(test_set)
    )


def _count(reference: _Reference, rows: Sequence[Sequence[str]]) -> Statistics:
    """Return int64 [segments, 3 · orders], by order the columns of `statistics`.

    Where the reference has no n-gram, sacrebleu counts none of the hypothesis.
    """
    own = count_ngrams(count_tokens(rows), reference.counts.shape[1])
    own[reference.counts == 0] = 0
    columns = [own, reference.counts, reference.index.match(rows)]
    return np.stack(columns, axis=2).reshape(len(rows), -1)


def _choose_best(tables: Sequence[Statistics], backend: CHRF) -> Statistics:
    """Return for each segment the row of the first table that gives the best score."""
    if len(tables) == 1:
        return tables[0].copy()
    scores = [[backend._compute_f_score(row) for row in table.tolist()] for table in tables]
    best = np.argmax(scores, axis=0)  # the first of equals
    chosen: Statistics = np.stack(tables)[best, np.arange(len(best))]
    return chosen


def _split_characters(texts: Sequence[str]) -> list[str]:
    return ["".join(text.split()) for text in texts]


def _split_words(texts: Sequence[str]) -> list[list[str]]:
    split = CHRF()._remove_punctuation
    return list(map(split, texts))
