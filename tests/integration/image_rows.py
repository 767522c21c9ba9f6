"""Rows of systems in containers, without the images."""

from __future__ import annotations

import hashlib

from django.utils import timezone

from accounts.models import Team, User
from files.models import StoredFile
from images.models import Image
from sharedtasks.models import TestSet
from submissions.models import Entry, Submission


def image_row(name: str = "image") -> Image:
    """Return an image of this name's digest; nobody reads its archive."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    archive, _ = StoredFile.objects.get_or_create(
        sha256=digest, defaults={"size": 1, "key": f"none-{name}", "used_at": timezone.now()}
    )
    image, _ = Image.objects.get_or_create(
        digest=f"sha256:{digest}",
        defaults={"archive": archive, "unpacked": 10**9, "layers": 3, "runs_as": "1000"},
    )
    return image


def image_entry(
    test_set: TestSet, team: Team, member: User, *, state: str = "waiting", **columns: object
) -> Entry:
    """Return an entry of a system that was sent as an image, in this state."""
    submission = Submission.objects.create(
        team=team,
        member=member,
        phase=test_set.phase,
        kind="image",
        system="Marian",
        state="accepted",
        image=image_row(),
    )
    return Entry.objects.create(
        submission=submission,
        team=team,
        test_set=test_set,
        system="Marian",
        state=state,
        **columns,
    )


def sibling_entry(entry: Entry, test_set: TestSet) -> Entry:
    """Return an entry of the same submission for another test set."""
    return Entry.objects.create(
        submission=entry.submission,
        team=entry.team,
        test_set=test_set,
        system=entry.system,
        state="waiting",
    )
