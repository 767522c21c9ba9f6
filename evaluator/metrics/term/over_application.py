"""Over-application: targets of terms whose sources are not there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from evaluator.metrics.base import Details, divide
from evaluator.metrics.kept import keep_per_test_set
from evaluator.metrics.term.base import TermMetric
from evaluator.metrics.term.renderings import RenderedSegment, TermView, rendered, term_view
from evaluator.metrics.wording import write_number
from evaluator.normalise import Form, NormalisedText
from evaluator.terms.matching import FormIndex
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
            own.read_references(at, texts)
    return targets


class _Targets:
    """All targets of a terminology, each with the entries that it translates."""

    def __init__(self, view: TermView, index: TermIndex) -> None:
        self._view, self._terms = view, index
        self._forms: list[Form] = []
        entries: dict[str, set[int]] = {}  # by target, whatever its case: `Oms` is `OMS`
        for entry, term in enumerate(index.entries):
            for form in map(view.target.form, term.targets):
                self._forms.append(form)
                entries.setdefault(form.key.casefold(), set()).add(entry)
        self._entries = [entries[form.key.casefold()] for form in self._forms]
        self._index = FormIndex(self._forms, view.target)
        self._in_references: dict[int, frozenset[int]] = {}  # by segment

    def read_references(self, at: int, texts: Iterable[NormalisedText]) -> None:
        """Look for all targets in a segment's references, before `are_in` is asked about it."""
        matches = (match.form for text in texts for match in self._index.surface(text))
        self._in_references[at] = frozenset(matches)

    def are_in(self, segment: RenderedSegment, at: int) -> bool:
        """Return whether a target in the hypothesis counts, by the rules of the class above."""
        taken = {
            at
            for span in segment.assignment.chosen
            if span.tier is not Tier.LONGER_WORD
            for at in range(span.start, span.end)
        }
        suspects = {
            match.form
            for match in self._index.surface(segment.text)
            if taken.isdisjoint(range(match.start, match.end))
        }
        unasked = (target for target in suspects if not self._is_asked(target, at))
        return not self._in_references[at].issuperset(unasked)

    def _is_asked(self, target: int, at: int) -> bool:
        """Return whether an entry that is in the source or required has this target."""
        required = self._view.required[at]
        if any(
            form.key.casefold() == self._forms[target].key.casefold()
            for term in required
            for form in term.accepted
        ):
            return True
        present = {self._terms.number_of(term.key) for term in required}
        present |= self._view.terms.in_sources[at].present
        return not present.isdisjoint(self._entries[target])
