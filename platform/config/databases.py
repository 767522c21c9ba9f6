"""Django's options of the database that DATABASE_URL names."""

from __future__ import annotations

from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured


def read_options(url: str) -> dict[str, Any]:
    """Return the options; raises ImproperlyConfigured for a database that we do not support."""
    try:
        options: dict[str, Any] = dict(
            dj_database_url.parse(
                url,
                conn_max_age=60,  # seconds
                conn_health_checks=True,  # a restarted database has closed what we hold
                # They outlive a transaction, and PgBouncer then gives another connection.
                disable_server_side_cursors=True,
            )
        )
    except ValueError as error:
        raise ImproperlyConfigured(
            f"DATABASE_URL names no database that we know: {error}"
        ) from error
    engine = str(options["ENGINE"]).rpartition(".")[2]
    if engine == "sqlite3":
        # Without these three, concurrent writers fail with "database is locked".
        options["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,  # seconds
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    elif engine == "postgresql":
        # Seconds. Readers learn soon that the database is away, not after the two minutes of TCP.
        options.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    else:
        raise ImproperlyConfigured("DATABASE_URL has to begin with postgresql:// or sqlite:///.")
    return options
