"""Tests side by side in several processes (pytest-xdist): who runs what, and in which order.

A group runs in one process, one test after the other. Without a word a module is a group, so its
fixtures are made once. A module that takes minutes and shares little is cut into PARTS, or by
`pytest.mark.xdist_group("name")`. Groups that wait (for processes, containers, a browser) run
beside groups that compute, so that no core is idle; of each kind the longest begin first, so that
all processes end at about the same time. A plain `pytest` runs everything in one process, in the
usual order.
"""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
PROCESSES_PER_CORE = 3  # with more, tests wait for a core longer than their limits allow

# Seconds that a module takes by itself, about: only the order matters. Others are as their folder.
SECONDS = {
    "e2e/test_broker_faults": 100,
    "e2e/test_demo": 290,  # it is one chain
    "e2e/test_faults": 180,
    "e2e/test_image_path": 110,
    "e2e/test_node_faults": 480,
    "e2e/test_server_limits": 70,
    "e2e/test_taking_part": 70,
    "hostile/test_hostile_archives": 50,
    "hostile/test_hostile_containers": 240,
    "hostile/test_hostile_files": 50,
    "integration/test_blind_walk": 20,
    "integration/test_edition_wmt25": 90,
    "integration/test_node_process": 100,
    "integration/test_node_runs": 60,
    "integration/test_nodes_fitness": 30,
    "integration/test_published_scores": 20,
    "integration/test_sacrebleu_on_real_text": 20,
    "integration/test_scoring_limits": 40,
    "integration/test_term_lemmatisers": 20,
    "integration/test_term_metrics_on_tico": 20,
    "integration/test_terminology_modes": 30,
    "integration/test_tico_boards": 40,
}
LONGEST_ID = 200  # characters of a text in a test's name
SECONDS_OF_FOLDER = {"e2e": 40, "hostile": 20, "integration": 8, "unit": 1}
# Modules that leave the cores to others most of the time, besides those of the folder e2e.
WAITING = {
    "hostile/test_hostile_containers",
    "integration/test_container_run",
    "integration/test_node_process",
    "integration/test_node_runs",
    "integration/test_sick_nodes",
    "integration/test_tico_boards",
}
WAITING_ENDS_AT = 0.85  # of the run: the end is for short groups, which fill any gap
PARTS = {
    "e2e/test_node_faults": 3,
    "e2e/test_faults": 2,
    "hostile/test_hostile_containers": 3,
    "integration/test_node_process": 2,
}


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many processes `-n auto` means."""
    return int(PROCESSES_PER_CORE * (os.cpu_count() or 1))


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name bytes by their argument, and shorten long texts.

    A zip or gzip holds the time, which differs between processes. Each process sends the names of
    all tests, and hostile texts have megabytes.
    """
    if isinstance(val, bytes | bytearray):
        return argname
    if isinstance(val, str) and len(val) > LONGEST_ID:
        return f"{val[:40]}… of {len(val)} characters"
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Let groups begin in our order: xdist's own is by the number of their tests."""
    config.option.loadscopereorder = False


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the collector of garbage from the tests: they are here to stay, and there are many."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Iterator[None]:
    """Give every test its group, before xdist reads it; put the groups in order in the end.

    Within a group the order stays that of pytest-django: tests that empty tables come last.
    """
    if hasattr(config, "workerinput"):
        _mark_groups(items)
    yield
    if hasattr(config, "workerinput"):
        begins = _find_begins({_group(item): _module(item) for item in items})
        items.sort(key=lambda item: begins[_group(item)])  # stable


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run if the groups have got lost: tests would then meet each other in silence."""
    if hasattr(session.config, "workerinput"):
        lost = [item for item in session.items if "@" not in item.nodeid.rpartition("]")[2]]
        if lost:
            raise pytest.UsageError(f"pytest-xdist has not taken the group of {lost[0].nodeid}")


def _mark_groups(items: list[pytest.Item]) -> None:
    tests, before = Counter(map(_module, items)), Counter[str]()
    for item in items:
        module = _module(item)
        parts = PARTS.get(module, 1)
        if item.get_closest_marker("xdist_group") is None:
            part = before[module] * parts // tests[module] + 1
            name = module if parts == 1 else f"{module} {part} of {parts}"
            item.add_marker(pytest.mark.xdist_group(name))
        before[module] += 1


def _find_begins(modules: dict[str, str]) -> dict[str, float]:
    """Return when each group begins, as a share of the run; `modules` has the module of each."""
    begins = {}
    for is_waiting, share in ((True, WAITING_ENDS_AT), (False, 1.0)):
        seconds = {
            group: _seconds(module) / PARTS.get(module, 1)
            for group, module in modules.items()
            if _is_waiting(module) == is_waiting
        }
        before = 0.0
        for group in sorted(seconds, key=lambda group: -seconds[group]):
            begins[group] = share * before / sum(seconds.values())
            before += seconds[group]
    return begins


def _group(item: pytest.Item) -> str:
    marker = item.get_closest_marker("xdist_group")
    return str(marker.args[0]) if marker else _module(item)


def _module(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT).with_suffix("").as_posix()


def _is_waiting(module: str) -> bool:
    return module in WAITING or module.startswith("e2e/")


def _seconds(module: str) -> float:
    return SECONDS.get(module, SECONDS_OF_FOLDER.get(module.partition("/")[0], 8))
