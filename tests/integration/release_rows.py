"""Releases without their checklist, for tests of what is shown."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

from django.utils import timezone

from files import storage
from leaderboard.models import BoardRanges, Release
from leaderboard.releases.documents import build_document
from sharedtasks.models import Phase, TestSet


def release_row(
    phase: Phase, *, number: int = 1, at: datetime | None = None, **columns: Any
) -> Release:
    """Make a release of a phase as it is now, public at an instant."""
    at = at or timezone.now()
    document = build_document(phase, number=number, made_at=at, public_at=at)
    return Release.objects.create(
        phase=phase,
        number=number,
        document=storage.put(BytesIO(document.write()), max_bytes=10**8),
        made_at=at,
        public_at=at,
        names_teams=document.names_teams,
        **columns,
    )


def compute_ranges(test_set: TestSet) -> None:
    """Say that the ranges of a board are computed."""
    test_set.refresh_from_db()
    values = {"results_version": test_set.results_version, "computed_at": timezone.now()}
    BoardRanges.objects.update_or_create(test_set=test_set, defaults=values)
