"""Rows of nodes, images and runs, without any of the three."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Team, User
from files.models import StoredFile
from images.models import Image
from nodes.models import Node, Run
from sharedtasks.models import TestSet
from submissions.models import Entry, Submission


def node_row(name: str = "node-1", *, seen: float | None = 1, **columns: Any) -> Node:
    """Return a node that was seen so many seconds ago; None: never."""
    values: dict[str, Any] = {
        "token_hash": hashlib.sha256(name.encode()).hexdigest(),
        "memory": 2**36,  # bytes: what a run may take unless its phase says less
    }
    if seen is not None:
        values["last_seen_at"] = timezone.now() - timedelta(seconds=seen)
    return Node.objects.create(name=name, **(values | columns))


def image_row(name: str = "image", **columns: Any) -> Image:
    """Return an image of this name's digest; nobody reads its archive."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    archive, _ = StoredFile.objects.get_or_create(
        sha256=digest, defaults={"size": 1, "key": f"none-{name}", "used_at": timezone.now()}
    )
    values = {"archive": archive, "unpacked": 10**9, "layers": 3, "runs_as": "1000"}
    image, _ = Image.objects.get_or_create(digest=f"sha256:{digest}", defaults=values)
    Image.objects.filter(pk=image.pk).update(**columns)
    image.refresh_from_db()
    return image


def waiting_entry(
    test_set: TestSet,
    team: Team,
    member: User,
    *,
    image: Image | None = None,
    needs_gpu: bool = False,
    state: str = "waiting",
    **columns: Any,
) -> Entry:
    """Return an entry of a system that was sent as an image."""
    submission = Submission.objects.create(
        team=team,
        member=member,
        phase=test_set.phase,
        kind=Submission.Kind.IMAGE,
        system="Marian",
        state="accepted",
        image=image or image_row(),
        needs_gpu=needs_gpu,
    )
    return Entry.objects.create(
        submission=submission,
        team=team,
        test_set=test_set,
        system="Marian",
        state=state,
        **columns,
    )


def run_row(entry: Entry, node: Node, **columns: Any) -> Run:
    """Return a run of an entry; open unless an outcome is given."""
    now = timezone.now()
    assert entry.submission is not None
    assert entry.submission.image is not None
    fence = Run.objects.filter(entry=entry).count() + 1
    values: dict[str, Any] = {
        "submission": entry.submission,
        "image": entry.submission.image,
        "source_language": entry.test_set.source_language,
        "target_language": entry.test_set.target_language,
        "purpose": Run.Purpose.TEST,
        "attempt": 1,
        "fence": fence,
        "lease_until": now + timedelta(seconds=60),
        "started_at": now,
        "heartbeat_at": now,
        "segments": entry.test_set.segments,
        "ended_at": now if columns.get("outcome") else None,
    }
    return Run.objects.create(entry=entry, node=node, **(values | columns))
