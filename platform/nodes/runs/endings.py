"""How a run ends, and what becomes of its entry, its node and its image."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from health.presence import platform_was_away
from nodes.models import OURS, TEAMS_FAULT, Run
from nodes.runs import blame, fitness, quarantine, retries
from nodes.runs.blame import RAN
from nodes.runs.clock import database_now
from nodes.runs.fitness import Health
from submissions import work
from submissions.models import Entry
from submissions.states import EntryState

logger = logging.getLogger(__name__)

Ending = Run.Ending

WORDS: Mapping[str, str] = {
    Ending.NODE_LOST: "the machine fell silent",
    Ending.IMAGE_UNAVAILABLE: "the machine was not given the image and its work",
    Ending.NO_GPU: "the machine could not give it a GPU",
    Ending.ENGINE_ERROR: "the machine's container engine failed",
    Ending.HANDED_BACK: "the machine was taken out of service",
    Ending.CANCELLED: "the machine stopped it",
}
STEP_WORDS: Mapping[str, str] = {  # for a step that an engine refused, though it runs another image
    "load": "the machine could not unpack the image",
    "create": "the machine could not create a container from the image",
    "start": "the machine could not start the image",
}
UNDECIDED = (
    "It then ran another image successfully. Yours is tried once more, to find out the cause."
)


def lose(run_id: int, *, reason: str, overdue_only: bool = False) -> bool:
    """Close a run whose node is not heard of any more; False if it has ended meanwhile."""
    entry_id = Run.objects.values_list("entry_id", flat=True).get(pk=run_id)
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(pk=entry_id)
        runs = Run.objects.filter(pk=run_id, ended_at=None)
        if overdue_only:
            runs = runs.filter(lease_until__lte=database_now())
        return end(runs.select_for_update().first(), entry, Ending.NODE_LOST, {"detail": reason})


def cut_short(run_id: int) -> bool:
    """Close a run that its node does not end; return False if it has ended meanwhile."""
    entry_id = Run.objects.values_list("entry_id", flat=True).get(pk=run_id)
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(pk=entry_id)
        run = Run.objects.filter(pk=run_id, ended_at=None).select_for_update().first()
        detail = "the run continued long after its time limit, although its node was alive"
        return end(run, entry, Ending.ENGINE_ERROR, {"detail": detail})


def take_back(run_id: int) -> bool:
    """Close a run that its node was never told of, by no fault of the node or the image."""
    entry_id = Run.objects.values_list("entry_id", flat=True).get(pk=run_id)
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(pk=entry_id)
        run = Run.objects.filter(pk=run_id, ended_at=None).select_for_update().first()
        detail = "our side could not put together what the node is told; the server's log says why"
        columns = {"detail": detail}
        return end(run, entry, Ending.IMAGE_UNAVAILABLE, columns, is_of_node=False)


def end(
    run: Run | None,
    entry: Entry,
    outcome: str,
    columns: Mapping[str, Any],
    health: Health | None = None,
    *,
    is_of_node: bool = True,
) -> bool:
    """Close a run whose row and entry are locked, and move what follows from it.

    `health` is the result of the node's check of itself after a failure; `is_of_node` says that
    the end speaks for the node or against it.
    """
    if run is None:
        return False
    step = health.step if health is not None and health.is_fit else ""
    fault = blame.find_fault_of_image(run, step, outcome) if outcome in OURS else ""
    if fault:
        outcome, columns = Ending.CRASHED, {**columns, "message": fault}
    elif step and outcome in OURS:
        columns = {**columns, "message": f"{STEP_WORDS[step].capitalize()}. {UNDECIDED}"}
    Run.objects.filter(pk=run.pk).update(
        ended_at=database_now(), outcome=outcome, refused_step=step, **columns
    )
    run.refresh_from_db()
    if is_of_node:
        _judge_node(run, health)
    if outcome == Ending.NODE_LOST:
        quarantine.count_loss(run)
    elif outcome == Ending.OK:
        quarantine.note_success(run)
    if entry.state == EntryState.RUNNING:
        _move_entry(run, entry)
    return True


def _move_entry(run: Run, entry: Entry) -> None:
    is_smoke = run.purpose == Run.Purpose.SMOKE
    if run.outcome == Ending.OK and is_smoke:
        _move(entry, EntryState.WAITING, "smoke run passed")
    elif run.outcome == Ending.OK:
        # The next attempts are those of workers.
        Entry.objects.filter(pk=entry.pk).update(hypotheses=run.hypotheses, attempts=0)
        _move(entry, EntryState.SCORING, "")
        entry.refresh_from_db()
        work.announce(entry)
    elif run.outcome in TEAMS_FAULT and is_smoke:
        _reject_all(run, entry)
    elif run.outcome in TEAMS_FAULT:
        _move(entry, EntryState.REJECTED, run.message)
    else:
        _retry(run, entry)


def _retry(run: Run, entry: Entry) -> None:
    why = STEP_WORDS.get(run.refused_step) or WORDS[run.outcome]
    if run.outcome in OURS:
        work.count_attempt(entry)
    if quarantine.fail_if_quarantined(entry):
        return
    if run.outcome in OURS and retries.is_exhausted(entry, run.purpose):
        tried = retries.spoilt_runs(entry, run.purpose)
        reason = (
            f"Our side failed: {tried.count()} attempts to run it ended without a result. "
            f"In the last attempt, {why}. As far as we know, nothing is wrong with what you sent. "
            "The organisers can see this. You can send it again."
        )
        _move(entry, EntryState.FAILED, reason)
    else:
        _move(
            entry, EntryState.WAITING, f"{why}; it is tried again, on another machine if possible"
        )


def _reject_all(run: Run, entry: Entry) -> None:
    """Reject the whole submission for a language pair whose sample sentences it failed on."""
    reason = f"In the smoke run, on sample sentences: {run.message}"
    same = Entry.objects.select_for_update().filter(
        submission=run.submission_id,
        test_set__source_language=run.source_language,
        test_set__target_language=run.target_language,
        state=EntryState.WAITING,
    )
    for sibling in [entry, *same.order_by("pk")]:
        _move(sibling, EntryState.REJECTED, reason)


def _move(entry: Entry, to: str, reason: str) -> None:
    work.move(entry, old=[entry.state], to=to, reason=reason)


def _judge_node(run: Run, health: Health | None) -> None:
    assert run.ended_at is not None
    if run.outcome in RAN:
        fitness.note_success(run.node_id)
    is_way_open = run.outcome != Ending.IMAGE_UNAVAILABLE or run.refused_step
    if health is not None and (is_way_open or not health.is_fit):
        fitness.note_check(run.node_id, health)
    # Else the image has not come. The proof that followed needed no download: it says nothing.
    elif run.outcome == Ending.NODE_LOST and platform_was_away(run.heartbeat_at, run.ended_at):
        pass
    elif run.outcome in OURS:
        fitness.note_failure(run.node_id, WORDS[run.outcome])
