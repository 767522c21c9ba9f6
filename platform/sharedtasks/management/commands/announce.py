"""`manage.py announce`: make a phase and its shared task public."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from audit.recording import Actor
from sharedtasks.models import Phase
from sharedtasks.services import tasks


class Command(BaseCommand):
    """Announce a phase; its dates say what is seen when."""

    help = (
        "Make a phase and its shared task public. The phase takes submissions between its opening "
        "and closing times. Example: manage.py announce --shared-task covid --phase dev"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shared-task", required=True, metavar="SLUG")
        parser.add_argument("--phase", required=True, metavar="SLUG")
        parser.add_argument(
            "--show-scores",
            action="store_true",
            help="show teams their scores, leaderboards and names from now on, "
            "where no date is set",
        )

    def handle(self, *, shared_task: str, phase: str, show_scores: bool, **_: object) -> None:
        rows = Phase.objects.select_related("shared_task")
        row = rows.filter(shared_task__slug=shared_task, slug=phase).first()
        if row is None:
            known = ", ".join(f"{row.shared_task.slug}/{row.slug}" for row in rows)
            raise CommandError(
                f"There is no phase {phase!r} of a shared task {shared_task!r}. "
                f"Known: {known or 'none; import_test_set --create makes it'}."
            )
        tasks.announce(actor=Actor.of_command("announce"), phase=row, show_scores=show_scores)
        self.stdout.write(f"Announced: {row}. Its page: {row.shared_task.get_absolute_url()}")
