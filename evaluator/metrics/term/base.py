"""What the family shares: where it is defined, and its signature."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import ClassVar

from evaluator.metrics.base import OWN_KEYS, Group, Metric
from evaluator.metrics.kept import digest_of
from evaluator.metrics.term.renderings import term_view
from evaluator.types import TestSet


class TermMetric(Metric):
    """A metric of docs/metrics.md 4, in [0, 100] but for rounding."""

    group = Group.TERMS
    absent = "the test set requires no term"
    follows_list = True
    signature_keys: ClassVar[Mapping[str, str]] = {
        **Metric.signature_keys,
        **OWN_KEYS,
        "unicode": "of the tables by which characters are normalised and told apart",
        "longer": "the rules by which a term counts inside a longer word, with the dictionary; "
        "p: provisional, not measured; off: not in this language",
        "spans": "what two renderings must not share",
        "form": "whether the test set is raw or tokenised",
    }
    version: ClassVar[int] = 2  # of our code; any change to a number raises it

    def lacks(self, test_set: TestSet) -> str | None:
        """Return what is missing: a required term, by annotations or a terminology."""
        if any(term_view(test_set).required):
            return None
        if not test_set.has_terms:
            return "a terminology, or annotated terms"
        return "a term of the terminology in its sources"

    def signature(self, test_set: TestSet) -> str:
        """Normalisation, tokeniser and lemmatisers with versions, unit, references, test set."""
        view = term_view(test_set)
        tokeniser, lemmatiser = view.target.signature
        source_tokeniser, source_lemmatiser = view.source.signature
        references = len(test_set.segments[0].references) if test_set.segments else 0
        parts = (
            f"nrefs:{references}",
            "case:folded",
            f"unicode:{unicodedata.unidata_version}",
            f"tok:{source_tokeniser}>{tokeniser}",
            f"lemma:{source_lemmatiser}>{lemmatiser}",
            f"longer:{view.target.longer_words}",
            "spans:letters",
            f"form:{test_set.text_form}",
            f"v:{self.version}",
            f"unit:{self.unit(test_set)}",
            f"testset:{digest_of(test_set)[:12]}",
        )
        return "|".join(parts)

    def unit(self, test_set: TestSet) -> str:
        """Return what a row of statistics stands for."""
        return "segment"
