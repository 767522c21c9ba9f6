"""Collects what the benchmarks measure, and prints all of it as one table at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

Record = Callable[..., None]


class Row(NamedTuple):
    """A measurement: what was done, what it was compared with, and what it must reach."""

    work: str
    peer: str
    measured: str
    wanted: str


ROWS = pytest.StashKey[list[Row]]()


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Record:
    """Return a function that takes a row of the table: work, peer, measured, wanted."""
    rows = request.config.stash.setdefault(ROWS, [])

    def add(work: str, peer: str, measured: str, wanted: str) -> None:
        rows.append(Row(work, peer, measured, wanted))

    return add


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table."""
    rows = config.stash.get(ROWS, [])
    if not rows:
        return
    table = [Row("work", "peer", "measured", "at least"), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(Row._fields))]
    terminalreporter.section("what was measured, processor time unless it says otherwise")
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        terminalreporter.write_line("  ".join(cells).rstrip())
