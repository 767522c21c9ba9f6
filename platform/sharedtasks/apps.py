from __future__ import annotations

from django.apps import AppConfig


class SharedTasksConfig(AppConfig):
    name = "sharedtasks"
