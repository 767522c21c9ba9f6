"""Window overlap: do the words around a rendered term agree with the reference's?"""

from __future__ import annotations

import string
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import add
from typing import ClassVar

from evaluator.metrics.base import divide
from evaluator.metrics.wmt21.base import SegmentMetric, Wmt21Metric
from evaluator.metrics.wmt21.expressions import find_offsets
from evaluator.metrics.wmt21.terms import Tokens, is_lemma, is_original, padded, positions
from evaluator.types import Scores, Segment, Statistics

# Per form: a tuple of positions for each annotation of it, in reference order.
Annotated = dict[Tokens, list[tuple[int, ...]]]


class WindowOverlap(SegmentMetric):
    """Mean over all segments, in [0, 1], higher is better; a perfect translation is below 1."""

    version: ClassVar[int] = 2  # 1 searched forms literally
    size: ClassVar[int]  # tokens on each side

    def row(self, segment: Segment, hypothesis: str) -> tuple[float, ...]:
        """Return the segment's mean over its taken pairs, 0 without pairs; and 1, the segment."""
        surface, lemma = _group_annotations(segment, self)
        tokens, reference = tuple(hypothesis.split()), tuple(segment.references[0].split())
        scores = list(self._form_scores(surface, tokens, reference))
        if lemma:
            scores += self._form_scores(lemma, self.lemmas(tokens), self.lemmas(reference))
        # Not `sum`: from Python 3.12 on it compensates, which changes last digits.
        return (reduce(add, scores) / len(scores) if scores else 0.0), 1.0

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return the sum over segments / all segments, also those without terms."""
        return divide(totals[..., 0], totals[..., 1])

    def _form_scores(
        self, annotated: Annotated, hypothesis: Tokens, reference: Tokens
    ) -> Iterator[float]:
        for form, places in annotated.items():
            text = padded(hypothesis)
            spaces = [at for at, character in enumerate(text) if character == " "]
            # The form is searched as an expression; an `a|b` can match inside a token.
            offsets = find_offsets(" ".join(form), text)
            starts = [bisect_left(spaces, offset) for offset in offsets]
            theirs = [
                _window(hypothesis[:start], hypothesis[start + len(form) :], self.size)
                for start in starts
            ]
            pairs = []
            for annotation, place in enumerate(places):
                own = _window(reference[: place[0]], reference[place[-1] + 1 :], self.size)
                for match, window in enumerate(theirs):
                    overlap = (window & own).total() / own.total() if own else 0.0
                    pairs.append((overlap, match, annotation))
            # Best pairs first, ties as listed; each match and each annotation once.
            matches: set[int] = set()
            annotations: set[int] = set()
            for score, match, annotation in sorted(pairs, key=lambda pair: -pair[0]):
                if match not in matches and annotation not in annotations:
                    matches.add(match)
                    annotations.add(annotation)
                    yield score


class WindowOverlap2(WindowOverlap):
    """Two tokens on each side."""

    name = "wmt21-window-overlap-2"
    label = "Window 2"
    meaning = (
        "How well two words either side of each term agree with the reference, as in WMT 2021."
    )
    size = 2


class WindowOverlap3(WindowOverlap):
    """Three tokens on each side."""

    name = "wmt21-window-overlap-3"
    label = "Window 3"
    meaning = (
        "How well three words either side of each term agree with the reference, as in WMT 2021."
    )
    size = 3


def _group_annotations(segment: Segment, metric: Wmt21Metric) -> tuple[Annotated, Annotated]:
    """Group annotations by surface form and by lemmatised form; positions are the surface's."""
    reference = tuple(segment.references[0].split())
    surface: Annotated = {}
    lemma: Annotated = {}
    for term in segment.reference_terms[0]:
        form = tuple(term.form.split())
        if is_original(term):
            surface.setdefault(form, []).append(positions(term, reference))
        elif is_lemma(term) and metric.lemmatiser:
            lemma.setdefault(metric.lemmas(form), []).append(positions(term, reference))
    return surface, lemma


def _window(left: Tokens, right: Tokens, size: int) -> Counter[str]:
    return Counter([*_nearest(reversed(left), size), *_nearest(right, size)])


def _nearest(tokens: Iterable[str], size: int) -> Iterator[str]:
    for token in tokens:
        if size == 0:
            return
        # A substring test, as in the scorer: "()" is skipped, "..." and "«" are not.
        if token not in string.punctuation:
            size -= 1
            yield token
