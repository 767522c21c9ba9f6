"""Files for participants. Each asks the policy first, and leaves as an attachment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import IO

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from files import storage
from sharedtasks import evaluator_wheel, phase_zip
from sharedtasks.access import phase_or_404, test_set_or_404
from sharedtasks.downloads import KINDS, make_file_name
from sharedtasks.policy import Thing
from sharedtasks.viewers import viewer_of


@require_safe
def download_file(
    request: HttpRequest, task: str, phase: str, test_set: str, kind: str
) -> HttpResponseBase:
    """Send a file of a test set."""
    if kind not in KINDS:
        raise Http404(f"There is no download {kind}.")
    known = KINDS[kind]
    row = test_set_or_404(viewer_of(request.user), task, phase, test_set, thing=known.thing)
    download = get_object_or_404(row.downloads.select_related("file"), kind=kind)
    return _send_attachment(
        request,
        lambda: storage.open_file(download.file),
        etag=f'"{download.file.sha256}"',
        name=make_file_name(row, kind),
        content_type=known.content_type,
    )


@require_safe
def download_phase_zip(request: HttpRequest, task: str, phase: str) -> HttpResponseBase:
    """Send sources and terminologies of all test sets of a phase as a zip."""
    viewer = viewer_of(request.user)
    row = phase_or_404(viewer, task, phase, thing=Thing.SOURCES)
    members = phase_zip.list_members(viewer, row)
    if not members:
        raise Http404(f"{row} has nothing to download.")
    return _send_attachment(
        request,
        lambda: phase_zip.pack(members),
        etag=phase_zip.compute_etag(members),
        name=f"{task}.{phase}.zip",
        content_type="application/zip",
    )


@require_safe
def download_wheel(request: HttpRequest, name: str) -> HttpResponseBase:
    """Send the evaluator's wheel, under the name that pip expects."""
    built = evaluator_wheel.find_wheel()
    if built is None or built.name != name:
        raise Http404(f"There is no file {name}.")
    with built.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return _send_attachment(
        request,
        lambda: built.open("rb"),
        etag=f'"{digest}"',
        name=name,
        content_type="application/zip",
    )


def _send_attachment(
    request: HttpRequest,
    open_file: Callable[[], IO[bytes]],
    *,
    etag: str,
    name: str,
    content_type: str,
) -> HttpResponseBase:
    """Answer with a file, or that the reader has it already, without opening it."""
    response: HttpResponseBase = get_conditional_response(request, etag=etag) or FileResponse(
        open_file(), as_attachment=True, filename=name, content_type=content_type
    )
    response["ETag"] = etag
    # A copy is checked before each use: an embargo may have been moved to a later date.
    patch_cache_control(response, private=True, no_cache=True)
    return response
