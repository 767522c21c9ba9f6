"""The log of what people did by hand: rows that are only ever added."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from audit.actions import Way

LABEL_CHARACTERS = 300


class AuditEvent(models.Model):
    """Something that was done to an object: by an actor, by a way, from what to what, and why.

    Names are written as they were at the time, so an event outlives its actor and its object. The
    database refuses to change or delete a row (`audit.triggers`).
    """

    at = models.DateTimeField(default=timezone.now)
    way = models.CharField(max_length=10, choices=Way)
    actor = models.ForeignKey(  # a deleted account leaves its number
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
    )
    actor_name = models.CharField(max_length=150)  # for a command, the operating system's user
    host = models.CharField(max_length=255, blank=True)  # on which a command ran
    command = models.CharField(max_length=100, blank=True)  # requeue; of the platform's own: sweep
    action = models.CharField(max_length=60)  # of Action, in which a new verb needs no migration
    object_type = models.CharField(max_length=100)  # app and model: sharedtasks.phase
    object_key = models.CharField(max_length=100)
    object_label = models.CharField(max_length=LABEL_CHARACTERS)
    task = models.CharField(max_length=50, blank=True)  # the shared task's slug; empty: of no task
    changes = models.JSONField(default=dict)  # field → [from, to]
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(name="audit_of_task", fields=["task", "-at", "-id"]),  # a task's log
            models.Index(  # an object's history
                name="audit_of_object", fields=["object_type", "object_key", "-at"]
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="audit_says_who_and_what", condition=~Q(actor_name="") & ~Q(action="")
            ),
            models.CheckConstraint(
                name="audit_way_has_its_actor",
                condition=Q(way__in=[Way.SITE, Way.ADMIN], actor__isnull=False, host="", command="")
                | (Q(way=Way.COMMAND, actor=None) & ~Q(host="") & ~Q(command=""))
                | (Q(way=Way.PLATFORM, actor=None, host="") & ~Q(command="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_label}: {self.action}"
