"""Access to submissions and entries: the only way in which views fetch them."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import User
from sharedtasks.deadlines import is_open_for
from sharedtasks.policy import Thing, Viewer, can_see
from sharedtasks.states import OF_PHASE, OF_TEST_SET, PUBLIC, are_in
from sharedtasks.viewers import viewer_of
from submissions.models import Entry, Submission
from submissions.rights import may_change


def list_visible_submissions(viewer: User) -> QuerySet[Submission]:
    """Return the submissions of the viewer's teams, and all to shared tasks with a role.

    What was imported into a draft is for the roles only.
    """
    reader = viewer_of(viewer)
    is_own = Q(team__in=reader.teams) & are_in(OF_PHASE, PUBLIC, "phase__")
    return Submission.objects.select_related(
        "team", "member", "phase__shared_task", "image__archive"
    ).filter(is_own | Q(phase__shared_task__in=reader.roles))


def submission_or_404(viewer: User, pk: int) -> Submission:
    """Return a submission that the viewer may see; for others it does not exist."""
    return get_object_or_404(list_visible_submissions(viewer), pk=pk)


def entry_or_404(viewer: User, pk: int) -> Entry:
    """Return an entry that the viewer may see; for others it does not exist."""
    entries = list_visible_entries(viewer_of(viewer)).select_related(
        "team",
        "submission__member",
        "submission__image",
        "submission__phase",
        "submission__team",
        "test_set__phase__shared_task",
        "withdrawn_by",
    )
    return get_object_or_404(entries, pk=pk)


def list_visible_entries(reader: Viewer) -> QuerySet[Entry]:
    """Return the entries of the reader's teams, and all of shared tasks with a role.

    On a draft, such as a version that a correction prepares, they are for the roles only.
    """
    is_own = Q(team__in=reader.teams) & are_in(OF_TEST_SET, PUBLIC, "test_set__")
    return Entry.objects.filter(is_own | Q(test_set__phase__shared_task__in=reader.roles))


def translated_entry_or_404(viewer: User, pk: int) -> Entry:
    """Return an entry whose hypotheses the viewer may read."""
    entry = entry_or_404(viewer, pk)
    if entry.hypotheses_id is None:
        raise Http404("its system has written nothing yet")
    if not may_read_hypotheses(viewer_of(viewer), entry, timezone.now()):
        raise Http404("it is a reference, which this reader does not see yet")
    return entry


def may_read_hypotheses(viewer: Viewer, entry: Entry, now: datetime) -> bool:
    """Return whether a viewer of an entry may read what it says: an oracle's are a reference."""
    is_reference = entry.kind == Entry.Kind.ORACLE
    return not is_reference or can_see(viewer, Thing.REFERENCES, entry.phase, now)


def can_send_again(viewer: User, submission: Submission) -> bool:
    """Return whether the viewer may send a corrected submission now."""
    phase, team = submission.phase, submission.team
    is_open = is_open_for(phase, [team], timezone.now())
    is_accepted = is_open and (phase.takes_images or not submission.is_image)
    return is_accepted and team.members.filter(pk=viewer.pk).exists()


def require_change(viewer: User, row: Entry | Submission) -> None:
    """Raise PermissionDenied for whoever may only see the row: observers."""
    if not may_change(viewer_of(viewer), row):
        raise PermissionDenied(
            f"You observe {row.phase.shared_task}. Only its organisers and the team may do this."
        )
