"""A file in the storage's folder that proves that it is the storage of this database.

A worker with another folder, or without its mount, would find none of the teams' files, and fail
their submissions.
"""

from __future__ import annotations

import logging
import secrets
from pathlib import Path

from django.conf import settings
from django.db import transaction

from files.models import StorageMarker

logger = logging.getLogger(__name__)

NAME = ".terminarium-storage"
MAX_BYTES = 100
ONLY_ROW = 1
REMEDY = (
    "STATE_DIR has to be one folder that all processes share. If this is the right one "
    "(restored from a backup, say), run: manage.py mark_storage"
)


def find_fault() -> str:
    """Return why the folder is not this database's storage, as a sentence; empty if it is.

    Raises DatabaseError while the database is away.
    """
    expected = StorageMarker.objects.values_list("text", flat=True).first()
    if expected is None:
        return "The storage is not marked yet. Run: manage.py migrate"
    try:
        with _path().open("rb") as file:
            text = file.read(MAX_BYTES).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return f"{settings.MEDIA_ROOT} is not the storage of this site: {NAME} is missing. {REMEDY}"
    except OSError as error:
        return f"{_path()} can't be read: {error.strerror}. {REMEDY}"
    if text != expected:
        return f"{settings.MEDIA_ROOT} is the storage of another site, as {NAME} says. {REMEDY}"
    return ""


def mark() -> None:
    """Make the folder that MEDIA_ROOT names the storage of this database."""
    with transaction.atomic():
        marker, _ = StorageMarker.objects.get_or_create(
            pk=ONLY_ROW, defaults={"text": secrets.token_hex(16)}
        )
        _path().parent.mkdir(parents=True, exist_ok=True)
        _path().write_text(f"{marker.text}\n", encoding="ascii")


def mark_new_site() -> None:
    """Mark the folder with the first migration of a database, and never with another later."""
    if StorageMarker.objects.exists():
        return
    try:
        mark()
    except OSError as error:
        logger.error("%s can't be marked as the storage: %s", settings.MEDIA_ROOT, error)


def _path() -> Path:
    return Path(settings.MEDIA_ROOT) / NAME
