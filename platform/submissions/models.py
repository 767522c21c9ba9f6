"""The participants' side: what a team sent, and what became of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, ForeignKey, ProtectedError, Q, QuerySet
from django.db.models.deletion import Collector
from django.urls import reverse
from django.utils import timezone

from accounts.models import Team
from evaluator.container.registries import MAX_REFERENCE_CHARACTERS
from files.models import StoredFile
from images.models import Image
from sharedtasks.models import Phase, TestSet
from submissions.states import (
    ENTRY_MOVES,
    FINAL,
    MOVE_KINDS,
    NOTE_KINDS,
    SUBMISSION_MOVES,
    ChangeKind,
    EntryState,
    MovedBy,
    SubmissionState,
)


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


class WorkItem(models.Model):
    """A row that workers work on: its state, who holds it, how often it was tried.

    Rows alone decide; a message to a worker is a hint.
    """

    WORKING: ClassVar[str]  # the one state in which a worker may claim the row
    MOVES: ClassVar[Sequence[tuple[str, str, MovedBy]]]  # from a state to a state, and by whom
    TASK: ClassVar[str]  # the Celery task that does the work

    state_since = models.DateTimeField(default=timezone.now)
    reason = models.TextField(blank=True)  # shown to the team; why it was refused or failed
    # Of workers, or of nodes, at the present work; from zero once that is done, or requeued.
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=64, blank=True)  # Celery task id
    claimed_at = models.DateTimeField(null=True, blank=True)
    announcements = models.PositiveIntegerField(default=0)  # messages sent about this row
    announce_next_at = models.DateTimeField(default=timezone.now)  # unless claimed until then

    # Each of the two has a `state` of its own choices.
    state: models.CharField[str, str]

    class Meta:
        abstract = True

    @property
    def task(self) -> str:
        """Return the Celery task that does the work."""
        return self.TASK

    @property
    def is_final(self) -> bool:
        """Return whether it is in a state that does not change by itself."""
        return self.state in FINAL

    @property
    def is_claimed(self) -> bool:
        """Say whether a worker is at it now."""
        return not self.is_final and bool(self.claimed_by)


class Submission(WorkItem):
    """One upload by one member for one phase: a file, several, a zip of several, or an image.

    Each file that fits a test set makes an entry of its own, and lives and fails alone; an image
    makes one for each test set of the phase.
    """

    WORKING = SubmissionState.CHECKING
    MOVES = SUBMISSION_MOVES
    TASK = "submissions.check"
    IMAGE_TASK = "submissions.check_image"
    FETCH_TASK = "submissions.fetch_image"

    class Kind(models.TextChoices):
        OUTPUTS = "outputs"  # hypotheses
        IMAGE = "image"  # a system, which nodes run

    class TerminologyUse(models.TextChoices):
        INFERENCE = "inference", "at inference only"
        TRAINING = "training", "also in training"

    team = models.ForeignKey(Team, models.PROTECT, related_name="submissions")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    phase = models.ForeignKey(Phase, protect_all_but_refused)
    test_set = models.ForeignKey(  # said at upload, for a single file; none: file names say
        TestSet, models.SET_NULL, null=True, blank=True
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OUTPUTS)
    system = models.CharField(max_length=60)
    description = models.TextField(blank=True, max_length=2000)
    is_constrained = models.BooleanField(default=True)
    terminology_use = models.CharField(
        max_length=10, choices=TerminologyUse, default=TerminologyUse.INFERENCE
    )
    wants_primary = models.BooleanField(default=False)  # asked for at upload
    # Of a file that holds several systems: its name, the only one that is read, and the system.
    chosen_file = models.CharField(max_length=200, blank=True)
    chosen_system = models.CharField(max_length=1000, blank=True)
    image = models.ForeignKey(  # of the kind "image", once it is accepted
        Image, models.PROTECT, null=True, blank=True, related_name="submissions"
    )
    image_reference = models.CharField(  # in a registry, by digest; empty: an archive was sent
        max_length=MAX_REFERENCE_CHARACTERS, blank=True
    )
    fetched = models.PositiveSmallIntegerField(default=0)  # percent of it, in the last attempt
    needs_gpu = models.BooleanField(default=False)  # its image runs on nodes with a GPU alone
    problems_total = models.PositiveIntegerField(default=0)  # found; the first ones are kept
    form_token = models.CharField(  # of the form that was sent; empty: sent by other means
        max_length=32, blank=True
    )
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(
        max_length=10, choices=SubmissionState, default=SubmissionState.CHECKING
    )

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="submission_state_known", condition=Q(state__in=SubmissionState.values)
            ),
            models.CheckConstraint(
                name="submission_image_of_its_kind",
                condition=Q(kind="outputs", image=None, image_reference="", needs_gpu=False)
                | (Q(kind="image") & (Q(image__isnull=False) | ~Q(state="accepted"))),
            ),
            models.CheckConstraint(
                name="submission_fetched_by_its_reference",
                condition=Q(fetched=0) | (Q(fetched__lte=100) & ~Q(image_reference="")),
            ),
            # A form that is sent twice, by a double click or a retry, makes one submission.
            models.UniqueConstraint(
                name="submission_once_per_form",
                fields=["member", "form_token"],
                condition=~Q(form_token=""),
            ),
        ]
        indexes = [
            # The sweeper asks every few seconds for what is unfinished.
            models.Index(
                name="submission_unfinished",
                fields=["announce_next_at"],
                condition=Q(state="checking"),
            ),
        ]

    def __str__(self) -> str:
        return f"submission {self.pk}: {self.system}"

    def get_absolute_url(self) -> str:
        return reverse("submission", args=[self.pk])

    @property
    def task(self) -> str:
        """Return the Celery task that checks it."""
        if self.image_reference:
            return self.FETCH_TASK
        return self.IMAGE_TASK if self.is_image else self.TASK

    @property
    def is_image(self) -> bool:
        """Say whether it is a system, and not what one has written."""
        return self.kind == self.Kind.IMAGE


class SubmittedFile(models.Model):
    """One file of a submission, byte for byte as it came."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="files")
    file = models.ForeignKey(  # none: it was refused long ago, and its bytes are gone
        StoredFile, models.PROTECT, null=True, blank=True, related_name="upload_of"
    )
    name = models.CharField(max_length=200)  # as the team named it
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(name="submitted_file_order", fields=["submission", "position"])
        ]

    def __str__(self) -> str:
        return self.name

    def holds(self, verdict: Verdict) -> bool:
        """Say whether a verdict is of this file; of a file in a zip the name begins with its."""
        return verdict.file == self.name or verdict.file.startswith(f"{self.name}/")


class Verdict(models.Model):
    """What checking found out about one file: of a submission, of a zip in it, or an image."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="verdicts")
    position = models.PositiveSmallIntegerField()
    file = models.CharField(max_length=200)  # its name as messages show it, in a zip with the zip's
    test_set = models.ForeignKey(  # the one that it is for; none: its name says none
        TestSet, models.SET_NULL, null=True, blank=True, related_name="verdicts"
    )
    entry = models.OneToOneField(  # none: it was refused, or is an image
        "Entry", models.CASCADE, null=True, blank=True, related_name="verdict"
    )
    errors = models.PositiveIntegerField(default=0)  # found; the first ones are kept as problems
    warnings = models.PositiveIntegerField(default=0)
    systems = models.JSONField(default=list, blank=True)  # to choose from, where it has several

    class Meta:
        ordering = ["submission_id", "position"]
        constraints = [
            models.UniqueConstraint(name="verdict_order", fields=["submission", "position"]),
            models.CheckConstraint(
                name="verdict_of_an_entry_has_no_errors",
                condition=Q(entry=None) | Q(errors=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file}: {'refused' if self.is_refused else 'fits'}"

    @property
    def is_refused(self) -> bool:
        """Say whether it made no entry; an image's verdict is of all that it made."""
        return self.errors > 0


class Problem(models.Model):
    """Something found in an upload: where, what, and what to do about it."""

    class Severity(models.TextChoices):
        ERROR = "error"
        WARNING = "warning"

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="problems")
    verdict = models.ForeignKey(Verdict, models.CASCADE, related_name="problems")
    severity = models.CharField(max_length=10, choices=Severity)
    file = models.CharField(max_length=200, blank=True)
    line = models.PositiveIntegerField(null=True, blank=True)
    segment = models.CharField(max_length=200, blank=True)
    message = models.TextField()

    class Meta:
        ordering = ["pk"]  # as found, which is by line
        constraints = [
            models.CheckConstraint(
                name="problem_severity_known", condition=Q(severity__in=["error", "warning"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.file}:{self.line or ''}: {self.message}"


class Entry(WorkItem):
    """One system on one test set, and its hypotheses: what a leaderboard row is.

    So are the rows that tell what a score means: each reference and the copied source, scored
    as if they were systems. They are nobody's.
    """

    WORKING = EntryState.SCORING
    MOVES = ENTRY_MOVES
    TASK = "submissions.score"

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
    system = models.CharField(max_length=60)
    is_primary = models.BooleanField(default=False)  # otherwise contrastive
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # from then on it is on no board
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    hypotheses = models.ForeignKey(  # none: its system has not run, or not to the end
        StoredFile, models.PROTECT, null=True, blank=True, related_name="hypotheses_of"
    )
    statistics = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="statistics_of"
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
        return f"entry {self.pk}: {self.system} on {self.test_set.language_pair}"

    def get_absolute_url(self) -> str:
        return reverse("entry", args=[self.pk])

    @property
    def can_be_cancelled(self) -> bool:
        """Say whether its system waits for a node or runs on one."""
        return self.state in (EntryState.WAITING, EntryState.RUNNING)


class Score(models.Model):
    """One number: entry × metric × signature. A rescore adds rows and edits none."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="scores")
    metric = models.CharField(max_length=50)
    value = models.FloatField()
    signature = models.CharField(max_length=500)
    details = models.JSONField(default=dict)  # the metric's parts, as the evaluator names them
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


class StateChange(models.Model):
    """One line of a submission's or an entry's timeline: a move, or a note between moves."""

    submission = models.ForeignKey(
        Submission, models.CASCADE, null=True, blank=True, related_name="changes"
    )
    entry = models.ForeignKey(Entry, models.CASCADE, null=True, blank=True, related_name="changes")
    kind = models.CharField(max_length=20, choices=ChangeKind)
    old = models.CharField(max_length=10, blank=True)  # empty: it came into being
    new = models.CharField(max_length=10)
    reason = models.TextField(blank=True)  # for readers only
    actor = models.ForeignKey(  # none: the platform itself
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="state_change_of_one_thing",
                condition=Q(submission=None, entry__isnull=False)
                | Q(submission__isnull=False, entry=None),
            ),
            # A move that is called a note, or a note that is called a move, would mislead rules.
            models.CheckConstraint(
                name="state_change_of_its_kind",
                condition=Q(kind=ChangeKind.CREATED, old="")
                | (Q(kind__in=sorted(MOVE_KINDS)) & ~Q(old="") & ~Q(old=F("new")))
                | Q(kind__in=sorted(NOTE_KINDS), old=F("new")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old or 'new'} → {self.new}"

    @property
    def is_note(self) -> bool:
        """Return whether the state stayed as it was, such as at a change of the primary."""
        return self.kind in NOTE_KINDS
