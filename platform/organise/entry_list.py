"""The rows of the list of entries: newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator

from accounts.models import User
from organise.entry_filter import EntryFilter
from sharedtasks.metric_columns import COLUMNS, Column
from sharedtasks.models import SharedTask
from submissions.models import Entry, Score
from submissions.taking_part import list_organisers_teams

ON_A_PAGE = 50
SHOWN_COLUMNS = ("term-success", "chrf++")


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A row of the list; a score that the entry does not have is None."""

    entry: Entry
    scores: Sequence[tuple[Column, float | None]]
    organisers: Sequence[User]  # of the shared task, who are members of its team

    @property
    def name(self) -> str:
        """Return what its box is called."""
        return f"Entry {self.entry.pk}, {self.entry.system}"


def list_columns() -> list[Column]:
    """Return the metrics that the list has columns for."""
    return [column for column in COLUMNS if column.metric in SHOWN_COLUMNS]


def read_page(wanted: EntryFilter, number: str, total: int) -> Page[Entry]:
    """Return a page of the entries that match, which were counted already; one query."""
    entries = wanted.select().select_related("team", "submission", "flagged_by", "excluded_by")
    paginator = Paginator(entries.order_by("-pk"), ON_A_PAGE)
    paginator.count = total
    return paginator.get_page(number)


def place_in_test_sets(wanted: EntryFilter, entries: Iterable[Entry]) -> list[Entry]:
    """Return entries with the test sets that the filter has read already."""
    test_sets = {row.pk: row for row in wanted.test_sets}
    rows = list(entries)
    for entry in rows:
        entry.test_set = test_sets[entry.test_set_id]
    return rows


def build_lines(task: SharedTask, entries: Sequence[Entry]) -> list[EntryLine]:
    """Return the rows of a page; two queries. Of several scores of a metric the newest counts."""
    scores = Score.objects.filter(entry__in=entries, metric__in=SHOWN_COLUMNS).order_by("pk")
    values = {
        (entry, metric): value
        for entry, metric, value in scores.values_list("entry_id", "metric", "value")
    }
    mixed = {team.pk: members for team, members in list_organisers_teams(task).items()}
    columns = list_columns()
    return [
        EntryLine(
            entry,
            [(column, values.get((entry.pk, column.metric))) for column in columns],
            mixed.get(entry.team_id or 0, []),
        )
        for entry in entries
    ]
