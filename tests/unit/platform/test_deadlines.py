"""When a phase takes an upload: closing, grace, pause, extension, and states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sharedtasks.models import Phase, SharedTask
from sharedtasks.states import State

OPENS = datetime(2026, 7, 13, 12, tzinfo=UTC)
CLOSES = OPENS + timedelta(days=12)
TICK = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)


def make_phase(task_state=State.ANNOUNCED, **columns):
    values = {"state": State.ANNOUNCED, "opens_at": OPENS, "closes_at": CLOSES} | columns
    return Phase(shared_task=SharedTask(state=task_state), **values)


@pytest.mark.parametrize(
    ("grace", "begun", "ended", "is_taken"),
    [
        (0, OPENS - TICK, OPENS, True),  # it ends when the phase is open
        (0, OPENS, OPENS, True),
        (0, OPENS - MINUTE, OPENS - TICK, False),
        (0, CLOSES - TICK, CLOSES - TICK, True),
        (0, CLOSES - TICK, CLOSES, False),
        (20, CLOSES - TICK, CLOSES + 20 * MINUTE - TICK, True),
        (20, CLOSES - TICK, CLOSES + 20 * MINUTE, False),
        (20, CLOSES, CLOSES + TICK, False),  # it began too late
        (20, CLOSES + MINUTE, CLOSES + 2 * MINUTE, False),
    ],
)
def test_an_upload_counts_if_it_begins_in_time_and_ends_within_the_grace(
    grace, begun, ended, is_taken
):
    phase = make_phase(grace_minutes=grace)

    assert phase.is_open(ended, begun_at=begun) == is_taken


def test_without_a_closing_it_stays_open():
    assert make_phase(closes_at=None).is_open(CLOSES + timedelta(days=900))


@pytest.mark.parametrize(
    ("begun", "is_taken"), [(CLOSES - 9 * MINUTE, True), (CLOSES - 8 * MINUTE, False)]
)
def test_an_upload_that_began_before_a_pause_may_end(begun, is_taken):
    phase = make_phase(paused_at=CLOSES - 8 * MINUTE, pause_reason="Moving.")

    assert phase.is_open(CLOSES - MINUTE, begun_at=begun) == is_taken


def test_a_teams_own_closing_has_the_same_grace_and_never_shortens():
    phase, until = make_phase(grace_minutes=5), CLOSES + timedelta(hours=1)

    assert phase.is_open(until - TICK, until=until)
    assert phase.is_open(until + MINUTE, begun_at=until - TICK, until=until)
    assert not phase.is_open(until, until=until)
    assert phase.is_open(CLOSES - TICK, until=OPENS)


@pytest.mark.parametrize("phase_state", State)
@pytest.mark.parametrize("task_state", State)
def test_only_what_is_announced_with_its_shared_task_takes_anything(task_state, phase_state):
    phase = make_phase(task_state, state=phase_state)

    both = {task_state, phase_state}
    assert phase.is_open(OPENS) == (both == {State.ANNOUNCED})
    assert phase.is_public == (State.DRAFT not in both)
