"""Scoring entries again, by the present definitions of the metrics.

A rescore is a row of its own, and its entry does not move: while it lasts, and if it fails, the
entry keeps its scores, its rank and its place on the board.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet

import evaluator
from audit.actions import Action
from audit.recording import Actor, record_event
from sharedtasks.models import Phase, TestSet
from submissions import work
from submissions.boards import touch_board
from submissions.models import Entry, Rescore, Score
from submissions.pipeline import scoring
from submissions.states import ChangeKind, EntryState, RescoreState

AT_ONCE = 200  # entries that a look at the database brings
LOOK_EVERY = 0.2  # seconds
MAX_AHEAD = 100  # rescores that workers have begun, or that wait for them
FEWEST_WAITING = 2  # so that a worker that ends has the next
REASON_OTHER_METRICS = (
    "The worker has other versions of the metrics than rescore_entries has. Restart the workers, "
    "then run rescore_entries again."
)


class OtherMetricsError(Exception):
    """A worker computed other versions of the metrics than were asked for."""


@dataclass(frozen=True, slots=True)
class LackingEntry:
    """An entry without a score by the present definition of some metric."""

    entry: Entry
    metrics: list[str]  # that it lacks
    wanted: Mapping[str, str]  # the present signature of each metric that its test set defines


@dataclass(frozen=True, slots=True)
class Ended:
    """How a rescore has ended."""

    entry: Entry
    state: str  # of RescoreState, or DELETED
    reason: str


DELETED = "deleted"  # with its entry


def rescore(
    phase: Phase | None = None, *, actor: Actor, at_most: int = MAX_AHEAD
) -> Iterator[list[Ended]]:
    """Have the workers score again what lacks a present score; yield what has ended, look by look.

    As many are announced as the workers take, and a few more; teams wait for these few only.
    """
    lacking, running = find_lacking(phase), dict[int, Entry]()  # by the number of its rescore
    waiting, wanted = 0, FEWEST_WAITING
    while True:
        room = max(0, min(wanted - waiting, at_most - len(running)))
        for row in islice(lacking, room):
            running[announce(row, actor=actor).pk] = row.entry
        if not running:
            return
        time.sleep(LOOK_EVERY)
        rows = Rescore.objects.filter(pk__in=running, state=RescoreState.SCORING)
        claims = dict(rows.values_list("pk", "claimed_by"))
        waiting = sum(not claimed_by for claimed_by in claims.values())
        # Workers that have taken everything since the last look would take more.
        wanted = max(FEWEST_WAITING, wanted - 1 if waiting else min(2 * wanted, at_most))
        yield read_ends({pk: running.pop(pk) for pk in running.keys() - claims.keys()})


def read_ends(over: Mapping[int, Entry]) -> list[Ended]:
    """Return how these entries' rescores have ended, by the numbers of the rescores."""
    ends = Rescore.objects.filter(pk__in=over).values_list("pk", "state", "reason")
    how = {pk: (state, reason) for pk, state, reason in ends}
    return [Ended(over[pk], *how.get(pk, (DELETED, ""))) for pk in sorted(over)]


def find_lacking(
    phase: Phase | None = None, *, chosen: Collection[int] | None = None
) -> Iterator[LackingEntry]:
    """Yield the entries on boards that lack a present score: of a phase, or of all phases.

    `chosen` has the keys of the only entries to look at. They are read a few at a time, so that
    hours may pass between two of them.
    """
    test_sets = TestSet.objects.order_by("pk").select_related("phase__shared_task")
    entries = Entry.objects.filter(state=EntryState.SCORED, withdrawn_at=None)
    if phase is not None:
        test_sets = test_sets.filter(phase=phase)
    if chosen is not None:
        entries = entries.filter(pk__in=chosen)
        test_sets = test_sets.filter(pk__in=entries.values("test_set"))
    for test_set in test_sets:
        yield from _find_lacking_in(test_set, entries.filter(test_set=test_set))


def _find_lacking_in(test_set: TestSet, entries: QuerySet[Entry]) -> Iterator[LackingEntry]:
    signatures: dict[str, Mapping[str, str]] = {}  # by the name of a reference; empty: the others
    last = 0
    while rows := list(
        entries.filter(pk__gt=last).select_related("team", "rescore").order_by("pk")[:AT_ONCE]
    ):
        scores = Score.objects.filter(entry__in=rows)
        # Metrics of a family have the same signature.
        kept = set(scores.values_list("entry_id", "metric", "signature"))
        for entry in rows:
            entry.test_set = test_set
            reference = entry.system if entry.kind == Entry.Kind.ORACLE else ""
            if reference not in signatures:
                signatures[reference] = evaluator.current_signatures(
                    scoring.read_test_set_for(entry), lemmatiser=test_set.lemmatiser
                )
            wanted = signatures[reference]
            missing = [name for name in wanted if (entry.pk, name, wanted[name]) not in kept]
            if missing and not _has_been_rescored(entry, wanted):
                yield LackingEntry(entry, missing, wanted)
        last = rows[-1].pk


def _has_been_rescored(entry: Entry, wanted: Mapping[str, str]) -> bool:
    rescore = getattr(entry, "rescore", None)
    return (
        rescore is not None
        and rescore.state == RescoreState.SCORED
        and rescore.wanted == dict(wanted)
    )


@transaction.atomic
def announce(lacking: LackingEntry, *, actor: Actor) -> Rescore:
    """Tell the workers to score an entry again, unless that is under way; return its rescore."""
    wanted = dict(lacking.wanted)
    rescore, is_new = Rescore.objects.get_or_create(
        entry=lacking.entry, defaults={"wanted": wanted}
    )
    if not is_new:
        final = Rescore.objects.filter(pk=rescore.pk).exclude(state=RescoreState.SCORING)
        if not final.update(wanted=wanted, attempts=0, announcements=0):
            return rescore
        old = (RescoreState.SCORED, RescoreState.FAILED)
        work.move(rescore, old=old, to=RescoreState.SCORING, kind=ChangeKind.REQUEUED)
        rescore.refresh_from_db()
    work.announce(rescore)
    changes = {name: (None, wanted[name]) for name in lacking.metrics}
    record_event(actor=actor, action=Action.RESCORED, row=lacking.entry, changes=changes)
    return rescore


def evaluate(rescore: Rescore) -> evaluator.ScoringResult:
    """Compute the scores; after a failed attempt with no other scoring beside it.

    Raises what `scoring.evaluate` raises, and OtherMetricsError.
    """
    entry = rescore.entry
    own = evaluator.current_signatures(
        scoring.read_test_set_for(entry), lemmatiser=entry.test_set.lemmatiser
    )
    # A worker of an older release may lack a metric altogether.
    if dict(own) != rescore.wanted:
        raise OtherMetricsError
    result = scoring.evaluate(entry, alone=rescore.attempts > 1)
    # A new scoring process reads the files of the release that is installed by now.
    if any(own.get(s.metric, s.signature) != s.signature for s in result.scores):
        raise OtherMetricsError
    return result


def record(rescore: Rescore, result: evaluator.ScoringResult, *, owner: str) -> None:
    """Add the scores whose signatures the entry does not have yet; the old scores stay.

    Raises NoLongerOurs if another worker has the rescore by now.
    """
    entry = rescore.entry
    rows = scoring.build_score_rows(entry, result)
    with transaction.atomic():
        if not work.finish(rescore, to=RescoreState.SCORED, owner=owner):
            raise work.NoLongerOurs
        kept = set(entry.scores.values_list("metric", "signature"))
        new = [row for row in rows if (row.metric, row.signature) not in kept]
        if new:
            Score.objects.bulk_create(new)
            work.record_note(entry, reason="scored again, by new versions of the metrics")
            touch_board(entry.test_set_id)


def record_failure(rescore: Rescore, reason: str, *, owner: str) -> None:
    """End a rescore that another attempt would not change."""
    with transaction.atomic():
        work.finish(rescore, to=RescoreState.FAILED, owner=owner, reason=reason)
