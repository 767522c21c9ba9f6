"""The WSGI application."""

from __future__ import annotations

import logging
import os

from django.core.checks import run_checks
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# A WSGI server runs no checks, as management commands do; the operator reads them in its log.
for warning in run_checks():
    logging.getLogger(__name__).warning("%s", warning)

# Needs the models, which the application has loaded by now.
from health.beating import beat_as_web  # noqa: E402

beat_as_web()
