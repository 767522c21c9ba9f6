"""BLEU (Papineni et al., 2002) by sacrebleu."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from sacrebleu.metrics.bleu import BLEU, MAX_NGRAM_ORDER

from evaluator.errors import InfrastructureError
from evaluator.metrics.kept import keep_per_test_set
from evaluator.metrics.ngrams import NgramIndex, count_ngrams, count_tokens
from evaluator.metrics.sacre import EFFECTIVE_ORDER, SacrebleuBased, list_references
from evaluator.normalise import sacrebleu_tokeniser
from evaluator.normalise.tokenisers import load_korean_tokeniser
from evaluator.types import Hypotheses, Scores, Statistics, TestSet


class Bleu(SacrebleuBased):
    """Exponential smoothing, no effective order, cased; [0, 100], higher is better."""

    name = "bleu"
    label = "BLEU"
    meaning = "Agreement of word sequences with the reference, by sacrebleu."
    is_headline = True
    signature_keys: ClassVar[Mapping[str, str]] = {
        **SacrebleuBased.signature_keys,
        "eff": EFFECTIVE_ORDER,
        "smooth": "how BLEU treats an order without any match",
    }

    def backend(self, test_set: TestSet | None) -> BLEU:
        """Tokenise as the target language wants; InfrastructureError if that isn't installed."""
        tokeniser = sacrebleu_tokeniser(test_set.target_language) if test_set else "none"
        return copy(_make_backend(tokeniser))  # the number of references is set on it

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return what `aggregate` returns, to 1e-9, for sums of rows [..., 10]."""
        lengths, closest = totals[..., 0], totals[..., 1]
        matched, possible = totals[..., 2 : 2 + MAX_NGRAM_ORDER], totals[..., 2 + MAX_NGRAM_ORDER :]
        # Exponential smoothing: the k-th order without a match counts as 1 / 2^k of a match.
        halvings = np.cumsum(matched == 0, axis=-1)
        smoothed = np.where(matched == 0, 0.5**halvings, matched)
        with np.errstate(divide="ignore", invalid="ignore"):
            precision = 100 * np.exp(np.log(smoothed / possible).mean(axis=-1))
            scores = np.exp(np.minimum(0, 1 - closest / lengths)) * precision
        return np.where(matched.any(axis=-1) & (possible > 0).all(axis=-1), scores, 0.0)

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [segments, 10], as sacrebleu extracts them.

        Columns: length of the hypothesis and of the closest reference, then by order 1 … 4 the
        n-grams that match, and those of the hypothesis.
        """
        rows = _tokenise(self.backend(test_set), hypotheses.texts)
        references = _read_references(test_set)
        lengths = count_tokens(rows)
        distances = np.abs(references.lengths - lengths)
        # Of references equally close the shorter: sacrebleu's rule.
        closest = np.lexsort((references.lengths, distances), axis=0)[0]
        return np.column_stack(
            (
                lengths,
                references.lengths[closest, np.arange(len(rows))],
                references.index.match(rows),
                count_ngrams(lengths, MAX_NGRAM_ORDER),
            )
        )


@dataclass(frozen=True, slots=True)
class _References:
    """What is kept of a test set's references."""

    index: NgramIndex  # of all references together
    lengths: Statistics  # int64 [references, segments]


@keep_per_test_set
def _read_references(test_set: TestSet) -> _References:
    backend = Bleu().backend(test_set)
    tokenised = [_tokenise(backend, texts) for texts in list_references(test_set)]
    lengths = np.stack(list(map(count_tokens, tokenised)))
    return _References(NgramIndex(tokenised, MAX_NGRAM_ORDER), lengths)


def _tokenise(backend: BLEU, texts: Sequence[str]) -> list[list[str]]:
    return [backend._preprocess_segment(text).split() for text in texts]


@lru_cache(maxsize=8)
def _make_backend(tokeniser: str) -> BLEU:
    # Kept: sacrebleu never lets go of a tokeniser, and Korean's takes 45 MB.
    # force: it otherwise warns of tokenised text, which is what WMT21's files are.
    if tokeniser != "ko-mecab":
        try:
            return BLEU(tokenize=tokeniser, force=True)
        except (ImportError, RuntimeError) as error:
            raise InfrastructureError(f"sacrebleu's tokeniser {tokeniser}: {error}") from error
    backend = BLEU(tokenize="none", force=True)
    backend.tokenizer = load_korean_tokeniser()  # the family `term` reads with the same
    backend.tokenizer_signature = backend.tokenizer.signature()
    return backend
