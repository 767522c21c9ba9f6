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
from sharedtasks.downloads import KINDS, file_name
from sharedtasks.policy import Thing
from sharedtasks.viewers import viewer_of


@require_safe
def download(
    request: HttpRequest, task: str, phase: str, test_set: str, kind: str
) -> HttpResponseBase:
    """Give one file of a test set."""
    if kind not in KINDS:
        raise Http404(f"There is no download {kind}.")
    known = KINDS[kind]
    found = test_set_or_404(viewer_of(request.user), task, phase, test_set, thing=known.thing)
    row = get_object_or_404(found.downloads.select_related("file"), kind=kind)
    return _attachment(
        request,
        lambda: storage.open_file(row.file),
        etag=f'"{row.file.sha256}"',
        name=file_name(found, kind),
        content_type=known.content_type,
    )


@require_safe
def phase_archive(request: HttpRequest, task: str, phase: str) -> HttpResponseBase:
    """Give sources and terminologies of all test sets of a phase in one zip."""
    found = phase_or_404(viewer_of(request.user), task, phase, thing=Thing.SOURCES)
    members = phase_zip.members(found)
    if not members:
        raise Http404(f"{found} has nothing to download.")
    return _attachment(
        request,
        lambda: phase_zip.pack(members),
        etag=phase_zip.etag(members),
        name=f"{task}.{phase}.zip",
        content_type="application/zip",
    )


@require_safe
def download_wheel(request: HttpRequest, name: str) -> HttpResponseBase:
    """Give the evaluator's wheel, under the name that pip wants."""
    built = evaluator_wheel.wheel()
    if built is None or built.name != name:
        raise Http404(f"There is no file {name}.")
    with built.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return _attachment(
        request,
        lambda: built.open("rb"),
        etag=f'"{digest}"',
        name=name,
        content_type="application/zip",
    )


def _attachment(
    request: HttpRequest,
    open_file: Callable[[], IO[bytes]],
    *,
    etag: str,
    name: str,
    content_type: str,
) -> HttpResponseBase:
    """Answer with a file, or that the reader has it: then nothing is opened."""
    response: HttpResponseBase = get_conditional_response(request, etag=etag) or FileResponse(
        open_file(), as_attachment=True, filename=name, content_type=content_type
    )
    response["ETag"] = etag
    # Whoever keeps a copy asks again each time: an embargo may have been put back.
    patch_cache_control(response, private=True, no_cache=True)
    return response
