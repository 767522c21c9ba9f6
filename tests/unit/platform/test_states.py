"""The states and every move between them."""

from __future__ import annotations

import pytest

from submissions import work
from submissions.models import Entry, Submission
from submissions.states import FINAL, TRANSITIONS, EntryState, SubmissionState

KNOWN = {*SubmissionState.values, *EntryState.values}
ENDS = {"accepted", "refused", "scored", "rejected", "failed", "cancelled"}
FIRST = {"checking", "waiting", "scoring"}  # where rows begin


def test_transitions_name_known_states_only():
    named = set(TRANSITIONS) | {state for targets in TRANSITIONS.values() for state in targets}

    assert named == KNOWN


def test_submissions_and_entries_keep_to_their_own_states():
    for kind in (SubmissionState, EntryState):
        for state in set(kind.values) - {"failed"}:  # of both: the database keeps them apart
            assert TRANSITIONS.get(state, frozenset()) <= set(kind.values)


def test_what_no_arrow_leaves_is_final_and_what_failed_is_left_by_hand_alone():
    assert FINAL == ENDS
    assert KNOWN - set(TRANSITIONS) == ENDS - {"failed"}
    assert TRANSITIONS["failed"] == {"checking", "waiting", "scoring"}


def test_every_state_can_be_reached_and_left_or_is_final():
    reached = {state for targets in TRANSITIONS.values() for state in targets}

    assert reached | FIRST == KNOWN
    assert set(TRANSITIONS) >= FIRST


def test_rows_begin_where_workers_may_claim_them():
    assert Submission().state == Submission.WORKING == "checking"
    assert Entry().state == Entry.WORKING == "scoring"


@pytest.mark.parametrize("state", sorted(KNOWN))
def test_a_row_knows_whether_it_is_final(state):
    assert Submission(state=state).is_final is (state in ENDS)


def test_only_what_moves_can_be_claimed():
    assert Entry(claimed_by="task-1").is_claimed
    assert not Entry().is_claimed
    assert not Entry(state="scored", claimed_by="task-1").is_claimed


# No database here: a move that isn't in the table is refused before a row is touched.
@pytest.mark.parametrize(
    ("row", "to"),
    [
        (Submission(pk=1), "checking"),
        (Submission(pk=1), "scored"),
        (Submission(pk=1), "nowhere"),
        (Entry(pk=1), "accepted"),
        (Entry(pk=1), "refused"),
        (Entry(pk=1), "scoring"),
    ],
)
def test_a_move_that_is_not_in_the_table_is_refused(row, to):
    with pytest.raises(ValueError, match=f"there is no move from {row.WORKING} to {to}"):
        work.finish(row, to=to, owner="task-1")
