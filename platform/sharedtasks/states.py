"""Draft, announced or retired: what is stored of a shared task, of a phase and of a test set.

Open and closed are not stored. They follow from the dates of a phase.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models
from django.db.models import Q

MAX_REASON = 500  # characters


class State(models.TextChoices):
    """What everybody may know of a row. A part counts as announced only with its parents."""

    DRAFT = "draft"  # for the roles of its shared task only
    ANNOUNCED = "announced"  # everybody may know of it; dates say what is shown when
    RETIRED = "retired"  # takes nothing new and leaves the lists; its addresses go on answering


# An announced row never becomes a draft again: people have read it.
TRANSITIONS = {
    State.DRAFT: {State.ANNOUNCED},
    State.ANNOUNCED: {State.RETIRED},
    State.RETIRED: {State.ANNOUNCED},
}
PUBLIC = (State.ANNOUNCED, State.RETIRED)

# The columns that decide, from a row and from what it is a part of.
OF_TASK = ("state",)
OF_PHASE = ("state", "shared_task__state")
OF_TEST_SET = ("state", "phase__state", "phase__shared_task__state")


def are_in(columns: Sequence[str], states: Sequence[State], prefix: str = "") -> Q:
    """Return the condition that all these columns hold one of the states."""
    return Q(**{f"{prefix}{column}__in": states for column in columns})


class Announceable(models.Model):
    """A row that begins as a draft. `sharedtasks.services.announcing` alone moves it."""

    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)
    retired_reason = models.CharField(  # everybody reads it
        max_length=MAX_REASON, blank=True, default="", editable=False
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_lifecycle_known", condition=Q(state__in=State.values)
            ),
            models.CheckConstraint(
                name="%(class)s_retired_with_reason",
                condition=(Q(state="retired", retired_at__isnull=False) & ~Q(retired_reason=""))
                | (~Q(state="retired") & Q(retired_at=None, retired_reason="")),
            ),
        ]

    @property
    def lineage(self) -> list[Announceable]:
        """Return the row itself, then what it is a part of."""
        raise NotImplementedError

    @property
    def task_slug(self) -> str:
        """Return the shared task's slug, for the log."""
        raise NotImplementedError

    @property
    def is_public(self) -> bool:
        """Return whether everybody may know of it: neither it nor a parent is a draft."""
        return all(row.state in PUBLIC for row in self.lineage)

    @property
    def is_current(self) -> bool:
        """Return whether it is announced with its parents, and none of them is retired."""
        return all(row.state == State.ANNOUNCED for row in self.lineage)

    @property
    def retired(self) -> Announceable | None:
        """Return the retired row that ended it: itself, or what it is a part of."""
        return next((row for row in self.lineage if row.state == State.RETIRED), None)
