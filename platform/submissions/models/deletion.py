"""What is deleted with a phase or a test set, and what keeps both from being deleted."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import ForeignKey, ProtectedError, QuerySet
from django.db.models.deletion import Collector

from submissions.states import SubmissionState


def protect_what_teams_sent(
    collector: Collector, field: ForeignKey[Any, Any], rows: QuerySet[Any], using: str
) -> None:
    """Refuse a deletion that takes a team's entries along; oracle rows go with their test set."""
    of_teams = [row for row in rows if row.team_id is not None]
    if of_teams:
        raise ProtectedError("Teams have entries there, so it cannot be deleted.", set(of_teams))
    models.CASCADE(collector, field, rows, using)


def protect_all_but_refused(
    collector: Collector, field: ForeignKey[Any, Any], rows: QuerySet[Any], using: str
) -> None:
    """Refuse a deletion that takes along a submission which is checked, accepted or failed."""
    kept = [row for row in rows if row.state != SubmissionState.REFUSED]
    if kept:
        raise ProtectedError("Teams have submissions there, so it cannot be deleted.", set(kept))
    models.CASCADE(collector, field, rows, using)
