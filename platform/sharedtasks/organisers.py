"""Who organises a shared task, in which role."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from sharedtasks.policy import Role


class OrganiserQuerySet(models.QuerySet["Organiser"]):
    """Roles, selected by whether they count."""

    def counting(self) -> OrganiserQuerySet:
        """Return the roles that count now.

        A role that reads references counts only while its account has a second factor. No role of
        an account that is switched off counts.
        """
        return self.filter(_has_factor_if_needed(), user__is_active=True)

    def lacking_second_factor(self) -> OrganiserQuerySet:
        """Return the roles that begin to count once their account has a second factor."""
        return self.filter(~_has_factor_if_needed())

    def changing(self) -> OrganiserQuerySet:
        """Return the roles that change their shared task: its owners and organisers."""
        return self.filter(role__in=[role for role in Role if role.includes(Role.ORGANISER)])


def _has_factor_if_needed() -> Q:
    """Return the condition for roles; the demo's organiser needs none, in a demo."""
    codes = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    reads_no_references = Q(role=Role.OBSERVER, reads_references=False)
    return reads_no_references | Q(user__username=settings.DEMO_ORGANISER) | Q(Exists(codes))


class Organiser(models.Model):
    """A person's role in a shared task; `sharedtasks.services.roles` alone writes it."""

    shared_task = models.ForeignKey(
        "sharedtasks.SharedTask", models.CASCADE, related_name="organisers"
    )
    # Protected: without its last owner, nobody could give roles in a shared task.
    user = models.ForeignKey(User, models.PROTECT, related_name="roles")
    role = models.CharField(max_length=10, choices=Role)
    reads_references = models.BooleanField(default=False)  # an observer; the other roles always do

    objects = OrganiserQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="organiser_once_in_shared_task", fields=["shared_task", "user"]
            ),
            models.CheckConstraint(
                name="organiser_role_known",
                condition=Q(role__in=["observer", "organiser", "owner"]),
            ),
            models.CheckConstraint(
                name="organiser_references_for_observers",
                condition=Q(reads_references=False) | Q(role="observer"),
                violation_error_message="Owners and organisers always read references; say so of "
                "observers only.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} of {self.shared_task}"

    @property
    def task_slug(self) -> str:
        """Return the shared task's slug, for the log."""
        return self.shared_task.slug
