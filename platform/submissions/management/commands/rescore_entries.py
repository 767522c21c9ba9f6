"""`manage.py rescore_entries`: score entries again that lack a present version of a metric."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections import Counter
from typing import Any, TextIO, cast

import click
from django.core.management.base import BaseCommand, CommandError

import evaluator
from audit.recording import Actor
from sharedtasks.management.phases import find_phase
from sharedtasks.models import Phase
from submissions.models import Entry
from submissions.pipeline import rescoring
from submissions.states import RescoreState

REMIND_AFTER = 60  # seconds without news


class Command(BaseCommand):
    """Show how far the rescores are, and what becomes of each."""

    help = (
        "Score entries again that lack a score by the present version of a metric that their test "
        "set defines. All workers take part; what teams send meanwhile waits for a few of these "
        "entries at most. Entries keep their scores, ranks and places meanwhile; the new scores "
        "are kept beside the old. You can stop it at any time: the next run goes on with what is "
        "left. Begin with --dry-run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--phase", metavar="TASK/PHASE", help="only of this phase")
        parser.add_argument(
            "--at-once", type=int, default=rescoring.MAX_AHEAD, metavar="NUMBER",
            help="entries under way at a time, at most (default: as many as the workers take)",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="only list these entries")

    def handle(self, *, phase: str | None, at_once: int, dry_run: bool, **_: Any) -> None:
        if not 1 <= at_once <= rescoring.MAX_AHEAD:
            most = rescoring.MAX_AHEAD
            raise CommandError(f"--at-once has to be from 1 to {most}, not {at_once}.")
        of_phase = find_phase(phase) if phase else None
        try:
            if dry_run:
                self._list(of_phase)
            else:
                self._rescore(of_phase, at_once)
        except evaluator.InfrastructureError as error:  # such as a lemmatiser that is missing
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. The workers finish what they have begun. Run it again to go on with the "
                "entries that are left."
            ) from None

    def _rescore(self, of_phase: Phase | None, at_once: int) -> None:
        self.total = sum(1 for _ in rescoring.find_lacking(of_phase))
        self.ended: Counter[str] = Counter()
        self._say(f"{_count_entries(self.total)} to score again.")
        # On a terminal a bar; in a log a line for each entry.
        is_log = not self.stdout.isatty()
        out = cast("TextIO", self.stdout)
        last_news, actor = time.monotonic(), Actor.of_command("rescore_entries")
        with click.progressbar(length=self.total, file=out, show_pos=True, hidden=is_log) as bar:
            for ended in rescoring.rescore(of_phase, actor=actor, at_most=at_once):
                for end in ended:
                    self._report(end, is_told=is_log)
                bar.update(len(ended))
                if ended or time.monotonic() - last_news > REMIND_AFTER:
                    last_news = time.monotonic()
                    if not ended:
                        self._say("Still waiting for the workers.")
        self._conclude()

    def _list(self, phase: Phase | None) -> None:
        count = 0
        for lacking in rescoring.find_lacking(phase):
            self._say(f"{_describe(lacking.entry)}: lacks {', '.join(lacking.metrics)}")
            count += 1
        self._say(f"{_count_entries(count)} would be scored again. Nothing was changed.")

    def _report(self, end: rescoring.Ended, *, is_told: bool) -> None:
        self.ended[end.state] += 1
        if not is_told and end.state != RescoreState.FAILED:
            return
        words: dict[str, str] = {
            RescoreState.SCORED: "scored again",
            RescoreState.FAILED: f"failed. {end.reason}",
        }
        number = self.ended.total()
        text = f"[{number}/{self.total}] {_describe(end.entry)}: {words.get(end.state, end.state)}"
        self._say(text if is_told else f"\n{text}")  # beside the bar

    def _conclude(self) -> None:
        failed = self.ended[RescoreState.FAILED]
        if failed:
            raise CommandError(
                f"{_count_entries(failed)} could not be scored again and keep the scores that "
                "they had; the lines above say why. Run it again once the cause is fixed."
            )
        if self.ended:
            self._say(
                "All of them have scores by the present versions. show_metric_version lets a "
                "phase's boards show them."
            )

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _describe(entry: Entry) -> str:
    team = entry.team.name if entry.team else "the test set's own"
    return f"{entry}, {team}, of {entry.test_set.phase}"


def _count_entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
