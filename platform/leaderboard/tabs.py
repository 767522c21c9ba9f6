"""The links from a board of a phase to the others: language pairs, their modes and versions."""

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


def find_first_board(test_sets: Iterable[TestSet]) -> TestSet | None:
    """Return the board that a reader sees first: the first pair's, as the organisers imported."""
    return next((of_pair[0] for of_pair in _group_by_pair(test_sets).values()), None)


def list_pair_tabs(test_sets: Iterable[TestSet], shown: TestSet, selection: Selection) -> list[Tab]:
    """Return a tab for each language pair, in the mode of the board that is shown if it has it."""
    tabs = []
    for pair, of_pair in _group_by_pair(test_sets).items():
        same_mode = (test_set for test_set in of_pair if test_set.mode == shown.mode)
        is_current = pair == shown.language_pair
        target = shown if is_current else next(same_mode, of_pair[0])
        address = _make_address(target, shown, selection)
        tabs.append(Tab(target, pair, address, is_current))
    return tabs


def list_mode_tabs(test_sets: Iterable[TestSet], shown: TestSet, selection: Selection) -> list[Tab]:
    """Return a link for each mode and version of the shown pair; none if it has one test set."""
    of_pair = _group_by_pair(test_sets)[shown.language_pair]
    if len(of_pair) == 1:
        return []
    has_versions = len({test_set.version for test_set in of_pair}) > 1
    tabs = []
    for test_set in of_pair:
        label = str(test_set.get_mode_display())
        if has_versions:
            label += f", version {test_set.version}"
        address = _make_address(test_set, shown, selection)
        tabs.append(Tab(test_set, label, address, test_set.pk == shown.pk))
    return tabs


def list_modes(test_sets: Iterable[TestSet], shown: TestSet) -> list[TestSet]:
    """Return the shown pair's test sets of the shown version, proper terms first."""
    of_pair = _group_by_pair(test_sets)[shown.language_pair]
    return [test_set for test_set in of_pair if test_set.version == shown.version]


def _make_address(target: TestSet, shown: TestSet, selection: Selection) -> str:
    # A team of this board may be missing on another.
    team = selection.team if target.language_pair == shown.language_pair else ""
    return selection.address(target.get_absolute_url(), page=1, team=team)


def _group_by_pair(test_sets: Iterable[TestSet]) -> dict[str, Sequence[TestSet]]:
    """Group them in the order of their import; in a pair proper terms and the newest first."""
    pairs: dict[str, list[TestSet]] = {}
    for test_set in test_sets:
        pairs.setdefault(test_set.language_pair, []).append(test_set)
    modes = TestSet.Mode.values
    return {
        pair: sorted(of_pair, key=lambda test_set: (modes.index(test_set.mode), -test_set.version))
        for pair, of_pair in pairs.items()
    }
