"""People and the teams they submit for."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from accounts import names
from accounts.time_zones import MAX_NAME, UTC, known_zone


class UserManager(DjangoUserManager["User"]):
    """Django's own, for code, commands and the admin panel; people sign up on a page.

    The address of an account that is made here counts as confirmed, without a mail.
    """

    use_in_migrations = False

    def create_user(self, *args: Any, **fields: Any) -> User:
        with transaction.atomic():
            user = super().create_user(*args, **fields)
            user.vouch_for_address()
        return user

    def create_superuser(
        self, username: str, email: str | None = None, *args: Any, **fields: Any
    ) -> User:
        if not email:
            raise ValidationError("Give an e-mail address: nobody signs in without one.")
        with transaction.atomic():
            user = super().create_superuser(username, email, *args, **fields)
            user.vouch_for_address()
        return user


class User(AbstractUser):
    """A person with an account.

    `email` repeats the person's primary address; all addresses are allauth's EmailAddress rows.
    A constraint there gives each confirmed address to only one account (`unique_verified_email`).
    """

    objects: ClassVar[UserManager] = UserManager()

    # Of the clock beside AoE and UTC on organisers' pages.
    time_zone = models.CharField(max_length=MAX_NAME, default=UTC, validators=[known_zone])

    class Meta(AbstractUser.Meta):
        constraints = [
            # People sign in by it, in upper or lower case.
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_unique",
                violation_error_message="There is an account with this user name already.",
            )
        ]

    @cached_property
    def has_role(self) -> bool:
        """Return whether the account has a role in a shared task, also if it does not count yet."""
        return self.roles.exists()

    def clean(self) -> None:
        super().clean()
        _check_name(self, "username", taken="There is an account with this user name already.")
        self.email = self.email.lower()  # as allauth looks it up

    def vouch_for_address(self) -> None:
        """Make `email` the account's confirmed and primary address."""
        from allauth.account.models import EmailAddress  # needs this model

        self.email = self.email.lower()
        if not self.email:
            return
        addresses = EmailAddress.objects.filter(user=self)
        addresses.exclude(email=self.email).update(primary=False)
        addresses.update_or_create(
            user=self, email=self.email, defaults={"verified": True, "primary": True}
        )


def _check_name(row: User | Team, field: str, *, taken: str) -> None:
    """Refuse a deceptive name; a name from before the rule may stay until it is changed."""
    rows = type(row)._default_manager.values_list(field, flat=True)
    name = getattr(row, field)
    if rows.filter(pk=row.pk, **{field: name}).exists():
        return
    try:
        names.check_name(name)
    except ValidationError as error:
        raise ValidationError({field: error}) from error
    if names.is_like_any(name, rows.exclude(pk=row.pk)):
        raise ValidationError({field: taken})


class Team(models.Model):
    """A group that takes part; boards show its name."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=100, unique=True, allow_unicode=True)
    institution = models.CharField(max_length=200, blank=True)
    publication_name = models.CharField(max_length=200, blank=True)  # how papers name it
    website = models.URLField(blank=True)
    is_verified = models.BooleanField(default=False)  # an organiser knows this team
    # Its entries are baselines: shown apart, and not ranked.
    is_organisers = models.BooleanField("the organisers' own", default=False)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            # On a board, Lexica and LEXICA would be the same team.
            models.UniqueConstraint(
                Lower("name"),
                name="team_name_unique",
                violation_error_message="There is a team of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("team", args=[self.slug])

    def clean(self) -> None:
        super().clean()
        self.name = names.tidy(self.name)
        _check_name(self, "name", taken="There is a team of this name already.")


class Membership(models.Model):
    """A person's place in a team."""

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


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations, selected by whether they can still be accepted."""

    def pending(self) -> InvitationQuerySet:
        """Return invitations that were neither accepted nor revoked, also if they have expired."""
        return self.filter(accepted_at=None, revoked_at=None)

    def open(self) -> InvitationQuerySet:
        """Return invitations that can still be accepted."""
        return self.pending().filter(expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A way into a team for one person: the holder of its token.

    Only the link has the token itself. An invitation to an address works only for an account with
    that address.
    """

    class End(models.TextChoices):
        """Why an invitation can no longer be accepted."""

        ACCEPTED = "accepted"
        REVOKED = "revoked"
        EXPIRED = "expired"

    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    email = models.EmailField(blank=True)  # in lower case; empty: a link to hand over
    token_hash = models.CharField(max_length=64)  # SHA-256, in hexadecimal
    invited_by = models.ForeignKey(User, models.CASCADE, related_name="invitations_sent")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="invitations_accepted"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            # The page of an invitation looks it up by this.
            models.UniqueConstraint(name="invitation_token_unique", fields=["token_hash"]),
            # A second invitation to an address replaces the first.
            models.UniqueConstraint(
                name="invitation_one_pending_per_address",
                fields=["team", "email"],
                condition=~Q(email="") & Q(accepted_at=None, revoked_at=None),
            ),
            models.CheckConstraint(
                name="invitation_accepted_by_somebody",
                condition=Q(accepted_by=None, accepted_at=None)
                | Q(accepted_by__isnull=False, accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="invitation_ends_one_way",
                condition=Q(accepted_at=None) | Q(revoked_at=None),
            ),
            models.CheckConstraint(
                name="invitation_expires_later", condition=Q(expires_at__gt=F("created_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} to {self.team}"

    def ended(self, now: datetime) -> End | None:
        """Return why it can no longer be accepted, None while it can."""
        if self.accepted_at is not None:
            return self.End.ACCEPTED
        if self.revoked_at is not None:
            return self.End.REVOKED
        return self.End.EXPIRED if self.expires_at <= now else None
