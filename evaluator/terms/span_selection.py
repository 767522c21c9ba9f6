"""The largest set of disjoint spans with a limit for each entry; of several the first in order.

In general this is hard (it is interval scheduling with a limit per kind), in practice tiny. The
candidates fall into components that share neither a letter nor a limit that matters; each is
solved from left to right, a state being how much of each limit is used up. Four aims in one
number: with w(c) = 2^a + [c is surface] 2^b + [c is lemma] 2^c + 2^(n - 1 - rank of c), a > b > c
> n wide enough, the greatest sum has most spans, then most surface hits, then most lemma hits, then
the smallest list: of two sets of the same size the set that owns the first candidate, by rank, in
which they differ. The sum's low bits are the chosen set itself.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from operator import attrgetter
from typing import NamedTuple

# What the search may cost per text, in bits of state: about 65,000 steps of a small component
# (0.1 s), fewer of a large one, whose numbers are long. The segments of TICO-19 need at most some
# dozens of steps. Documents need more, and may have more: so much for each REQUIRED occurrences,
# which the test set decides, not the hypothesis. The documents of WMT25, with up to 680 required
# occurrences, need at most 27 times the budget (2 s). What fails costs as much as what succeeds.
BUDGET = 2**29
REQUIRED = 8
MOST = 32  # times the budget
STEP = 2**13  # bits that a step costs beside its number's
MEMORY = 2**28  # bytes of the states that a search holds at a time
STATE = 256  # bytes of a state beside the digits of its numbers


class Tier(IntEnum):
    """How a span renders a term; the lower, the better."""

    SURFACE = 0
    LEMMA = 1
    LONGER_WORD = 2


class CandidateSpan(NamedTuple):
    """A span [start, end) that would render an occurrence of an entry."""

    entry: int
    start: int
    end: int
    tier: Tier


def select_spans(
    candidates: Sequence[CandidateSpan], limits: Sequence[int]
) -> tuple[list[int], bool]:
    """Choose candidates, disjoint and at most limits[entry] of an entry; (indexes, is exact).

    `candidates` are ordered by (entry, start, length) without repetition, and so is the answer.
    Where the search would cost too much, spans are taken by end, shorter first, best tier first.
    """
    return select_disjoint(candidates, limits, count_disjoint(candidates))


def select_disjoint(
    candidates: Sequence[CandidateSpan], limits: Sequence[int], disjoint: Mapping[int, int]
) -> tuple[list[int], bool]:
    """Return what `select_spans` returns; `disjoint` is what `count_disjoint` returns of them."""
    budget = BUDGET * min(max(1, sum(limits) // REQUIRED), MOST)
    # Each by itself would cost two steps.
    if len(candidates) * 4 * STEP <= budget and not _compete(candidates, limits, disjoint):
        return list(range(len(candidates))), True
    chosen: list[int] = []
    is_exact = True
    # Entries with more disjoint spans than allowed: the limits of other entries never matter.
    limited = {entry for entry, count in disjoint.items() if count > limits[entry]}
    # Small components first, so that a monstrous component takes no exact answer from another.
    for component in sorted(_split(candidates, limited), key=lambda c: (len(c), c)):
        best, cost = _search(component, candidates, limits, limited, budget)
        budget -= cost
        if best is None:
            is_exact = False
            best = _take_by_end(component, candidates, limits)
        chosen += best
    return sorted(chosen), is_exact


def _compete(
    candidates: Sequence[CandidateSpan], limits: Sequence[int], disjoint: Mapping[int, int]
) -> bool:
    """Return whether not all candidates can be chosen: the usual case is that they can."""
    for entry, count in disjoint.items():
        if count > limits[entry]:
            return True
    reach = 0
    for start, end in sorted([(start, end) for _, start, end, _ in candidates]):
        if start < reach:
            return True
        reach = end
    return False


def count_disjoint(candidates: Sequence[CandidateSpan]) -> dict[int, int]:
    """Return by entry the most spans of it that share no letter."""
    most: dict[int, int] = {}
    free: dict[int, int] = {}
    for entry, start, end, _ in sorted(candidates, key=attrgetter("end", "start")):
        if start >= free.get(entry, 0):
            most[entry] = most.get(entry, 0) + 1
            free[entry] = end
    return most


def _split(candidates: Sequence[CandidateSpan], limited: set[int]) -> list[list[int]]:
    """Return components: groups of indexes, ascending, that can be solved separately."""
    parent = list(range(len(candidates)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    last_of: dict[int, int] = {}
    previous, reach = -1, 0
    for at in sorted(parent, key=lambda at: candidates[at].start):
        span = candidates[at]
        if previous >= 0 and span.start < reach:
            parent[root(at)] = root(previous)
        if span.entry in limited:
            parent[root(at)] = root(last_of.setdefault(span.entry, at))
        previous, reach = at, max(reach, span.end)
    groups: dict[int, list[int]] = {}
    for at in range(len(candidates)):
        groups.setdefault(root(at), []).append(at)
    return list(groups.values())


def _search(
    component: list[int],
    candidates: Sequence[CandidateSpan],
    limits: Sequence[int],
    limited: set[int],
    budget: int,
) -> tuple[list[int] | None, int]:
    """Return the best set of a component and its cost; None beyond the budget or the memory."""
    size = len(component)
    if 2 * (STEP + size) * size > budget:  # at least that: spare the attempt
        return None, 0
    many = size.bit_length() + 1
    order = sorted(range(size), key=lambda rank: candidates[component[rank]].start)
    starts = [candidates[component[rank]].start for rank in order]
    fields = _Fields([candidates[component[rank]].entry for rank in order], limits, limited)
    cost_of_step = STEP + size + fields.width
    most_held = MEMORY // (STATE + (size + 2 * many + fields.width) // 8)
    cost, held = 0, 1  # states
    # layers[i]: by state, the best sum of the spans chosen before the i-th by start.
    layers: list[dict[int, int] | None] = [None] * (size + 1)
    layers[0] = {0: 0}
    for at, rank in enumerate(order):
        layer, layers[at] = layers[at], None
        assert layer is not None  # leaving the span before out leads here
        cost += cost_of_step * 2 * len(layer)
        if cost > budget or held > most_held:
            return None, cost
        span = candidates[component[rank]]
        weight = (1 << (size + 2 * many)) + (1 << (size - 1 - rank))
        if span.tier is not Tier.LONGER_WORD:
            weight += 1 << (size + many * (span.tier is Tier.SURFACE))
        held -= len(layer)
        held += _put(layers, at + 1, layer.items(), fields.alive[at + 1])
        taken = ((fields.use(s, at), value + weight) for s, value in layer.items())
        allowed = [(state, value) for state, value in taken if state is not None]
        following = bisect_left(starts, span.end, lo=at + 1)
        held += _put(layers, following, allowed, fields.alive[following])
    final = layers[size]
    assert final is not None
    best = max(final.values())
    return [component[rank] for rank in range(size) if best >> (size - 1 - rank) & 1], cost


def _put(
    layers: list[dict[int, int] | None], at: int, items: Iterable[tuple[int, int]], alive: int
) -> int:
    """Add states to a layer, the best sum of each; return how many are new."""
    layer = layers[at]
    if layer is None:
        layer = layers[at] = {}
    before = len(layer)
    for state, value in items:
        state &= alive
        if value > layer.get(state, -1):
            layer[state] = value
    return len(layer) - before


class _Fields:
    """A state: for each limited entry a few bits that count how often it was used."""

    def __init__(self, entries: list[int], limits: Sequence[int], limited: set[int]) -> None:
        self.width = 0
        places: dict[int, tuple[int, int]] = {}
        for entry in entries:
            if entry in limited and entry not in places:
                places[entry] = self.width, limits[entry]
                self.width += limits[entry].bit_length()
        self._places = [places.get(entry) for entry in entries]
        # alive[i]: the fields that candidates from the i-th on still ask for.
        self.alive = [0] * (len(entries) + 1)
        for at in range(len(entries) - 1, -1, -1):
            self.alive[at] = self.alive[at + 1]
            place = self._places[at]
            if place is not None:
                shift, limit = place
                self.alive[at] |= ((1 << limit.bit_length()) - 1) << shift

    def use(self, state: int, at: int) -> int | None:
        """Count a use of the at-th candidate's entry; None if its limit is reached."""
        place = self._places[at]
        if place is None:
            return state
        shift, limit = place
        used = state >> shift & ((1 << limit.bit_length()) - 1)
        return None if used >= limit else state + (1 << shift)


def _take_by_end(
    component: list[int], candidates: Sequence[CandidateSpan], limits: Sequence[int]
) -> list[int]:
    """Take what is free: by end, shorter first, best tier first."""

    def rank(at: int) -> tuple[int, int, Tier, int]:
        span = candidates[at]
        return span.end, -span.start, span.tier, at

    left = {candidates[at].entry: limits[candidates[at].entry] for at in component}
    chosen: list[int] = []
    free = 0
    for at in sorted(component, key=rank):
        span = candidates[at]
        if span.start >= free and left[span.entry]:
            left[span.entry] -= 1
            free = span.end
            chosen.append(at)
    return chosen
