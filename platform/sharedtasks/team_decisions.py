"""What organisers decide of a team in their shared task, other than to verify it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team, User
from sharedtasks.states import MAX_REASON


class TeamDecision(models.Model):
    """A team that organisers have declined, or removed from their shared task.

    Its rows stay as they are, so a decision can be taken back.
    """

    class Kind(models.TextChoices):
        DECLINED = "declined"  # not verified: no rank; the team reads the reason
        REMOVED = "removed"  # on no board, and sends nothing more; everybody reads the reason

    shared_task = models.ForeignKey(
        "sharedtasks.SharedTask", models.CASCADE, related_name="team_decisions"
    )
    team = models.ForeignKey(Team, models.CASCADE, related_name="decisions")
    kind = models.CharField(max_length=10, choices=Kind)
    reason = models.CharField(max_length=MAX_REASON)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(  # none: by a command
        User, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="team_decision_once_in_shared_task", fields=["shared_task", "team"]
            ),
            models.CheckConstraint(
                name="team_decision_kind_known", condition=Q(kind__in=["declined", "removed"])
            ),
            models.CheckConstraint(name="team_decision_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.team} in {self.shared_task}"

    @property
    def task_slug(self) -> str:
        """Return the shared task's slug, for the log."""
        return self.shared_task.slug

    @property
    def is_removal(self) -> bool:
        """Return whether the team's entries leave the boards."""
        return self.kind == self.Kind.REMOVED


def find_removals(teams: Sequence[Team], task_id: int) -> list[TeamDecision]:
    """Return the decisions by which some of these teams were removed from a shared task."""
    rows = TeamDecision.objects.filter(shared_task=task_id, team__in=teams)
    return list(rows.filter(kind=TeamDecision.Kind.REMOVED).select_related("team", "shared_task"))
