"""Django's applications, imported before it is known for which site.

Importing models, pages and tasks takes a third of a second of a core in each process of a site. So
it is done once, with the settings of a usual site. A forked process reads its own settings. Those
that were read during the import must have the same values there, as something may depend on them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from importlib import import_module
from typing import Any

# As in tests/e2e/site.py; nothing connects to these addresses.
USUAL = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": "only-for-tests",
    "DEBUG": "false",
    "HTTPS": "false",
    "EMAIL_DELIVERY": "folder",
    "DATABASE_URL": "postgresql://nobody@localhost/nothing",
    "BROKER_URL": "redis://localhost/0",
    "NODES_BROKER_URL": "redis://localhost/1",
}
MODULES = (
    *("config.urls", "config.serve", "config.middleware", "config.context", "health.middleware"),
    *("accounts.adapters", "health.beating", "submissions.pipeline.tasks", "leaderboard.tasks"),
    *("config.management.commands.sweep", "sharedtasks.management.commands.import_test_set"),
)
# Asked only for the longest name of a table that the database allows; ours are shorter in any case.
READ_AGAIN = {"DATABASES"}


def import_applications() -> dict[str, Any]:
    """Import what a site's processes do; return the settings that were read."""
    from django.apps import apps
    from django.conf import settings
    from django.template.loader import get_template

    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(USUAL, STATE_DIR=folder)
        apps.populate(settings.INSTALLED_APPS)  # logging is left to each process
        for name in MODULES:
            import_module(name)
        for name in sorted(path.name for path in (settings.BASE_DIR / "templates").glob("*.html")):
            get_template(name)  # and with it what it extends and includes
    os.environ.clear()
    os.environ.update(before)
    return _forget_settings()


def has_same_settings(read: dict[str, Any]) -> bool:
    """Read this process's settings; return whether those that were read before are the same."""
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.db import connections

    try:
        list(connections)  # adds what is not set to DATABASES, as importing models does
        return all(getattr(settings, name, None) == value for name, value in read.items())
    except ImproperlyConfigured:
        return False


def _forget_settings() -> dict[str, Any]:
    from django.conf import settings
    from django.db import connections
    from django.utils.functional import empty

    from config import celery_app

    assert not celery_app.configured
    for connection in connections.all():
        assert connection.connection is None
        del connections[connection.alias]
    read = {name: value for name, value in vars(settings).items() if name != "_wrapped"}
    for name in READ_AGAIN:
        read.pop(name, None)
    del sys.modules["config.settings"], vars(connections)["settings"]
    connections._settings = None
    vars(settings).clear()
    settings._wrapped = empty
    return read
