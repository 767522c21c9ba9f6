"""Checks for operators: problems that would make pages or workers fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError

from files import marker

MANIFEST = "staticfiles.json"


@register(deploy=True)
def storage_is_shared(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a folder that is not the storage of the database."""
    try:
        fault = marker.find_fault()
    except DatabaseError as error:
        return [
            Warning(
                f"Whether the storage is this site's can't be told: the database says {error}",
                hint="Check DATABASE_URL, and run manage.py migrate.",
                id="files.W001",
            )
        ]
    return [Error(fault, id="files.E001")] if fault else []


@register(Tags.staticfiles, deploy=True)
def static_files_are_collected(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse to serve pages whose style sheets have no address."""
    needs_manifest = "Manifest" in settings.STORAGES["staticfiles"]["BACKEND"]
    if not needs_manifest or (Path(settings.STATIC_ROOT) / MANIFEST).is_file():
        return []
    return [
        Error(
            f"There is no {MANIFEST} in {settings.STATIC_ROOT}: every page would answer 500.",
            hint="Run manage.py collectstatic --no-input, after each upgrade too.",
            id="files.E002",
        )
    ]
