"""The links from a board of a phase to the others: pairs, domains, modes and versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leaderboard.selection import Selection
from sharedtasks.models import TestSet


@dataclass(frozen=True, slots=True)
class Tab:
    """A link to a board."""

    test_set: TestSet
    label: str  # of the domain, or of the mode and version; a pair's tab shows its languages
    address: str
    is_current: bool


def find_first_board(test_sets: Iterable[TestSet]) -> TestSet | None:
    """Return the board that a reader sees first: the first pair's, as the organisers imported."""
    first = next(iter(test_sets := list(test_sets)), None)
    return None if first is None else _sort_by_mode(_list_like(test_sets, first))[0]


def list_pair_tabs(test_sets: Iterable[TestSet], shown: TestSet, selection: Selection) -> list[Tab]:
    """Return a tab for each language pair, with the domain and mode that are shown if it has them.

    Pairs come in the order of their import.
    """
    test_sets = list(test_sets)
    tabs = []
    for pair in dict.fromkeys(test_set.language_pair for test_set in test_sets):
        of_pair = [test_set for test_set in test_sets if test_set.language_pair == pair]
        same = [test_set for test_set in of_pair if test_set.domain == shown.domain]
        is_current = pair == shown.language_pair
        target = shown if is_current else _choose(same or _list_like(of_pair, of_pair[0]), shown)
        tabs.append(Tab(target, pair, _make_address(target, shown, selection), is_current))
    return tabs


def list_domain_tabs(
    test_sets: Iterable[TestSet], shown: TestSet, selection: Selection
) -> list[Tab]:
    """Return a link for each domain of the shown pair, in the mode that is shown if it has it.

    There is none if the pair has one domain.
    """
    of_pair = [test_set for test_set in test_sets if test_set.language_pair == shown.language_pair]
    first = {test_set.domain: test_set for test_set in reversed(of_pair)}
    if len(first) == 1:
        return []
    tabs = []
    for domain in dict.fromkeys(test_set.domain for test_set in of_pair):
        is_current = domain == shown.domain
        target = shown if is_current else _choose(_list_like(of_pair, first[domain]), shown)
        label = target.domain_label or "no domain"
        tabs.append(Tab(target, label, _make_address(target, shown, selection), is_current))
    return tabs


def list_mode_tabs(test_sets: Iterable[TestSet], shown: TestSet, selection: Selection) -> list[Tab]:
    """Return a link for each mode and version of the shown pair and domain, in the modes' order.

    There is none if it has one test set.
    """
    alike = _sort_by_mode(_list_like(test_sets, shown))
    if len(alike) == 1:
        return []
    has_versions = len({test_set.version for test_set in alike}) > 1
    tabs = []
    for test_set in alike:
        label = test_set.terminology_mode.label
        if has_versions:
            label += f", version {test_set.version}"
        address = _make_address(test_set, shown, selection)
        tabs.append(Tab(test_set, label, address, test_set.pk == shown.pk))
    return tabs


def list_modes(test_sets: Iterable[TestSet], shown: TestSet) -> list[TestSet]:
    """Return the test sets that differ from the shown test set by their mode only, in order."""
    alike = _list_like(test_sets, shown)
    return [test_set for test_set in _sort_by_mode(alike) if test_set.version == shown.version]


def _make_address(target: TestSet, shown: TestSet, selection: Selection) -> str:
    # A team of this board may be missing on another.
    is_near = (target.language_pair, target.domain) == (shown.language_pair, shown.domain)
    team = selection.team if is_near else ""
    return selection.address(target.get_absolute_url(), page=1, team=team)


def _list_like(test_sets: Iterable[TestSet], shown: TestSet) -> list[TestSet]:
    """Return the test sets of the same language pair and domain."""
    return [
        test_set
        for test_set in test_sets
        if (test_set.language_pair, test_set.domain) == (shown.language_pair, shown.domain)
    ]


def _choose(alike: Sequence[TestSet], shown: TestSet) -> TestSet:
    """Return the test set in the mode that is shown, or else in the first."""
    ordered = _sort_by_mode(alike)
    return next((test_set for test_set in ordered if test_set.mode == shown.mode), ordered[0])


def _sort_by_mode(alike: Sequence[TestSet]) -> list[TestSet]:
    """Sort by the order of modes, and the newest version first."""

    def place(test_set: TestSet) -> tuple[int, int, int]:
        mode = test_set.terminology_mode
        return mode.position, mode.pk, -test_set.version

    return sorted(alike, key=place)
