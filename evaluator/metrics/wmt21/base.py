"""What the family shares: where it is defined, its tokens, its signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from evaluator.metrics.base import OWN_KEYS, Group, Metric, testset_part
from evaluator.metrics.wmt21.terms import Tokens
from evaluator.types import TestSet


class Wmt21Metric(Metric):
    """A metric of the family; without a lemmatiser its lemma parts are skipped.

    It reads the first reference and that reference's annotations. The scorer never saw several.
    """

    group = Group.WMT21
    range = "0 to 1"
    decimals = 3
    absent = "the test set is not tokenised, or has no annotated terms"
    signature_keys: ClassVar[Mapping[str, str]] = {**Metric.signature_keys, **OWN_KEYS}
    version: ClassVar[int] = 1  # of our code; any change to a number raises it
    dtype: ClassVar[type[np.generic]] = np.float64

    def lacks(self, test_set: TestSet) -> str | None:
        """On raw text, or without an annotated term, its numbers would mean nothing."""
        if test_set.text_form != "tokenised":
            return "tokenised text"
        if not any(segment.reference_terms[0] for segment in test_set.segments):
            return "terms annotated in its references"
        return None

    def lemmas(self, tokens: Tokens) -> Tokens:
        """Each token's lemma; only to be called where there is a lemmatiser."""
        assert self.lemmatiser is not None
        return tuple(map(self.lemmatiser.lemmatise, tokens))

    def signature(self, test_set: TestSet) -> str:
        """Tokens by white space, cased, one reference, the lemmatiser with its version."""
        lemmatiser = self.lemmatiser.signature if self.lemmatiser else "none"
        return (
            f"nrefs:1|case:mixed|tok:split|lemma:{lemmatiser}|v:{self.version}"
            f"|{testset_part(test_set)}"
        )
