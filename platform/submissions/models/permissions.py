"""The first step of sending an image: a question with its name and size, which was answered yes."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.models import Team
from sharedtasks.models import Phase


class ImagePermission(models.Model):
    """What a member may send to a phase: the newest such question, so that rows stay few.

    The archive takes hours. It counts as begun when it was asked for.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    phase = models.ForeignKey(Phase, models.CASCADE)
    team = models.ForeignKey(Team, models.CASCADE)
    form_token = models.CharField(max_length=32)
    system = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()  # bytes of the archive
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="image_permission_newest_of_a_member", fields=["member", "phase"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system} of {self.team}"
