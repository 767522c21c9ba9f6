"""The states and every move between them."""

from __future__ import annotations

import pytest

from submissions import work
from submissions.models import Entry, Rescore, Submission
from submissions.states import (
    ENTRY_MOVES,
    FINAL,
    RESCORE_MOVES,
    SUBMISSION_MOVES,
    ChangeKind,
    EntryState,
    MovedBy,
    RescoreState,
    SubmissionState,
)

KNOWN = {*SubmissionState.values, *EntryState.values}
ENDS = {"accepted", "refused", "scored", "rejected", "failed", "cancelled"}
MACHINES = [
    (SubmissionState, SUBMISSION_MOVES, {"checking"}),  # states, moves, where rows begin
    (EntryState, ENTRY_MOVES, {"waiting", "scoring"}),
    (RescoreState, RESCORE_MOVES, {"scoring"}),
]


@pytest.mark.parametrize(("states", "moves", "first"), MACHINES)
def test_each_table_names_the_states_of_its_own_machine(states, moves, first):
    named = {state for old, new, _ in moves for state in (old, new)}

    assert named == set(states)
    assert all(type(state) is states for state in named)
    assert all(old != new for old, new, _ in moves)
    assert len({(old, new) for old, new, _ in moves}) == len(moves)


@pytest.mark.parametrize(("states", "moves", "first"), MACHINES)
def test_every_state_can_be_reached_and_left_or_is_final(states, moves, first):
    reached = {new for _, new, _ in moves}
    left = {old for old, _, by in moves if by is not MovedBy.ORGANISER}

    assert reached | first == set(states)
    assert left >= first
    assert set(states) - left == FINAL & set(states.values)


def test_organisers_leave_final_states_and_nobody_else_does():
    by_hand = {
        (str(old), str(new))
        for _, moves, _ in MACHINES
        for old, new, by in moves
        if by is MovedBy.ORGANISER
    }

    assert FINAL == ENDS
    assert by_hand == {
        ("failed", "checking"),
        ("failed", "waiting"), ("failed", "scoring"),
        ("rejected", "waiting"), ("rejected", "scoring"),
        ("scored", "scoring"),  # of a rescore
    }  # fmt: skip


@pytest.mark.parametrize(
    ("moves", "old", "new", "expected"),
    [
        (ENTRY_MOVES, "waiting", "running", MovedBy.PLATFORM),
        (ENTRY_MOVES, "running", "cancelled", MovedBy.TEAM),
        (ENTRY_MOVES, "scored", "scoring", None),  # its rescore moves
        (RESCORE_MOVES, "scored", "scoring", MovedBy.ORGANISER),
        (RESCORE_MOVES, "failed", "scoring", MovedBy.ORGANISER),
        (RESCORE_MOVES, "scoring", "failed", MovedBy.PLATFORM),
        (ENTRY_MOVES, "failed", "checking", None),  # a submission's
        (SUBMISSION_MOVES, "failed", "waiting", None),  # an entry's
        (SUBMISSION_MOVES, "failed", "checking", MovedBy.ORGANISER),
        (SUBMISSION_MOVES, "accepted", "checking", None),
        (ENTRY_MOVES, "cancelled", "waiting", None),
        (ENTRY_MOVES, "scored", "waiting", None),
        (ENTRY_MOVES, "nowhere", "", None),
    ],
)
def test_a_table_says_who_may_move(moves, old, new, expected):
    movers = {(left, entered): by for left, entered, by in moves}

    assert movers.get((old, new)) is expected


def test_rows_begin_where_workers_may_claim_them():
    assert Submission().state == Submission.WORKING == "checking"
    assert Entry().state == Entry.WORKING == Rescore().state == Rescore.WORKING == "scoring"


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


@pytest.mark.parametrize(
    ("row", "old", "to", "kind"),
    [
        (Entry(pk=1), "failed", "waiting", ChangeKind.MOVE),
        (Entry(pk=1), "rejected", "scoring", ChangeKind.MOVE),
        (Rescore(pk=1), "scored", "scoring", ChangeKind.QUARANTINED),
        (Submission(pk=1), "failed", "checking", ChangeKind.MOVE),
        (Entry(pk=1), "running", "waiting", ChangeKind.REQUEUED),
        (Submission(pk=1), "checking", "failed", ChangeKind.REQUEUED),
    ],
)
def test_an_organisers_move_is_never_anybody_elses(row, old, to, kind):
    with pytest.raises(ValueError, match=f"a move from {old} to {to} is not {kind}"):
        work.move(row, old=[old], to=to, kind=kind)


@pytest.mark.parametrize(
    ("row", "old", "to"),
    [
        (Submission(pk=1), "failed", "waiting"),
        (Entry(pk=1), "failed", "checking"),
        (Entry(pk=1), "cancelled", "waiting"),
        (Entry(pk=1), "scored", "waiting"),
        (Entry(pk=1), "scored", "scoring"),
        (Submission(pk=1), "refused", "checking"),
    ],
)
def test_an_organiser_makes_only_the_moves_of_the_rows_own_table(row, old, to):
    with pytest.raises(ValueError, match=f"there is no move from {old} to {to}"):
        work.move(row, old=[old], to=to, kind=ChangeKind.REQUEUED)
