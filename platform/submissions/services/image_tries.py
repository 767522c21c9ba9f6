"""How many images a team may try: those that come to nothing take the nodes' time, too."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Team
from sharedtasks.models import Phase
from submissions.models import Entry, Submission
from submissions.states import EntryState, SubmissionState

WINDOW = timedelta(hours=24)


def require_one_left(team: Team, phase: Phase) -> None:
    """Raise ValidationError if the team has to wait before it sends the next image."""
    if at := next_at(team, phase):
        raise ValidationError(
            f"{team} has sent {settings.IMAGE_TRIES} images for {phase.name} within 24 hours of "
            f"which nothing was scored, and that is as many as we take. The next one can be sent "
            f"from {at.day} {at:%b %Y, %H:%M} UTC on. Until then try it on your own machine: "
            "terminarium run IMAGE --sample"
        )


def next_at(team: Team, phase: Phase) -> datetime | None:
    """Return when a team may send its next image; None: it may now."""
    counted = _that_count(team, phase).filter(created_at__gt=timezone.now() - WINDOW)
    newest = counted.order_by("-created_at").values_list("created_at", flat=True)
    oldest_of_all = newest[settings.IMAGE_TRIES - 1 : settings.IMAGE_TRIES].first()
    return oldest_of_all + WINDOW if oldest_of_all else None


def _that_count(team: Team, phase: Phase) -> QuerySet[Submission]:
    """Return the images that nothing was scored of (yet), unless that was our fault.

    What is still being checked, waits or runs counts until then: so many at once can all fail.
    What was cancelled counts, for it took a node's time as well.
    """
    good = [EntryState.SCORING, EntryState.SCORED, EntryState.FAILED]
    entries = Entry.objects.filter(submission=OuterRef("pk"), state__in=good)
    images = Submission.objects.filter(team=team, phase=phase, kind=Submission.Kind.IMAGE)
    return images.exclude(state=SubmissionState.FAILED).exclude(Exists(entries))
