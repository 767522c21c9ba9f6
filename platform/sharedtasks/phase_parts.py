"""What belongs to a phase: dates that were moved, and teams that may submit later than others."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Team
from sharedtasks.release_dates import DATES
from sharedtasks.states import MAX_REASON


class DateChange(models.Model):
    """A date of an announced phase that was moved; the overview shows old and new."""

    phase = models.ForeignKey("sharedtasks.Phase", models.CASCADE, related_name="date_changes")
    field = models.CharField(max_length=20)
    old = models.DateTimeField(null=True)  # none: it was not announced
    new = models.DateTimeField(null=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)  # who moved it, by name: accounts can be deleted

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="date_change_of_a_date", condition=Q(field__in=list(DATES))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.phase}: {self.field} moved"


class Extension(models.Model):
    """A team may upload to a phase until a later instant than others."""

    phase = models.ForeignKey("sharedtasks.Phase", models.CASCADE, related_name="extensions")
    team = models.ForeignKey(Team, models.CASCADE, related_name="extensions")
    until = models.DateTimeField()
    reason = models.CharField(max_length=MAX_REASON)  # for the organisers

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="extension_once_for_a_team", fields=["phase", "team"]),
            models.CheckConstraint(name="extension_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.team} in {self.phase}"

    @property
    def task_slug(self) -> str:
        """Return the shared task's slug, for the log."""
        slug: str = self.phase.task_slug
        return slug
