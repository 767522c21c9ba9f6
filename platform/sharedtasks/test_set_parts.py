"""What a test set consists of: references and term lists, and what is made of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from files.models import StoredFile
from sharedtasks.terminology_modes import LISTS


class TestSetReference(models.Model):
    """A reference of a test set; their order counts (the first holds the annotations)."""

    test_set = models.ForeignKey("sharedtasks.TestSet", models.CASCADE)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="reference_of")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                name="test_set_reference_order", fields=["test_set", "position"]
            )
        ]

    def __str__(self) -> str:
        return f"reference {self.position + 1} of {self.test_set}"


class TestSetTerminology(models.Model):
    """A file with terms; several of the same list are read as one terminology, in their order."""

    test_set = models.ForeignKey("sharedtasks.TestSet", models.CASCADE, related_name="term_lists")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="terminology_of")
    list_name = models.CharField(max_length=10, default="proper")  # its mode's, or another one
    name = models.CharField(max_length=200)  # as the organiser's file is called, for messages
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                name="test_set_terminology_order", fields=["test_set", "position"]
            ),
            models.CheckConstraint(
                name="test_set_terminology_list_known", condition=Q(list_name__in=LISTS)
            ),
        ]

    def __str__(self) -> str:
        return f"term list {self.name} of {self.test_set}"


class TestSetDownload(models.Model):
    """A file made of a test set for participants; `downloads.KINDS` tells what each holds."""

    test_set = models.ForeignKey("sharedtasks.TestSet", models.CASCADE, related_name="downloads")
    kind = models.CharField(max_length=30)  # a name in downloads.KINDS
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="download_of")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            # A view asks for a download by test set and kind.
            models.UniqueConstraint(name="test_set_download_once", fields=["test_set", "kind"])
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.test_set}"
