"""The largest number of occurrences that get spans of their own, pairwise disjoint.

In general this is hard; what makes it easy is taken away first. An occurrence with more spans than
all others can block together gets a span whatever they take, and so does an occurrence with enough
spans that no other wants. What is left is small: its size is bounded by the occurrences, not by
how often a hypothesis repeats their forms.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from evaluator.metrics.wmt26.matching import Span
from evaluator.terms.span_selection import CandidateSpan, Tier, select_spans


@dataclass(frozen=True, slots=True)
class Exclusive:
    """Which occurrences of a paragraph get a span of their own."""

    satisfied: tuple[bool, ...]
    upper_bound: int  # how many might; more than those satisfied only after a search cut short
    is_complete: bool  # False: the bound on the search was hit, the number may be too small


@dataclass(slots=True)
class _Group:
    """Occurrences with the same spans."""

    spans: list[Span]  # ascending
    members: list[int]  # occurrences
    disjoint: int  # the most spans that are disjoint


def assign_spans(candidates: Sequence[frozenset[Span]]) -> Exclusive:
    """Choose at most a span for each occurrence, so that as many as can be have one.

    Of occurrences with the same spans the first ones get them. Among equal maxima the choice is
    that of `select_spans`, groups by their first occurrence.
    """
    groups: dict[frozenset[Span], _Group] = {}
    for occurrence, spans in enumerate(candidates):
        if spans and spans not in groups:
            groups[spans] = _Group(sorted(spans), [], _count_disjoint(spans))
        if spans:
            groups[spans].members.append(occurrence)
    left = list(groups.values())
    numbers = _settle(left)
    searched, is_complete = _search(left)
    satisfied = [False] * len(candidates)
    for group, number in numbers + list(zip(left, searched, strict=True)):
        for occurrence in group.members[:number]:
            satisfied[occurrence] = True
    missing = sum(
        min(len(group.members), group.disjoint) - number
        for group, number in zip(left, searched, strict=True)
    )
    upper_bound = sum(satisfied) + (0 if is_complete else missing)
    return Exclusive(tuple(satisfied), upper_bound, is_complete)


def _settle(left: list[_Group]) -> list[tuple[_Group, int]]:
    """Take groups out whose number no other group can change; return them with that number."""
    settled: list[tuple[_Group, int]] = []
    size = -1
    while len(left) != size:
        size = len(left)
        # The cheaper look first: the other one runs only over groups without many spans.
        is_settled = _find_rich(left)
        if not any(is_settled):
            # Which have spans enough, or all of theirs, that no other group wants?
            is_settled = [
                len(free) == len(group.spans) or _count_disjoint(free) >= len(group.members)
                for group, free in zip(left, _find_free(left), strict=True)
            ]
        pairs = list(zip(left, is_settled, strict=True))
        settled += [(g, min(len(g.members), g.disjoint)) for g, is_out in pairs if is_out]
        left[:] = [group for group, is_out in pairs if not is_out]
    return settled


def _find_rich(groups: Sequence[_Group]) -> list[bool]:
    """Return which groups have spans enough whatever all other occurrences take.

    A span blocks at most as many disjoint spans as it has words.
    """
    widest = max((end - start for group in groups for start, end in group.spans), default=0)
    required = sum(len(group.members) for group in groups)
    return [
        group.disjoint >= len(group.members) + (required - len(group.members)) * widest
        for group in groups
    ]


def _find_free(groups: Sequence[_Group]) -> list[list[Span]]:
    """Return each group's spans that touch no span of another group."""
    spans = sorted((*span, at) for at, group in enumerate(groups) for span in group.spans)
    # Among the spans that start earlier, or as early: does one of another group reach into it?
    is_free = [True] * len(spans)
    reach: list[tuple[int, int]] = []  # (end, group): the furthest end, and another group's
    for place, (start, end, group) in enumerate(spans):
        is_free[place] = all(other == group or far <= start for far, other in reach)
        reach = _keep_extremes([*reach, (end, group)])
    reach = []  # (-start, group), of the spans that start later
    for place in reversed(range(len(spans))):
        start, end, group = spans[place]
        if any(other != group and -near < end for near, other in reach):
            is_free[place] = False
        reach = _keep_extremes([*reach, (-start, group)])
    free: list[list[Span]] = [[] for _ in groups]
    for place, (start, end, group) in enumerate(spans):
        if is_free[place]:
            free[group].append((start, end))
    return free


def _keep_extremes(reach: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the greatest entry, and the greatest of another group."""
    first = max(reach)
    others = [entry for entry in reach if entry[1] != first[1]]
    return [first, max(others)] if others else [first]


def _search(groups: Sequence[_Group]) -> tuple[list[int], bool]:
    """Return how many members of each group get a span, and whether that is exact."""
    candidates = [
        CandidateSpan(at, start, end, Tier.SURFACE)
        for at, group in enumerate(groups)
        for start, end in group.spans
    ]
    chosen, is_exact = select_spans(candidates, [len(group.members) for group in groups])
    numbers = [0] * len(groups)
    for place in chosen:
        numbers[candidates[place].entry] += 1
    return numbers, is_exact


def _count_disjoint(spans: Collection[Span]) -> int:
    """Return how many spans can be chosen, none of which share a word."""
    count = free = 0
    for start, end in sorted(spans, key=lambda span: (span[1], span[0])):
        if start >= free:
            count += 1
            free = end
    return count
