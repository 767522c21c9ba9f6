"""What failed on our side in a shared task, and how organisers let it begin again."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from audit.recording import Actor
from images.models import Image
from organise.bulk import Outcome, act_on
from organise.needs import Needs, failed_entries, failed_submissions
from sharedtasks.models import SharedTask
from submissions.models import Entry, Submission
from submissions.services import requeueing

MOST_LISTED = 50  # entries; and as many submissions
MOST_TICKED = 2 * MOST_LISTED
INPUT = forms.TextInput({"class": "input is-wide"})
TICK = re.compile(r"(entry|submission)-([0-9]{1,18})")
REASON = "A machine of ours failed. This is done again, and costs you no try."


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A line of the list."""

    row: Entry | Submission
    tick: str  # the value of its box
    where: str  # the test set; of a submission, the phase
    obstacle: str = ""  # why it can't be requeued; empty: it can
    quarantined: Image | None = None  # the image that is the obstacle

    @property
    def name(self) -> str:
        """Return what the box is called."""
        return f"{self.row._meta.verbose_name} {self.row.pk}, {self.row.system}".capitalize()


class RequeueForm(forms.Form):
    """Ticked rows, and the reason that their teams read."""

    reason = forms.CharField(
        label="Reason, shown to the teams", max_length=300, initial=REASON, widget=INPUT
    )

    def clean(self) -> None:
        super().clean()
        if not self.ticks:
            raise ValidationError("Tick what is to be requeued.")

    @property
    def ticks(self) -> list[str]:
        """Return the values of the ticked boxes."""
        return cast(QueryDict, self.data).getlist("row") if self.is_bound else []


def list_failed(task: SharedTask, needs: Needs) -> list[FailedRow]:
    """Return what failed, newest first; two queries, and none for what there is nothing of."""
    rows = []
    if needs.submissions:
        submissions = failed_submissions().filter(phase__shared_task=task)
        for submission in submissions.select_related("team", "phase")[:MOST_LISTED]:
            tick, where = f"submission-{submission.pk}", f"{submission.phase.name}, before checking"
            rows.append(FailedRow(submission, tick, where))
    if needs.entries:
        entries = failed_entries().filter(test_set__phase__shared_task=task)
        entries = entries.select_related("team", "test_set__phase", "submission__image")
        rows += [_describe(entry) for entry in entries.order_by("-state_since")[:MOST_LISTED]]
    return rows


def _describe(entry: Entry) -> FailedRow:
    image = entry.submission.image if entry.submission else None
    is_quarantined = image is not None and image.quarantined_at is not None
    return FailedRow(
        row=entry,
        tick=f"entry-{entry.pk}",
        where=entry.test_set.slug,
        obstacle=requeueing.why_not_entry(entry),
        quarantined=image if is_quarantined else None,
    )


def requeue(task: SharedTask, ticks: Collection[str], *, actor: Actor, reason: str) -> Outcome:
    """Requeue the ticked rows of a shared task; what can't be requeued is left out."""
    return act_on(
        _find_ticked(task, ticks), lambda row: requeueing.requeue(row, actor=actor, reason=reason)
    )


def _find_ticked(task: SharedTask, ticks: Collection[str]) -> list[Entry | Submission]:
    """Return the rows with these ticks, of this shared task; in any state."""
    numbers: dict[str, list[int]] = {"entry": [], "submission": []}
    for tick in list(ticks)[:MOST_TICKED]:
        if match := TICK.fullmatch(tick):
            numbers[match[1]].append(int(match[2]))
    entries = Entry.objects.filter(pk__in=numbers["entry"], test_set__phase__shared_task=task)
    submissions = Submission.objects.filter(pk__in=numbers["submission"], phase__shared_task=task)
    return [*submissions.order_by("pk"), *entries.order_by("pk")]
