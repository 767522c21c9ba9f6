"""The log of a shared task: which events to show, and each as a row of a table or of a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet

from audit.actions import Action
from audit.models import AuditEvent
from audit.queries import EventFilter, Sentence, build_sentence, select_events
from sharedtasks.models import SharedTask
from submissions.pages.exports import write_row
from submissions.taking_part import select_participants

ON_A_PAGE = 100
CHUNK = 2_000  # rows that are read together
CSV_COLUMNS = ("time", "who", "way", "what", "changes", "reason")
DATE = forms.DateInput({"class": "input is-date-only", "type": "date"}, format="%Y-%m-%d")


class LogFilter(forms.Form):
    """What of a shared task's log to show; what is empty selects all. Days are in UTC."""

    q = forms.CharField(
        label="Words",
        required=False,
        max_length=200,
        widget=forms.TextInput({"class": "input is-short", "type": "search"}),
    )
    who = forms.ChoiceField(label="Who", required=False)
    action = forms.ChoiceField(label="What", required=False)
    since = forms.DateField(label="From (UTC)", required=False, widget=DATE)
    until = forms.DateField(label="Until, with that day", required=False, widget=DATE)

    def __init__(self, data: Mapping[str, str], task: SharedTask) -> None:
        super().__init__(data)
        self.task = task
        names = AuditEvent.objects.filter(task=task.slug).order_by("actor_name")
        self._offer("who", "anyone", names.values_list("actor_name", flat=True).distinct())
        self._offer("action", "everything", map(str, Action))

    def _offer(
        self, name: str, everything: str, values: Iterator[str] | QuerySet[AuditEvent, str]
    ) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", everything), *((value, value) for value in values)]

    @property
    def query(self) -> str:
        """Return the filled fields as the query of an address."""
        return urlencode({name: value for name, value in self.cleaned_data.items() if value})

    def select(self) -> QuerySet[AuditEvent]:
        """Return the events that match, newest first."""
        wanted = self.cleaned_data
        since, until = wanted["since"], wanted["until"]
        chosen = EventFilter(
            task=self.task.slug,
            teams=list(select_participants(self.task).values_list("pk", flat=True)),
            actor=wanted["who"],
            action=wanted["action"],
            words=wanted["q"],
            since=since and datetime.combine(since, time(), UTC),
            until=until and datetime.combine(until, time(), UTC) + timedelta(days=1),
        )
        return select_events(chosen)


def read_page(events: QuerySet[AuditEvent]) -> tuple[list[tuple[AuditEvent, Sentence]], bool]:
    """Return the first events, each with its sentence, and whether there are more."""
    rows = list(events[: ON_A_PAGE + 1])
    shown = [(event, build_sentence(event)) for event in rows[:ON_A_PAGE]]
    return shown, len(rows) > ON_A_PAGE


def write_csv(events: QuerySet[AuditEvent]) -> Iterator[str]:
    """Write events as CSV with a heading; no cell is computed by a spreadsheet."""
    yield write_row(CSV_COLUMNS, "excel")
    for event in events.iterator(CHUNK):
        sentence = build_sentence(event)
        changes = "; ".join(f"{row.field}: {row.old} → {row.new}" for row in sentence.changes)
        at = event.at.astimezone(UTC).isoformat(timespec="seconds")
        cells = (at, sentence.actor, sentence.way, sentence.what, changes, sentence.reason)
        yield write_row(cells, "excel")
