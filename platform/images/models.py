"""Container images: participants' systems, known by what they hold and not by any name."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from files.models import StoredFile

DIGEST_LENGTH = len("sha256:") + 64


class Image(models.Model):
    """One image, checked once, whatever entries it has.

    Its archive is the canonical one: without tags, the same for whatever layout it came in.
    """

    digest = models.CharField(max_length=DIGEST_LENGTH, unique=True)  # of its config: "sha256:…"
    archive = models.ForeignKey(StoredFile, models.PROTECT, related_name="image_of")
    unpacked = models.PositiveBigIntegerField()  # bytes of its layers, unpacked
    layers = models.PositiveSmallIntegerField()
    runs_as = models.CharField(max_length=50)  # user and perhaps group that its processes run as
    nodes_lost = models.PositiveSmallIntegerField(default=0)  # that fell silent while running it
    losses_since = models.DateTimeField(null=True, blank=True)  # those before are forgiven
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
        """Return the beginning of its digest, as Docker prints it."""
        return self.digest.removeprefix("sha256:")[:12]
