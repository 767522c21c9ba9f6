"""Reads the log: chosen events, newest first, and each as a sentence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db.models import Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast

from audit.actions import Way
from audit.models import AuditEvent

SEARCHED = ("object_label", "actor_name", "command", "reason", "shown_changes")
MAX_WORDS = 10  # of a search


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to show; what is empty selects all."""

    task: str = ""  # a shared task's slug
    teams: Collection[int] = ()  # beside the task's own events: those of the teams that take part
    actor: str = ""  # a user name, also the operating system's
    way: str = ""
    action: str = ""
    object_type: str = ""
    object_key: str = ""
    words: str = ""  # each has to occur in a name, in the reason or in a change
    since: datetime | None = None
    until: datetime | None = None  # before this instant


@dataclass(frozen=True, slots=True)
class Change:
    """What a field was, and what it is now."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """An event in words, as plain text: templates escape it."""

    actor: str
    way: str
    what: str
    changes: tuple[Change, ...]
    reason: str

    def __str__(self) -> str:
        changes = "; ".join(
            f"{change.field} {change.old} → {change.new}" for change in self.changes
        )
        parts = [f"{self.actor} ({self.way})", self.what, changes, self.reason]
        return ": ".join(filter(None, parts))


def select_events(chosen: EventFilter) -> QuerySet[AuditEvent]:
    """Return the chosen events, newest first."""
    exact = {
        "actor_name": chosen.actor,
        "way": chosen.way,
        "action": chosen.action,
        "object_type": chosen.object_type,
        "object_key": chosen.object_key,
        "at__gte": chosen.since,
        "at__lt": chosen.until,
    }
    events = AuditEvent.objects.filter(**{name: value for name, value in exact.items() if value})
    if chosen.task:
        of_teams = Q(object_type="accounts.team", object_key__in=map(str, chosen.teams))
        events = events.filter(Q(task=chosen.task) | of_teams)
    words = chosen.words.split()[:MAX_WORDS]
    if words:
        events = events.alias(shown_changes=Cast("changes", TextField()))
    for word in words:
        matches = [Q(**{f"{name}__icontains": word}) for name in SEARCHED]
        events = events.filter(Q(*matches, _connector=Q.OR))
    return events


def select_older(events: QuerySet[AuditEvent], last: int) -> QuerySet[AuditEvent]:
    """Return the events after the one with the key `last` in a list that is newest first."""
    at = AuditEvent.objects.filter(pk=last).values("at")
    return events.filter(Q(at__lt=Subquery(at)) | Q(at=Subquery(at), pk__lt=last))


def build_sentence(event: AuditEvent) -> Sentence:
    """Return actor, way, object and action, each change, and the reason, in words."""
    kind, label = apps.get_model(event.object_type)._meta.verbose_name, event.object_label
    named = label if label.startswith(f"{kind} ") else f"{kind} {label}"  # entry 3: …
    return Sentence(
        actor=f"{event.actor_name} on {event.host}" if event.host else event.actor_name,
        way=_show_way(event),
        what=f"{named}, {event.action}",
        changes=tuple(
            Change(field.replace("_", " "), _show(old), _show(new))
            for field, (old, new) in event.changes.items()
        ),
        reason=event.reason,
    )


def _show_way(event: AuditEvent) -> str:
    if event.way == Way.COMMAND:
        return f"manage.py {event.command}"
    return event.command if event.way == Way.PLATFORM else event.get_way_display()


def _show(value: object) -> str:
    words = {None: "none", "": "empty", True: "yes", False: "no"}
    return words.get(value, str(value)) if isinstance(value, bool | str | None) else str(value)
