"""How far the systems of entries are. Runs are an upper app's rows: the relation is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from submissions.models import Entry


@dataclass(frozen=True, slots=True)
class Progress:
    """A run that goes on."""

    is_smoke: bool  # on the sample sentences
    is_running: bool  # its container is there; else the image is on its way
    done: int  # segments with a translation
    segments: int


def of_entries(entries: Iterable[Entry]) -> dict[int, Progress]:
    """Return the progress of those that run, by their keys; one query."""
    # An entry has one open run at most.
    rows = Entry.objects.filter(
        pk__in=[entry.pk for entry in entries], runs__isnull=False, runs__ended_at=None
    ).values_list("pk", "runs__purpose", "runs__stage", "runs__done", "runs__segments")
    return {
        pk: Progress(purpose == "smoke", stage == "running", done, segments)
        for pk, purpose, stage, done, segments in rows
    }


def facts(entry: Entry) -> tuple[object, ...]:
    """Return what of an entry's runs can change while its page is polled."""
    rows = Entry.objects.filter(pk=entry.pk, runs__isnull=False).order_by("-runs__pk")
    names = ("pk", "stage", "done", "memory", "outcome", "log_bytes")
    return rows.values_list(*(f"runs__{name}" for name in names)).first() or ()
