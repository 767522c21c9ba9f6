"""The download of a run's image: by its node alone, while the run goes on, from any byte on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from files import storage
from nodes.models import Node, Run
from nodes.protocol.assignments import is_ticket_of
from nodes.protocol.views import of_nodes
from nodes.runs.clock import database_now

CHUNK = 1024 * 1024  # bytes
RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")


@of_nodes("GET")
def image(request: HttpRequest, node: Node, pk: int) -> HttpResponseBase:
    """Stream the archive of a run's image, whole or from a byte on.

    Also after the run, to a node that did not get it: it is given nothing until that works.
    """
    is_open = Q(ended_at=None, lease_until__gt=database_now())
    is_tried_again = Q(outcome=Run.Ending.IMAGE_UNAVAILABLE, node__failing_since__isnull=False)
    runs = Run.objects.filter(is_open | is_tried_again, pk=pk, node=node)
    run = runs.select_related("image__archive").first()
    if run is None or not is_ticket_of(request.GET.get("ticket", ""), run):
        raise Http404("no run of this node's that goes on")
    archive = run.image.archive
    etag = f'"{archive.sha256}"'
    first, last = 0, archive.size - 1
    is_same = request.headers.get("If-Range", etag) == etag
    part = RANGE.fullmatch(request.headers.get("Range", "")) if is_same else None
    if part:
        first, last = int(part[1]), min(int(part[2] or last), last)
        if first > last:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{archive.size}"})
    response = StreamingHttpResponse(
        _bytes(storage.open_file(archive), first, last - first + 1),
        status=206 if part else 200,
        content_type="application/x-tar",
        headers={
            "Accept-Ranges": "bytes",
            "Content-Length": str(last - first + 1),
            "ETag": etag,
        },
    )
    if part:
        response["Content-Range"] = f"bytes {first}-{last}/{archive.size}"
    return response


def _bytes(stream: BinaryIO, first: int, count: int) -> Iterator[bytes]:
    with stream:
        stream.seek(first)
        while count and (chunk := stream.read(min(CHUNK, count))):
            count -= len(chunk)
            yield chunk
