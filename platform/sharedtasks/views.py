"""The pages about a shared task."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from sharedtasks import evaluator_wheel
from sharedtasks.access import announced_or_404, task_or_404
from sharedtasks.downloads import SAMPLES
from sharedtasks.errata import list_published
from sharedtasks.explanations import FAMILIES, SIGNATURE_KEYS
from sharedtasks.format_guide import describe_formats
from sharedtasks.models import TestSet, TestSetDownload
from sharedtasks.schedule import (
    find_moved,
    list_contents,
    list_offered_files,
    list_reveals,
    show_phases,
)
from sharedtasks.viewers import viewer_of


@require_safe
def shared_task(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the shared task is, when systems can be submitted, and where the boards are."""
    viewer, now = viewer_of(request.user), timezone.now()
    task, phases = announced_or_404(viewer, slug)
    shown = show_phases(viewer, phases, now, moved=find_moved(phases))
    context = {
        "task": task,
        "page": "overview",
        "phases": shown,
        "reveals": list_reveals(shown, now),
        "errata": list_published(phases),
    }
    return render(request, "sharedtasks/shared_task.html", context)


@require_safe
def rules(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the organisers' rules."""
    context = {"task": task_or_404(viewer_of(request.user), slug), "page": "rules"}
    return render(request, "sharedtasks/rules.html", context)


@require_safe
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """Offer what the viewer may download, and the checks for their own machine."""
    viewer, now = viewer_of(request.user), timezone.now()
    task, phases = announced_or_404(viewer, slug)
    shown = show_phases(viewer, phases, now)
    test_sets = [test_set for shown_phase in shown for test_set in shown_phase.test_sets]
    prefetch_related_objects(
        test_sets, Prefetch("downloads", TestSetDownload.objects.select_related("file"))
    )
    contents = list_contents(test_sets)
    context = {
        "task": task,
        "page": "data",
        "phases": [list_offered_files(viewer, shown_phase, now, contents) for shown_phase in shown],
        "contents": contents,
        "has_samples": SAMPLES in contents,
        "shows_references": any(shown_phase.shows_references for shown_phase in shown),
        "wheel": evaluator_wheel.find_wheel(),
    }
    return render(request, "sharedtasks/data.html", context)


@require_safe
def metrics(request: HttpRequest, slug: str) -> HttpResponse:
    """Explain every number on the leaderboards."""
    context = {
        "task": task_or_404(viewer_of(request.user), slug),
        "page": "metrics",
        "families": FAMILIES,
        "signature_keys": SIGNATURE_KEYS.items(),
    }
    return render(request, "sharedtasks/metrics.html", context)


@require_safe
def how_to_submit(request: HttpRequest, slug: str) -> HttpResponse:
    """Explain which files are taken, under which names, and what happens to them."""
    viewer = viewer_of(request.user)
    task, phases = announced_or_404(viewer, slug)
    shown = show_phases(viewer, phases, timezone.now())
    slots = {test_set.slug: test_set for shown_phase in shown for test_set in shown_phase.test_sets}
    context = {
        "task": task,
        "page": "how-to-submit",
        "phases": shown,
        "formats": describe_formats(),
        "slots": list(slots.values()),  # most phases have the same test sets
        "has_outputs_only": any(row.terminology_mode.gives_samples for row in slots.values()),
        "has_documents": any(row.unit == TestSet.Unit.DOCUMENT for row in slots.values()),
        "takes_images": any(shown_phase.phase.takes_images for shown_phase in shown),
        "max_image_bytes": settings.MAX_IMAGE_BYTES,
        "image_registries": settings.IMAGE_REGISTRIES,
        "max_unpacked_bytes": settings.MAX_UNPACKED_IMAGE_BYTES,
        "image_tries": settings.IMAGE_TRIES,
    }
    return render(request, "sharedtasks/how_to_submit.html", context)
