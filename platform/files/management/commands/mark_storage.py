"""`manage.py mark_storage`: say that a folder is this site's storage."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand

from files import marker


class Command(BaseCommand):
    """Mark the folder. Its files, and those that the database knows, do not change."""

    help = (
        "Mark the folder of files in STATE_DIR as this site's storage. migrate does it for a new "
        "site; run this after a restore from a backup, once you know that it is the right folder."
    )

    def handle(self, **_: object) -> None:
        marker.mark()
        self.stdout.write(f"{settings.MEDIA_ROOT} is this site's storage now.")
