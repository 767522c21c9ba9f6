"""`manage.py add_organiser`: give an account a role in a shared task, or take it away."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User
from audit.recording import Actor
from sharedtasks.models import Organiser, SharedTask
from sharedtasks.policy import Role
from sharedtasks.services import roles


class Command(BaseCommand):
    """Add, change or remove an organiser, as an owner does on a page."""

    help = (
        "Give an account a role in a shared task, or another role than it has. "
        "Example: manage.py add_organiser kim spring --role owner"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USER", help="an account that exists")
        parser.add_argument("task", metavar="TASK", help="the shared task's name in addresses")
        parser.add_argument("--role", choices=Role.values, default=Role.ORGANISER.value)
        parser.add_argument(
            "--reads-references", action="store_true", help="an observer: open the references too"
        )
        parser.add_argument("--remove", action="store_true", help="take the role away")

    @transaction.atomic
    def handle(
        self,
        *,
        username: str,
        task: str,
        role: str,
        reads_references: bool,
        remove: bool,
        **_: object,
    ) -> None:
        user, shared_task = _find_user(username), _find_task(task)
        held = Organiser.objects.filter(user=user, shared_task=shared_task).first()
        try:
            if remove:
                self._remove(user, shared_task, held)
            else:
                self._give(user, shared_task, held, Role(role), reads_references)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def _give(
        self,
        user: User,
        task: SharedTask,
        held: Organiser | None,
        role: Role,
        reads_references: bool,
    ) -> None:
        actor, options = Actor.of_command("add_organiser"), {"reads_references": reads_references}
        if held is None:
            held = roles.add_organiser(actor=actor, task=task, user=user, role=role, **options)
        else:
            held = roles.set_role(actor=actor, organiser=held, role=role, **options)
        self.stdout.write(f"{user} is {role} of {task} now.")
        if not Organiser.objects.counting().filter(pk=held.pk).exists():
            self.stdout.write(
                f"The role counts once {user} has switched two-factor sign-in on (Account › "
                "Two-factor sign-in)."
            )

    def _remove(self, user: User, task: SharedTask, held: Organiser | None) -> None:
        if held is None:
            raise CommandError(f"{user} has no role in {task}.")
        roles.remove_organiser(actor=Actor.of_command("add_organiser"), organiser=held)
        self.stdout.write(f"{user} has no role in {task} any more.")


def _find_user(username: str) -> User:
    user = User.objects.filter(username__iexact=username).first()
    if user is None:
        raise CommandError(
            f"There is no account {username!r}. Let the person sign up first, or add the account "
            "in the admin panel (Users)."
        )
    return user


def _find_task(slug: str) -> SharedTask:
    task = SharedTask.objects.filter(slug=slug).first()
    if task is None:
        known = ", ".join(SharedTask.objects.order_by("slug").values_list("slug", flat=True))
        raise CommandError(f"There is no shared task {slug!r}. There are: {known or 'none'}.")
    return task
