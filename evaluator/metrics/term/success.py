"""Term success: which of the required terms the hypotheses render."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from evaluator.metrics.base import Details, divide
from evaluator.metrics.kept import keep_last, keep_per_test_set
from evaluator.metrics.term.base import TermMetric
from evaluator.metrics.term.renderings import rendered, term_view
from evaluator.metrics.wording import write_flagged, write_number
from evaluator.terms.matching import Required
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
SEEN, UNSEEN, NOT_SAID = 1, 0, -1  # whether an entry occurs in the training data
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
        at, _, count, seen = _list_required(test_set).T
        tiers = _count_renderings(test_set, hypotheses)
        most = [number for segment in segments for number in segment.assignment.spans]
        is_seen, is_unseen, own = seen == SEEN, seen == UNSEEN, tiers.sum(axis=1)
        columns = (
            count,
            *tiers.T,
            np.minimum(count, np.array(most, dtype=np.int64)),
            np.zeros_like(count),  # flagged, which no entry is by itself
            *(count * is_seen, own * is_seen, count * is_unseen, own * is_unseen),
        )
        sums = np.zeros((len(at) + 1, len(COLUMNS)), dtype=np.int64)
        np.cumsum(np.column_stack(columns), axis=0, out=sums[1:])
        rows: Statistics = np.diff(sums[np.searchsorted(at, range(len(segments) + 1))], axis=0)
        rows[:, COLUMNS.index("flagged")] = [not each.assignment.is_complete for each in segments]
        return rows

    def by_term(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [requirements, 6], a row for each entry that a segment requires.

        Columns: segment, entry (both counted from 0, entries by first occurrence in the test
        set), how often it is required there, and how often it is rendered in each tier.
        """
        renderings = _count_renderings(test_set, hypotheses)
        return np.hstack([_list_required(test_set)[:, :3], renderings])

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


@keep_last
def _count_renderings(test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
    """Return int64 [requirements, tiers]: how often each entry is rendered in its segment."""
    required = term_view(test_set).required
    rows = np.zeros((sum(map(len, required)), len(TIERS)), dtype=np.int64)
    first, places = 0, []
    for entries, segment in zip(required, rendered(test_set, hypotheses), strict=True):
        places += [(first + span.entry, span.tier) for span in segment.assignment.chosen]
        first += len(entries)
    np.add.at(rows, tuple(np.array(places, dtype=np.int64).reshape(-1, 2).T), 1)
    return rows


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
    required = _list_required(test_set)[:, :3]
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


@keep_per_test_set
def _list_required(test_set: TestSet) -> Statistics:
    """Return int64 [requirements, 4]: segment, entry, how often it is required there, seen."""
    places = {group: place for place, group in enumerate(_list_entries(test_set))}
    codes = {True: SEEN, False: UNSEEN, None: NOT_SAID}
    rows = [
        (at, places[term.group], term.count, codes[term.seen])
        for at, required in enumerate(term_view(test_set).required)
        for term in required
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def per_document(test_set: TestSet, statistics: Statistics) -> Mapping[str, Statistics]:
    """Sum rows per segment by document, in order of first appearance: `aggregate` them each."""
    sums: dict[str, Statistics] = {}
    for segment, row in zip(test_set.segments, statistics, strict=True):
        earlier = sums.get(segment.document)
        sums[segment.document] = row if earlier is None else earlier + row
    return sums
