"""When each part of the platform last wrote a heartbeat, and when it was away."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

MAX_NAME = 100


class Heartbeat(models.Model):
    """The last sign of life of a part: the web servers, the sweeper, the workers of a queue.

    A part has one row, however many processes it has: it is there while any of them is.
    """

    part = models.CharField(max_length=MAX_NAME, unique=True)
    at = models.DateTimeField()  # by the database's clock

    class Meta:
        ordering = ["part"]

    def __str__(self) -> str:
        return f"{self.part}: {self.at}"


class Absence(models.Model):
    """A time in which a part wrote no heartbeat; recorded with its next heartbeat."""

    part = models.CharField(max_length=MAX_NAME)
    since = models.DateTimeField()  # its last heartbeat before
    until = models.DateTimeField()  # its first heartbeat after

    class Meta:
        ordering = ["until"]
        constraints = [
            models.CheckConstraint(name="absence_ends_later", condition=Q(until__gt=F("since")))
        ]
        indexes = [
            # The sweep of runs asks for absences since a heartbeat; quarantine for absences
            # within a period.
            models.Index(name="absence_until", fields=["until"])
        ]

    def __str__(self) -> str:
        return f"{self.part}: {self.since} – {self.until}"
