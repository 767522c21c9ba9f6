"""What the demo prints: finished uploads, and boards."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tabulate import tabulate

from config.templatetags.site import score
from evaluator.metrics import STOPPED_MARK, STOPPED_NOTE
from leaderboard import boards
from leaderboard.board_view import BoardLine, BoardView, Cell
from leaderboard.queries import read_board
from leaderboard.snapshots import BASELINE
from sharedtasks.metric_columns import COLUMNS
from sharedtasks.models import TestSet
from submissions.models import Submission


def print_news(sent: set[int], started: float) -> set[int]:
    """Print which of these uploads are finished; return the others."""
    unfinished = set()
    rows = Submission.objects.filter(pk__in=sent).select_related("team")
    for row in rows.prefetch_related("entries__test_set").order_by("pk"):
        entries = sorted(row.entries.all(), key=lambda entry: entry.pk)
        if not row.is_final or not all(entry.is_final for entry in entries):
            unfinished.add(row.pk)
            continue
        states = ", ".join(f"{entry.test_set.slug} {entry.state}" for entry in entries)
        name = f"{row.system} ({row.team.name})"
        seconds = time.monotonic() - started
        outcome = f"{states or row.state}: {row.reason}" if row.reason else states
        # No table: each row appears as soon as its upload is finished.
        print(f"  {seconds:5.1f} s  {name:<44} {outcome}", flush=True)
    return unfinished


def print_board(test_set_id: int) -> None:
    """Print all systems of a board."""
    view = _build_board(test_set_id)
    _print_lines(view, view.lines)


def print_baselines(test_set_id: int) -> None:
    """Print the organisers' systems of a board."""
    view = _build_board(test_set_id)
    _print_lines(view, [line for line in view.yardsticks if line.row.kind == BASELINE])


def _build_board(test_set_id: int) -> BoardView:
    boards.rebuild(test_set_id)  # the worker does it too; here the last row must not be missed
    return read_board(TestSet.objects.select_related("phase__shared_task").get(pk=test_set_id))


def _print_lines(view: BoardView, lines: Sequence[BoardLine]) -> None:
    there = {cell.column.metric for line in lines for cell in line.cells}
    columns = [column for column in COLUMNS if column.is_headline and column.metric in there]
    rows = [[view.test_set.slug, "system", "team", *(column.label for column in columns)]]
    for line in lines:
        cells = {cell.column.metric: cell for cell in line.cells}
        numbers = [_write_number(cells[column.metric]) for column in columns]
        rows.append([line.row.place or "–", line.row.system, line.team, *numbers])
    sides = ("left", "left", "left", *["right"] * len(columns))
    table = tabulate(
        rows, tablefmt="plain", colalign=sides, disable_numparse=True, preserve_whitespace=True
    )
    print(f"\n{table}")
    if any(cell.is_cut_short for line in lines for cell in line.cells if cell.column in columns):
        print(f"{STOPPED_NOTE}.")


def _write_number(cell: Cell) -> str:
    """Write a cell's number, with room for the mark of a search that was cut short."""
    number = "–" if cell.value is None else score(cell.value, cell.column.decimals)
    return number + (STOPPED_MARK if cell.is_cut_short else " ")
