"""How many images a team may try: failed images take the nodes' time, too."""

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


def require_try_left(team: Team, phase: Phase) -> None:
    """Raise ValidationError if the team has to wait before it sends the next image."""
    if at := find_next_time(team, phase):
        raise ValidationError(
            f"{team} has sent {settings.IMAGE_TRIES} images for {phase.name} within 24 hours of "
            f"which nothing was scored, and that is as many as we take. The next one can be sent "
            f"from {at.day} {at:%b %Y, %H:%M} UTC on. Until then try it on your own machine: "
            "terminarium run IMAGE --sample"
        )


def find_next_time(team: Team, phase: Phase) -> datetime | None:
    """Return when a team may send its next image; None: it may now."""
    tries = _list_tries(team, phase).filter(created_at__gt=timezone.now() - WINDOW)
    newest = tries.order_by("-created_at").values_list("created_at", flat=True)
    oldest_of_all = newest[settings.IMAGE_TRIES - 1 : settings.IMAGE_TRIES].first()
    return oldest_of_all + WINDOW if oldest_of_all else None


def _list_tries(team: Team, phase: Phase) -> QuerySet[Submission]:
    """Return the images of which nothing was scored (yet), unless that was our fault.

    An image that is still checked, waits or runs counts until then: so many at once can all fail.
    A cancelled image counts, because it took a node's time as well.
    """
    scored_or_ours = [EntryState.SCORING, EntryState.SCORED, EntryState.FAILED]
    entries = Entry.objects.filter(submission=OuterRef("pk"), state__in=scored_or_ours)
    images = Submission.objects.filter(team=team, phase=phase, kind=Submission.Kind.IMAGE)
    return images.exclude(state=SubmissionState.FAILED).exclude(Exists(entries))
