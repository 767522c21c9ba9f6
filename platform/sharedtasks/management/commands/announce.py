"""`manage.py announce`: make a phase and its shared task public."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from audit.recording import Actor
from sharedtasks.models import Phase, TestSet
from sharedtasks.services import announcing, phases
from sharedtasks.states import State

WITH_BOARDS = ("own_scores_at", "board_at", "team_names_at")


class Command(BaseCommand):
    """Announce a phase with its shared task and its test sets; dates say what is seen when."""

    help = (
        "Make a phase, its shared task and its test sets public. The phase takes submissions "
        "between its opening and closing times. Example: "
        "manage.py announce --shared-task covid --phase dev"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shared-task", required=True, metavar="SLUG")
        parser.add_argument("--phase", required=True, metavar="SLUG")
        parser.add_argument(
            "--test-set",
            action="append",
            metavar="NAME",
            help="announce only this test set of the phase, such as en-fr; repeat it for several "
            "(default: all that are drafts)",
        )
        parser.add_argument(
            "--show-scores",
            action="store_true",
            help="show teams their scores, leaderboards and names from now on, "
            "where no date is set",
        )

    @transaction.atomic
    def handle(
        self,
        *,
        shared_task: str,
        phase: str,
        test_set: list[str] | None,
        show_scores: bool,
        **_: object,
    ) -> None:
        rows = Phase.objects.select_related("shared_task")
        row = rows.filter(shared_task__slug=shared_task, slug=phase).first()
        if row is None:
            known = ", ".join(f"{row.shared_task.slug}/{row.slug}" for row in rows)
            raise CommandError(
                f"There is no phase {phase!r} of a shared task {shared_task!r}. "
                f"Known: {known or 'none; import_test_set --create makes it'}."
            )
        actor, task = Actor.of_command("announce"), row.shared_task
        chosen = _choose_test_sets(row, test_set)
        try:
            if show_scores:
                unset = [name for name in WITH_BOARDS if getattr(row, name) is None]
                dates = dict.fromkeys(unset, timezone.now())
                row = phases.change_phase(actor=actor, phase=row, values=dates, is_meant=True)
            announcing.announce(actor=actor, task=task, parts=[task, row, *chosen])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        names = ", ".join(row.slug for row in chosen) or "no test set"
        self.stdout.write(f"Announced: {row} ({names}). Its page: {task.get_absolute_url()}")


def _choose_test_sets(phase: Phase, names: list[str] | None) -> list[TestSet]:
    """Return the named test sets, or all drafts. Raises CommandError for unknown names."""
    known = {row.slug: row for row in phase.test_sets.all() if not row.is_correction}
    if names is None:
        return [row for row in known.values() if row.state == State.DRAFT]
    if unknown := [name for name in names if name not in known]:
        there = ", ".join(known) or "none"
        raise CommandError(f"{phase} has no test set {unknown[0]}. There are: {there}.")
    return [known[name] for name in names]
