"""Owners publish, take back and withdraw releases; each is one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import datetime
from io import BytesIO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from audit.actions import Action
from audit.recording import Actor, record_event
from files import storage
from leaderboard.models import Release
from leaderboard.releases.checklist import Check, Result, make_checklist
from leaderboard.releases.documents import ReleaseDocument, build_document
from sharedtasks.models import Phase, TestSet
from sharedtasks.policy import Role, Thing, instant_of
from sharedtasks.services.phases import change_phase
from sharedtasks.services.rights import lock_task

MAX_DOCUMENT_BYTES = 256 * 1024 * 1024  # some 200,000 rows
MAX_WORDS = 5_000  # characters of a note, an erratum or a reason
NO_DATE = (
    "The leaderboards of this phase have no date. Set it on the phase's page, or publish the "
    "release now."
)


class ReleaseRefused(ValidationError):
    """A release cannot be made, taken back or withdrawn now; the messages say why."""


def draft_release(
    phase: Phase, *, is_now: bool, now: datetime, note: str = "", erratum: str = ""
) -> ReleaseDocument:
    """Return the release that would be published, and store nothing. Raises ReleaseRefused.

    It is public with the date of the leaderboards, or now.
    """
    if is_now:
        phase = copy(phase)
        for name, moved in _list_dates_of_now(phase, now).items():
            setattr(phase, name, moved)
    at = instant_of(Thing.BOARD, phase)
    if at is None:
        raise ReleaseRefused(NO_DATE)
    last = Release.objects.filter(phase=phase).aggregate(last=Max("number"))["last"] or 0
    return build_document(
        phase, number=last + 1, made_at=now, public_at=max(at, now), note=note, erratum=erratum
    )


@transaction.atomic
def publish(
    *, actor: Actor, phase: Phase, is_now: bool, decisions: Mapping[str, str],
    note: str = "", erratum: str = "",
) -> Release:  # fmt: skip
    """Make the next release of a phase, public now or with the date of its leaderboards.

    `decisions` has for each check that is to be decided the reason why the release goes out as it
    is; the log keeps it. Raises ReleaseRefused.
    """
    now = timezone.now()
    lock_task(phase.shared_task, actor, Role.OWNER)
    phase.refresh_from_db()
    # Whoever records a score waits, so that the checklist is about what the document holds.
    list(TestSet.objects.select_for_update().filter(phase=phase).values_list("pk"))
    if waiting := Release.objects.filter(phase=phase, public_at__gt=now).first():
        raise ReleaseRefused(f"{waiting} is not public yet. Take it back before you make another.")
    decided = _require_decisions(make_checklist(phase), decisions)
    if is_now:
        dates = _list_dates_of_now(phase, now)
        phase = change_phase(actor=actor, phase=phase, values=dates, is_meant=True)
    document = draft_release(phase, is_now=is_now, now=now, note=note, erratum=erratum)
    release = Release.objects.create(
        phase=phase,
        number=document.number,
        document=storage.put(BytesIO(document.write()), max_bytes=MAX_DOCUMENT_BYTES),
        made_at=now,
        public_at=document.public_at,
        names_teams=document.names_teams,
        note=note,
        erratum=erratum,
    )
    changes = {"public_at": document.public_at, "sha256": release.document.sha256, **decided}
    record_event(
        actor=actor, action=Action.PUBLISHED, row=release,
        changes={name: (None, value) for name, value in changes.items()},
    )  # fmt: skip
    return release


@transaction.atomic
def take_back(*, actor: Actor, release: Release) -> None:
    """Delete a release that is not public yet. Its number is used again. Raises ReleaseRefused."""
    lock_task(release.phase.shared_task, actor, Role.OWNER)
    record_event(actor=actor, action=Action.DELETED, row=release)
    deleted, _ = Release.objects.filter(pk=release.pk, public_at__gt=timezone.now()).delete()
    if not deleted:
        raise ReleaseRefused(f"{release} is public. It can only be withdrawn, with a reason.")


@transaction.atomic
def withdraw(*, actor: Actor, release: Release, reason: str) -> None:
    """Say publicly why a release does not hold any more. Raises ReleaseRefused.

    Its address then shows the reason in place of the boards.
    """
    if not reason.strip():
        raise ReleaseRefused("Say why the release is withdrawn. Everybody reads it.")
    lock_task(release.phase.shared_task, actor, Role.OWNER)
    now = timezone.now()
    rows = Release.objects.filter(pk=release.pk, public_at__lte=now, withdrawn_at=None)
    if not rows.update(withdrawn_at=now, withdrawn_reason=reason.strip()):
        release.refresh_from_db()
        state = release.find_state(now)
        raise ReleaseRefused(f"{release} is {state}; only a published release can be withdrawn.")
    record_event(actor=actor, action=Action.WITHDRAWN, row=release, reason=reason.strip())


def _require_decisions(checks: Iterable[Check], decisions: Mapping[str, str]) -> dict[str, str]:
    """Return the reasons of all open decisions. Raises ReleaseRefused with all that is missing."""
    obstacles: list[str] = []
    decided = {}
    for check in checks:
        reason = decisions.get(check.key, "").strip()
        if check.result == Result.BLOCKS:
            obstacles += check.sentences
        elif check.result == Result.DECIDE and not reason:
            obstacles.append(f"{check.title}: say why the release goes out as it is.")
        elif check.result == Result.DECIDE:
            decided[check.key] = reason
    if obstacles:
        raise ReleaseRefused(obstacles)
    return decided


def _list_dates_of_now(phase: Phase, now: datetime) -> dict[str, datetime]:
    """Return the dates with which leaderboards are public, and names, too, if they have a date."""
    dates = {"board_at": instant_of(Thing.BOARD, phase) or now}
    if (names_at := instant_of(Thing.TEAM_NAMES, phase)) is not None:
        dates["team_names_at"] = names_at
    return {name: min(at, now) for name, at in dates.items()}
