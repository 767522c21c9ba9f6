"""Term consistency: whether a document renders a term by the same variant throughout."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from evaluator.metrics.base import Details, divide
from evaluator.metrics.kept import keep_per_test_set
from evaluator.metrics.term.base import TermMetric
from evaluator.metrics.term.renderings import rendered, term_view
from evaluator.metrics.wording import write_number
from evaluator.types import Hypotheses, Scores, Statistics, TestSet

Group = tuple[str, frozenset[str]]  # an entry: Required.group


class TermConsistency(TermMetric):
    """Over entries required twice or more in a document: occurrences that share a variant.

    That is the largest number rendered by one variant / *required* occurrences of these
    entries, in [0, 100], higher is better; absent where no entry is required twice. Where every
    document is one segment, the whole test set counts as a document. docs/metrics.md 4.
    """

    name = "term-consistency"
    label = "Consistency"
    meaning = "Share of repeated terms that a document renders by one and the same variant."
    is_headline = True
    absent = "no term is required twice in a document"

    def lacks(self, test_set: TestSet) -> str | None:
        """Return what the test set lacks: a document that requires an entry at least twice."""
        if any(document.required for document in _list_repeated(test_set)):
            return None
        return super().lacks(test_set) or "a term that is required twice in a document"

    def unit(self, test_set: TestSet) -> str:
        """Return `document`, or `testset` where the whole test set counts as a document."""
        return "document" if _has_documents(test_set) else "testset"

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [documents, 3], by first appearance: shared, required, rendered."""
        segments = rendered(test_set, hypotheses)
        required = term_view(test_set).required
        rows = []
        for document in _list_repeated(test_set):
            variants: defaultdict[Group, Counter[str]] = defaultdict(Counter)
            for at, groups in document.groups.items():
                for span in segments[at].assignment.chosen:
                    if group := groups.get(span.entry):
                        variants[group][required[at][span.entry].accepted[span.form].key] += 1
            largest = sum(max(counts.values()) for counts in variants.values())
            total = sum(counts.total() for counts in variants.values())
            rows.append((largest, document.required, total))
        return np.array(rows, dtype=np.int64).reshape(-1, 3)

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return 100 · shared / required; NaN if no entry is required twice."""
        return divide(100 * totals[..., 0], totals[..., 1])

    def details(self, total: Statistics) -> Details:
        """Return the counts, and as a diagnosis the share of the rendered occurrences."""
        shared, required, occurrences = (int(count) for count in total)
        parts: dict[str, int | float | str] = {
            "by_one_variant": shared,
            "required": required,
            "rendered": occurrences,
        }
        if occurrences:
            parts["of_rendered"] = 100 * shared / occurrences
        return parts

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write the counts, and the share of the rendered ones."""
        number = partial(write_number, details)
        text = (
            f"repeated {number('required')}: rendered {number('rendered')}, "
            f"by one variant {number('by_one_variant')}"
        )
        if "of_rendered" in details:
            text += f" ({float(details['of_rendered']):.1f} % of the rendered)"
        return text


class _Repeated(NamedTuple):
    """The entries that a document requires at least twice."""

    required: int  # occurrences of them
    groups: Mapping[int, Mapping[int, Group]]  # by segment, then by its entry


def _has_documents(test_set: TestSet) -> bool:
    """Return whether any document has several segments."""
    documents = {segment.document for segment in test_set.segments}
    return len(documents) < len(test_set.segments)


def _list_documents(test_set: TestSet) -> list[list[int]]:
    """Return the indexes of each document's segments, documents by first appearance."""
    if not _has_documents(test_set):
        return [list(range(len(test_set.segments)))] if test_set.segments else []
    documents: dict[str, list[int]] = {}
    for at, segment in enumerate(test_set.segments):
        documents.setdefault(segment.document, []).append(at)
    return list(documents.values())


@keep_per_test_set
def _list_repeated(test_set: TestSet) -> tuple[_Repeated, ...]:
    """Return what each document requires at least twice."""
    return tuple(_find_repeated(test_set, document) for document in _list_documents(test_set))


def _find_repeated(test_set: TestSet, document: Sequence[int]) -> _Repeated:
    required = term_view(test_set).required
    counts: Counter[Group] = Counter()
    for at in document:
        for term in required[at]:
            counts[term.group] += term.count
    groups = {
        at: {
            entry: term.group for entry, term in enumerate(required[at]) if counts[term.group] >= 2
        }
        for at in document
    }
    repeated = sum(count for count in counts.values() if count >= 2)
    return _Repeated(repeated, {at: own for at, own in groups.items() if own})
