"""The ways from one board of a phase to the others: language pairs, their modes and versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leaderboard.selection import Selection
from sharedtasks.models import TestSet


@dataclass(frozen=True, slots=True)
class Tab:
    """A link to a board."""

    test_set: TestSet
    label: str  # of the mode and version; a pair's tab shows its languages
    address: str
    is_current: bool


def first_board(test_sets: Iterable[TestSet]) -> TestSet | None:
    """Return the board that a reader sees first: the first pair's, as the organisers imported."""
    return next((found[0] for found in _by_pair(test_sets).values()), None)


def pair_tabs(test_sets: Iterable[TestSet], shown: TestSet, selection: Selection) -> list[Tab]:
    """Return a tab for each language pair, in the mode of the board that is shown if it has it."""
    tabs = []
    for pair, of_pair in _by_pair(test_sets).items():
        same_mode = (one for one in of_pair if one.mode == shown.mode)
        is_current = pair == shown.language_pair
        target = shown if is_current else next(same_mode, of_pair[0])
        address = _address(target, shown, selection)
        tabs.append(Tab(target, pair, address, is_current))
    return tabs


def mode_tabs(test_sets: Iterable[TestSet], shown: TestSet, selection: Selection) -> list[Tab]:
    """Return a link for each mode and version of the shown pair; none if there is one alone."""
    of_pair = _by_pair(test_sets)[shown.language_pair]
    if len(of_pair) == 1:
        return []
    versions = len({one.version for one in of_pair}) > 1
    return [
        Tab(
            one,
            f"{one.get_mode_display()}, version {one.version}" if versions
            else one.get_mode_display(),
            _address(one, shown, selection),
            one.pk == shown.pk,
        )
        for one in of_pair
    ]  # fmt: skip


def modes_of(test_sets: Iterable[TestSet], shown: TestSet) -> list[TestSet]:
    """Return the shown pair's test sets of one version, proper terms first."""
    return [one for one in _by_pair(test_sets)[shown.language_pair] if one.version == shown.version]


def _address(target: TestSet, shown: TestSet, selection: Selection) -> str:
    # A team may be on one board and not on another.
    team = selection.team if target.language_pair == shown.language_pair else ""
    return selection.address(target.get_absolute_url(), page=1, team=team)


def _by_pair(test_sets: Iterable[TestSet]) -> dict[str, Sequence[TestSet]]:
    """Group them in the order of their import; in a pair proper terms and the newest first."""
    pairs: dict[str, list[TestSet]] = {}
    for test_set in test_sets:
        pairs.setdefault(test_set.language_pair, []).append(test_set)
    modes = TestSet.Mode.values
    return {
        pair: sorted(found, key=lambda one: (modes.index(one.mode), -one.version))
        for pair, found in pairs.items()
    }
