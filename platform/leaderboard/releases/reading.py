"""Published releases, as their documents say: whatever has changed since."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from files import storage
from leaderboard.board_view import MOST_ROWS, Cell
from leaderboard.models import Release
from sharedtasks.access import phase_or_404
from sharedtasks.metric_columns import Column
from sharedtasks.models import Phase
from sharedtasks.policy import Thing, Viewer, can_see
from submissions.models import Entry

COLUMN_FIELDS = [field.name for field in fields(Column)]
ROW_FIELDS = (
    "kind", "system", "team", "place", "range", "is_primary", "is_constrained", "terminology_use",
    "is_below_a_line",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReleasedHeading:
    """A column of a released board."""

    column: Column
    signature: str
    begins_group: bool
    group_size: int


@dataclass(frozen=True, slots=True)
class ReleasedRow:
    """A row of a released board; `team` is empty where the release does not name teams."""

    kind: str
    system: str
    team: str
    place: str
    range: str
    is_primary: bool
    is_constrained: bool
    terminology_use: str
    is_below_a_line: bool
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class ReleasedExclusion:
    """An entry that the organisers had excluded; `reason` is empty where teams are not named."""

    system: str
    team: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReleasedBoard:
    """A board of a release."""

    test_set: str
    source_language: str
    target_language: str
    domain: str
    mode: str  # its label
    segments: int
    documents: int
    required_terms: int
    order: Sequence[str]  # labels
    ranges_note: str
    headings: Sequence[ReleasedHeading]
    systems: Sequence[ReleasedRow]  # at most MOST_ROWS
    yardsticks: Sequence[ReleasedRow]
    excluded: Sequence[ReleasedExclusion]
    rows_left_out: int  # the document has them


def visible_releases(viewer: Viewer, phase: Phase, now: datetime) -> QuerySet[Release]:
    """Return the releases of a phase that a viewer may know of, the newest first.

    For all but the roles of the shared task they wait for their instant, and for whatever the
    phase hides again.
    """
    releases = Release.objects.filter(phase=phase).select_related("document").order_by("-number")
    if viewer.has_role(phase.shared_task_id):
        return releases
    if not can_see(viewer, Thing.BOARD, phase, now):
        return releases.none()
    releases = releases.filter(public_at__lte=now)
    if can_see(viewer, Thing.TEAM_NAMES, phase, now):
        return releases
    return releases.filter(names_teams=False)


def release_or_404(
    viewer: Viewer, task: str, phase: str, number: int, now: datetime
) -> tuple[Release, list[Release]]:
    """Return a release, and all releases of its phase that the viewer may know of."""
    row = phase_or_404(viewer, task, phase)
    known = list(visible_releases(viewer, row, now))
    release = next((release for release in known if release.number == number), None)
    if release is None:
        raise Http404(f"{row} has no release {number}.")
    for each in known:
        each.phase = row
    return release, known


def read_document(release: Release) -> dict[str, Any]:
    """Return the document of a release."""
    with storage.open_file(release.document) as stream:
        document: dict[str, Any] = json.load(stream)
    return document


def read_released_board(board: Mapping[str, Any]) -> ReleasedBoard:
    """Return a board of a document, for a page."""
    headings = _read_headings(board["columns"])
    systems = [row for row in board["rows"] if row["kind"] == Entry.Kind.SYSTEM]
    yardsticks = [row for row in board["rows"] if row["kind"] != Entry.Kind.SYSTEM]
    labels = {heading.column.metric: heading.column.label for heading in headings}
    return ReleasedBoard(
        test_set=board["test_set"],
        source_language=board["source_language"],
        target_language=board["target_language"],
        domain=board["domain"].replace("-", " "),
        mode=board["mode"],
        segments=board["segments"],
        documents=board["documents"],
        required_terms=board["required_terms"],
        order=[labels.get(metric, metric) for metric in board["official_order"]],
        ranges_note=board["ranges_note"],
        headings=headings,
        systems=[_read_row(row, headings) for row in systems[:MOST_ROWS]],
        yardsticks=[_read_row(row, headings) for row in yardsticks[:MOST_ROWS]],
        excluded=[
            ReleasedExclusion(row["system"], row["team"], row["excluded_reason"])
            for row in board["excluded"][:MOST_ROWS]
        ],
        rows_left_out=max(len(systems) - MOST_ROWS, 0),
    )


def _read_headings(columns: Sequence[Mapping[str, Any]]) -> list[ReleasedHeading]:
    sizes = Counter(column["group"] for column in columns)
    before = [None, *(column["group"] for column in columns)]
    return [
        ReleasedHeading(
            Column(**{name: column[name] for name in COLUMN_FIELDS}),
            signature=column["signature"],
            begins_group=column["group"] != group,
            group_size=sizes[column["group"]],
        )
        for column, group in zip(columns, before, strict=False)
    ]


def _read_row(row: Mapping[str, Any], headings: Sequence[ReleasedHeading]) -> ReleasedRow:
    return ReleasedRow(
        **{name: row[name] for name in ROW_FIELDS},
        cells=[
            Cell(
                heading.column,
                row["scores"][heading.column.metric],
                row["own_signatures"].get(heading.column.metric, ""),
                heading.begins_group,
                heading.column.metric in row["cut_short"],
            )
            for heading in headings
        ],
    )
