"""Boards, kept ready: a page is served from one row. Releases: boards as they were published."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from files.models import StoredFile
from sharedtasks.models import Phase, TestSet

# scheduled: only organisers see it, and an owner can take it back
ReleaseState = Literal["scheduled", "published", "withdrawn"]


class BoardSnapshot(models.Model):
    """The board of a test set for a population of entries."""

    class Population(models.TextChoices):
        SCORED = "scored"  # every scored entry not withdrawn; pages check what a reader may see

    test_set = models.ForeignKey(TestSet, models.CASCADE, related_name="snapshots")
    population = models.CharField(max_length=10, choices=Population, default=Population.SCORED)
    results_version = models.PositiveBigIntegerField()  # the test set's, when this was built
    built_at = models.DateTimeField()
    body = models.JSONField()  # leaderboard.snapshots.Board, without its teams
    # leaderboard.snapshots.TeamOnBoard by id; apart from the body, for each sweep compares it.
    teams = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="board_once", fields=["test_set", "population"]),
            models.CheckConstraint(
                name="board_population_known", condition=Q(population__in=["scored"])
            ),
        ]

    def __str__(self) -> str:
        return f"board of {self.test_set}, version {self.results_version}"


class BoardRanges(models.Model):
    """Ranges of places of a board's ranked systems; the next snapshot shows them."""

    TASK = "leaderboard.compute_ranges"

    test_set = models.OneToOneField(TestSet, models.CASCADE, related_name="ranges")
    results_version = models.PositiveBigIntegerField(default=0)  # the test set's, of these ranges
    begun_at = models.DateTimeField(null=True)  # when they were last announced
    computed_at = models.DateTimeField(null=True)
    inputs = models.CharField(max_length=32, default="")  # a digest: the same ones, the same ranges
    body = models.JSONField(default=dict)  # of leaderboard.ranges

    def __str__(self) -> str:
        return f"ranges of {self.test_set}, version {self.results_version}"


class Release(models.Model):
    """A numbered copy of a phase's boards. It is never changed, only withdrawn.

    `leaderboard.releases.publishing` alone writes it; triggers in the database refuse other
    changes. Until it is public it can be taken back, and its number is used again.
    """

    phase = models.ForeignKey(Phase, models.PROTECT, related_name="releases")
    number = models.PositiveSmallIntegerField()
    # JSON of leaderboard.releases.documents; the file's SHA-256 is the release's digest.
    document = models.ForeignKey(StoredFile, models.PROTECT, related_name="release_of")
    made_at = models.DateTimeField()
    public_at = models.DateTimeField()
    names_teams = models.BooleanField()  # its document names teams and systems
    note = models.TextField(blank=True)  # public
    erratum = models.TextField(blank=True)  # public: what it corrects of the release before it
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.TextField(blank=True)  # public

    class Meta:
        ordering = ["phase", "number"]
        constraints = [
            models.UniqueConstraint(name="release_once", fields=["phase", "number"]),
            models.CheckConstraint(name="release_counted_from_1", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="release_withdrawn_after_it_was_public",
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("public_at")),
            ),
            models.CheckConstraint(
                name="release_withdrawn_with_a_reason",
                condition=Q(withdrawn_at=None, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"Release {self.number} of {self.phase}"

    def get_absolute_url(self) -> str:
        phase = self.phase
        return reverse("release", args=[phase.shared_task.slug, phase.slug, self.number])

    @property
    def task_slug(self) -> str:
        """Return the shared task's slug."""
        return self.phase.shared_task.slug

    def find_state(self, now: datetime) -> ReleaseState:
        """Return its state at an instant; only the withdrawal is stored."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "published" if self.public_at <= now else "scheduled"
