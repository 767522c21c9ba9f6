"""The organisers' side: an edition, its phases, their test sets."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from evaluator.container import Limits
from evaluator.significance import write_detectable
from files.models import StoredFile
from sharedtasks.corrections import Correction
from sharedtasks.organisers import Organiser
from sharedtasks.phase_parts import DateChange, Extension
from sharedtasks.states import MAX_REASON, Announceable, State
from sharedtasks.team_decisions import TeamDecision
from sharedtasks.terminology_modes import PROPER, STANDARD_MODES, Mode
from sharedtasks.test_set_parts import TestSetDownload, TestSetReference, TestSetTerminology
from sharedtasks.validators import (
    DOMAIN,
    LANGUAGE,
    known_lemmatiser,
    known_limits,
    known_order,
)

__all__ = [
    "Correction",
    "DateChange",
    "Extension",
    "Mode",
    "Organiser",
    "Phase",
    "SharedTask",
    "TeamDecision",
    "TestSet",
    "TestSetDownload",
    "TestSetReference",
    "TestSetTerminology",
]

MAX_GRACE = 60  # minutes


class SharedTask(Announceable):
    """An edition of the contest.

    It, its phases and their test sets can be deleted until a team has an entry there.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    summary = models.CharField(max_length=300, blank=True)  # a sentence, for the start page
    description = models.TextField(blank=True)  # CommonMark: what it is about
    rules = models.TextField(blank=True)  # CommonMark: data, tracks, conduct
    contact = models.EmailField(blank=True)  # for participants' questions
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(Announceable.Meta):
        ordering = ["-created_at"]
        permissions = [("open_tasks", "Can open shared tasks, and owns them")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shared-task", args=[self.slug])

    @property
    def task_slug(self) -> str:
        """Return by what the log knows the shared task."""
        return self.slug

    @property
    def lineage(self) -> list[Announceable]:
        """Return itself: it is a part of nothing."""
        return [self]

    def has_domain(self, name: str) -> bool:
        """Return whether a test set is of the domain with that name."""
        return TestSet.objects.filter(phase__shared_task=self.pk, domain=name).exists()


def instant(help_text: str) -> models.DateTimeField[datetime | None, datetime | None]:
    """Make a field for the moment from which something may be seen; without it, never."""
    return models.DateTimeField(null=True, blank=True, help_text=help_text)


class Phase(Announceable):
    """A stretch of time in which submissions for its test sets are taken.

    `policy.can_see` tells what may be seen of it from when on. Only `policy` reads the instants.
    """

    class Kind(models.TextChoices):
        DEVELOPMENT = "dev", "development"
        BLIND = "blind", "blind test"
        POST = "post", "post-evaluation"

    shared_task = models.ForeignKey(SharedTask, models.CASCADE, related_name="phases")
    slug = models.SlugField()
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.DEVELOPMENT)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField(null=True, blank=True)  # none: it stays open
    grace_minutes = models.PositiveSmallIntegerField(
        "grace, minutes",
        default=0,
        validators=[MaxValueValidator(MAX_GRACE)],
        help_text="An upload that began before the closing counts if it ends within this time.",
    )
    paused_at = models.DateTimeField(null=True, editable=False)
    pause_reason = models.CharField(  # everybody reads it
        max_length=MAX_REASON, blank=True, default="", editable=False
    )
    own_scores_at = instant("When a team sees the scores of its own entries.")
    board_at = instant("When everybody sees the leaderboards.")
    team_names_at = instant("When the leaderboards name teams and systems.")
    outputs_at = instant("When everybody sees segments with the teams' outputs.")
    references_at = instant("When everybody sees the references.")
    logs_at = instant("When a team sees the logs of its runs on the test sets.")
    own_scores_verified_only = models.BooleanField(
        "own scores for verified teams only",
        default=False,
        help_text="Otherwise many accounts of one person could climb by the scores of each.",
    )
    takes_images = models.BooleanField(
        default=False, help_text="Teams may send their systems as container images; nodes run them."
    )
    run_limits = models.JSONField(
        default=dict,
        blank=True,
        validators=[known_limits],
        help_text="What one run may use, where it is not what the contract says: an object such "
        'as {"wall_time": 3600, "memory": 17179869184}; seconds and bytes.',
    )

    # By metric, the version that its boards show; without a choice the oldest that entries have.
    metric_versions = models.JSONField(default=dict, editable=False)

    class Meta(Announceable.Meta):
        ordering = ["opens_at", "pk"]
        constraints = [
            *Announceable.Meta.constraints,
            models.UniqueConstraint(
                name="phase_slug_in_shared_task", fields=["shared_task", "slug"]
            ),
            models.CheckConstraint(
                name="phase_closes_after_opening",
                condition=Q(closes_at=None) | Q(closes_at__gt=F("opens_at")),
                violation_error_message="A phase closes after it opens.",
            ),
            models.CheckConstraint(
                name="phase_kind_known", condition=Q(kind__in=["dev", "blind", "post"])
            ),
            models.CheckConstraint(
                name="phase_grace_of_an_hour_at_most",
                condition=Q(grace_minutes__lte=MAX_GRACE),
            ),
            models.CheckConstraint(
                name="phase_paused_with_reason",
                condition=(Q(paused_at__isnull=False) & ~Q(pause_reason=""))
                | Q(paused_at=None, pause_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shared_task} – {self.name}"

    def clean(self) -> None:
        """Refuse to move a phase with entries to another shared task."""
        super().clean()
        stored = Phase.objects.filter(pk=self.pk).first()
        if stored is None or stored.shared_task_id == self.shared_task_id:
            return
        if stored.test_sets.filter(entries__team__isnull=False).exists():
            raise ValidationError(
                {"shared_task": "Teams have entries in this phase; it stays in its shared task."}
            )
        for mode in Mode.objects.filter(test_sets__phase=self.pk).distinct():
            same = Mode.objects.filter(shared_task=self.shared_task_id, name=mode.name).first()
            if same is not None and not same.is_like(mode):
                raise ValidationError(
                    {"shared_task": f"The mode {mode} means something else in that shared task."}
                )

    @property
    def task_slug(self) -> str:
        """Return the shared task's slug, for the log."""
        return self.shared_task.slug

    @property
    def limits(self) -> Limits:
        """Return what a run of an image may use."""
        return Limits(**self.run_limits)

    @property
    def lineage(self) -> list[Announceable]:
        """Return the phase and its shared task."""
        return [self, self.shared_task]

    @property
    def grace(self) -> timedelta:
        """Return how long after the closing an upload may end that began before it."""
        return timedelta(minutes=self.grace_minutes)

    def is_open(
        self, now: datetime, *, begun_at: datetime | None = None, until: datetime | None = None
    ) -> bool:
        """Return whether an upload that ends now is taken; without `begun_at` it begins now, too.

        `until` is a team's own closing, where it is later than the phase's.
        """
        begun_at = begun_at or now
        is_paused = self.paused_at is not None and self.paused_at <= begun_at
        if not self.is_current or is_paused or now < self.opens_at:
            return False
        if self.closes_at is None:
            return True
        closes_at = max(self.closes_at, until or self.closes_at)
        return begun_at < closes_at and now < closes_at + self.grace


class TestSet(Announceable):
    """A language pair, perhaps of a domain, in a terminology mode; a board ranks systems on it."""

    RANK_TASK = "leaderboard.rank"  # the Celery task that builds its board

    class TextForm(models.TextChoices):
        RAW = "raw"
        TOKENISED = "tokenised"

    class Unit(models.TextChoices):
        SEGMENT = "segment"
        DOCUMENT = "document"  # its paragraphs are the segments

    phase = models.ForeignKey(Phase, models.CASCADE, related_name="test_sets")
    source_language = models.CharField(max_length=20, validators=[LANGUAGE])
    target_language = models.CharField(max_length=20, validators=[LANGUAGE])
    domain = models.CharField(
        max_length=40,
        blank=True,
        default="",
        validators=[DOMAIN],
        help_text="Such as medical: a part of addresses and file names. Files that teams send from "
        "now on have to name it; earlier addresses go on answering.",
    )
    mode = models.CharField(max_length=20, default=PROPER)  # the name of its terminology mode
    terminology_mode = models.ForeignKey(Mode, models.RESTRICT, related_name="test_sets")
    version = models.PositiveSmallIntegerField(default=1)
    text_form = models.CharField(max_length=10, choices=TextForm)
    unit = models.CharField(max_length=10, choices=Unit, default=Unit.SEGMENT)
    # What the organiser says that joins paragraphs, "" for nothing; None: as the files say.
    delimiter = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001
    lemmatiser = models.CharField(max_length=30, default="simplemma")  # of the family wmt21
    term_lemmatiser = models.CharField(  # of translations, for all other metrics of terms
        max_length=30,
        blank=True,
        default="",
        validators=[known_lemmatiser],
        help_text="Empty: what the target language has.",
    )
    # A metric, or several for the mean of the ranks in each. The first decides between equals.
    official_order = models.JSONField(validators=[known_order])
    source_file = models.ForeignKey(StoredFile, models.PROTECT, related_name="source_of")
    samples_file = models.ForeignKey(  # bitexts that systems may learn from
        StoredFile, models.PROTECT, null=True, blank=True, related_name="samples_of"
    )
    reference_files = models.ManyToManyField(StoredFile, through="TestSetReference")
    digest = models.CharField(max_length=64)  # evaluator's, over all that decides a score
    # What is translated. Pages show these numbers, for more would tell which paragraphs count.
    segments = models.PositiveIntegerField()
    documents = models.PositiveIntegerField()
    unscored_segments = models.PositiveIntegerField(  # of them; only organisers see the number
        "paragraphs that no score counts", default=0
    )
    required_terms = models.PositiveIntegerField()  # occurrences that translations have to render
    terms = models.PositiveIntegerField(default=0)  # different entries of its list
    left_out = models.JSONField(default=list, blank=True)  # ids of documents that no score counts
    # Counts every change of what the board shows, and the change that it was last built from.
    results_version = models.PositiveBigIntegerField(default=0)
    ranked_version = models.PositiveBigIntegerField(default=0)
    # Of its board's builds: submissions.boards and leaderboard.boards alone write these.
    build_due_at = models.DateTimeField(null=True, editable=False)  # the announced build
    build_begun_at = models.DateTimeField(null=True, editable=False)  # the last
    is_being_built = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(Announceable.Meta):
        ordering = ["phase", "pk"]  # as the organisers imported them: the first is the first tab
        constraints = [
            *Announceable.Meta.constraints,
            models.UniqueConstraint(
                name="test_set_once_in_phase",
                fields=[
                    "phase", "domain", "source_language", "target_language", "mode", "version"
                ],
                violation_error_message="This phase has that test set already.",
            ),
            models.CheckConstraint(
                name="test_set_text_form_known", condition=Q(text_form__in=["raw", "tokenised"])
            ),
            models.CheckConstraint(
                name="test_set_unit_known", condition=Q(unit__in=["segment", "document"])
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.slug} ({self.phase})"

    def get_absolute_url(self) -> str:
        task = self.phase.shared_task.slug
        return reverse("board", args=[task, self.phase.slug, self.slug])

    @property
    def lineage(self) -> list[Announceable]:
        """Return the test set, its phase and its shared task."""
        return [self, self.phase, self.phase.shared_task]

    def clean(self) -> None:
        """Refuse a domain that a file name would not tell from a mode."""
        super().clean()
        modes = Mode.objects.filter(shared_task=self.phase.shared_task_id, name=self.domain)
        if self.domain in STANDARD_MODES or modes.exists():
            raise ValidationError(
                {"domain": f"{self.domain} is the name of a mode. Choose another."}
            )

    @property
    def task_slug(self) -> str:
        """Return the shared task's slug, for the log."""
        return self.phase.task_slug

    @property
    def is_correction(self) -> bool:
        """Return whether it is a draft that only its correction can publish or delete."""
        return self.state == State.DRAFT and hasattr(self, "correction")

    @property
    def detectable(self) -> str:
        """Return which differences between two systems it can tell apart, in a sentence."""
        return write_detectable(self.segments - self.unscored_segments, self.required_terms)

    @property
    def language_pair(self) -> str:
        """Return for instance `en-fr`."""
        return f"{self.source_language}-{self.target_language}"

    @property
    def slot(self) -> str:
        """Return the part of file names that tells the test set: `en-fr`, `en-pl.medical.noterm`.

        It has the domain if there is one, and the mode unless it is `proper`.
        """
        mode = "" if self.mode == PROPER else self.mode
        return ".".join(filter(None, (self.language_pair, self.domain, mode)))

    @property
    def slug(self) -> str:
        """Return the name in addresses: the slot, and the version where it is not the first."""
        return self.slot if self.version == 1 else f"{self.slot}.v{self.version}"

    @property
    def slug_without_domain(self) -> str:
        """Return the name in addresses that it had if its domain was added later."""
        return self.slug.replace(f".{self.domain}", "", 1) if self.domain else self.slug

    @property
    def domain_label(self) -> str:
        """Return the domain as pages show it: `machine tool`."""
        return self.domain.replace("-", " ")

    @property
    def specifics(self) -> str:
        """Return what pages add to the languages: `medical, no terms`; empty if there is nothing.

        Proper terms are what readers expect, and are not named.
        """
        mode = "" if self.mode == PROPER else self.terminology_mode.label
        return ", ".join(filter(None, (self.domain_label, mode)))
