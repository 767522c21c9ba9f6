"""The Celery application of the platform's workers; settings.py holds its configuration."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

from evaluator.node.brokers import (
    is_folder,
    make_folders,
    outlive_redis,
    use_folders_safely,
)
from health.worker import Heartbeats

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
use_folders_safely()
outlive_redis()

app = Celery("terminarium")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()  # of each app, where it has a module `tasks`
app.autodiscover_tasks(["submissions.pipeline"])
app.steps["worker"].add(Heartbeats)


@app.on_after_configure.connect
def make_broker_folders(**_: object) -> None:
    """Create the embedded broker's folders: its transport expects them."""
    if is_folder(settings.BROKER_URL):
        make_folders(settings.BROKER_DIR)


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Leave logging as Django has set it up: a listener here stops Celery's own set-up."""
