"""The clock of all leases: the database's, which every process of ours shares."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.utils import timezone


def database_now() -> datetime:
    """Return the time of the database; an embedded database has this machine's."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")  # now() stands still within a transaction
        now: datetime = cursor.fetchone()[0]
    return now
