"""The timeline of a submission or an entry: moves, and notes between them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from submissions.models.entries import Entry
from submissions.models.submissions import Submission
from submissions.states import MOVE_KINDS, NOTE_KINDS, ChangeKind


class StateChange(models.Model):
    """A line of a submission's or an entry's timeline: a move, or a note between moves."""

    submission = models.ForeignKey(
        Submission, models.CASCADE, null=True, blank=True, related_name="changes"
    )
    entry = models.ForeignKey(Entry, models.CASCADE, null=True, blank=True, related_name="changes")
    kind = models.CharField(max_length=20, choices=ChangeKind)
    old = models.CharField(max_length=10, blank=True)  # empty: it came into being
    new = models.CharField(max_length=10)
    reason = models.TextField(blank=True)  # for readers only
    actor = models.ForeignKey(  # none: the platform itself
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="state_change_of_one_thing",
                condition=Q(submission=None, entry__isnull=False)
                | Q(submission__isnull=False, entry=None),
            ),
            # A move that is called a note, or a note that is called a move, would mislead rules.
            models.CheckConstraint(
                name="state_change_of_its_kind",
                condition=Q(kind=ChangeKind.CREATED, old="")
                | (Q(kind__in=sorted(MOVE_KINDS)) & ~Q(old="") & ~Q(old=F("new")))
                | Q(kind__in=sorted(NOTE_KINDS), old=F("new")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old or 'new'} → {self.new}"

    @property
    def is_note(self) -> bool:
        """Return whether the state stayed as it was, such as at a change of the primary."""
        return self.kind in NOTE_KINDS
