"""Permission to send an image: the first of its two steps, with its name and size.

An archive takes hours, so its upload counts as begun when the permission was asked for. A
permission lasts no longer than the longest grace time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sharedtasks.models import MAX_GRACE
from submissions.models import ImagePermission
from submissions.services.sending import PlannedImage

LASTS = timedelta(minutes=MAX_GRACE)


def begin(planned: PlannedImage, *, size: int) -> PlannedImage:
    """Return the image with the time at which its permission was asked for, if it has one."""
    begun_at = find_beginning(
        planned.begun_at,
        member=planned.member,
        phase=planned.phase,
        team=planned.team,
        form_token=planned.form_token,
        system=planned.system.name,
        size=size,
    )
    return replace(planned, begun_at=begun_at)


def keep_permission(planned: PlannedImage, *, size: int) -> None:
    """Note what a member was told they may send. Asked once more, it keeps its first time."""
    if planned.form_token:
        ImagePermission.objects.update_or_create(
            member=planned.member,
            phase=planned.phase,
            defaults={
                "team": planned.team,
                "form_token": planned.form_token,
                "system": planned.system.name,
                "size": size,
                "asked_at": planned.begun_at,
            },
        )


def find_beginning(requested_at: datetime, **facts: object) -> datetime:
    """Return when the sending of an image began whose request began at `requested_at`.

    The facts are columns of `ImagePermission`, as far as they are known.
    """
    in_time = ImagePermission.objects.filter(asked_at__range=(requested_at - LASTS, requested_at))
    permission = in_time.filter(**facts).first()
    return requested_at if permission is None else permission.asked_at
