"""Term window overlap: do rendered terms stand among the words that the reference has there?"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from evaluator.metrics.base import Details, divide
from evaluator.metrics.kept import keep_last, keep_per_test_set
from evaluator.metrics.term.base import TermMetric
from evaluator.metrics.term.pairing import best_sum
from evaluator.metrics.term.renderings import rendered, rendered_references, term_view
from evaluator.metrics.wording import write_flagged, write_number
from evaluator.normalise import NormalisedText
from evaluator.terms.matching import Rendering, Requirements, TermAssignment
from evaluator.terms.span_selection import CandidateSpan, select_spans
from evaluator.types import Hypotheses, Scores, Statistics, TestSet

# (fewer spans)² · more spans of an entry in a segment: under a fifth of a second. It pairs 100 with
# 100. Beyond it only equal windows are paired: the reference itself still scores 100, and the
# score's details count it. A hypothesis has no more spans than are required.
PAIRING_STEPS = 1_000_000

Window = tuple[str, ...]  # content tokens of both sides, sorted; may repeat


class TermWindowOverlap(TermMetric):
    """Mean overlap of the windows of rendered terms with the reference's; higher is better.

    In [0, 100]; absent where no occurrence counts. An unrendered one scores 0, the reference
    itself 100. docs/metrics.md 4, after the WMT21 task's window overlap.
    """

    absent = "no reference renders a required term with a word beside it"
    size: ClassVar[int]  # content tokens on each side

    @property
    def parts(self) -> int:
        """What scores are counted in: all shares of 1 … 2 · size tokens are whole numbers of it."""
        return math.lcm(*range(1, 2 * self.size + 1))

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [segments, 3]: sum of overlaps, occurrences that count, 1 if flagged.

        Overlaps are in twelfths (size 2) or sixtieths (size 3), exactly. Flagged is a segment for
        which term success or the pairing hit its bound.
        """
        segments = zip(
            rendered(test_set, hypotheses),
            _find_contents(test_set, hypotheses),
            _find_expected(test_set, self.size),
            strict=True,
        )
        rows, parts = [], self.parts
        for segment, content, entries in segments:
            overlap, is_complete = 0, segment.assignment.is_complete
            for number, entry in enumerate(entries) if segment.assignment.chosen else ():
                chosen = segment.assignment.of(number)
                if not chosen:
                    continue
                own = _build_windows(segment.text, content, chosen, self.size)
                sums = [_pair(own, windows, parts) for windows in entry.windows]
                overlap += max((value for value, _ in sums), default=0)
                is_complete &= all(is_exact for _, is_exact in sums)
            count = sum(entry.count for entry in entries)
            rows.append((overlap, count, int(not is_complete)))
        return np.array(rows, dtype=np.int64).reshape(-1, 3)

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return 100 · sum / occurrences that count; NaN if nothing counts."""
        return divide(100 * totals[..., 0], self.parts * totals[..., 1])

    def details(self, total: Statistics) -> Details:
        """Return the occurrences that count, and the segments for which a bound was hit."""
        return {"counted": int(total[1]), "flagged": int(total[2])}

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write both."""
        return f"occurrences counted {write_number(details, 'counted')}{write_flagged(details)}"


class TermWindowOverlap2(TermWindowOverlap):
    """Term window overlap with 2 content tokens on each side."""

    name = "term-window-overlap-2"
    label = "Overlap 2"
    meaning = "How well two content words either side of each rendered term agree with a reference."
    size = 2


class TermWindowOverlap3(TermWindowOverlap):
    """Term window overlap with 3 content tokens on each side."""

    name = "term-window-overlap-3"
    label = "Overlap 3"
    meaning = (
        "How well three content words either side of each rendered term agree with a reference."
    )
    size = 3


@dataclass(frozen=True, slots=True)
class _Expected:
    """What the references say about an entry of a segment."""

    count: int  # occurrences that count
    windows: tuple[tuple[Window, ...], ...]  # per reference, of its renderings; none empty


@keep_per_test_set
def _find_expected(test_set: TestSet, size: int) -> tuple[tuple[_Expected, ...], ...]:
    """Return what the test set expects: per segment an item per required entry."""
    view = term_view(test_set)
    rows = []
    for requirements, texts, assignments in zip(
        view.requirements, view.references, rendered_references(test_set), strict=True
    ):
        references = [
            _find_reference_windows(requirements, text, assignment, size)
            for text, assignment in zip(texts, assignments, strict=True)
        ]
        row = []
        for term, windows in zip(requirements.required, zip(*references, strict=True), strict=True):
            most = max(map(len, windows), default=0)
            row.append(_Expected(min(term.count, most), windows))
        rows.append(tuple(row))
    return tuple(rows)


def _find_reference_windows(
    requirements: Requirements, text: NormalisedText, assignment: TermAssignment, size: int
) -> list[tuple[Window, ...]]:
    """Return per entry the windows, none empty, of its renderings in a reference."""
    content = _find_content(text)
    taken = {at for span in assignment.chosen for at in range(span.start, span.end)}
    free = [s for s in requirements.candidates(text) if taken.isdisjoint(range(s.start, s.end))]
    per_entry = []
    for number, required in enumerate(requirements.required):
        windows = _build_windows(text, content, assignment.of(number), size)
        # A reference may repeat a term more often than its source: each place may be meant. Only
        # then, so that no more than the occurrences that count can ever be paired.
        if len(windows) == required.count:
            # As many further spans as can stand side by side, by term success's rules.
            own = [span for span in free if span.entry == number]
            spans = [CandidateSpan(0, span.start, span.end, span.tier) for span in own]
            further = [own[at] for at in select_spans(spans, [len(own)])[0]]
            windows += _build_windows(text, content, further, size)
        per_entry.append(tuple(windows))
    return per_entry


@keep_last
def _find_contents(test_set: TestSet, hypotheses: Hypotheses) -> list[list[int]]:
    """Return `_find_content` of each hypothesis, [] where it renders nothing; for any size."""
    return [
        _find_content(segment.text) if segment.assignment.chosen else []
        for segment in rendered(test_set, hypotheses)
    ]


def _find_content(text: NormalisedText) -> list[int]:
    """Return indexes of the tokens with a character other than punctuation and symbols."""
    # A letter first is the usual case, and known at once.
    return [
        at
        for at, token in enumerate(text.folded_tokens)
        if token[:1].isalnum()
        or any(unicodedata.category(character)[0] not in "PS" for character in token)
    ]


def _build_windows(
    text: NormalisedText, content: list[int], spans: Iterable[Rendering], size: int
) -> list[Window]:
    """Return the windows of the spans: the nearest `size` content tokens on each side.

    Empty windows, which share nothing with any other, are left out.
    """
    windows = []
    for span in spans:
        left, right = bisect_left(content, span.first), bisect_left(content, span.last)
        nearest = content[max(0, left - size) : left] + content[right : right + size]
        windows.append(tuple(sorted(text.folded_tokens[at] for at in nearest)))
    return [window for window in windows if window]


def _pair(own: Sequence[Window], expected: Sequence[Window], parts: int) -> tuple[int, bool]:
    """Return the greatest sum of overlaps over pairs, in `parts`; and whether it is exact.

    The overlap of a pair is the number of shared tokens, as often as both windows have them, per
    token of the reference's window.
    """
    if not own or not expected:
        return 0, True
    fewer, more = sorted((len(own), len(expected)))
    if fewer**2 * more > PAIRING_STEPS:
        return parts * (Counter(own) & Counter(expected)).total(), False
    overlaps = [[_count_shared(a, b) * parts // len(b) for b in expected] for a in own]
    if fewer == 1:
        return max(map(max, overlaps)), True
    return best_sum(overlaps), True


def _count_shared(window: Window, other: Window) -> int:
    """Return the number of tokens that both have, each as often as both have it."""
    rest = list(other)
    for token in window:
        if token in rest:
            rest.remove(token)
    return len(other) - len(rest)
