"""What a node is told of its run: never a reference, nor anything made from a reference."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import lru_cache

from django.conf import settings
from django.core import signing
from django.urls import reverse

from evaluator.container import (
    Limits,
    SystemInput,
    TerminologyMode,
    make_sample,
    system_inputs,
)
from nodes.models import Run
from sharedtasks import testsets
from sharedtasks.handouts import hand_out_test_set
from sharedtasks.models import TestSet

SALT = "nodes.image"
KEPT_IN_MEMORY = 16  # test sets as nodes are told of them; each is a megabyte or two


def assignment(run: Run) -> str:
    """Return all that a node needs to know of a run, as JSON."""
    head = json.dumps(_head(run))
    return f'{head[:-1]}, "segments": {_segments(run)}}}'


def _head(run: Run) -> dict[str, object]:
    """Return all but the segments, which would be serialised again for every run."""
    archive = run.image.archive
    is_smoke = run.purpose == Run.Purpose.SMOKE
    address = reverse("node-image", args=[run.pk])
    return {
        "run": run.pk,
        "fence": run.fence,
        "purpose": run.purpose,
        "lease": settings.NODE_LEASE,
        "heartbeat": settings.NODE_HEARTBEAT,
        "image": {
            "digest": run.image.digest,
            "unpacked": run.image.unpacked,
            "archive": {
                "url": f"{address}?ticket={ticket(run)}",
                "sha256": archive.sha256,
                "size": archive.size,
            },
        },
        "setting": {
            "source_language": run.source_language,
            "target_language": run.target_language,
            "terminology_mode": _mode(run),
        },
        "limits": asdict(_limits(run)),
        "gpus": run.gpus,
        "quote": is_smoke,  # what a system writes of a blind test set nobody may read
    }


def ticket(run: Run) -> str:
    """Return what opens the download of a run's image while the run goes on."""
    return signing.Signer(salt=SALT).sign(f"{run.pk}-{run.fence}")


def is_ticket_of(text: str, run: Run) -> bool:
    """Return whether this ticket was given out for this run."""
    try:
        return signing.Signer(salt=SALT).unsign(text) == f"{run.pk}-{run.fence}"
    except signing.BadSignature:
        return False


def _mode(run: Run) -> TerminologyMode:
    # A system that knew which terms are the random control would void the control.
    is_smoke = run.purpose == Run.Purpose.SMOKE
    return "terms" if is_smoke or run.entry.test_set.terminology_mode.gives_terms else "none"


def _limits(run: Run) -> Limits:
    limits = run.entry.test_set.phase.limits
    if run.purpose == Run.Purpose.TEST:
        return limits
    return replace(limits, wall_time=min(limits.wall_time, settings.SMOKE_WALL_TIME))


def _segments(run: Run) -> str:
    test_set = run.entry.test_set
    if run.purpose == Run.Purpose.TEST:
        return _of_test_set(test_set.pk, test_set.digest, _mode(run))
    primary = run.source_language.partition("-")[0]
    return _as_json(system_inputs(make_sample(primary, run.target_language.partition("-")[0])))


@lru_cache(maxsize=KEPT_IN_MEMORY)
def _of_test_set(pk: int, digest: str, mode: TerminologyMode) -> str:
    """Return a test set's segments; finding their terms takes most of a claim's time."""
    test_set = TestSet.objects.get(pk=pk, digest=digest)
    handed_out = hand_out_test_set(testsets.read(test_set), gives_terms=mode == "terms")
    return _as_json(system_inputs(handed_out, mode))


def _as_json(inputs: tuple[SystemInput, ...]) -> str:
    # A document's name may say where it is from; a number says nothing.
    numbers: dict[str, str] = {}
    segments = [
        {
            "document": numbers.setdefault(segment.document, str(len(numbers))),
            "source": segment.source,
            "terms": [
                {"source": term.source, "targets": list(term.targets)} for term in segment.terms
            ],
            "annotated": segment.annotated,
        }
        for segment in inputs
    ]
    return json.dumps(segments, ensure_ascii=False)
