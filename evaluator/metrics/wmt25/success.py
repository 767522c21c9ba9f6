"""Term success of WMT 2025, track 1: an entry of a segment's dictionary is there or it is not."""

from __future__ import annotations

from functools import cache, partial
from typing import NamedTuple

import numpy as np

from evaluator.metrics.base import Details, divide
from evaluator.metrics.kept import digest_of, keep_per_test_set
from evaluator.metrics.wmt25.base import Wmt25Metric, merge_targets
from evaluator.metrics.wording import write_number
from evaluator.metrics.words import (
    find_lemmatiser,
    find_source_lemmatiser,
    lemmatise,
    write_lemmatiser,
)
from evaluator.normalise import Lemmatiser
from evaluator.types import Hypotheses, Scores, Segment, Statistics, TestSet

BETWEEN = "|||"  # lemmas


class Needle(NamedTuple):
    """A text in the two shapes in which it is looked for, or looked into."""

    text: str  # in lower case
    lemmas: str  # joined; empty without words or a lemmatiser

    def is_in(self, other: Needle) -> bool:
        """Return whether it is a part of the other text, among letters or among lemmas."""
        return self.text in other.text or self.is_in_lemmas(other)

    def is_in_lemmas(self, other: Needle) -> bool:
        """Return whether its lemmas are a part of the other text's."""
        return bool(self.lemmas) and self.lemmas in other.lemmas


class Wmt25TermSuccess(Wmt25Metric):
    """Share of the dictionary entries of all segments that are in the hypotheses.

    In [0, 1], higher is better. No word boundaries and no multiplicity: an entry counts once.
    docs/metrics.md 7.
    """

    name = "wmt25-term-success"
    label = "Term success 2025"
    meaning = "Share of the terms of each segment that its hypothesis holds, as in WMT 2025."
    is_headline = True
    follows_list = True
    absent = "no terms are given with single segments"

    def lacks(self, test_set: TestSet) -> str | None:
        """Return what is missing: terms that belong to single segments."""
        if test_set.unit == "document":
            return "segments: its unit is the document"
        if not any(segment.terms for segment in test_set.segments):
            return "terms that are given with its segments"
        return None

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [segments, 3]: entries counted, there as written, there by lemma only."""
        lemmatiser = find_lemmatiser(test_set)
        rows = []
        for counted, raw in zip(_list_counted(test_set), hypotheses.texts, strict=True):
            text = _prepare(raw.strip(), lemmatiser if counted else None)
            surface = [any(t.text in text.text for t in targets) for targets in counted]
            lemma = [any(t.is_in_lemmas(text) for t in targets) for targets in counted]
            by_lemma = sum(b and not a for a, b in zip(surface, lemma, strict=True))
            rows.append((len(counted), sum(surface), by_lemma))
        return np.array(rows, dtype=np.int64).reshape(-1, 3)

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return entries that are there / entries counted; NaN if none is counted."""
        return divide(totals[..., 1] + totals[..., 2], totals[..., 0])

    def details(self, total: Statistics) -> Details:
        """Return the counts."""
        counted, surface, by_lemma = (int(count) for count in total)
        missed = counted - surface - by_lemma
        return {"counted": counted, "surface": surface, "lemma": by_lemma, "missed": missed}

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write the counts."""
        number = partial(write_number, details)
        return (
            f"counted {number('counted')}: as written {number('surface')}, "
            f"by lemma {number('lemma')}, missed {number('missed')}"
        )

    def signature(self, test_set: TestSet) -> str:
        """Lower case, words, both lemmatisers with versions, test set."""
        source = write_lemmatiser(find_source_lemmatiser(test_set))
        target = write_lemmatiser(find_lemmatiser(test_set))
        return (
            f"case:lc|tok:words|lemma:{source}>{target}|v:{self.version}"
            f"|unit:segment|testset:{digest_of(test_set)[:12]}"
        )


@keep_per_test_set
def _list_counted(test_set: TestSet) -> tuple[tuple[tuple[Needle, ...], ...], ...]:
    """Return per segment the targets of each entry whose source term is in the source."""
    lemmatiser = find_source_lemmatiser(test_set)
    into = find_lemmatiser(test_set)
    prepare_target = cache(partial(_prepare, lemmatiser=into))

    def count(segment: Segment) -> tuple[tuple[Needle, ...], ...]:
        if not segment.terms:
            return ()
        source = _prepare(segment.source.strip(), lemmatiser)
        return tuple(
            tuple(map(prepare_target, targets))
            for term, targets in merge_targets(segment.terms).items()
            if _prepare(term, lemmatiser).is_in(source)
        )

    return tuple(map(count, test_set.segments))


def _prepare(text: str, lemmatiser: Lemmatiser | None) -> Needle:
    lemmas = lemmatise(text, lemmatiser) if lemmatiser else []
    return Needle(text.lower(), BETWEEN.join(lemmas))
