"""The tiers of WMT 2026: how strictly an annotated occurrence of a term is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import numpy as np

from evaluator.metrics.base import OWN_KEYS, Details, Group, Metric, divide
from evaluator.metrics.documents import group_paragraphs
from evaluator.metrics.kept import digest_of
from evaluator.metrics.wmt26.occurrences import Outcome, render
from evaluator.metrics.wording import write_flagged, write_number
from evaluator.metrics.words import find_lemmatiser, write_lemmatiser
from evaluator.types import GoldTerm, Hypotheses, Scores, Statistics, TestSet

COUNTS = ("occurrences", "hits", "types", "types_hit")  # a type: a source term in a document
SPLITS = ("", "seen_as_sample", "unseen", "term_in_samples", "term_not_in_samples")
COLUMNS = (
    *(f"{split}_{count}".strip("_") for split in SPLITS for count in COUNTS),
    "upper_bound",  # of the occurrences with a span of their own
    "flagged",  # paragraphs in which the bound on the search was hit
)


class Wmt26TermMetric(Metric):
    """Share of the annotated occurrences that pass a tier, in [0, 1], higher is better.

    Each is looked for in its own paragraph. docs/metrics.md 8.
    """

    group = Group.WMT26
    range = "0 to 1"
    decimals = 3
    absent = (
        "no occurrence of a term is annotated with what the tier looks for, or the tier needs "
        "lemmas and the target language has no lemmatiser"
    )
    signature_keys: ClassVar[Mapping[str, str]] = {**Metric.signature_keys, **OWN_KEYS}
    version: ClassVar[int] = 1  # of our code; any change to a number raises it
    needs_lemmas: ClassVar[bool] = False
    tier: ClassVar[str]

    def lacks(self, test_set: TestSet) -> str | None:
        """Return what is missing: annotated occurrences, or a lemmatiser for a tier of lemmas."""
        if not any(segment.gold_terms for segment in test_set.segments):
            return "annotated occurrences of terms"
        if self.needs_lemmas and find_lemmatiser(test_set) is None:
            return "a target language with a lemmatiser"
        return None

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [documents, 22], by first appearance, columns as COLUMNS names them."""
        paragraphs = render(test_set, hypotheses)
        rows = []
        for document in group_paragraphs(test_set):
            own = [paragraphs[at] for at in document.places]
            outcomes = [outcome for paragraph in own for outcome in paragraph.outcomes]
            counted = [outcome for outcome in outcomes if self.counts(outcome)]
            row: list[int] = []
            for split in SPLITS:
                selected = [o for o in counted if split in _name_splits(o.gold)]
                hits = [outcome for outcome in selected if self.tier in outcome.tiers]
                types, types_hit = ({o.gold.source for o in part} for part in (selected, hits))
                row += (len(selected), len(hits), len(types), len(types_hit))
            bound = sum(paragraph.upper_bound for paragraph in own)
            rows.append([*row, bound, sum(not paragraph.is_complete for paragraph in own)])
        return np.array(rows, dtype=np.int64).reshape(-1, len(COLUMNS))

    def counts(self, outcome: Outcome) -> bool:
        """Return whether an occurrence belongs to the denominator."""
        return True

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return hits / occurrences; NaN without occurrences."""
        return divide(totals[..., 1], totals[..., 0])

    def details(self, total: Statistics) -> Details:
        """Return all counts, of splits only where the annotations say them; shares of types."""
        counts = dict(zip(COLUMNS, (int(count) for count in total), strict=True))
        parts: dict[str, int | float | str] = {}
        for split in SPLITS:
            names = [f"{split}_{count}".strip("_") for count in COUNTS]
            occurrences, hits, types, types_hit = (counts[name] for name in names)
            if occurrences:
                parts |= {name: counts[name] for name in names}
                parts[f"{split}_share".strip("_")] = hits / occurrences
                parts[f"{split}_types_share".strip("_")] = types_hit / types
        return parts

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write hits and occurrences, of types and splits too."""
        number = partial(write_number, details)
        text = (
            f"{number('hits')} of {number('occurrences')} occurrences, "
            f"{number('types_hit')} of {number('types')} types"
        )
        for split in SPLITS[1:]:
            if f"{split}_occurrences" in details:
                name = split.replace("_", " ")
                text += f"; {name} {number(f'{split}_hits')} of {number(f'{split}_occurrences')}"
        return text

    def signature(self, test_set: TestSet) -> str:
        """Lower case, words, the target's lemmatiser with its version, unit, test set."""
        lemmatiser = write_lemmatiser(find_lemmatiser(test_set))
        return (
            f"case:lc|tok:words|lemma:{lemmatiser}|v:{self.version}"
            f"|unit:document|testset:{digest_of(test_set)[:12]}"
        )


def _name_splits(gold: GoldTerm) -> tuple[str, ...]:
    """Return the splits that an occurrence belongs to: "", and what the annotations say."""
    segment = {True: "seen_as_sample", False: "unseen"}
    term = {True: "term_in_samples", False: "term_not_in_samples"}
    said = (gold.is_in_sample_segment, segment), (gold.is_in_samples, term)
    return ("", *(names[value] for value, names in said if value is not None))


class Wmt26Exclusive(Wmt26TermMetric):
    """The largest number of occurrences that get spans of their own, over all tiers."""

    name = "wmt26-exclusive"
    label = "Exclusive"
    meaning = (
        "Share of the annotated occurrences rendered, each in a place of its own, as in WMT 2026."
    )
    is_headline = True
    tier = "exclusive"

    def details(self, total: Statistics) -> Details:
        """Add the upper bound and the paragraphs whose search was cut short."""
        ends = {name: int(count) for name, count in zip(COLUMNS[-2:], total[-2:], strict=True)}
        return {**super().details(total), **ends}

    @classmethod
    def describe(cls, details: Details) -> str:
        """Add the upper bound where a search was cut short."""
        text = super().describe(details)
        if cut := write_flagged(details):
            text += f"; at most {write_number(details, 'upper_bound')} rendered{cut}"
        return text


class Wmt26Annotated(Wmt26TermMetric):
    """The annotated translation, or its inflected form, as written."""

    name = "wmt26-annotated"
    label = "Annotated"
    meaning = "Share of the annotated occurrences with the annotated translation, as in WMT 2026."
    tier = "annotated"


class Wmt26AnnotatedLemma(Wmt26TermMetric):
    """As annotated, or among lemmas."""

    name = "wmt26-annotated-lemma"
    label = "Annotated lemma"
    meaning = (
        "Share of the annotated occurrences with the annotated translation in any inflection, "
        "as in WMT 2026."
    )
    needs_lemmas = True
    tier = "annotated_lemma"


class Wmt26Glossary(Wmt26TermMetric):
    """As annotated, or another accepted translation, as written."""

    name = "wmt26-glossary"
    label = "Glossary"
    meaning = "Share of the annotated occurrences with any accepted translation, as in WMT 2026."
    tier = "glossary"


class Wmt26GlossaryLemma(Wmt26TermMetric):
    """Any accepted translation, as written or among lemmas."""

    name = "wmt26-glossary-lemma"
    label = "Glossary lemma"
    meaning = (
        "Share of the annotated occurrences with any accepted translation in any inflection, "
        "as in WMT 2026."
    )
    needs_lemmas = True
    tier = "glossary_lemma"


class Wmt26InflectedExact(Wmt26TermMetric):
    """Of the occurrences with an annotated inflected form: this very form."""

    name = "wmt26-inflected-exact"
    label = "Inflected exactly"
    meaning = "Share of the annotated inflected forms that are there to the letter, as in WMT 2026."
    tier = "inflected_exact"

    def lacks(self, test_set: TestSet) -> str | None:
        """Return what is missing: an occurrence with an inflected form."""
        golds = (gold for segment in test_set.segments for gold in segment.gold_terms)
        if not any(gold.inflected for gold in golds):
            return "annotated inflected forms"
        return None

    def counts(self, outcome: Outcome) -> bool:
        """Only occurrences that carry an inflected form."""
        return outcome.has_inflected
