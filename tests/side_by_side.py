"""Tests side by side in several processes (pytest-xdist): who runs what, and in which order.

A group runs in one process, one test after the other. Without a word a module is a group, so its
fixtures are made once. `pytest.mark.xdist_group("name")` on tests of a long module makes groups of
parts of it, if they share nothing dear. The longest groups begin first, so that all processes end
at about the same time. A plain `pytest` runs everything in one process, in the usual order.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
PROCESSES_PER_CORE = 2.5  # more than half of the time is spent waiting

# Seconds that a group takes, about: only the order matters. Others are guessed by their folder.
SECONDS = {
    "e2e/test_every_page": 150,
    "e2e/test_node_faults": 250,
    "e2e/test_faults": 120,
    "e2e/test_demo": 80,
}
SECONDS_OF_FOLDER = {"e2e": 60, "hostile": 50, "integration": 10, "unit": 1}


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many processes `-n auto` means."""
    return int(PROCESSES_PER_CORE * (os.cpu_count() or 1))


@pytest.hookimpl(tryfirst=True)  # xdist then reads the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give every test its group, and put the longest groups first."""
    if not hasattr(config, "workerinput"):
        return
    groups = {}
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(_module(item)))
        groups[item] = item.get_closest_marker("xdist_group").args[0]
    items.sort(key=lambda item: (-_seconds(groups[item], item), groups[item]))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run if the groups have got lost: tests would then meet each other in silence."""
    if hasattr(session.config, "workerinput"):
        lost = [
            item.nodeid for item in session.items if not item.nodeid.rpartition("]")[2].count("@")
        ]
        if lost:
            raise pytest.UsageError(f"pytest-xdist has not taken the group of {lost[0]}")


def _module(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT).with_suffix("").as_posix()


def _seconds(group: str, item: pytest.Item) -> float:
    folder = _module(item).partition("/")[0]
    return SECONDS.get(group, SECONDS_OF_FOLDER.get(folder, 10))
