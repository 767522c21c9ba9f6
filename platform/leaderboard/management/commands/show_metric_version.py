"""`manage.py show_metric_version`: let a phase's boards show the newest scores."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence

from django.core.management.base import BaseCommand, CommandError

from audit.recording import Actor
from leaderboard.newest_versions import show_newest_versions
from sharedtasks.management.phases import find_phase
from sharedtasks.models import Phase
from submissions.pipeline import rescoring

ENTRIES_NAMED = 10


class Command(BaseCommand):
    """Show the newest version of every metric on all boards of a phase."""

    help = (
        "Let all boards of a phase show the newest version of every metric, at the same moment. "
        "Until then they show the version that their first entries were scored by. It refuses "
        "while entries lack scores by the newest version; rescore_entries computes them. "
        "Example: manage.py show_metric_version covid/dev"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("phase", metavar="TASK/PHASE")
        parser.add_argument(
            "--anyway", action="store_true",
            help="even if entries lack these scores; they have no place until they have them",
        )  # fmt: skip

    def handle(self, *, phase: str, anyway: bool, **_: object) -> None:
        row = find_phase(phase)
        lacking = _list_lacking(row)
        if lacking:
            text = f"{_describe(lacking)}."
            if not anyway:
                raise CommandError(
                    f"{text} Run `manage.py rescore_entries --phase {phase}` first. With --anyway "
                    "the boards change now, and these entries have no place until they are scored."
                )
            self.stderr.write(f"Warning: {text}")
        actor = Actor.of_command("show_metric_version")
        is_changed = show_newest_versions(row, actor=actor)
        show = "now show" if is_changed else "already showed"
        self.stdout.write(f"The boards of {row} {show} the newest version of every metric.")
        # To look takes a while, and a worker of an earlier release may have scored something.
        late = [entry for entry in _list_lacking(row) if entry not in lacking]
        if late:
            self.stderr.write(
                "Warning: while this command ran, entries were scored by an earlier version. "
                f"{_describe(late)}. They have no place until they have these scores. Restart the "
                "workers that still run an earlier release, then run `manage.py rescore_entries "
                f"--phase {phase}`."
            )


def _list_lacking(phase: Phase) -> list[str]:
    """Return the entries of a phase that lack scores by the newest version, in words."""
    return [str(lacking.entry) for lacking in rescoring.find_lacking(phase)]


def _describe(entries: Sequence[str]) -> str:
    """Name the first of these entries, and say how many there are."""
    named = "; ".join(entries[:ENTRIES_NAMED])
    more = len(entries) - ENTRIES_NAMED
    named += f"; and {more} more" if more > 0 else ""
    count = "1 entry lacks" if len(entries) == 1 else f"{len(entries)} entries lack"
    return f"{count} scores by the newest version: {named}"
