"""Term success: which of the required terms the hypotheses render."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from evaluator.metrics.base import Details, divide
from evaluator.metrics.term.base import TermMetric
from evaluator.metrics.term.renderings import RenderedSegment, rendered, term_view
from evaluator.metrics.wording import write_flagged, write_number
from evaluator.terms.matching import Required, Requirements
from evaluator.terms.span_selection import Tier
from evaluator.types import Hypotheses, Scores, Statistics, TestSet

COLUMNS = (
    "required",
    "surface",
    "lemma",
    "longer_word",
    "upper_bound",  # were spans of different entries free to overlap
    "flagged",  # 1 where the bound on the search was hit
    "required_seen",  # of entries that occur in the training data
    "rendered_seen",
    "required_unseen",
    "rendered_unseen",
)
TIERS = ("surface", "lemma", "longer_word")
# Statistics of version 1, which are still stored, do not have that tier.
COLUMNS_V1 = tuple(column for column in COLUMNS if column != "longer_word")


class TermSuccess(TermMetric):
    """Share of required occurrences rendered, each by its own span; higher is better.

    In [0, 100]; absent where nothing is required. docs/metrics.md 4.
    """

    name = "term-success"
    label = "Term success"
    meaning = (
        "Share of the required occurrences of terms that are rendered, each in a place of its own."
    )
    is_headline = True

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [segments, 10], columns as COLUMNS names them."""
        segments = rendered(test_set, hypotheses)
        requirements = term_view(test_set).requirements
        rows = [_count(*pair) for pair in zip(requirements, segments, strict=True)]
        return np.array(rows, dtype=np.int64).reshape(-1, len(COLUMNS))

    def by_term(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [requirements, 6], a row for each entry that a segment requires.

        Columns: segment, entry (both counted from 0, entries by first occurrence in the test
        set), how often it is required there, and how often it is rendered in each tier.
        """
        segments = zip(term_view(test_set).required, rendered(test_set, hypotheses), strict=True)
        rows = []
        for required, segment in segments:
            for entry in range(len(required)):
                tiers = [rendering.tier for rendering in segment.assignment.of(entry)]
                rows.append([tiers.count(tier) for tier in Tier])
        renderings = np.array(rows, dtype=np.int64).reshape(-1, len(TIERS))
        return np.hstack([_count_required(test_set), renderings])

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return 100 · rendered / required; NaN if nothing is required."""
        tiers = len(TIERS) if totals.shape[-1] == len(COLUMNS) else len(TIERS) - 1
        return divide(100 * totals[..., 1 : 1 + tiers].sum(axis=-1), totals[..., 0])

    def details(self, total: Statistics) -> Details:
        """Return all counts and the missed occurrences; seen, unseen where the test set says it."""
        counts = _name_columns(total)
        parts = {name: counts[name] for name in ("required", *TIERS)}
        parts["missed"] = counts["required"] - sum(counts[tier] for tier in TIERS)
        parts |= {name: counts[name] for name in ("upper_bound", "flagged")}
        if counts["required_seen"] or counts["required_unseen"]:
            parts |= {name: counts[name] for name in COLUMNS[6:]}
        return parts

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write all counts; the upper bound only where the search was cut short."""
        number = partial(write_number, details)
        text = (
            f"required {number('required')}: surface {number('surface')}, lemma {number('lemma')}"
        )
        if details.get("longer_word"):
            text += f", in a longer word {number('longer_word')}"
        text += f", missed {number('missed')}"
        if "required_seen" in details:
            text += (
                f"; of terms in the training data {number('rendered_seen')} of "
                f"{number('required_seen')}, of others "
                f"{number('rendered_unseen')} of {number('required_unseen')}"
            )
        if cut := write_flagged(details):
            text += f"; at most {number('upper_bound')} rendered{cut}"
        return text


def _name_columns(total: Statistics) -> dict[str, int]:
    """Return the sums by the names of their columns."""
    names = COLUMNS if len(total) == len(COLUMNS) else COLUMNS_V1
    return {"longer_word": 0} | dict(zip(names, map(int, total), strict=True))


def _count(requirements: Requirements, segment: RenderedSegment) -> tuple[int, ...]:
    chosen = segment.assignment.chosen
    required = requirements.required
    return (
        sum(term.count for term in required),
        *map(segment.assignment.count, Tier),
        requirements.upper_bound(segment.assignment),
        int(not segment.assignment.is_complete),
        *(
            number
            for is_seen in (True, False)
            for number in (
                sum(term.count for term in required if term.seen is is_seen),
                sum(required[rendering.entry].seen is is_seen for rendering in chosen),
            )
        ),
    )


@dataclass(frozen=True, slots=True)
class TermResult:
    """How often an entry was required in the whole test set, and rendered in each tier."""

    id: str
    source: str
    seen: bool | None
    required: int
    surface: int
    lemma: int
    longer_word: int

    @property
    def missed(self) -> int:
        """Required and not rendered."""
        return self.required - self.surface - self.lemma - self.longer_word


def per_term(test_set: TestSet, by_term: Statistics) -> tuple[TermResult, ...]:
    """Return term success for each entry that is required, by first occurrence.

    Sums up rows of `TermSuccess.by_term`, as `load_by_term` reads them; reads no hypothesis. The
    sums over entries are term success's own counts. Rows of version 1 have five columns, without
    the tier inside longer words. Raises ValueError for the rows of another test set.
    """
    required = _count_required(test_set)
    columns = by_term.shape[1] - 1  # without the segment's
    if len(by_term) != len(required) or not np.array_equal(by_term[:, :3], required):
        raise ValueError("these statistics by term are another test set's; score it again")
    entries = _list_entries(test_set)
    sums = np.zeros((len(entries), 1 + len(TIERS)), dtype=np.int64)
    np.add.at(sums[:, : columns - 1], by_term[:, 1], by_term[:, 2:])
    return tuple(
        TermResult(term.id, term.source, term.seen, *counts)
        for term, counts in zip(entries.values(), sums.tolist(), strict=True)
    )


def _list_entries(test_set: TestSet) -> dict[tuple[str, frozenset[str]], Required]:
    """Return the entries that the test set requires, by group, in order of first occurrence."""
    entries: dict[tuple[str, frozenset[str]], Required] = {}
    for required in term_view(test_set).required:
        for term in required:
            entries.setdefault(term.group, term)
    return entries


def _count_required(test_set: TestSet) -> Statistics:
    """Return int64 [requirements, 3]: segment, entry, how often it is required there."""
    places = {group: place for place, group in enumerate(_list_entries(test_set))}
    rows = [
        (at, places[term.group], term.count)
        for at, required in enumerate(term_view(test_set).required)
        for term in required
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def per_document(test_set: TestSet, statistics: Statistics) -> Mapping[str, Statistics]:
    """Sum rows per segment by document, in order of first appearance: `aggregate` them each."""
    sums: dict[str, Statistics] = {}
    for segment, row in zip(test_set.segments, statistics, strict=True):
        earlier = sums.get(segment.document)
        sums[segment.document] = row if earlier is None else earlier + row
    return sums
