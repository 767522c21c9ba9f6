"""`manage.py make_downloads`: make the files for participants again."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from audit.recording import Actor
from sharedtasks import testsets
from sharedtasks.models import TestSet


class Command(BaseCommand):
    """Write the downloads of every test set; to be run after an upgrade that changes them."""

    help = (
        "Make the files that participants download of every test set, in place of earlier ones. "
        "An import makes its own: this is for test sets of an earlier version."
    )

    def handle(self, **_: object) -> None:
        actor = Actor.of_command("make_downloads")
        for test_set in TestSet.objects.select_related("phase__shared_task", "terminology_mode"):
            self.stdout.write(
                f"{test_set}: {testsets.make_downloads(test_set, actor=actor)} files."
            )
