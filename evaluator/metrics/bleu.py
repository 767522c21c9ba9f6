"""BLEU (Papineni et al., 2002) by sacrebleu."""

from __future__ import annotations

from collections.abc import Mapping
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
            # force: it otherwise warns of tokenised text, which is what WMT21's files are.
            return BLEU(tokenize=tokeniser, force=True)
        except (ImportError, RuntimeError) as error:
            raise InfrastructureError(f"sacrebleu's tokeniser {tokeniser}: {error}") from error
