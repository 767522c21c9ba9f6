"""The side of the nodes' protocol that this platform speaks: thin, each answer a few rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import wraps
from tempfile import SpooledTemporaryFile
from typing import Concatenate, ParamSpec, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.body_limits import BodyLimit, takes_up_to
from files import storage
from files.trouble import trouble_in
from nodes.models import Node, Run
from nodes.protocol.assignments import assignment
from nodes.protocol.bodies import BadBody, Body
from nodes.protocol.tokens import node_of
from nodes.runs import endings, fitness, processes, reporting
from nodes.runs.claims import claim
from nodes.runs.clock import database_now
from nodes.runs.processes import AnotherProcess
from nodes.runs.reporting import RunRefused, Unacceptable

logger = logging.getLogger(__name__)

P = ParamSpec("P")
Handler = Callable[Concatenate[HttpRequest, Node, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
CHUNK = 64 * 1024  # bytes
HYPOTHESES = BodyLimit(
    "MAX_HYPOTHESES_BYTES", "MAX_HYPOTHESES_BYTES", "Send one JSON string for each segment."
)
IN_MEMORY = 1024 * 1024  # bytes of a body; what is longer goes to a file


def of_nodes(method: str) -> Callable[[Handler[P]], View[P]]:
    """Take this method from nodes alone, known by their tokens; no session, no cookie."""

    def decorate(view: Handler[P]) -> View[P]:
        @csrf_exempt
        @never_cache
        @require_http_methods([method])
        @wraps(view)
        def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            kind, _, token = request.headers.get("Authorization", "").partition(" ")
            node = node_of(token.strip()) if kind.lower() == "bearer" else None
            if node is None:
                return _error(401, "This token opens nothing. Ask the organisers for another one.")
            try:
                return view(request, node, *args, **kwargs)
            except BadBody as error:
                return _error(400, str(error))
            except RunRefused:
                return _error(409, "This run is not yours any more.")
            except AnotherProcess as error:
                return _error(423, str(error))
            except storage.FileTooLarge as error:
                return _error(413, str(error))
            except Unacceptable as error:
                return _error(422, str(error))
            except OSError as error:
                if (trouble := trouble_in(error)) is None:
                    raise
                logger.error("what %s sent could not be stored: %r", node, error)
                return _error(trouble.status, str(trouble))

        answer.is_of_nodes = True  # type: ignore[attr-defined]
        return cast("View[P]", answer)

    return decorate


@of_nodes("GET")
def me(_request: HttpRequest, node: Node) -> HttpResponse:
    """Answer whose token it is."""
    return JsonResponse({"name": node.name, "is_drained": node.drained_at is not None})


@of_nodes("POST")
def claim_run(request: HttpRequest, node: Node) -> HttpResponse:
    """Give the node its next run."""
    body = Body.of(request)
    run = claim(node, body.offer(), body.process(), body.health())
    if run is None:
        headers = {
            "Terminarium-Drained": node.drained_at is not None,
            "Terminarium-Check": node.failing_since is not None,
            "Retry-After": fitness.wait_of(node, database_now()),
        }
        values = {name: str(int(value)) for name, value in headers.items() if value}
        return HttpResponse(status=204, headers=values)
    try:
        return HttpResponse(assignment(run), content_type="application/json")
    except Exception:
        # A test set that can't be read must not stand before all others for ever: it counts as an
        # attempt, and neither the node nor the image is to blame.
        logger.exception("what %s is about can't be told", run)
        endings.take_back(run.pk)
        return _error(503, "Our side failed. Ask again.")


@of_nodes("POST")
def goodbye(request: HttpRequest, node: Node) -> HttpResponse:
    """Note that a node's process ends."""
    processes.part(node, Body.of(request).text("process"))
    return HttpResponse(status=204)


@of_nodes("POST")
def heartbeat(request: HttpRequest, node: Node, pk: int) -> HttpResponse:
    """Renew the lease; say whether to stop."""
    body = Body.of(request)
    processes.require_current(node, body.text("process"))
    is_over = reporting.heartbeat(node, pk, body.integer("fence"), body.sign_of_life())
    return JsonResponse({"cancel": is_over, "lease": settings.NODE_LEASE})


@of_nodes("PUT")
def put_log(request: HttpRequest, node: Node, pk: int) -> HttpResponse:
    """Keep the end of a run's log."""
    limit = _open_run(node, pk).entry.test_set.phase.limits.log
    with SpooledTemporaryFile(IN_MEMORY) as file:
        for chunk in _chunks(request, limit):
            file.write(chunk)
        reporting.keep_log(node, pk, _fence(request), file, max_bytes=limit)
    return HttpResponse(status=204)


@takes_up_to(HYPOTHESES)
@of_nodes("PUT")
def put_hypotheses(request: HttpRequest, node: Node, pk: int) -> HttpResponse:
    """Keep what a run's system wrote."""
    _open_run(node, pk)
    with SpooledTemporaryFile(IN_MEMORY) as file:
        for chunk in _chunks(request, settings.MAX_HYPOTHESES_BYTES):
            file.write(chunk)
        file.seek(0)
        reporting.keep_hypotheses(node, pk, _fence(request), iter(file))
    return HttpResponse(status=204)


@takes_up_to(HYPOTHESES)
@of_nodes("PUT")
def take_trial(request: HttpRequest, _node: Node) -> HttpResponse:
    """Accept as many bytes as hypotheses may have, so that a node can test its connection."""
    for _ in _chunks(request, settings.MAX_HYPOTHESES_BYTES):
        pass
    return HttpResponse(status=204)


@of_nodes("POST")
def finish(request: HttpRequest, node: Node, pk: int) -> HttpResponse:
    """Close a run."""
    body = Body.of(request)
    reporting.finish(node, pk, body.integer("fence"), body.run_end())
    return HttpResponse(status=204)


def _open_run(node: Node, pk: int) -> Run:
    runs = Run.objects.filter(pk=pk, node=node, ended_at=None)
    run = runs.select_related("entry__test_set__phase").first()
    if run is None:
        raise RunRefused
    return run


def _fence(request: HttpRequest) -> int:
    text = request.GET.get("fence", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):  # digits of a 64-bit number
        raise BadBody("the address has to say ?fence=NUMBER")
    return int(text)


def _chunks(request: HttpRequest, limit: int) -> Iterator[bytes]:
    size = 0
    while chunk := request.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise storage.FileTooLarge(limit)
        yield chunk


def _error(status: int, text: str) -> HttpResponse:
    return JsonResponse({"error": text}, status=status)
