"""Boards, kept ready: a page is served from one row."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sharedtasks.models import TestSet


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
