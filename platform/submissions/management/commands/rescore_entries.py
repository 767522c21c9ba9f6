"""`manage.py rescore_entries`: score entries again that lack a present version of a metric."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

import evaluator
from sharedtasks.management.phases import find_phase
from sharedtasks.models import Phase
from submissions.models import Entry, Rescore
from submissions.pipeline import rescoring
from submissions.states import RescoreState

LOOK_EVERY = 0.5  # seconds
REMIND_AFTER = 60  # seconds without news
MAX_AT_ONCE = 100


class Command(BaseCommand):
    """Announce these entries one by one: the next when the last has been scored."""

    help = (
        "Score entries again that lack a score by the present version of a metric that their test "
        "set defines. The workers do it, one entry after the other. Entries keep their scores, "
        "ranks and places meanwhile; the new scores are kept beside the old. You can stop it at "
        "any time: the next run goes on with what is left. Begin with --dry-run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--phase", metavar="TASK/PHASE", help="only of this phase")
        parser.add_argument(
            "--at-once", type=int, default=1, metavar="NUMBER",
            help="entries to announce at a time, if there are many workers (default: 1)",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="only list these entries")

    def handle(self, *, phase: str | None, at_once: int, dry_run: bool, **_: Any) -> None:
        if not 1 <= at_once <= MAX_AT_ONCE:
            raise CommandError(f"--at-once has to be from 1 to {MAX_AT_ONCE}, not {at_once}.")
        of_phase = find_phase(phase) if phase else None
        try:
            if dry_run:
                self._list(of_phase)
            else:
                self._rescore(of_phase, at_once)
        except evaluator.InfrastructureError as error:  # such as a lemmatiser that is missing
            raise CommandError(str(error)) from error

    def _rescore(self, of_phase: Phase | None, at_once: int) -> None:
        self.total = sum(1 for _ in rescoring.find_lacking(of_phase))
        self.ended: Counter[str] = Counter()
        self._say(f"{_count_entries(self.total)} to score again.")
        running: dict[int, Entry] = {}  # by the number of its rescore
        for lacking in rescoring.find_lacking(of_phase):
            while len(running) >= at_once:
                self._wait(running)
            running[rescoring.announce(lacking).pk] = lacking.entry
        while running:
            self._wait(running)
        self._conclude()

    def _list(self, phase: Phase | None) -> None:
        count = 0
        for lacking in rescoring.find_lacking(phase):
            self._say(f"{_describe(lacking.entry)}: lacks {', '.join(lacking.metrics)}")
            count += 1
        self._say(f"{_count_entries(count)} would be scored again. Nothing was changed.")

    def _wait(self, running: dict[int, Entry]) -> None:
        """Wait until one of these rescores or more has ended, and report them."""
        last_news = time.monotonic()
        while True:
            # Rows that are gone were deleted with their entries.
            rows = Rescore.objects.filter(pk__in=running).values_list("pk", "state", "reason")
            states = {pk: (state, reason) for pk, state, reason in rows}
            ended = [pk for pk in running if states.get(pk, ("", ""))[0] != RescoreState.SCORING]
            for pk in ended:
                self._report(running.pop(pk), *states.get(pk, ("deleted", "")))
            if ended:
                return
            if time.monotonic() - last_news > REMIND_AFTER:
                last_news = time.monotonic()
                names = "; ".join(map(_describe, running.values()))
                self._say(f"Still waiting for the workers: {names}")
            time.sleep(LOOK_EVERY)

    def _report(self, entry: Entry, state: str, reason: str) -> None:
        self.ended[state] += 1
        words: dict[str, str] = {
            RescoreState.SCORED: "scored again",
            RescoreState.FAILED: f"failed. {reason}",
        }
        number = self.ended.total()
        self._say(f"[{number}/{self.total}] {_describe(entry)}: {words.get(state, state)}")

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
