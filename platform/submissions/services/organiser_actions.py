"""What organisers do by hand with an entry or a submission.

Each action is a button on the row's page, an address, and an action of the admin panel. These read
the list at the end of this file: a new action is a service and a place in the list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from audit.recording import Actor
from submissions.models import Entry, Submission
from submissions.services import requeueing

Row = Entry | Submission


@dataclass(frozen=True, slots=True)
class OrganiserAction:
    """A service with its words, for entries or for submissions."""

    name: str  # of its address and its button
    model: type[Entry] | type[Submission]
    label: str  # on the button
    explanation: str  # before the button: when an organiser presses it, and what happens then
    done: str  # of the row, afterwards
    admin_label: str  # in the admin panel
    service: Callable[[Any, Actor], None]  # raises ValidationError, which says why not
    is_offered: Callable[[Any], bool]  # else a row's page does not mention it
    find_obstacle: Callable[[Any], str]  # why a row that it is offered for has to wait; or empty

    @property
    def address_name(self) -> str:
        """Return the name of its address, which has the row's number as its only argument."""
        return f"{self.name}-{self.model._meta.model_name}"

    def find_address(self, row: Row) -> str:
        """Return the address for a row."""
        return reverse(self.address_name, args=[row.pk])

    def describe_done(self, row: Row) -> str:
        """Return the sentence that says it is done."""
        where = f" on {row.test_set.slug}" if isinstance(row, Entry) else ""
        return f"{row.system} {self.done}{where}."


def list_for(model: type[Entry] | type[Submission]) -> list[OrganiserAction]:
    """Return the actions for entries, or for submissions."""
    return [action for action in ACTIONS if action.model is model]


def _build_requeueing(
    model: type[Entry] | type[Submission], service: Callable[[Any, Actor], None]
) -> OrganiserAction:
    return OrganiserAction(
        name="requeue",
        model=model,
        label="Requeue",
        explanation=(
            "once the cause is fixed, you can requeue this. Its attempts are then counted from "
            "zero."
        ),
        done="is requeued",
        admin_label="Requeue what failed on our side",
        service=service,
        is_offered=requeueing.has_failed,
        find_obstacle=requeueing.why_not,
    )


ACTIONS: Sequence[OrganiserAction] = (
    _build_requeueing(
        Entry, lambda entry, actor: requeueing.requeue_entry(entry=entry, actor=actor)
    ),
    _build_requeueing(
        Submission,
        lambda submission, actor: requeueing.requeue_submission(submission=submission, actor=actor),
    ),
)
