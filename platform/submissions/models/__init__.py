"""The participants' side: what a team sent, and what became of it."""

from __future__ import annotations

from submissions.models.deletion import protect_all_but_refused, protect_what_teams_sent
from submissions.models.entries import Entry, Score, Turn
from submissions.models.permissions import ImagePermission
from submissions.models.rescores import Rescore
from submissions.models.submissions import Problem, Submission, SubmittedFile, Verdict
from submissions.models.timeline import StateChange
from submissions.models.work_items import WorkItem

__all__ = [
    "Entry",
    "ImagePermission",
    "Problem",
    "Rescore",
    "Score",
    "StateChange",
    "Submission",
    "SubmittedFile",
    "Turn",
    "Verdict",
    "WorkItem",
    "protect_all_but_refused",
    "protect_what_teams_sent",
]
