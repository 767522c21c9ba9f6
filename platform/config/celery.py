"""The Celery application of the platform's workers; settings.py holds its configuration."""

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery
from celery.signals import setup_logging

from evaluator.node.brokers import outlive_redis, use_folders_safely
from health.worker import Heartbeats

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
use_folders_safely()
outlive_redis()

app = Celery("terminarium")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(Heartbeats)


@app.on_after_configure.connect
def make_broker_folders(sender: Celery, **_: object) -> None:
    """Create the embedded broker's folders: its transport expects them."""
    options = sender.conf.broker_transport_options or {}
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        if folder := options.get(name):
            Path(folder).mkdir(parents=True, exist_ok=True)


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Leave logging as Django has set it up: a listener here stops Celery's own set-up."""
