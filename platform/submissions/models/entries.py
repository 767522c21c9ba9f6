"""Entries, which leaderboards list, and their scores."""

from __future__ import annotations

import sys

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Team
from files.models import StoredFile
from sharedtasks.models import Phase, TestSet
from submissions.models.deletion import protect_what_teams_sent
from submissions.models.submissions import Submission
from submissions.models.work_items import WorkItem
from submissions.states import ENTRY_MOVES, EntryState

MAX_NOTE_CHARACTERS = 300  # of a reason or a note that organisers write


class Entry(WorkItem):
    """A system on a test set, and its hypotheses: a row of the leaderboard.

    The reference points of a board are entries too: each reference and the copied source, scored
    as if they were systems. They belong to no team.
    """

    WORKING = EntryState.SCORING
    MOVES = ENTRY_MOVES
    TIMELINE = "entry"
    READ_WITH = ("test_set", "hypotheses")
    TURN_OF = ("team_id", "adopted_from_id")  # the columns that say whose turn it takes
    OF_NOBODY = Q(team=None) | Q(adopted_from__isnull=False)  # these take turns as a team would
    task = TASK = "submissions.score"

    class Kind(models.TextChoices):
        SYSTEM = "system"  # a team's; of the organisers' own teams it is a baseline
        ORACLE = "oracle"  # a reference, against the other ones if there are any
        COPY = "copy"  # the source, untranslated

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SYSTEM)
    submission = models.ForeignKey(
        Submission, models.PROTECT, null=True, blank=True, related_name="entries"
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="entries")
    test_set = models.ForeignKey(TestSet, protect_what_teams_sent, related_name="entries")
    # The entry on the version that `test_set` corrects. Of two processes, one adopts it.
    adopted_from = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="adopted_as", editable=False
    )
    system = models.CharField(max_length=60)
    is_primary = models.BooleanField(default=False)  # otherwise contrastive
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # from then on it is on no board
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Left out of ranks by the organisers: boards list it apart, with the reason.
    excluded_at = models.DateTimeField(null=True, blank=True)
    excluded_reason = models.CharField(max_length=MAX_NOTE_CHARACTERS, blank=True)  # public
    excluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # For organisers to look at again. Teams never see it.
    flagged_at = models.DateTimeField(null=True, blank=True)
    flag_note = models.CharField(max_length=MAX_NOTE_CHARACTERS, blank=True)
    flagged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    hypotheses = models.ForeignKey(  # none: its system has not run, or not to the end
        StoredFile, models.PROTECT, null=True, blank=True, related_name="hypotheses_of"
    )
    # How often its scoring passed a limit; after the first time it is scored alone.
    overruns = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=EntryState, default=EntryState.SCORING)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(
                name="entry_state_known", condition=Q(state__in=EntryState.values)
            ),
            models.CheckConstraint(
                name="entry_scored_by_hypotheses",
                condition=Q(hypotheses__isnull=False) | ~Q(state__in=["scoring", "scored"]),
            ),
            models.CheckConstraint(
                name="entry_of_a_team_or_of_nobody",
                condition=Q(kind="system", submission__isnull=False, team__isnull=False)
                | Q(kind__in=["oracle", "copy"], submission=None, team=None, is_primary=False),
            ),
            # Two sweepers that make a test set's oracle rows make them once.
            models.UniqueConstraint(
                name="entry_oracle_once",
                fields=["test_set", "kind", "system"],
                condition=Q(kind__in=["oracle", "copy"]),
            ),
            models.CheckConstraint(
                name="entry_withdrawn_is_not_primary",
                condition=Q(withdrawn_at=None) | Q(is_primary=False),
            ),
            models.CheckConstraint(
                name="entry_excluded_has_a_reason",
                condition=Q(excluded_at=None, excluded_reason="")
                | (Q(excluded_at__isnull=False, kind="system") & ~Q(excluded_reason="")),
            ),
            models.CheckConstraint(
                name="entry_flag_has_a_note",
                condition=Q(flagged_at=None, flag_note="")
                | (Q(flagged_at__isnull=False) & ~Q(flag_note="")),
            ),
            # Checking a submission twice makes its entries once.
            models.UniqueConstraint(
                name="entry_once_per_submission", fields=["submission", "test_set"]
            ),
            # A team may send many contrastive systems but ranks with one primary.
            models.UniqueConstraint(
                name="entry_one_primary",
                fields=["team", "test_set"],
                condition=Q(is_primary=True),
                violation_error_message="Your team already has a primary system here.",
            ),
        ]
        indexes = [
            # The sweeper asks every few seconds for what is unfinished.
            models.Index(
                name="entry_unfinished", fields=["announce_next_at"], condition=Q(state="scoring")
            ),
            # Nodes ask for the oldest that waits.
            models.Index(name="entry_waiting", fields=["id"], condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}: {self.system} on {self.test_set.slot}"

    def get_absolute_url(self) -> str:
        return reverse("entry", args=[self.pk])

    @property
    def phase(self) -> Phase:
        """Return the phase that it was sent to: the test set's."""
        return self.test_set.phase

    @property
    def task_slug(self) -> str:
        """Return the shared task's slug, for the log."""
        return self.test_set.task_slug

    @property
    def turn_team_id(self) -> int | None:
        """Return the team whose turn it takes; an adopted entry costs its team no turn."""
        return None if self.adopted_from_id else self.team_id

    @property
    def can_be_cancelled(self) -> bool:
        """Return whether its system waits for a node or runs."""
        return self.state in (EntryState.WAITING, EntryState.RUNNING)


class Turn(models.Model):
    """When a worker last took an entry of a team: the next entry is of the team that waits longest.

    A row of its own, so that a claim does not wait for whoever changes the team.
    """

    NOBODY = 0  # the key for the entries that belong to no team

    key = models.PositiveBigIntegerField(primary_key=True)  # the team's, or NOBODY
    team = models.OneToOneField(Team, models.CASCADE, null=True, related_name="turn")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"turn of {self.team or 'nobody'}: {self.at}"


class Score(models.Model):
    """A number: entry × metric × signature. A rescore adds rows and edits none."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="scores")
    metric = models.CharField(max_length=50)
    value = models.FloatField()
    signature = models.CharField(max_length=500)
    details = models.JSONField(default=dict)  # the metric's parts, as the evaluator names them
    # Of all metrics that were computed together. A rescore stores another file for its own scores.
    statistics = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="statistics_of"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            # A second delivery of the same work finds its rows and changes nothing.
            models.UniqueConstraint(name="score_once", fields=["entry", "metric", "signature"]),
            # No NaN and no infinity: PostgreSQL sorts NaN above all numbers, it would win.
            models.CheckConstraint(
                name="score_finite",
                condition=Q(value__gte=-sys.float_info.max, value__lte=sys.float_info.max),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} = {self.value!r} of entry {self.entry_id}"
