from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps
from django.db.models.signals import post_migrate


class FilesConfig(AppConfig):
    name = "files"

    def ready(self) -> None:
        from files import system_checks  # noqa: F401 - registers them

        post_migrate.connect(_mark_new_site, sender=self)


def _mark_new_site(*, apps: Apps | None = None, **_: Any) -> None:
    from files.marker import mark_new_site

    # A migration backwards may have taken the table away.
    if apps is None or "storagemarker" in apps.all_models["files"]:
        mark_new_site()
