"""A board as JSON, as CSV and as LaTeX: every row that a reader may see, in the official order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluator import latex
from leaderboard.board_view import BoardLine, BoardView
from leaderboard.caching import allow_caching
from leaderboard.queries import read_board
from sharedtasks.access import test_set_or_404
from sharedtasks.metric_columns import Column
from sharedtasks.policy import Thing
from sharedtasks.viewers import viewer_of
from submissions.pages.exports import write_row

KEPT_FOR = 10  # seconds, in caches
COLUMNS = (
    "place", "range", "is_below_a_line", "kind", "system", "team",
    "is_primary", "is_constrained", "is_verified", "terminology_use", "excluded_reason",
)  # fmt: skip


@require_safe
def board_as_json(request: HttpRequest, task: str, phase: str, test_set: str) -> HttpResponse:
    """Send a board as JSON, numbers with every digit."""
    now = timezone.now()
    view = _read(request, now, task, phase, test_set)
    return _send(JsonResponse(build_json(view)), request, view, now)


@require_safe
def board_as_csv(request: HttpRequest, task: str, phase: str, test_set: str) -> HttpResponse:
    """Send a board as a table with a heading."""
    now = timezone.now()
    view = _read(request, now, task, phase, test_set)
    response = HttpResponse("".join(write_table(view)), content_type="text/csv; charset=utf-8")
    name = f"{task}.{phase}.{view.test_set.slug}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return _send(response, request, view, now)


@require_safe
def board_as_latex(request: HttpRequest, task: str, phase: str, test_set: str) -> HttpResponse:
    """Send a board as a LaTeX table of ranges, systems and headline scores, with its lines."""
    now = timezone.now()
    view = _read(request, now, task, phase, test_set)
    response = HttpResponse(write_latex(view), content_type="application/x-tex; charset=utf-8")
    name = f"{task}.{phase}.{view.test_set.slug}.tex"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return _send(response, request, view, now)


def _read(request: HttpRequest, now: datetime, task: str, phase: str, test_set: str) -> BoardView:
    viewer = viewer_of(request.user)
    row = test_set_or_404(viewer, task, phase, test_set, thing=Thing.BOARD, now=now)
    return read_board(row, viewer=viewer, now=now, is_whole=True)


def _send(
    response: HttpResponse, request: HttpRequest, view: BoardView, now: datetime
) -> HttpResponse:
    phases = [view.test_set.phase]
    return allow_caching(response, request, phases=phases, now=now, at_most=KEPT_FOR)


def build_json(view: BoardView) -> dict[str, object]:
    """Return what the JSON of a board holds."""
    return {
        "test_set": view.test_set.slug,
        "official_order": [column.metric for column in view.order],
        "lines": list(view.ranges.lines),
        "ranges_at": view.ranges_at,
        "ranges_note": view.ranges.note,
        "metrics": {heading.column.metric: heading.signature for heading in view.headings},
        "rows": [
            {
                **_describe(line),
                "scores": {cell.column.metric: cell.value for cell in line.cells},
                "own_signatures": dict(line.row.signatures),  # where not the board's
                "cut_short": list(line.row.cut_short),
            }
            for line in view.lines + view.yardsticks
        ],
        "excluded": [_describe(line) for line in view.excluded],
    }


def write_table(view: BoardView) -> Iterator[str]:
    """Write a board as CSV, with a column for each metric; an undefined score is empty.

    What is excluded stands at the end, without scores.
    """
    metrics = [heading.column.metric for heading in view.headings]
    yield write_row([*COLUMNS, *metrics], "excel")
    for line in view.lines + view.yardsticks + view.excluded:
        described = _describe(line)
        yield write_row(
            [
                *(described[name] for name in COLUMNS),
                *((cell.value for cell in line.cells) if line.cells else [None] * len(metrics)),
            ],
            "excel",
        )


def write_latex(view: BoardView) -> str:
    """Write a board as a booktabs table; names in other scripts need XeLaTeX or LuaLaTeX."""
    shown = [
        heading.column
        for heading in view.headings
        if heading.column.is_headline or heading.column in view.order
    ]
    lines = [number for number, line in enumerate(view.lines) if line.begins_cluster]
    table = latex.write_table(
        ["Range", "System", "Team", *(column.label for column in shown)],
        [_write_latex_row(line, shown) for line in view.lines + view.yardsticks],
        columns="lll" + "r" * len(shown),
        lines=[*lines, *([len(view.lines)] if view.yardsticks else [])],
        comments=[f"{view.test_set.slug}, ranked by {view.order_words}"]
        + [f"{h.column.label}: {h.signature}" for h in view.headings if h.column in shown],
    )
    return "\n".join([latex.PREAMBLE, *table, ""])


def _write_latex_row(line: BoardLine, shown: Sequence[Column]) -> list[str]:
    row = line.row
    values = {cell.column: cell.value for cell in line.cells}
    numbers = [
        "–" if (value := values.get(column)) is None else f"{value:.{column.decimals}f}"
        for column in shown
    ]
    return [row.range or row.place or "–", row.system, line.team, *numbers]


def _describe(line: BoardLine) -> dict[str, str | bool]:
    row = line.row
    return {
        "place": row.place,
        "range": row.range,
        "is_below_a_line": line.begins_cluster,
        "kind": row.kind,
        "system": row.system,
        "team": line.team,
        "is_primary": row.is_primary,
        "is_constrained": row.is_constrained,
        "is_verified": row.is_verified,
        "terminology_use": row.terminology_use,
        "excluded_reason": line.excluded_reason,
    }
