"""Term success: which of the required terms the hypotheses render."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evaluator.matching import Required, Requirements
from evaluator.metrics.term.base import TermMetric
from evaluator.metrics.term.renderings import RenderedSegment, rendered, term_view
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

    In [0, 100]; absent where nothing is required. metrics.md section 4.
    """

    name = "term-success"

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [segments, 9], columns as COLUMNS names them."""
        segments = rendered(test_set, hypotheses)
        requirements = term_view(test_set).requirements
        rows = [_row(*pair) for pair in zip(requirements, segments, strict=True)]
        return np.array(rows, dtype=np.int64).reshape(-1, len(COLUMNS))

    def aggregate(self, total: Statistics) -> float | None:
        """100 · rendered / required; None if nothing is required."""
        required, surface, lemma = (int(count) for count in total[:3])
        return 100 * (surface + lemma) / required if required else None

    def details(self, total: Statistics) -> Mapping[str, int | float | str]:
        """All counts, with the missed ones; seen and unseen where the test set tells them."""
        counts = dict(zip(COLUMNS, (int(count) for count in total), strict=True))
        parts = {name: counts[name] for name in ("required", "surface", "lemma")}
        parts["missed"] = counts["required"] - counts["surface"] - counts["lemma"]
        parts |= {name: counts[name] for name in ("upper_bound", "flagged")}
        if counts["required_seen"] or counts["required_unseen"]:
            parts |= {name: counts[name] for name in COLUMNS[5:]}
        return parts


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


def per_term(test_set: TestSet, hypotheses: Hypotheses) -> tuple[TermResult, ...]:
    """Term success entry by entry, those required at least once, by first occurrence.

    The sums over entries are term success's own counts.
    """
    terms: dict[str, Required] = {}
    counts: Counter[tuple[str, str]] = Counter()
    segments = rendered(test_set, hypotheses)
    for required, segment in zip(term_view(test_set).required, segments, strict=True):
        for one in required:
            terms.setdefault(one.key, one)
            counts[one.key, "required"] += one.count
        for span in segment.assignment.chosen:
            counts[required[span.entry].key, "surface" if span.is_surface else "lemma"] += 1
    return tuple(
        TermResult(one.id, one.source, one.seen, *(counts[key, part] for part in COLUMNS[:3]))
        for key, one in terms.items()
    )


def per_document(test_set: TestSet, statistics: Statistics) -> Mapping[str, Statistics]:
    """Sum rows per segment by document, in order of first appearance: `aggregate` them each."""
    sums: dict[str, Statistics] = {}
    for segment, row in zip(test_set.segments, statistics, strict=True):
        earlier = sums.get(segment.document)
        sums[segment.document] = row if earlier is None else earlier + row
    return sums
