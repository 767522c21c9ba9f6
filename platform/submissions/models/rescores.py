"""Rescores: entries that are scored again, by the present definitions of the metrics."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from submissions.models.entries import Entry
from submissions.models.work_items import WorkItem
from submissions.states import RESCORE_MOVES, RescoreState


class Rescore(WorkItem):
    """The last rescore of an entry.

    The entry itself does not move: it stays scored, primary and on its board, whatever becomes of
    its rescore.
    """

    WORKING = RescoreState.SCORING
    MOVES = RESCORE_MOVES
    TIMELINE = ""
    READ_WITH = ("entry__test_set", "entry__hypotheses")
    task = TASK = "submissions.rescore"

    entry = models.OneToOneField(Entry, models.CASCADE, related_name="rescore")
    # By metric, the signatures that the entry's scores are to have. A metric without a score
    # afterwards is undefined for these hypotheses, and needs no further rescore.
    wanted = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=RescoreState, default=RescoreState.SCORING)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rescore_state_known", condition=Q(state__in=RescoreState.values)
            ),
        ]
        indexes = [
            # The sweeper asks every few seconds for what is unfinished.
            models.Index(
                name="rescore_unfinished", fields=["announce_next_at"], condition=Q(state="scoring")
            ),
        ]

    def __str__(self) -> str:
        return f"rescore of {self.entry}"
