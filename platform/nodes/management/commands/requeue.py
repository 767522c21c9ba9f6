"""`manage.py requeue`: let entries and submissions that failed on our side begin again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.recording import Actor
from nodes.runs import requeueing
from nodes.runs.requeueing import CAUSES, Choice
from sharedtasks.management.phases import find_phase
from submissions.models import Entry, Submission


class Command(BaseCommand):
    """Requeue what failed on our side."""

    help = (
        "Requeue entries and submissions that failed on our side, once the cause is fixed. Their "
        "attempts are counted from zero. Systems that their team has withdrawn, or has sent again "
        "since, are skipped and listed. Begin with --dry-run: it shows what would be done and "
        "changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--phase", metavar="TASK/PHASE", help="only of this phase")
        parser.add_argument(
            "--entry", type=int, action="append", default=[], metavar="NUMBER",
            help="this entry, even if its team has sent the system again; can be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--submission", type=int, action="append", default=[], metavar="NUMBER",
            help="this submission; can be repeated",
        )  # fmt: skip
        parser.add_argument("--cause", choices=CAUSES, default="", help="only with this cause")
        parser.add_argument("--all", action="store_true", help="everything that failed")
        parser.add_argument("--dry-run", action="store_true", help="only show what would be done")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        choice, actor = _choice(options), Actor.of_command("requeue")
        done = skipped = 0
        # All of them before the first move: what fails again meanwhile is not requeued twice.
        for failed in list(requeueing.find_failed(choice)):
            why_not = failed.why_not
            if not why_not and not dry_run:
                why_not = requeueing.requeue(failed, actor=actor)
            team = failed.row.team.name if failed.row.team else "the test set's own"
            row = f"{failed.row} ({team}), failed by {failed.cause}"
            what = "would be requeued" if dry_run else "requeued"
            self.stdout.write(f"{row}: {f'skipped. {why_not}' if why_not else what}")
            done += not why_not
            skipped += bool(why_not)
        what = "would be requeued" if dry_run else "requeued"
        self.stdout.write(f"{done} {what}, {skipped} skipped.")
        if dry_run and done:
            self.stdout.write("Nothing was changed. Run it again without --dry-run.")


def _choice(options: dict[str, Any]) -> Choice:
    numbers = options["entry"] or options["submission"]
    if not (numbers or options["phase"] or options["cause"] or options["all"]):
        raise CommandError(
            "Say what to requeue: --phase, --entry, --submission, --cause, or --all for everything "
            "that failed on our side."
        )
    _require_known(Entry, options["entry"], "entry")
    _require_known(Submission, options["submission"], "submission")
    phase = find_phase(options["phase"]) if options["phase"] else None
    return Choice(phase, options["entry"], options["submission"], options["cause"])


def _require_known(model: type[Entry] | type[Submission], numbers: list[int], what: str) -> None:
    known = set(model._default_manager.filter(pk__in=numbers).values_list("pk", flat=True))
    if unknown := sorted(set(numbers) - known):
        raise CommandError(f"There is no {what} {', '.join(map(str, unknown))}.")
