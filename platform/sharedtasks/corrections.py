"""Corrections of test sets: a new version that replaces an old version, with an erratum."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

MAX_REASON = 500  # characters
MAX_ERRATUM = 5_000  # characters
NOTES_KEPT = 100  # of one import


class CorrectionState(models.TextChoices):
    """How far a correction is. It is ready once nothing on the new version is unfinished."""

    DRAFT = "draft"  # the files are checked and stored; nothing is scored
    SCORING = "scoring"  # the old version's entries are scored on the new version, hidden
    PUBLISHED = "published"  # final: the new version has replaced the old version
    DISCARDED = "discarded"  # final: the new version and its scores are deleted


OPEN = (CorrectionState.DRAFT, CorrectionState.SCORING)
CORRECTION_MOVES = (
    (CorrectionState.DRAFT, CorrectionState.SCORING),
    (CorrectionState.DRAFT, CorrectionState.DISCARDED),
    (CorrectionState.SCORING, CorrectionState.PUBLISHED),
    (CorrectionState.SCORING, CorrectionState.DISCARDED),
)


class Correction(models.Model):
    """A new version of a test set, a draft until the correction is published."""

    test_set = models.ForeignKey(  # the old version
        "sharedtasks.TestSet", models.CASCADE, related_name="corrections"
    )
    successor = models.OneToOneField(  # the new version; none: it was discarded
        "sharedtasks.TestSet", models.RESTRICT, null=True, related_name="correction"
    )
    state = models.CharField(
        max_length=10, choices=CorrectionState, default=CorrectionState.DRAFT, editable=False
    )
    reason = models.CharField(max_length=MAX_REASON)  # for organisers and the log
    erratum = models.TextField(max_length=MAX_ERRATUM, blank=True)  # CommonMark, public
    notes = models.JSONField(default=list, editable=False)  # sentences on its files
    created_by = models.ForeignKey(  # none: a command
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="correction_state_known", condition=Q(state__in=CorrectionState.values)
            ),
            models.CheckConstraint(
                name="correction_published_with_erratum",
                condition=(Q(state="published", published_at__isnull=False) & ~Q(erratum=""))
                | (~Q(state="published") & Q(published_at=None)),
            ),
            models.CheckConstraint(
                name="correction_has_successor_until_discarded",
                condition=Q(state="discarded", successor=None)
                | (~Q(state="discarded") & Q(successor__isnull=False)),
            ),
            # Two new versions of the same version would both claim to replace it.
            models.UniqueConstraint(
                name="correction_one_at_a_time",
                fields=["test_set"],
                condition=~Q(state="discarded"),
                violation_error_message="This version is corrected already.",
            ),
        ]

    def __str__(self) -> str:
        return f"correction {self.pk} of {self.test_set}"

    @property
    def task_slug(self) -> str:
        """Return the slug of its shared task, for the log."""
        return self.test_set.phase.shared_task.slug

    @property
    def is_open(self) -> bool:
        """Return whether it can still be published or discarded."""
        return self.state in OPEN

    def move(self, *, to: CorrectionState, **columns: Any) -> bool:
        """Move it by a conditional update; False if another process was quicker."""
        old = [before for before, after in CORRECTION_MOVES if after == to]
        return bool(
            Correction.objects.filter(pk=self.pk, state__in=old).update(state=to, **columns)
        )
