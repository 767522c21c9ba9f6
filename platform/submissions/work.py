"""Claims, moves and announcements: the only ways in which a work item changes hands.

Each is a conditional UPDATE that looks at its count: if two workers race, one wins.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from submissions.models import Entry, StateChange, WorkItem
from submissions.states import ChangeKind, EntryState, MovedBy

logger = logging.getLogger(__name__)

Item = TypeVar("Item", bound=WorkItem)
T = TypeVar("T")

MAX_ATTEMPTS = 3
FREE: dict[str, Any] = {"claimed_by": "", "claimed_at": None}
LONGEST_PAUSE = 600  # seconds between two announcements of a row
MAX_DOUBLINGS = 10  # of that pause, so that the power stays a small number
BROKER_WITHIN = 5  # seconds for the broker to answer
DATABASE_WITHIN = 60  # seconds that a result waits for a database that is away
DATABASE_AGAIN = 1  # second between two tries
RETRY_FACTOR = 8  # each further failed attempt waits this many times longer
NO_RESULT = f"{MAX_ATTEMPTS} attempts ended without a result."
REASON_LAST = f"That was the last of {MAX_ATTEMPTS} attempts. You can send it again."
REASON_GAVE_UP = (
    f"Our side failed: {NO_RESULT} Nothing is wrong with what you sent as far as we know, and the "
    "organisers can see this. You can send it again."
)

_tell_of_waiting: list[Callable[[int], None]] = []


class NotSent(Exception):
    """The broker took no message."""


class NoLongerOurs(Exception):
    """The claim went to another worker while we worked; our result is dropped."""


def claim(model: type[Item], pk: int, *, owner: str) -> Item | None:
    """Take a row to work on, or None if another worker has it, it is final, or tried too often.

    The same owner may claim again: a task that is redelivered after its process died keeps
    its Celery id and so resumes its own work.
    """
    taken = model._default_manager.filter(pk=pk, state=model.WORKING, claimed_by__in=("", owner))
    changed = taken.filter(attempts__lt=MAX_ATTEMPTS).update(
        claimed_by=owner, claimed_at=timezone.now(), attempts=F("attempts") + 1, reason=""
    )
    rows = model._default_manager.select_related(*model.READ_WITH)
    return rows.get(pk=pk) if changed else None


def give_up_if_exhausted(model: type[Item], pk: int, *, owner: str = "") -> bool:
    """Fail a row if its attempts are used up; return whether they were."""
    rows = model._default_manager.filter(pk=pk, state=model.WORKING, claimed_by__in=("", owner))
    exhausted = rows.filter(attempts__gte=MAX_ATTEMPTS)
    with transaction.atomic():
        why = exhausted.values_list("reason", flat=True).first()  # of the last attempt
        reason = f"{why} {REASON_LAST}" if why else REASON_GAVE_UP
        if not model.TIMELINE:  # no team reads it
            reason = why or NO_RESULT
        return _move(exhausted, pk, to="failed", reason=reason)


def select_held(row: Item, *, owner: str) -> QuerySet[Item]:
    """Return the row as a queryset, which is empty once it is no longer the owner's."""
    return type(row)._default_manager.filter(pk=row.pk, state=row.WORKING, claimed_by=owner)


def release(row: Item, *, owner: str, reason: str = "") -> None:
    """After a failed attempt, let another worker try, in a while.

    A reason is for the team, and stays if it was the last attempt.
    """
    is_last = row.attempts >= MAX_ATTEMPTS
    pause = 0.0 if is_last else settings.SWEEP_INTERVAL * RETRY_FACTOR ** (row.attempts - 1)
    due = timezone.now() + timedelta(seconds=min(pause, LONGEST_PAUSE))
    held = select_held(row, owner=owner)
    outlast(partial(held.update, reason=reason, announce_next_at=due, next_try_at=due, **FREE))


def put_back(row: Item, *, owner: str) -> None:
    """Release a claimed row that was not begun; this does not count as an attempt."""
    due = timezone.now() + timedelta(seconds=settings.SWEEP_INTERVAL)
    select_held(row, owner=owner).update(
        attempts=F("attempts") - 1, announce_next_at=due, next_try_at=due, **FREE
    )


def outlast(write: Callable[[], T]) -> T:
    """Write a result; wait for a database that is away for a while.

    Otherwise the row would be held for its dwell time, and the work would be repeated.
    """
    deadline = time.monotonic() + DATABASE_WITHIN
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
            logger.warning("the database takes nothing at the moment: %s", error)
            connection.close()
            time.sleep(DATABASE_AGAIN)


def count_attempt(entry: Entry) -> None:
    """Count an attempt of a node that failed on our side; workers count theirs by a claim."""
    Entry.objects.filter(pk=entry.pk).update(attempts=F("attempts") + 1)
    entry.refresh_from_db(fields=["attempts"])


def release_expired(model: type[Item], pk: int, *, claimed_before: datetime) -> bool:
    """Take a claim away from a worker that has held it for too long."""
    rows = model._default_manager.filter(pk=pk, state=model.WORKING, claimed_at__lt=claimed_before)
    now = timezone.now()
    return bool(rows.update(claimed_by="", claimed_at=None, announce_next_at=now))


def finish(row: Item, *, to: str, owner: str, reason: str = "") -> bool:
    """Move a claimed row to a final state; False if it is no longer the owner's.

    Call it inside the transaction that writes the results, and undo them when it says False.
    """
    return _move(select_held(row, owner=owner), row.pk, to=to, reason=reason)


def move(
    row: Item,
    *,
    old: Collection[str],
    to: str,
    reason: str = "",
    actor: AbstractUser | None = None,
    kind: ChangeKind = ChangeKind.MOVE,
) -> bool:
    """Move a row that no worker holds out of these states; False if it is in another state.

    Call it inside the transaction that writes what goes with it.
    """
    for state in old:
        _require_move(type(row), state, to, kind)
        rows = type(row)._default_manager.filter(pk=row.pk, state=state, claimed_by="")
        if rows.update(state=to, state_since=timezone.now(), reason=reason):
            _change(type(row), row.pk, kind, old=state, new=to, reason=reason, actor=actor)
            return True
    return False


def when_waiting(tell: Callable[[int], None]) -> None:
    """Call a function with the key of each entry that begins to wait, once that is written.

    The app that knows the nodes stands above this app, which may not import it. It registers its
    function as it starts. (A signal would do the same, and hide the listener.)
    """
    if tell not in _tell_of_waiting:
        _tell_of_waiting.append(tell)


def record_birth(row: Item, *, reason: str, actor: AbstractUser | None = None) -> None:
    """Write the first line of a row's timeline."""
    kind = ChangeKind.CREATED
    _change(type(row), row.pk, kind, old="", new=row.state, reason=reason, actor=actor)


def record_note(
    row: Item, *, reason: str, actor: AbstractUser | None = None, kind: ChangeKind = ChangeKind.NOTE
) -> None:
    """Write a line into a row's timeline about something that does not change its state."""
    state = type(row)._default_manager.values_list("state", flat=True).get(pk=row.pk)
    _change(type(row), row.pk, kind, old=state, new=state, reason=reason, actor=actor)


def announce_at_birth(row: Item) -> None:
    """Save a new row and tell the workers of it, with one write."""
    row.announcements = 1
    row.announce_next_at = timezone.now() + compute_pause(1)
    row.save()
    send(row.task, row.pk)


def announce(row: Item) -> None:
    """Tell the workers, once the transaction is through, that there is work to do."""
    count = row.announcements + 1
    due = timezone.now() + compute_pause(count)
    rows = type(row)._default_manager.filter(pk=row.pk, announcements=row.announcements)
    if rows.update(announcements=count, announce_next_at=due):
        send(row.task, row.pk)


def announce_again(row: Item) -> bool:
    """Repeat an announcement that had no effect, unless another process has just done so.

    Raises NotSent; then it counts as not repeated, so that its turn comes with the next sweep.
    """
    rows = type(row)._default_manager.filter(
        pk=row.pk, state=row.WORKING, claimed_by="", announcements=row.announcements
    )
    before = {"announcements": row.announcements, "announce_next_at": row.announce_next_at}
    due = timezone.now() + compute_pause(row.announcements + 1)
    if not rows.update(announcements=row.announcements + 1, announce_next_at=due):
        return False
    if not _send(row.task, row.pk):
        again = type(row)._default_manager.filter(pk=row.pk, announcements=row.announcements + 1)
        again.filter(claimed_by="").update(**before)
        raise NotSent
    return True


def send(task: str, pk: int, *, after: timedelta = timedelta(0)) -> None:
    """Send a message once the transaction is through; a worker begins the task after this time."""
    transaction.on_commit(partial(_send, task, pk, after=after))


def is_broker_up() -> bool:
    """Return whether the broker takes messages at the moment."""
    try:
        with current_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_WITHIN)
    except Exception as error:  # each transport has errors of its own
        logger.warning("the broker does not answer: %s", error)
        return False
    return True


def compute_pause(announcements: int) -> timedelta:
    """Return how long to wait for an answer to the n-th announcement: ever longer, up to a limit.

    A long queue does not mean lost messages: without the doubling each sweep would repeat them all.
    """
    doublings = min(max(announcements - 1, 0), MAX_DOUBLINGS)
    return timedelta(seconds=min(settings.SWEEP_INTERVAL * 2**doublings, LONGEST_PAUSE))


def _move(rows: QuerySet[Item], pk: int, *, to: str, reason: str) -> bool:
    old = rows.model.WORKING
    _require_move(rows.model, old, to, ChangeKind.MOVE)
    now = timezone.now()
    if not rows.update(state=to, state_since=now, reason=reason, claimed_by="", claimed_at=None):
        return False
    _change(rows.model, pk, ChangeKind.MOVE, old=old, new=to, reason=reason)
    return True


def _require_move(model: type[WorkItem], old: str, to: str, kind: ChangeKind) -> None:
    by = {(left, entered): by for left, entered, by in model.MOVES}.get((old, to))
    if by is None:
        raise ValueError(f"there is no move from {old} to {to}")
    if (by is MovedBy.ORGANISER) != (kind is ChangeKind.REQUEUED):
        raise ValueError(f"a move from {old} to {to} is not {kind}")


def _change(
    model: type[WorkItem],
    pk: int,
    kind: ChangeKind,
    *,
    old: str,
    new: str,
    reason: str,
    actor: AbstractUser | None = None,
) -> None:
    if not model.TIMELINE:
        return
    row: dict[str, Any] = {f"{model.TIMELINE}_id": pk, "actor_id": actor.pk if actor else None}
    StateChange.objects.create(kind=kind, old=old, new=new, reason=reason, **row)
    if new == EntryState.WAITING != old:
        for tell in _tell_of_waiting:
            transaction.on_commit(partial(tell, pk), robust=True)  # its failure is not the mover's


def _send(task: str, pk: int, *, after: timedelta = timedelta(0)) -> bool:
    try:
        current_app.send_task(task, args=[pk], countdown=after.total_seconds() or None)
    except Exception as error:  # each transport has errors of its own: away, full, read-only
        # The row is there and the sweeper announces it again: nothing is lost but time.
        logger.warning("the broker took no message about %s(%s): %s", task, pk, error)
        return False
    return True
