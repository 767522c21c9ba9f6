"""The only way in which events are written, in the transaction of the change itself."""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.db.models import Model
from django.db.transaction import TransactionManagementError

from audit.actions import Action, Way
from audit.models import LABEL_CHARACTERS, AuditEvent
from evaluator.errors import printable

VALUE_CHARACTERS = 1_000  # of a value; descriptions and rules are cut off here

Changes = Mapping[str, tuple[object, object]]  # by field: from, to


@runtime_checkable
class OfTask(Protocol):
    """A row that belongs to a shared task."""

    @property
    def task_slug(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, the operating system's user, or the platform itself, at work."""

    name: str
    way: Way
    user: AbstractUser | None = None  # of a person
    host: str = ""  # on which a command runs
    command: str = ""  # its name, or what the platform does by itself

    @classmethod
    def of(cls, user: AbstractUser, *, way: Way = Way.SITE) -> Actor:
        """Return a signed-in person, on the site's pages or in the admin panel."""
        return cls(user.get_username(), way, user)

    @classmethod
    def of_command(cls, name: str) -> Actor:
        """Return the operating system's user on this machine, for a command."""
        number = os.getuid()
        try:
            os_user = pwd.getpwuid(number).pw_name
        except KeyError:  # in a container
            os_user = f"user {number}"
        return cls(os_user, Way.COMMAND, host=socket.gethostname(), command=name)

    @classmethod
    def of_platform(cls, part: str) -> Actor:
        """Return the platform itself, for what no person decides: sweep, demo."""
        return cls("the platform", Way.PLATFORM, command=part)


def record_event(
    *,
    actor: Actor,
    action: Action,
    row: Model,
    changes: Changes | None = None,
    reason: str = "",
) -> None:
    """Write an event about a row, before it is deleted or after it is changed.

    Call it in the transaction of the change; otherwise it raises TransactionManagementError.
    Characters that cannot be shown become �, so no output of the log needs to look for them.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("An event is written in the transaction of its change.")
    AuditEvent.objects.create(
        way=actor.way,
        actor_id=actor.user.pk if actor.user else None,
        actor_name=actor.name,
        host=actor.host,
        command=actor.command,
        action=action,
        object_type=row._meta.label_lower,
        object_key=str(row.pk),
        object_label=_write_text(str(row), LABEL_CHARACTERS),
        task=row.task_slug if isinstance(row, OfTask) else "",
        changes={
            name: [_write_value(old), _write_value(new)]
            for name, (old, new) in (changes or {}).items()
        },
        reason=_write_text(reason, VALUE_CHARACTERS),
    )


def _write_value(value: object) -> str | int | float | bool | None:
    """Return what JSON can hold of a value, bounded and on one line."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, Mapping):
        value = [f"{name}: {item}" for name, item in value.items()]
    if isinstance(value, Iterable) and not isinstance(value, str):
        value = ", ".join(map(str, value))
    return _write_text(str(value), VALUE_CHARACTERS)


def _write_text(text: str, length: int) -> str:
    return printable(" ".join(text[: 4 * length].split()), length)
