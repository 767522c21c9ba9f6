"""The site's configuration; importing it loads the Celery application, as tasks need it."""

from __future__ import annotations

from config.celery import app as celery_app

__all__ = ["celery_app"]
