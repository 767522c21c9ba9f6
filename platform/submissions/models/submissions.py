"""Submissions of teams, and the results of checking them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Team
from evaluator.container.registries import MAX_REFERENCE_CHARACTERS
from files.models import StoredFile
from images.models import Image
from sharedtasks.models import Phase, TestSet
from submissions.models.deletion import protect_all_but_refused
from submissions.models.work_items import WorkItem
from submissions.states import SUBMISSION_MOVES, SubmissionState


class Submission(WorkItem):
    """An upload by a member for a phase: a file, several, a zip of several, or an image.

    Each file that fits a test set makes an entry of its own, and is checked on its own; an image
    makes an entry for each test set of the phase.
    """

    WORKING = SubmissionState.CHECKING
    TIMELINE = "submission"
    READ_WITH = ("test_set", "team")
    TURN_OF = ("team_id",)
    OF_NOBODY = Q(team=None)
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
    # Of a file that holds several systems: its name (only this file is read), and the system.
    chosen_file = models.CharField(max_length=200, blank=True)
    chosen_system = models.CharField(max_length=1000, blank=True)
    image = models.ForeignKey(  # of the kind "image", once it is accepted
        Image, models.PROTECT, null=True, blank=True, related_name="submissions"
    )
    image_reference = models.CharField(  # in a registry, by digest; empty: an archive was sent
        max_length=MAX_REFERENCE_CHARACTERS, blank=True
    )
    fetched = models.PositiveSmallIntegerField(default=0)  # percent of it, in the last attempt
    needs_gpu = models.BooleanField(default=False)  # its image runs only on nodes with a GPU
    problems_total = models.PositiveIntegerField(default=0)  # only the first are kept
    form_token = models.CharField(  # of the form that was sent; empty: sent by other means
        max_length=32, blank=True
    )
    is_import = models.BooleanField(default=False)  # outputs of a past edition; drafts take them
    # When its request began, or its permission was asked for: the web server's clock, not a
    # client's. A closing is compared with it where the phase has a grace time.
    begun_at = models.DateTimeField(default=timezone.now)
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
    def task_slug(self) -> str:
        """Return the shared task's slug, for the log."""
        return self.phase.task_slug

    @property
    def task(self) -> str:
        """Return the Celery task that checks it."""
        if self.image_reference:
            return self.FETCH_TASK
        return self.IMAGE_TASK if self.is_image else self.TASK

    @property
    def turn_team_id(self) -> int | None:
        """Return the team whose turn it takes."""
        return self.team_id

    @property
    def is_image(self) -> bool:
        """Return whether it is a system as an image, not hypotheses."""
        return self.kind == self.Kind.IMAGE


class SubmittedFile(models.Model):
    """A file of a submission, byte for byte as it arrived."""

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
        """Return whether a verdict is of this file, or of a file in this zip."""
        return verdict.file == self.name or verdict.file.startswith(f"{self.name}/")


class Verdict(models.Model):
    """The result of checking a file: of a submission, of a zip in it, or an image."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="verdicts")
    position = models.PositiveSmallIntegerField()
    file = models.CharField(max_length=200)  # its name as messages show it, in a zip with the zip's
    test_set = models.ForeignKey(  # that the file is for; none: its name says no test set
        TestSet, models.SET_NULL, null=True, blank=True, related_name="verdicts"
    )
    entry = models.OneToOneField(  # none: it was refused, or is an image
        "Entry", models.CASCADE, null=True, blank=True, related_name="verdict"
    )
    errors = models.PositiveIntegerField(default=0)  # only the first are kept as problems
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
        """Return whether the file made no entry; an image's verdict is of all its entries."""
        return self.errors > 0


class Problem(models.Model):
    """A problem of an upload: where, what, and how to fix it."""

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
        ordering = ["pk"]  # by line, as they were reported
        constraints = [
            models.CheckConstraint(
                name="problem_severity_known", condition=Q(severity__in=["error", "warning"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.file}:{self.line or ''}: {self.message}"
