"""Term window overlap: do rendered terms stand among the words that the reference has there?"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from evaluator.metrics.base import Details
from evaluator.metrics.term.base import TermMetric
from evaluator.metrics.term.pairing import best_sum
from evaluator.metrics.term.renderings import (
    TEST_SETS_KEPT,
    RenderedSegment,
    rendered,
    rendered_references,
    term_view,
)
from evaluator.metrics.wording import write_flagged, write_number
from evaluator.normalise import NormalisedText
from evaluator.terms.matching import Assignment, Rendering, Requirements
from evaluator.terms.span_selection import Candidate, solve
from evaluator.types import Hypotheses, Statistics, TestSet

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
        wanted = _wanted(test_set, self.size)
        pairs = zip(rendered(test_set, hypotheses), wanted, strict=True)
        rows = [self._row(segment, entries) for segment, entries in pairs]
        return np.array(rows, dtype=np.int64).reshape(-1, 3)

    def _row(self, segment: RenderedSegment, entries: Sequence[_Wanted]) -> tuple[int, int, int]:
        content = _content(segment.text)
        overlap, is_complete = 0, segment.assignment.is_complete
        for number, entry in enumerate(entries):
            found = _windows(segment.text, content, segment.assignment.of(number), self.size)
            sums = [_paired(found, windows, self.parts) for windows in entry.windows]
            overlap += max((value for value, _ in sums), default=0)
            is_complete &= all(is_exact for _, is_exact in sums)
        return overlap, sum(entry.count for entry in entries), int(not is_complete)

    def aggregate(self, total: Statistics) -> float | None:
        """100 · sum / occurrences that count; None if there are none."""
        overlap, count, _ = (int(part) for part in total)
        return 100 * overlap / (self.parts * count) if count else None

    def details(self, total: Statistics) -> Details:
        """Occurrences that count, and segments for which a bound was hit."""
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
class _Wanted:
    """What the references say about one entry of a segment."""

    count: int  # occurrences that count
    windows: tuple[tuple[Window, ...], ...]  # per reference, of its renderings; none empty


@lru_cache(maxsize=2 * TEST_SETS_KEPT)  # two sizes
def _wanted(test_set: TestSet, size: int) -> tuple[tuple[_Wanted, ...], ...]:
    """Fixed by the test set: per segment one item per required entry."""
    view = term_view(test_set)
    rows = []
    for requirements, texts, assignments in zip(
        view.requirements, view.references, rendered_references(test_set), strict=True
    ):
        references = [
            _reference_windows(requirements, text, assignment, size)
            for text, assignment in zip(texts, assignments, strict=True)
        ]
        entries = zip(requirements.required, zip(*references, strict=True), strict=True)
        rows.append(tuple(_entry(required.count, windows) for required, windows in entries))
    return tuple(rows)


def _entry(required: int, windows: tuple[tuple[Window, ...], ...]) -> _Wanted:
    return _Wanted(min(required, max(map(len, windows), default=0)), windows)


def _reference_windows(
    requirements: Requirements, text: NormalisedText, assignment: Assignment, size: int
) -> list[tuple[Window, ...]]:
    """Per entry the windows, none empty, of its renderings in one reference."""
    content = _content(text)
    taken = assignment.tokens
    free = [
        one for one in requirements.candidates(text) if taken.isdisjoint(range(one.start, one.end))
    ]
    found = []
    for number, required in enumerate(requirements.required):
        windows = _windows(text, content, assignment.of(number), size)
        # A reference may repeat a term more often than its source: each place may be meant. Only
        # then, so that no more than the occurrences that count can ever be paired.
        if len(windows) == required.count:
            own = [one for one in free if one.entry == number]
            windows += _windows(text, content, _disjoint(own), size)
        found.append(tuple(windows))
    return found


def _disjoint(spans: Sequence[Rendering]) -> list[Rendering]:
    """As many spans of one entry as can stand side by side, by term success's rules."""
    candidates = [Candidate(0, one.start, one.end, one.is_surface) for one in spans]
    return [spans[at] for at in solve(candidates, [len(spans)])[0]]


def _content(text: NormalisedText) -> list[int]:
    """Indexes of the tokens with a character that is neither punctuation nor a symbol."""
    return [at for at, token in enumerate(text.folded_tokens) if _is_content(token)]


def _is_content(token: str) -> bool:
    return any(unicodedata.category(character)[0] not in "PS" for character in token)


def _windows(
    text: NormalisedText, content: list[int], spans: Iterable[Rendering], size: int
) -> list[Window]:
    """The windows of the spans, without empty ones: they share nothing with any other."""
    windows = (_window(text, content, span, size) for span in spans)
    return [window for window in windows if window]


def _window(text: NormalisedText, content: list[int], span: Rendering, size: int) -> Window:
    """The nearest content tokens, up to `size` on each side of the span."""
    left = bisect_left(content, span.start)
    right = bisect_left(content, span.end)
    nearest = content[max(0, left - size) : left] + content[right : right + size]
    return tuple(sorted(text.folded_tokens[at] for at in nearest))


def _paired(found: Sequence[Window], wanted: Sequence[Window], parts: int) -> tuple[int, bool]:
    """The greatest sum of overlaps over pairs, in `parts`; and whether it is exact."""
    fewer, more = sorted((len(found), len(wanted)))
    if fewer**2 * more > PAIRING_STEPS:
        return parts * (Counter(found) & Counter(wanted)).total(), False
    return best_sum([[_overlap(own, other, parts) for other in wanted] for own in found]), True


def _overlap(found: Window, wanted: Window, parts: int) -> int:
    """Shared tokens, as often as both have them, per token of the reference's window."""
    return (Counter(found) & Counter(wanted)).total() * parts // len(wanted)
