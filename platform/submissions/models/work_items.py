"""What submissions and entries share: workers work on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.db import models
from django.utils import timezone

from submissions.states import FINAL, MovedBy


class WorkItem(models.Model):
    """A row that workers work on: its state, its claim, its attempts.

    Rows alone decide; a message to a worker is a hint.
    """

    WORKING: ClassVar[str]  # the state in which a worker may claim the row
    MOVES: ClassVar[Sequence[tuple[str, str, MovedBy]]]  # old state, new state, mover
    TIMELINE: ClassVar[str]  # the field of StateChange that names such a row; empty: no timeline
    READ_WITH: ClassVar[Sequence[str]]  # what its worker needs first of other tables

    state_since = models.DateTimeField(default=timezone.now)
    reason = models.TextField(blank=True)  # shown to the team; why it was refused or failed
    # Of workers, or of nodes, at the present work; from zero once that is done, or requeued.
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=64, blank=True)  # Celery task id
    claimed_at = models.DateTimeField(null=True, blank=True)
    # After a failed attempt: no worker that takes what is next takes the row before then.
    next_try_at = models.DateTimeField(null=True, blank=True)
    announcements = models.PositiveIntegerField(default=0)  # messages sent about this row
    announce_next_at = models.DateTimeField(default=timezone.now)  # unless claimed until then

    # Each of the two has a `state` of its own choices.
    state: models.CharField[str, str]

    class Meta:
        abstract = True

    @property
    def task(self) -> str:
        """The Celery task that does the work; each of the two models names its own."""
        raise NotImplementedError

    @property
    def is_final(self) -> bool:
        """Return whether it is in a state that does not change by itself."""
        return self.state in FINAL

    @property
    def is_claimed(self) -> bool:
        """Return whether a worker works on it now."""
        return not self.is_final and bool(self.claimed_by)
