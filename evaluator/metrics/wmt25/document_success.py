"""Term success of WMT 2025, track 2: how often a document says a term, against its source."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial, reduce
from operator import add
from typing import NamedTuple

import numpy as np

from evaluator.metrics.base import Details, divide
from evaluator.metrics.documents import Paragraphs, group_paragraphs
from evaluator.metrics.kept import digest_of, keep_per_test_set
from evaluator.metrics.wmt25.base import Wmt25Metric, merge_targets
from evaluator.metrics.wording import write_number
from evaluator.types import Hypotheses, Scores, Statistics, Term, TestSet


class CountedTerm(NamedTuple):
    """A term of a document's dictionary that its source and a reference hold."""

    targets: tuple[str, ...]  # in lower case
    times: int  # it occurs in the source


class Wmt25DocumentTermSuccess(Wmt25Metric):
    """Mean over the documents' terms of how often a target occurs per occurrence, at most 1.

    In [0, 1], higher is better. Substrings in lower case, without lemmas. docs/metrics.md 7.
    """

    name = "wmt25-document-term-success"
    label = "Document success"
    meaning = (
        "How often documents say the targets of a term for each time their sources say the term, "
        "as in WMT 2025."
    )
    follows_list = True
    absent = (
        "the unit is not the document, no list of terms is given, or its occurrences are annotated"
    )

    def lacks(self, test_set: TestSet) -> str | None:
        """Return what is missing: documents as units, a reference, a list of terms."""
        if test_set.unit != "document":
            return "documents as units"
        if any(segment.gold_terms for segment in test_set.segments):
            return "terms that are only listed: the metrics wmt26 count annotated occurrences"
        if not test_set.has_terms:
            return "a terminology"
        if not all(segment.references for segment in test_set.segments):
            return "a reference"
        return None if test_set.segments else "a segment"

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return float64 [documents, 4]: sum of shares, terms, those at 1, those at 0."""
        rows = []
        for paragraphs, terms in _list_counted(test_set):
            text = paragraphs.join(hypotheses.texts).lower()
            shares = [min(sum(map(text.count, term.targets)) / term.times, 1.0) for term in terms]
            # Not `sum`: from Python 3.12 on it compensates, which changes last digits.
            total = reduce(add, shares, 0.0)
            rows.append((total, len(shares), shares.count(1), shares.count(0)))
        return np.array(rows, dtype=np.float64).reshape(-1, 4)

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return the mean share; NaN if no term is counted."""
        return divide(totals[..., 0], totals[..., 1])

    def details(self, total: Statistics) -> Details:
        """Return how many terms count, and how many are there in full, in part, not at all."""
        _, terms, full, none = (int(count) for count in total)
        return {"counted": terms, "full": full, "part": terms - full - none, "none": none}

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write the counts."""
        number = partial(write_number, details)
        return (
            f"counted {number('counted')}: as often as the source {number('full')}, "
            f"less often {number('part')}, never {number('none')}"
        )

    def signature(self, test_set: TestSet) -> str:
        """References, lower case, test set: nothing else changes the number."""
        references = len(test_set.segments[0].references) if test_set.segments else 0
        return (
            f"nrefs:{references}|case:lc|v:{self.version}"
            f"|unit:document|testset:{digest_of(test_set)[:12]}"
        )


@keep_per_test_set
def _list_counted(test_set: TestSet) -> tuple[tuple[Paragraphs, tuple[CountedTerm, ...]], ...]:
    """Return each document with the terms that count in it."""
    given = {document.id: document.terms for document in test_set.documents}
    return tuple(
        (paragraphs, _count(test_set, paragraphs, given))
        for paragraphs in group_paragraphs(test_set)
    )


def _count(
    test_set: TestSet, paragraphs: Paragraphs, given: Mapping[str, tuple[Term, ...] | None]
) -> tuple[CountedTerm, ...]:
    segments = test_set.segments
    source = paragraphs.join([segment.source for segment in segments]).lower()
    references = [
        paragraphs.join([segment.references[number] for segment in segments]).lower()
        for number in range(len(segments[0].references))
    ]
    # The narrowest list: what is given with the document or its segments, else the test set's.
    lists = [given.get(paragraphs.id), *(segments[at].terms for at in paragraphs.places)]
    if all(terms is None for terms in lists) and test_set.terminology:
        lists = [test_set.terminology.terms]
    counted = []
    entries = merge_targets(term for terms in lists for term in terms or ())
    for term, targets in entries.items():
        times = source.count(term.strip().lower())
        forms = tuple(target.strip().lower() for target in targets)
        if times and any(form in reference for form in forms for reference in references):
            counted.append(CountedTerm(forms, times))
    return tuple(counted)
