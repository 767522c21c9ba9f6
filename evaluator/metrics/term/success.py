"""Term success: which of the required terms the hypotheses render."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from evaluator.metrics.base import Details
from evaluator.metrics.term.base import TermMetric
from evaluator.metrics.term.renderings import RenderedSegment, rendered, term_view
from evaluator.metrics.wording import write_flagged, write_number
from evaluator.terms.matching import Required, Requirements
from evaluator.types import Hypotheses, Statistics, TestSet

COLUMNS = (
    "required",
    "surface",
    "lemma",
    "upper_bound",  # were spans of different entries free to overlap
    "flagged",  # 1 where the bound on the search was hit
    "required_seen",  # of entries that occur in the training data
    "rendered_seen",
    "required_unseen",
    "rendered_unseen",
)


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
        """Return int64 [segments, 9], columns as COLUMNS names them."""
        segments = rendered(test_set, hypotheses)
        requirements = term_view(test_set).requirements
        rows = [_row(*pair) for pair in zip(requirements, segments, strict=True)]
        return np.array(rows, dtype=np.int64).reshape(-1, len(COLUMNS))

    def by_term(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [requirements, 5], a row for each entry that a segment requires.

        Columns: segment, entry (both counted from 0, entries by first occurrence in the test
        set), how often it is required there, rendered on the surface, rendered by lemma.
        """
        segments = zip(term_view(test_set).required, rendered(test_set, hypotheses), strict=True)
        rows = [
            _renderings(segment, entry)
            for required, segment in segments
            for entry in range(len(required))
        ]
        renderings = np.array(rows, dtype=np.int64).reshape(-1, 2)
        return np.hstack([_required_by_term(test_set), renderings])

    def aggregate(self, total: Statistics) -> float | None:
        """100 · rendered / required; None if nothing is required."""
        required, surface, lemma = (int(count) for count in total[:3])
        return 100 * (surface + lemma) / required if required else None

    def details(self, total: Statistics) -> Details:
        """All counts, with the missed ones; seen and unseen where the test set tells them."""
        counts = dict(zip(COLUMNS, (int(count) for count in total), strict=True))
        parts = {name: counts[name] for name in ("required", "surface", "lemma")}
        parts["missed"] = counts["required"] - counts["surface"] - counts["lemma"]
        parts |= {name: counts[name] for name in ("upper_bound", "flagged")}
        if counts["required_seen"] or counts["required_unseen"]:
            parts |= {name: counts[name] for name in COLUMNS[5:]}
        return parts

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write all counts; the upper bound only where the search was cut short."""
        number = partial(write_number, details)
        text = (
            f"required {number('required')}: surface {number('surface')}, "
            f"lemma {number('lemma')}, missed {number('missed')}"
        )
        if "required_seen" in details:
            text += (
                f"; of terms in the training data {number('rendered_seen')} of "
                f"{number('required_seen')}, of others "
                f"{number('rendered_unseen')} of {number('required_unseen')}"
            )
        if cut := write_flagged(details):
            text += f"; at most {number('upper_bound')} rendered{cut}"
        return text


def _row(requirements: Requirements, segment: RenderedSegment) -> tuple[int, ...]:
    chosen = segment.assignment.chosen
    required = requirements.required
    surface = sum(one.is_surface for one in chosen)
    return (
        sum(one.count for one in required),
        surface,
        len(chosen) - surface,
        requirements.upper_bound(segment.assignment),
        int(not segment.assignment.is_complete),
        *(
            number
            for is_seen in (True, False)
            for number in (
                sum(one.count for one in required if one.seen is is_seen),
                sum(required[one.entry].seen is is_seen for one in chosen),
            )
        ),
    )


def _renderings(segment: RenderedSegment, entry: int) -> tuple[int, int]:
    """How often a segment renders one of its entries: on the surface, by lemma."""
    chosen = segment.assignment.of(entry)
    surface = sum(one.is_surface for one in chosen)
    return surface, len(chosen) - surface


@dataclass(frozen=True, slots=True)
class TermResult:
    """How often one entry was required in the whole test set, and rendered."""

    id: str
    source: str
    seen: bool | None
    required: int
    surface: int
    lemma: int

    @property
    def missed(self) -> int:
        """Required and not rendered."""
        return self.required - self.surface - self.lemma


def per_term(test_set: TestSet, by_term: Statistics) -> tuple[TermResult, ...]:
    """Term success entry by entry, those required at least once, by first occurrence.

    Sums up rows of `TermSuccess.by_term`, as `load_by_term` reads them; reads no hypothesis. The
    sums over entries are term success's own counts. Raises ValueError for the rows of another
    test set.
    """
    required = _required_by_term(test_set)
    if by_term.shape != (len(required), 5) or not np.array_equal(by_term[:, :3], required):
        raise ValueError("these statistics by term are another test set's; score it again")
    entries = _entries(test_set)
    sums = np.zeros((len(entries), 3), dtype=np.int64)
    np.add.at(sums, by_term[:, 1], by_term[:, 2:])
    return tuple(
        TermResult(one.id, one.source, one.seen, *counts)
        for one, counts in zip(entries.values(), sums.tolist(), strict=True)
    )


def _entries(test_set: TestSet) -> dict[str, Required]:
    """The entries that the test set requires, by key, in order of first occurrence."""
    entries: dict[str, Required] = {}
    for required in term_view(test_set).required:
        for one in required:
            entries.setdefault(one.key, one)
    return entries


def _required_by_term(test_set: TestSet) -> Statistics:
    """int64 [requirements, 3]: segment, entry, how often it is required there."""
    places = {key: place for place, key in enumerate(_entries(test_set))}
    rows = [
        (at, places[one.key], one.count)
        for at, required in enumerate(term_view(test_set).required)
        for one in required
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def per_document(test_set: TestSet, statistics: Statistics) -> Mapping[str, Statistics]:
    """Sum rows per segment by document, in order of first appearance: `aggregate` them each."""
    sums: dict[str, Statistics] = {}
    for segment, row in zip(test_set.segments, statistics, strict=True):
        earlier = sums.get(segment.document)
        sums[segment.document] = row if earlier is None else earlier + row
    return sums
