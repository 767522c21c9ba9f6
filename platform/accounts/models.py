"""People and the teams they submit for."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q


class User(AbstractUser):
    """A person with an account; organisers are staff."""

    class Meta(AbstractUser.Meta):
        constraints = [
            # One account a mail address: it is how people will recover a password.
            models.UniqueConstraint(
                name="user_email_unique",
                fields=["email"],
                condition=~Q(email=""),
                violation_error_message="There is an account with this address already.",
            )
        ]


class Team(models.Model):
    """A group that takes part; boards show its name."""

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    institution = models.CharField(max_length=200, blank=True)
    is_verified = models.BooleanField(default=False)  # an organiser knows who this is
    members = models.ManyToManyField(User, through="Membership", related_name="teams")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person in one team."""

    class Role(models.TextChoices):
        OWNER = "owner"  # may change the team
        MEMBER = "member"  # may submit for it

    team = models.ForeignKey(Team, models.CASCADE)
    user = models.ForeignKey(User, models.CASCADE)
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="membership_once", fields=["team", "user"]),
            models.CheckConstraint(
                name="membership_role_known", condition=Q(role__in=["owner", "member"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} ({self.role})"
