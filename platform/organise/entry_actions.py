"""What organisers do with one entry, with a selection, or with all that match a filter."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from django.core.exceptions import ValidationError

import evaluator
from accounts.models import User
from audit.recording import Actor
from leaderboard.foresight import foresee_places
from leaderboard.kept_boards import BOARDS
from submissions.models import Entry
from submissions.pipeline import rescoring
from submissions.services import choosing, exclusion, flags, requeueing

MOST_AT_ONCE = 1_000  # entries; a request takes some seconds for them
PRESENT = "It has a score by the present version of each metric."

FindObstacle = Callable[[Entry], str]
Act = Callable[[Entry, Actor, str], None]


@dataclass(frozen=True, slots=True)
class EntryAction:
    """A service with the words of its pages. `act` raises ValidationError, which says why not."""

    name: str
    label: str  # in the bar of actions
    heading: str  # of the page that asks; {what} is such as `2 entries`
    button: str  # the same
    done: str  # after a number
    says: Sequence[str]  # what changes, and what stays
    find_obstacle: FindObstacle
    act: Act
    reason_label: str = ""  # says who reads it; empty: there is no reason
    needs_reason: bool = False
    takes_away: bool = False
    changes_ranks: bool = False


def _why_not_cancel(entry: Entry) -> str:
    return "" if entry.can_be_cancelled else "Its system neither waits nor runs."


def _why_not_rescore(entry: Entry) -> str:
    """Return why not; the metrics are compared for all entries together, by `find_lacking`."""
    if entry.withdrawn_at is not None:
        return "It has been withdrawn."
    return "" if entry.state == "scored" else f"Only what is scored can be; it is {entry.state}."


def _requeue(entry: Entry, actor: Actor, reason: str) -> None:
    requeueing.requeue_entry(entry=entry, actor=actor, reason=reason or requeueing.REASON)


def _rescore(entry: Entry, actor: Actor, reason: str) -> None:
    lacking = next(rescoring.find_lacking(chosen=[entry.pk]), None)
    if lacking is None:
        raise ValidationError(PRESENT)
    rescoring.announce(lacking, actor=actor)


ACTIONS: Mapping[str, EntryAction] = {
    action.name: action
    for action in (
        EntryAction(
            "requeue", "Requeue", "Requeue {what}?", "Requeue {what}", "requeued",
            ["They run or are scored again from the start.",
             "It costs the teams no try. Runs and scores so far are kept."],
            requeueing.why_not_entry, _requeue, "Reason, shown to the team",
        ),
        EntryAction(
            "rescore", "Rescore", "Rescore {what}?", "Rescore {what}", "to be scored again",
            ["The workers score them by the present versions of the metrics.",
             "Entries keep their scores and places meanwhile; old scores are kept.",
             "Uploads of teams may wait longer until the workers are through."],
            _why_not_rescore, _rescore,
        ),
        EntryAction(
            "exclude", "Exclude from the board", "Exclude {what} from the board?",
            "Exclude {what}", "excluded from the board",
            ["They leave places and ranges with the next build of the board, within a minute. The "
             "board lists them apart, with the reason.",
             "While names are hidden, the board shows neither names nor reasons.",
             "Their pages say “Excluded from the board” with the reason. Scores and outputs are "
             "kept.",
             "You can put them back at any time. The log keeps both steps."],
            exclusion.why_not_exclude,
            lambda entry, actor, reason: exclusion.exclude(
                entry=entry, actor=actor, reason=reason
            ),
            "Reason, public on the board and on the entry", needs_reason=True, takes_away=True,
            changes_ranks=True,
        ),
        EntryAction(
            "put-back", "Put back on the board", "Put {what} back on the board?",
            "Put {what} back", "put back on the board",
            ["They are ranked again within a minute, in the role that they had.",
             "The board no longer shows why they were excluded. Timeline and log keep it."],
            exclusion.why_not_put_back,
            lambda entry, actor, reason: exclusion.put_back(
                entry=entry, actor=actor, reason=reason
            ),
            "Reason, shown to the team", changes_ranks=True,
        ),
        EntryAction(
            "cancel", "Cancel", "Cancel {what}?", "Cancel {what}", "cancelled",
            ["Their systems are stopped, and they get no score.", "This cannot be undone."],
            _why_not_cancel,
            lambda entry, actor, _: choosing.cancel(entry=entry, actor=cast(User, actor.user)),
            takes_away=True,
        ),
        EntryAction(
            "flag", "Flag with a note", "Flag {what}?", "Flag {what}", "flagged",
            ["The list shows the flag with your note. Teams do not see it.",
             "A flag that an entry has gets the new note."],
            lambda _: "",
            lambda entry, actor, note: flags.flag(entry=entry, actor=actor, note=note),
            "Note, for organisers only", needs_reason=True,
        ),
        EntryAction(
            "unflag", "Remove the flag", "Remove the flag of {what}?", "Remove the flag of {what}",
            "no longer flagged", ["The log keeps the note."],
            flags.why_not_unflag,
            lambda entry, actor, _: flags.unflag(entry=entry, actor=actor),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlannedEntry:
    """An entry in a plan: why it is left out, or its place now and afterwards."""

    entry: Entry
    obstacle: str = ""
    place: str = ""
    place_after: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an action would do to a selection."""

    action: EntryAction
    rows: Sequence[PlannedEntry]
    moved: Mapping[str, int] = field(default_factory=dict)  # other systems, by test set

    @property
    def ready(self) -> list[Entry]:
        """Return the entries that it can be done to."""
        return [row.entry for row in self.rows if not row.obstacle]

    @property
    def what(self) -> str:
        """Return such as `2 entries`."""
        count = len(self.ready)
        return f"{count:,} {'entry' if count == 1 else 'entries'}"

    @property
    def digest(self) -> str:
        """Return what differs for another selection: nobody confirms what was not shown."""
        keys = ",".join(str(entry.pk) for entry in self.ready)
        return hashlib.sha256(f"{self.action.name}:{keys}".encode()).hexdigest()[:16]

    @property
    def says(self) -> Iterator[str]:
        """Yield what happens, in sentences."""
        yield from self.action.says
        for test_set, count in self.moved.items():
            systems = "system gets" if count == 1 else "systems get"
            yield f"{count} other {systems} another place on {test_set}."


def make_plan(action: EntryAction, entries: Sequence[Entry]) -> Plan:
    """Return what an action would do to these entries."""
    obstacles = {entry.pk: action.find_obstacle(entry) for entry in entries}
    if action.name == "rescore":
        obstacles |= _find_present([entry for entry in entries if not obstacles[entry.pk]])
    rows = [PlannedEntry(entry, obstacles[entry.pk]) for entry in entries]
    if not action.changes_ranks:
        return Plan(action, rows)
    chosen = {row.entry.pk for row in rows if not row.obstacle}
    places, after, moved = _foresee(action, entries, chosen)
    return Plan(
        action,
        [
            PlannedEntry(
                row.entry, row.obstacle, places.get(row.entry.pk, ""), after.get(row.entry.pk, "")
            )
            for row in rows
        ],
        moved,
    )


def _find_present(entries: Sequence[Entry]) -> dict[int, str]:
    """Return an obstacle for each entry that a rescore would not change."""
    keys = [entry.pk for entry in entries]
    try:
        lacking = {row.entry.pk for row in rescoring.find_lacking(chosen=keys)}
    except evaluator.InfrastructureError as error:  # such as a lemmatiser that is missing
        return dict.fromkeys(keys, str(error))
    return {key: PRESENT for key in keys if key not in lacking}


def _foresee(
    action: EntryAction, entries: Sequence[Entry], chosen: Collection[int]
) -> tuple[dict[int, str], dict[int, str], dict[str, int]]:
    """Return places now and afterwards by entry, and how many others move by test set."""
    test_sets = {entry.test_set_id: entry.test_set.slug for entry in entries}
    places: dict[int, str] = {}
    after: dict[int, str] = {}
    moved: dict[str, int] = {}
    for key, board in BOARDS.read(test_sets).items():
        now = dict(zip(board.columns.entry, board.columns.place, strict=True))
        is_exclusion = action.name == "exclude"
        then = foresee_places(
            board, leaving=chosen if is_exclusion else (), coming=() if is_exclusion else chosen
        )
        others = [entry for entry, place in now.items() if place and entry not in chosen]
        count = sum(then.get(entry) != now[entry] for entry in others)
        places, after = places | now, after | then
        if count:
            moved[test_sets[key]] = count
    return places, after, moved
