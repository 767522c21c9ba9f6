"""`manage.py correct_test_set`: replace files of a test set, score again, publish or discard."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

import evaluator
from audit.recording import Actor
from leaderboard.correction_effects import read_effects
from sharedtasks import testsets
from sharedtasks.corrections import OPEN
from sharedtasks.management import refusals
from sharedtasks.management.phases import find_test_set
from sharedtasks.models import Correction, TestSet
from sharedtasks.test_set_changes import count_changes, find_changes
from sharedtasks.test_set_versions import NewFiles
from sharedtasks.testset_options import add_text_options, open_new_files
from submissions.services import correcting


class Command(BaseCommand):
    """Begin a correction, tell how far it is, and end it, as its page does."""

    help = (
        "Correct a test set. With files, a new version is stored, and every entry is scored on it, "
        "seen by the organisers only. Without files, the command says how far that is. Examples: "
        "manage.py correct_test_set covid/test/en-fr --terminology terms.csv --reason 'stroke'; "
        "manage.py correct_test_set covid/test/en-fr --publish --erratum 'The term …'"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("test_set", metavar="TASK/PHASE/TESTSET", help="the version to correct")
        add_text_options(parser, needs_source=False)
        parser.add_argument("--reason", default="", help="for organisers and the log")
        ends = parser.add_mutually_exclusive_group()
        ends.add_argument("--publish", action="store_true", help="the new version replaces the old")
        ends.add_argument("--discard", action="store_true", help="delete it and its hidden scores")
        parser.add_argument("--erratum", default="", metavar="TEXT", help="CommonMark, public")

    def handle(
        self,
        *,
        test_set: str,
        reason: str,
        publish: bool,
        discard: bool,
        erratum: str,
        **options: Any,
    ) -> None:
        row, actor = find_test_set(test_set), Actor.of_command("correct_test_set")
        with ExitStack() as stack:
            files = open_new_files(stack, options, row.terminology_mode.list_name)
            if (publish or discard) and not files.is_empty:
                raise CommandError(
                    "Give files to begin a correction, and --publish or --discard to end it, not "
                    "both at once: look at the new scores in between."
                )
            try:
                if not files.is_empty:
                    self._begin(actor, row, files, reason)
                correction = _find_open(row)
                if publish:
                    correcting.publish_correction(
                        actor=actor, correction=correction, erratum=erratum
                    )
                    self.stdout.write(f"Published. The board: {correction.successor}")
                elif discard:
                    correcting.discard_correction(actor=actor, correction=correction)
                    self.stdout.write("Discarded. The board has not changed.")
                else:
                    self._report(correction)
            except evaluator.TestSetError as error:
                problems = refusals.list_problems(error)
                raise CommandError(f"Nothing was changed:\n{problems}") from error
            except ValidationError as error:
                raise CommandError(refusals.explain(error)) from error

    def _begin(self, actor: Actor, test_set: TestSet, files: NewFiles, reason: str) -> None:
        correction = correcting.begin_correction(
            actor=actor, test_set=test_set, files=files, reason=reason
        )
        correcting.score_correction(actor=actor, correction=correction)
        for note in correction.notes:
            self.stdout.write(f"note: {note}")

    def _report(self, correction: Correction) -> None:
        """Print what changed, how far the scoring is, and what it changes on the board."""
        new = correction.successor
        assert new is not None  # it is open
        old = correction.test_set
        counts = count_changes(find_changes(testsets.read(old), testsets.read(new)))
        changed = ", ".join(f"{part} {count}" for part, count in counts.items() if count)
        self.stdout.write(f"Version {old.version} → version {new.version}; changed: {changed}.")
        progress = correcting.read_progress(correction)
        self.stdout.write(f"{progress.scored} of {progress.total} entries are scored.")
        if reason := correcting.why_not_ready(correction):
            self.stdout.write(reason)
        if effects := read_effects(correction, old.official_order):
            for line in effects.describe():
                self.stdout.write(line)


def _find_open(test_set: TestSet) -> Correction:
    correction = Correction.objects.filter(test_set=test_set, state__in=OPEN).first()
    if correction is None:
        raise CommandError(f"{test_set.slug} is not being corrected. Give the corrected files.")
    return correction
