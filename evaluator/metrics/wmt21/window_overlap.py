"""Window overlap: do the words around a rendered term agree with the reference's?"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import add
from typing import ClassVar, NamedTuple

import numpy as np

from evaluator.metrics.base import divide
from evaluator.metrics.kept import keep_last, keep_per_test_set
from evaluator.metrics.wmt21.base import Wmt21Metric
from evaluator.metrics.wmt21.expressions import find_offsets
from evaluator.metrics.wmt21.terms import Tokens, is_lemma, is_original, padded, positions
from evaluator.normalise import Lemmatiser
from evaluator.types import Hypotheses, Scores, Statistics, TestSet

WIDEST = 3  # tokens on each side, in the widest window of a metric


class Window(NamedTuple):
    """The nearest tokens on both sides of a term, from the term outwards."""

    left: Tokens
    right: Tokens

    def cut(self, size: int) -> Counter[str]:
        """Count the tokens of a window with `size` tokens on each side."""
        return Counter(self.left[:size] + self.right[:size])


class Annotated(NamedTuple):
    """A form that a reference has, and the window of each annotation of it, in its order."""

    form: Tokens
    is_lemmatised: bool
    windows: list[Window]


class WindowOverlap(Wmt21Metric):
    """Mean over all segments, in [0, 1], higher is better; a perfect translation is below 1."""

    version: ClassVar[int] = 2  # 1 searched forms literally
    size: ClassVar[int]  # tokens on each side

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return float64 [segments, 2]: the mean over the pairs taken, 0 without pairs; and 1."""
        rows = []
        for matches in _find_matches(test_set, hypotheses, self.lemmatiser):
            scores = [score for pair in matches for score in self.pair(*pair)]
            # Not `sum`: from Python 3.12 on it compensates, which changes last digits.
            rows.append((reduce(add, scores) / len(scores) if scores else 0.0, 1.0))
        return np.array(rows, dtype=self.dtype)

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return the sum over segments / all segments, also those without terms."""
        return divide(totals[..., 0], totals[..., 1])

    def pair(self, theirs: list[Window], expected: list[Window]) -> Iterator[float]:
        """Yield the overlaps of a form's matches and annotations, each of which counts once.

        The best pairs first, ties in the order of annotations and, in these, of matches.
        """
        cut = [window.cut(self.size) for window in theirs]
        pairs = []
        for annotation, window in enumerate(expected):
            own = window.cut(self.size)
            for match, other in enumerate(cut):
                overlap = (other & own).total() / own.total() if own else 0.0
                pairs.append((overlap, match, annotation))
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


@keep_last
def _find_matches(
    test_set: TestSet, hypotheses: Hypotheses, lemmatiser: Lemmatiser | None
) -> list[list[tuple[list[Window], list[Window]]]]:
    """Return by segment, for each form that occurs, the windows of both sides."""
    rows = []
    for annotated, line in zip(
        _read_annotations(test_set, lemmatiser), hypotheses.texts, strict=True
    ):
        row = []
        tokens = tuple(line.split()) if annotated else ()
        texts = {False: (tokens, padded(tokens))}
        for form, is_lemmatised, expected in annotated:
            if is_lemmatised and True not in texts:
                assert lemmatiser is not None
                lemmas = tuple(map(lemmatiser.lemmatise, tokens))
                texts[True] = lemmas, padded(lemmas)
            words, text = texts[is_lemmatised]
            # The form is searched as an expression; an `a|b` can match inside a token.
            offsets = find_offsets(" ".join(form), text)
            starts = [text.count(" ", 0, offset) for offset in offsets]
            windows = [build_window(words, start, start + len(form)) for start in starts]
            row += [(windows, expected)] if windows else []
        rows.append(row)
    return rows


@keep_per_test_set
def _read_annotations(
    test_set: TestSet, lemmatiser: Lemmatiser | None
) -> tuple[tuple[Annotated, ...], ...]:
    """Group each segment's annotations by form, surface first; positions are the surface's."""
    rows = []
    for segment in test_set.segments:
        reference = tuple(segment.references[0].split())
        groups: dict[tuple[bool, Tokens], Annotated] = {}
        for wanted in (is_original, is_lemma) if lemmatiser else (is_original,):
            lemmatise = lemmatiser.lemmatise if lemmatiser and wanted is is_lemma else str
            for term in filter(wanted, segment.reference_terms[0]):
                form = tuple(map(lemmatise, term.form.split()))
                place = positions(term, reference)
                words = tuple(map(lemmatise, reference))
                window = build_window(words, place[0], place[-1] + 1)
                key = wanted is is_lemma, form
                groups.setdefault(key, Annotated(form, key[0], [])).windows.append(window)
        rows.append(tuple(groups.values()))
    return tuple(rows)


def build_window(tokens: Tokens, first: int, last: int) -> Window:
    """Return the nearest tokens around [first, last)."""
    return Window(take_nearest(reversed(tokens[:first])), take_nearest(tokens[last:]))


def take_nearest(tokens: Iterable[str]) -> Tokens:
    """Return the first tokens that are not punctuation, as many as the widest window has."""
    nearest: list[str] = []
    for token in tokens:
        if len(nearest) == WIDEST:
            break
        # A substring test, as in the scorer: "()" is skipped, "..." and "«" are not.
        if token not in string.punctuation:
            nearest.append(token)
    return tuple(nearest)
