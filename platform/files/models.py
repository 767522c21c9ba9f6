"""Files that rows refer to: uploads, images, test sets, hypotheses, statistics, logs."""

from __future__ import annotations

from django.db import models


class StoredFile(models.Model):
    """The bytes of a SHA-256, kept once however many rows refer to them."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()  # bytes
    key = models.CharField(max_length=120, unique=True)  # the name in Django's storage
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField()  # last time an upload turned out to be these bytes

    class Meta:
        indexes = [
            # The collector asks for those that nobody has used for long.
            models.Index(fields=["used_at"], name="stored_file_used_at"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class StorageMarker(models.Model):
    """The random text that is also in a file of the storage, to prove that it is the storage.

    There is only one row.
    """

    text = models.CharField(max_length=64)  # random

    class Meta:
        constraints = [models.CheckConstraint(name="storage_marker_once", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return self.text
