"""Downloads for a team: its files, its hypotheses as aligned, its problems."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from files import storage
from submissions.pages import exports
from submissions.pages.access import submission_or_404, translated_entry_or_404


@login_required
@never_cache
@require_safe
def submission_file(request: SignedInRequest, pk: int, position: int) -> FileResponse:
    """Return a file of the team, byte for byte."""
    files = submission_or_404(request.user, pk).files.select_related("file")
    sent = get_object_or_404(files, position=position)
    if sent.file is None:
        raise Http404("it was refused long ago and is no longer stored")
    return FileResponse(
        storage.open_file(sent.file),
        as_attachment=True,
        filename=sent.name,
        content_type="application/octet-stream",
    )


@login_required
@never_cache
@require_safe
def submission_problems(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    """Return all problems that are kept, as a table."""
    submission = submission_or_404(request.user, pk)
    rows = exports.write_problems(submission)
    return _send_attachment(rows, f"problems-{submission.pk}.tsv", "text/tab-separated-values")


@login_required
@never_cache
@require_safe
def entry_text(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    """Return an entry's hypotheses, a line each, in the test set's order."""
    entry = translated_entry_or_404(request.user, pk)
    return _send_attachment(
        exports.write_text(entry), exports.build_file_name(entry, "txt"), "text/plain"
    )


@login_required
@never_cache
@require_safe
def entry_jsonl(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    """Return an entry's hypotheses as JSON lines, each with its document and segment."""
    entry = translated_entry_or_404(request.user, pk)
    lines = exports.write_jsonl(entry)
    return _send_attachment(lines, exports.build_file_name(entry, "jsonl"), "application/jsonl")


def _send_attachment(lines: Iterator[str], name: str, content_type: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        (line.encode() for line in lines),
        headers={
            "Content-Type": f"{content_type}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        },
    )
