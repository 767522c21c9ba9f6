"""The states of submissions and entries, and every move between them. Imports no model.

A state that no arrow leaves is final. The states of entries that run in containers
(`waiting`, `running`, `rejected`) arrive with the code that moves there.
"""

from __future__ import annotations

from django.db.models import TextChoices


class SubmissionState(TextChoices):
    CHECKING = "checking"  # stored; a worker reads it, or is about to
    ACCEPTED = "accepted"  # final: its entries go on by themselves
    REFUSED = "refused"  # final, the team's fault: its problems say why
    FAILED = "failed"  # final, our fault, after three attempts


class EntryState(TextChoices):
    SCORING = "scoring"  # a worker scores it, or is about to
    SCORED = "scored"  # final: its scores are on the board
    FAILED = "failed"  # final, our fault, after three attempts


TRANSITIONS: dict[str, frozenset[str]] = {
    SubmissionState.CHECKING: frozenset(
        {SubmissionState.ACCEPTED, SubmissionState.REFUSED, SubmissionState.FAILED}
    ),
    EntryState.SCORING: frozenset({EntryState.SCORED, EntryState.FAILED}),
}
