"""What a node tells of its run: signs of life, texts, the end. Each carries the run's fence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from itertools import islice
from typing import IO

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Greatest

import evaluator
from evaluator.checking import count_all_paragraphs
from files import storage
from files.models import StoredFile
from nodes.models import OURS, Node, Run
from nodes.runs import endings
from nodes.runs.clock import database_now
from nodes.runs.fitness import Health
from sharedtasks import testsets
from submissions import hypotheses
from submissions.models import Entry
from submissions.states import EntryState


class RunRefused(Exception):
    """The run is not this node's any more, or has never been: nothing is written."""


class Unacceptable(Exception):
    """What was sent can't be right; the text says why."""


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """A run while it goes on."""

    stage: str
    done: int
    segments: int
    memory: int | None  # bytes


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended, as its node says."""

    outcome: str
    message: str = ""
    problems: list[dict[str, object]] = field(default_factory=list)
    problem_count: int = 0
    exit_status: int | None = None
    wall_time: float = 0.0
    peak_memory: int | None = None
    done: int = 0
    log_bytes: int = 0
    notes: list[str] = field(default_factory=list)
    detail: str = ""
    health: Health | None = None  # of the node, which it has checked after a failure


def heartbeat(node: Node, run_id: int, fence: int, sign: SignOfLife) -> bool:
    """Renew the lease; return whether the node is to stop. Raises RunRefused, Unacceptable."""
    segments = _held(node, run_id, fence).values_list("segments", flat=True).first()
    if segments is None:
        raise RunRefused
    if sign.done > segments:
        raise Unacceptable(f"{sign.done} segments are done, of a run of {segments}")
    now = database_now()
    changed = _held(node, run_id, fence).update(
        lease_until=now + timedelta(seconds=settings.NODE_LEASE),
        heartbeat_at=now,
        stage=sign.stage,
        done=sign.done,
        memory=sign.memory,
        peak_memory=Greatest(Coalesce(F("peak_memory"), 0), sign.memory)
        if sign.memory is not None
        else F("peak_memory"),
    )
    if not changed:
        raise RunRefused
    Node.objects.filter(pk=node.pk).update(last_seen_at=now)
    wanted = Run.objects.filter(pk=run_id, entry__state=EntryState.RUNNING)
    return not wanted.exists()


def keep_log(node: Node, run_id: int, fence: int, stream: IO[bytes], *, max_bytes: int) -> None:
    """Keep the end of its log. Raises RunRefused, storage.FileTooLarge."""
    _keep(node, run_id, fence, log=storage.put(stream, max_bytes=max_bytes))


def keep_hypotheses(node: Node, run_id: int, fence: int, lines: Iterator[bytes]) -> None:
    """Keep what its system wrote, checked as an upload is. Raises RunRefused, Unacceptable."""
    run = _held(node, run_id, fence).select_related("entry__test_set").first()
    if run is None:
        raise RunRefused
    if run.purpose != Run.Purpose.TEST:
        raise Unacceptable("a smoke run has no hypotheses to keep")
    content = testsets.read(run.entry.test_set)
    segments = count_all_paragraphs(content).segments
    wanted = len(segments)
    # Read one text more than expected: that shows an excess without keeping millions.
    texts = [_text(line, number) for number, line in enumerate(islice(lines, wanted + 1), 1)]
    if len(texts) != wanted:
        count = f"more than {wanted}" if len(texts) > wanted else str(len(texts))
        raise Unacceptable(f"{count} lines for {wanted} segments")
    for number, (segment, text) in enumerate(zip(segments, texts, strict=True), 1):
        # An upload's breaks are read as spaces, a container's are an error (docs/contract.md 2).
        if "\n" in text and "\n" not in segment.source:
            raise Unacceptable(f"line {number} holds a line break, its source none")
    rows = (
        json.dumps({"id": segment.id, "doc": segment.document, "translation": text})
        for segment, text in zip(segments, texts, strict=True)
    )
    stream = BytesIO("".join(f"{row}\n" for row in rows).encode())
    try:
        read = evaluator.read_aligned(
            stream, "hypotheses.jsonl", content, max_bytes=settings.MAX_HYPOTHESES_BYTES
        )
    except evaluator.SubmissionError as error:
        raise Unacceptable(str(error.problems[0])) from error
    _keep(node, run_id, fence, hypotheses=hypotheses.store(read, content))


def finish(node: Node, run_id: int, fence: int, end: RunEnd) -> None:
    """Close a run as its node says. Raises RunRefused, Unacceptable.

    The same end told again changes nothing: its first answer may have been lost.
    """
    reported = Run.objects.filter(pk=run_id, node=node, fence=fence).first()
    if reported is None:
        raise RunRefused
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(pk=reported.entry_id)
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.ended_at is not None:
            if run.outcome == end.outcome or _was_judged(run, end):
                return
            raise RunRefused
        is_test = run.purpose == Run.Purpose.TEST
        if end.done > run.segments:
            raise Unacceptable(f"{end.done} segments are done, of a run of {run.segments}")
        if end.outcome == Run.Ending.OK and is_test and run.hypotheses_id is None:
            raise Unacceptable("a run that is ok sends its hypotheses before it ends")
        endings.end(run, entry, end.outcome, _columns(end, run), end.health)


def _was_judged(run: Run, end: RunEnd) -> bool:
    """Return whether an end was told before, and judged to be the image's fault."""
    step = end.health.step if end.health else ""
    return bool(step) and step == run.refused_step and end.outcome in OURS


def _held(node: Node, run_id: int, fence: int) -> QuerySet[Run]:
    """Return the run while it is the node's: until it is closed, even if its lease is over.

    Only a sweep that closes the run lets another node have the entry, so a node that is late
    because we were away is heard.
    """
    return Run.objects.filter(pk=run_id, node=node, fence=fence, ended_at=None)


def _keep(node: Node, run_id: int, fence: int, **columns: StoredFile) -> None:
    if not _held(node, run_id, fence).update(**columns):
        raise RunRefused


def _text(line: bytes, number: int) -> str:
    try:
        text = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unacceptable(f"line {number} is no JSON string") from error
    if not isinstance(text, str):
        raise Unacceptable(f"line {number} is no JSON string")
    return text


def _columns(end: RunEnd, run: Run) -> dict[str, object]:
    return {
        "message": end.message,
        "problems": end.problems,
        "problem_count": end.problem_count,
        "exit_status": end.exit_status,
        "wall_time": end.wall_time,
        "peak_memory": max(filter(None, [end.peak_memory, run.peak_memory]), default=None),
        "memory": None,
        "done": end.done,
        "log_bytes": end.log_bytes,
        "notes": end.notes,
        "detail": end.detail,
    }
