"""`manage.py add_organiser`: let an account manage the shared tasks."""

from __future__ import annotations

from argparse import ArgumentParser

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q

from accounts.models import ORGANISERS, User
from audit.actions import Action
from audit.recording import Actor, record_event

# What organisers work with in the admin panel. Neither accounts nor groups: with those they could
# make themselves superusers.
MAY_CHANGE = [
    ("accounts", ["team", "membership"]),
    ("sharedtasks", ["sharedtask", "phase", "testset"]),
    ("nodes", ["node"]),
    ("images", ["image"]),
]
MAY_VIEW = [
    ("accounts", ["invitation"]),
    ("submissions", ["submission", "entry", "score", "verdict", "problem", "statechange"]),
    ("nodes", ["run"]),
]


class Command(BaseCommand):
    """Put an account into the group of organisers, with the admin panel open to it."""

    help = (
        "Make an account an organiser, who sees and manages every shared task, with references. "
        "Example: manage.py add_organiser kim"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="of an account that exists")
        parser.add_argument("--remove", action="store_true", help="take the role away")

    @transaction.atomic
    def handle(self, *, username: str, remove: bool, **_: object) -> None:
        user = User.objects.filter(username__iexact=username).first()
        if user is None:
            raise CommandError(
                f"There is no account {username!r}. Let the person sign up first, or add the "
                "account in the admin panel (Users)."
            )
        group, _created = Group.objects.get_or_create(name=ORGANISERS)
        action = Action.ROLE_TAKEN if remove else Action.ROLE_GIVEN
        record_event(actor=Actor.of_command("add_organiser"), action=action, row=user)
        if remove:
            self._remove(user, group)
        else:
            self._add(user, group)

    def _add(self, user: User, group: Group) -> None:
        if not user.is_active:
            raise CommandError(f"The account {user} is switched off. Switch it on first.")
        if not group.permissions.exists():  # else somebody has chosen them
            group.permissions.set(Permission.objects.filter(_select_permissions()))
        user.groups.add(group)
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        self.stdout.write(f"{user} is now an organiser.")

    def _remove(self, user: User, group: Group) -> None:
        user.groups.remove(group)
        if user.is_superuser:
            self.stdout.write(f"{user} is still an organiser, as a superuser.")
            return
        # Other groups, or permissions of the account, may need the admin panel.
        user.is_staff = user.groups.exists() or user.user_permissions.exists()
        user.save(update_fields=["is_staff"])
        self.stdout.write(f"{user} is no longer an organiser.")


def _select_permissions() -> Q:
    """Return the condition that an organiser's permissions meet."""
    changed = Q()
    for app, models in MAY_CHANGE:
        changed |= Q(content_type__app_label=app, content_type__model__in=models)
    viewed = Q()
    for app, models in MAY_VIEW:
        viewed |= Q(content_type__app_label=app, content_type__model__in=models)
    return changed | (viewed & Q(codename__startswith="view_"))
