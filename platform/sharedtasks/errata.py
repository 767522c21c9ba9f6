"""Published corrections: what readers know of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from sharedtasks.corrections import CorrectionState
from sharedtasks.models import Correction, Phase


def list_published(phases: Iterable[Phase]) -> QuerySet[Correction]:
    """Return what readers of these phases may know of: published corrections, newest first."""
    published = Correction.objects.filter(
        test_set__phase__in=phases, state=CorrectionState.PUBLISHED
    )
    return published.select_related(
        "test_set__phase__shared_task", "successor__phase__shared_task"
    ).order_by("-published_at")
