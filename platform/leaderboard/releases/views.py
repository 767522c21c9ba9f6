"""The public pages and files of releases."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from files import storage
from leaderboard.models import Release
from leaderboard.releases.bibtex import write_bibtex
from leaderboard.releases.reading import read_document, read_released_board, release_or_404
from sharedtasks.viewers import viewer_of


@require_safe
def release(request: HttpRequest, task: str, phase: str, number: int) -> HttpResponse:
    """Show a release: a board of its document, or the reason why it was withdrawn."""
    now = timezone.now()
    row, known = release_or_404(viewer_of(request.user), task, phase, number, now)
    context: dict[str, object] = {
        "release": row,
        "state": row.find_state(now),
        "releases": known,
        "newer": next((each for each in known if each.find_state(now) == "published"), row),
    }
    if row.withdrawn_at is None:
        document = read_document(row)
        boards = {board["test_set"]: board for board in document["boards"]}
        chosen = request.GET.get("board", next(iter(boards)))
        if chosen not in boards:
            raise Http404(f"{row} has no board {chosen}.")
        context |= {
            "boards": list(boards),
            "board": read_released_board(boards[chosen]),
            "errata": [each for each in document["errata"] if each["test_set"] == chosen],
        }
    return render(request, "leaderboard/release.html", context)


@require_safe
def release_as_json(request: HttpRequest, task: str, phase: str, number: int) -> HttpResponseBase:
    """Send the document of a release, byte by byte as it was published."""
    row = _find_document(request, task, phase, number)
    etag = f'"{row.document.sha256}"'
    response: HttpResponseBase = get_conditional_response(request, etag=etag) or FileResponse(
        storage.open_file(row.document),
        as_attachment=True,
        filename=f"{task}.{phase}.release-{number}.json",
        content_type="application/json",
    )
    response["ETag"] = etag
    # It is asked for anew each time: a release may be withdrawn.
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_safe
def release_as_bibtex(request: HttpRequest, task: str, phase: str, number: int) -> HttpResponse:
    """Send BibTeX entries of a release and of the systems that it names."""
    row = _find_document(request, task, phase, number)
    address = request.build_absolute_uri(row.get_absolute_url())
    text = write_bibtex(read_document(row), sha256=row.document.sha256, address=address)
    response = HttpResponse(text, content_type="application/x-bibtex; charset=utf-8")
    name = f"{task}.{phase}.release-{number}.bib"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _find_document(request: HttpRequest, task: str, phase: str, number: int) -> Release:
    """Return a release whose document may be read: not after it was withdrawn."""
    row, _ = release_or_404(viewer_of(request.user), task, phase, number, timezone.now())
    if row.withdrawn_at is not None:
        raise Http404(f"{row} was withdrawn: {row.withdrawn_reason}")
    return row
