"""What a node is told of its run: never a reference, nor anything made from one."""

from __future__ import annotations

from dataclasses import asdict, replace

from django.conf import settings
from django.core import signing
from django.urls import reverse

from evaluator.container import Limits, SystemInput, TerminologyMode, system_inputs
from evaluator.container.sample import sample
from nodes.models import Run
from sharedtasks import testsets
from sharedtasks.models import TestSet

SALT = "nodes.image"


def assignment(run: Run) -> dict[str, object]:
    """Return all that a node needs to know of a run, as JSON has it."""
    test_set, archive = run.entry.test_set, run.image.archive
    is_smoke = run.purpose == Run.Purpose.SMOKE
    address = reverse("node-image", args=[run.pk])
    inputs = _inputs(run, test_set)
    documents = _numbers(inputs)
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
        "quote": is_smoke,  # what a system writes of a blind test set is nobody's to read
        "segments": [_segment(one, documents) for one in inputs],
    }


def ticket(run: Run) -> str:
    """Return what opens the download of a run's image while the run goes on."""
    return signing.Signer(salt=SALT).sign(f"{run.pk}-{run.fence}")


def is_ticket_of(text: str, run: Run) -> bool:
    """Say whether this ticket was given out for this run."""
    try:
        return signing.Signer(salt=SALT).unsign(text) == f"{run.pk}-{run.fence}"
    except signing.BadSignature:
        return False


def _mode(run: Run) -> TerminologyMode:
    # A system that knew which terms are the random control would void the control.
    is_without = run.purpose == Run.Purpose.TEST and run.entry.test_set.mode == TestSet.Mode.NOTERM
    return "none" if is_without else "terms"


def _limits(run: Run) -> Limits:
    limits = run.entry.test_set.phase.limits
    if run.purpose == Run.Purpose.TEST:
        return limits
    return replace(limits, wall_time=min(limits.wall_time, settings.SMOKE_WALL_TIME))


def _inputs(run: Run, test_set: TestSet) -> tuple[SystemInput, ...]:
    if run.purpose == Run.Purpose.TEST:
        return system_inputs(testsets.read(test_set), _mode(run))
    primary = run.source_language.partition("-")[0]
    return system_inputs(sample(primary, run.target_language.partition("-")[0]))


def _numbers(inputs: tuple[SystemInput, ...]) -> dict[str, str]:
    # A document's name may say where it is from; a number says nothing.
    found: dict[str, str] = {}
    for one in inputs:
        found.setdefault(one.document, str(len(found)))
    return found


def _segment(one: SystemInput, documents: dict[str, str]) -> dict[str, object]:
    return {
        "document": documents[one.document],
        "source": one.source,
        "terms": [{"source": term.source, "targets": list(term.targets)} for term in one.terms],
        "annotated": one.annotated,
    }
