"""`manage.py import_edition`: a past edition as a shared task, from its files as published."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from audit.recording import Actor
from editions.catalogue import EDITIONS
from editions.file_index import EditionError, FileIndex
from editions.importing import import_shared_task
from editions.outputs import select_submissions, send_outputs
from editions.plans import Edition, Plan
from editions.report import build_report
from editions.waiting import describe_workers, wait_for_results
from sharedtasks.models import SharedTask
from sharedtasks.states import State

NAMES_SHOWN = 10
INTERRUPTED = 130  # the exit status after Ctrl-C


class Command(BaseCommand):
    """Import what is not there yet; run again, it goes on where it was stopped."""

    help = (
        "Make a shared task of a past edition: phases, test sets, references, terms and modes, "
        "from the files as published, wherever they lie in FOLDER. Only organisers see it until "
        "it is announced. What exists already stays as it is; a file that differs from the "
        "stored file is a fault. Example: manage.py import_edition wmt25 wmt25-terminology "
        "--outputs"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("edition", choices=EDITIONS)
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument(
            "--outputs",
            action="store_true",
            help="also send the published outputs, a team for each system; workers check and "
            "score them as uploads, and a report of every problem follows",
        )

    def handle(self, *, edition: str, folder: Path, outputs: bool, **_: Any) -> None:
        try:
            self._import(EDITIONS[edition], folder, outputs)
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. What is imported and sent stays, and workers go on with it. Run the "
                "same command again to go on.",
                returncode=INTERRUPTED,
            ) from None

    def _import(self, chosen: Edition, folder: Path, outputs: bool) -> None:
        try:
            plan = self._plan(chosen, folder)
            task = import_shared_task(
                chosen, plan, self._say, actor=Actor.of_command("import_edition")
            )
            unsent = send_outputs(chosen, plan, task, self._say) if outputs else []
        except EditionError as error:
            raise CommandError(_list_faults(error.faults)) from error
        self._say_how_to_announce(task)
        if outputs:
            self._report(chosen, task, unsent)

    def _plan(self, edition: Edition, folder: Path) -> Plan:
        """Build the plan and say what of the folder is not read. Raises EditionError."""
        index = FileIndex(folder, edition.find_part)
        plan = edition.make_plan(index)
        if plan.faults:
            raise EditionError(plan.faults)
        if not plan.phases:
            fault = (
                f"{folder} holds no test set of {edition.name}. It needs {edition.needed_files}."
            )
            raise EditionError([fault, *plan.unsent])
        for note in plan.notes:
            self._say(f"note: {note}")
        unused = index.list_unused()
        if unused:
            more = f" and {len(unused) - NAMES_SHOWN:,} more" if len(unused) > NAMES_SHOWN else ""
            named = ", ".join(unused[:NAMES_SHOWN])
            self._say(f"note: these files are not used: {named}{more}.")
        return plan

    def _say_how_to_announce(self, task: SharedTask) -> None:
        is_draft = Q(state=State.DRAFT) | Q(test_sets__state=State.DRAFT)
        for phase in task.phases.filter(is_draft).distinct():
            self._say(
                f"Only organisers see {phase}, or a part of it. To make it public: "
                f"manage.py announce --shared-task {task.slug} --phase {phase.slug} --show-scores"
            )

    def _report(self, edition: Edition, task: SharedTask, unsent: list[str]) -> None:
        """Wait for the workers, then print the report."""
        submissions = select_submissions(edition, task)
        if not wait_for_results(submissions, self._say):
            raise CommandError(
                f"No result has come for a long time. {describe_workers()} What was sent is "
                "stored; run the command again for the report."
            )
        report = build_report(submissions)
        for line in [*report.lines, *(f"not sent: {line}" for line in unsent)]:
            self._say(line)
        self._say(f"{report.scored:,} outputs are scored.")
        counts = {"refused": report.refused, "not sent": len(unsent)}
        faults = [
            f"1 file was {what}" if count == 1 else f"{count:,} files were {what}"
            for what, count in counts.items()
            if count
        ]
        if faults:
            raise CommandError(f"{' and '.join(faults)}. The lines above say why.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _list_faults(faults: list[str]) -> str:
    return "\n".join(["The edition was not imported, or only in part:", *faults])
