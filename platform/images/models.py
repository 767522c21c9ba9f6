"""Container images: participants' systems, known by their contents and not by a name."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from files.models import StoredFile

DIGEST_LENGTH = len("sha256:") + 64


class Image(models.Model):
    """An image, checked once for all its entries.

    Its archive is canonical: without tags, and the same for every layout of the upload.
    """

    digest = models.CharField(max_length=DIGEST_LENGTH, unique=True)  # of its config: "sha256:…"
    archive = models.ForeignKey(StoredFile, models.PROTECT, related_name="image_of")
    unpacked = models.PositiveBigIntegerField()  # bytes of its layers, unpacked
    layers = models.PositiveSmallIntegerField()
    runs_as = models.CharField(max_length=50)  # user and perhaps group that its processes run as
    nodes_lost = models.PositiveSmallIntegerField(
        default=0
    )  # nodes that fell silent during its run
    losses_since = models.DateTimeField(null=True, blank=True)  # earlier losses are forgiven
    quarantined_at = models.DateTimeField(null=True, blank=True)  # from then on nothing runs it
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="image_digest_of_a_config", condition=Q(digest__startswith="sha256:")
            )
        ]

    def __str__(self) -> str:
        return self.short

    @property
    def short(self) -> str:
        """The beginning of its digest, as Docker prints it."""
        return self.digest.removeprefix("sha256:")[:12]
