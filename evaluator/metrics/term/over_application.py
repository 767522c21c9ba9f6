"""Over-application: targets of terms whose sources are not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import partial

import numpy as np

from evaluator.metrics.base import Details, divide
from evaluator.metrics.kept import keep_per_test_set
from evaluator.metrics.term.base import TermMetric
from evaluator.metrics.term.renderings import RenderedSegment, TermView, rendered, term_view
from evaluator.metrics.wording import write_number
from evaluator.normalise import Form, NormalisedText
from evaluator.terms.matching import FormIndex, Match, TermAssignment
from evaluator.terms.source_terms import TermIndex
from evaluator.terms.span_selection import Tier
from evaluator.types import Hypotheses, Scores, Statistics, TestSet


class OverApplication(TermMetric):
    """Share of all segments with a target of an entry that the source lacks; lower is better.

    In [0, 100]; absent without a terminology. A match counts unless it touches a span that
    renders a required term, is also a target of an entry that is present, or is in a reference.
    Surface matches only, and no spans inside longer words. docs/metrics.md 4.
    """

    name = "over-application"
    label = "Over-applied"
    meaning = (
        "Share of segments that use the target of a term whose source is not there; low is good."
    )
    higher_is_better = False
    is_headline = True
    absent = "the test set has no terminology"

    def lacks(self, test_set: TestSet) -> str | None:
        """It takes a terminology with at least one entry, and a segment."""
        if test_set.unit == "document":
            return "segments: in a whole document nearly every term has its place"
        wide = [test_set.terminology.terms if test_set.terminology else None]
        wide += [document.terms for document in test_set.documents]
        if not any(wide):
            return "terms of more than one segment" if test_set.has_terms else "a terminology"
        return None if test_set.segments else "a segment"

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [segments, 2]: whether a term was over-applied, and 1."""
        segments = zip(_read_targets(test_set), rendered(test_set, hypotheses), strict=True)
        rows = [
            (targets is not None and targets.are_in(segment, at), 1)
            for at, (targets, segment) in enumerate(segments)
        ]
        return np.array(rows, dtype=np.int64).reshape(-1, 2)

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return 100 · segments with an over-applied term / segments; NaN without segments."""
        return divide(100 * totals[..., 0], totals[..., 1])

    def details(self, total: Statistics) -> Details:
        """Return the two counts."""
        applied, segments = (int(count) for count in total)
        return {"overapplied": applied, "segments": segments}

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write the two counts."""
        number = partial(write_number, details)
        return f"{number('overapplied')} of {number('segments')} segments"


@keep_per_test_set
def _read_targets(test_set: TestSet) -> tuple[_Targets | None, ...]:
    """Return for each segment the targets of the terms of its address; None without terms."""
    view = term_view(test_set)
    indexes = {id(index): index for index in view.terms.indexes if index is not None}
    by_index = {key: _Targets(view, index) for key, index in indexes.items()}
    targets = tuple(by_index.get(id(index)) for index in view.terms.indexes)
    for at, (own, texts) in enumerate(zip(targets, view.references, strict=True)):
        if own is not None:
            own.prepare(at, texts)
    return targets


class _Targets:
    """All targets of a terminology, each with the entries that it translates."""

    def __init__(self, view: TermView, index: TermIndex) -> None:
        self._view, self._terms = view, index
        forms: list[Form] = []
        # By lookup key, whatever its case (`Oms` is `OMS`), and by entry.
        self._by_key: defaultdict[str, set[int]] = defaultdict(set)
        self._by_entry: dict[int | None, set[str]] = {}
        for entry, term in enumerate(index.entries):
            own = list(map(view.target.form, term.targets))
            self._by_entry[entry] = {form.key.casefold() for form in own}
            for number, form in enumerate(own, len(forms)):
                self._by_key[form.key.casefold()].add(number)
            forms += own
        self._index = FormIndex(forms, view.target)
        self._allowed: dict[int, set[int]] = {}  # by segment: targets that never count

    def prepare(self, at: int, references: Iterable[NormalisedText]) -> None:
        """Find what never counts in a segment, before `are_in` is asked about it.

        That is any target in a reference, of an entry in the source, or of a required term.
        """
        self._allowed[at] = {
            match.form for text in references for match in self._index.surface(text)
        }
        required = self._view.required[at]
        present = {self._terms.number_of(term.key) for term in required}
        present |= self._view.terms.in_sources[at].present
        keys = {form.key.casefold() for term in required for form in term.accepted}
        for key in keys.union(*(self._by_entry.get(entry, ()) for entry in present)):
            self._allowed[at] |= self._by_key.get(key, set())

    def are_in(self, segment: RenderedSegment, at: int) -> bool:
        """Return whether a target in the hypothesis counts, by the rules of the class above."""
        allowed = self._allowed[at]
        return any(
            match.form not in allowed and not _is_taken(match, segment.assignment)
            for match in self._index.surface(segment.text)
        )


def _is_taken(match: Match, assignment: TermAssignment) -> bool:
    """Return whether a match touches a span that renders a required term."""
    return any(
        span.start < match.end and match.start < span.end
        for span in assignment.chosen
        if span.tier is not Tier.LONGER_WORD
    )
