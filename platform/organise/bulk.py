"""An action on many rows: each by itself, and what it could not be done to is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from submissions.models import Entry, Submission

MOST_NAMED = 10  # of what was left out
Row = TypeVar("Row", Entry, Submission, Entry | Submission)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a selection."""

    done: int
    left_out: Sequence[str]  # sentences

    @property
    def total(self) -> int:
        """Return how many were selected."""
        return self.done + len(self.left_out)


def act_on(rows: Iterable[Row], act: Callable[[Row], None]) -> Outcome:
    """Do something to each row; what raises ValidationError is left out."""
    done, left_out = 0, []
    for row in rows:
        try:
            act(row)
        except ValidationError as error:
            left_out.append(f"{row.pk} {row.system}: {' '.join(error.messages)}")
        else:
            done += 1
    return Outcome(done, left_out)


def tell(request: HttpRequest, outcome: Outcome, verb: str) -> None:
    """Leave a message for the next page: `3 requeued.`, and what was left out."""
    if not outcome.left_out:
        messages.success(request, f"{outcome.done} {verb}.")
        return
    more = len(outcome.left_out) - MOST_NAMED
    named = [*outcome.left_out[:MOST_NAMED], *([f"And {more} more."] if more > 0 else [])]
    what = f"{outcome.done} of {outcome.total} {verb}. Left out: "
    messages.warning(request, what + " ".join(named))
