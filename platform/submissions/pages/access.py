"""Access to submissions and entries: the only way in which views fetch them."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import User
from sharedtasks.viewers import viewer_of
from submissions.models import Entry, Submission


def list_visible_submissions(viewer: User) -> QuerySet[Submission]:
    """Return the submissions of the viewer's teams; for organisers all."""
    submissions = Submission.objects.select_related(
        "team", "member", "phase__shared_task", "image__archive"
    )
    return submissions if viewer.is_organiser else submissions.filter(team__members=viewer)


def submission_or_404(viewer: User, pk: int) -> Submission:
    """Return a submission that the viewer may see; for others it does not exist."""
    return get_object_or_404(list_visible_submissions(viewer), pk=pk)


def entry_or_404(viewer: User, pk: int) -> Entry:
    """Return an entry that the viewer may see; for others it does not exist."""
    entries = Entry.objects.select_related(
        "team",
        "submission__member",
        "submission__image",
        "submission__phase",
        "submission__team",
        "test_set__phase__shared_task",
        "withdrawn_by",
    )
    visible = entries if viewer.is_organiser else entries.filter(team__members=viewer)
    return get_object_or_404(visible, pk=pk)


def can_send_again(viewer: User, submission: Submission) -> bool:
    """Return whether the viewer may send a corrected submission now."""
    phase = submission.phase
    is_accepted = phase.is_open(timezone.now()) and (phase.takes_images or not submission.is_image)
    return is_accepted and submission.team.members.filter(pk=viewer.pk).exists()


def require_organiser(viewer: User) -> None:
    """Raise PermissionDenied for everybody else."""
    if not viewer_of(viewer).is_organiser:
        raise PermissionDenied("Only organisers may do this.")
