"""BLEU (Papineni et al., 2002) by sacrebleu."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import lru_cache
from typing import ClassVar

from sacrebleu.metrics.bleu import BLEU

from evaluator.errors import InfrastructureError
from evaluator.metrics.sacre import EFFECTIVE_ORDER, SacrebleuBased
from evaluator.normalise import sacrebleu_tokeniser
from evaluator.types import TestSet


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
        try:
            return copy(_make_backend(tokeniser))  # the number of references is set on it
        except (ImportError, RuntimeError) as error:
            raise InfrastructureError(f"sacrebleu's tokeniser {tokeniser}: {error}") from error


@lru_cache(maxsize=8)
def _make_backend(tokeniser: str) -> BLEU:
    # Kept: sacrebleu never lets go of a tokeniser, and Korean's takes 45 MB.
    # force: it otherwise warns of tokenised text, which is what WMT21's files are.
    return BLEU(tokenize=tokeniser, force=True)
