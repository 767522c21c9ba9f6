"""`manage.py build_evaluator`: the wheel that participants check their files with."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from sharedtasks import evaluator_wheel


class Command(BaseCommand):
    """Build the evaluator's wheel and offer it on the data pages."""

    help = "Build the evaluator's wheel; the data page of every shared task then offers it."

    def handle(self, **_: object) -> None:
        try:
            built = evaluator_wheel.build()
        except evaluator_wheel.BuildError as error:
            raise CommandError(f"The wheel was not built: {error}") from error
        self.stdout.write(f"Built {built.name}; the data pages offer it from now on.")
