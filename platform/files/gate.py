"""The gate before every upload: checks its length, its sender and the free room, and reads it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import render

from config.body_limits import SMALL_BODY, declared_length
from files.incoming import close_all, require_room
from files.trouble import StorageTrouble, trouble_in
from files.upload_slots import Slot, take_slot

logger = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., object])
Check = Callable[[HttpRequest], HttpResponse | None]

RETRY_AFTER = 600  # seconds; somebody has to make room first
AGAIN_SOON = 60  # seconds
NO_LENGTH = "The request does not say how long its body is. Send Content-Length."
BROKE_OFF = "The upload was interrupted, and nothing was stored. Send it again."


def before_body(check: Check) -> Callable[[View], View]:
    """Give a view a check that can refuse a form before its body is read."""

    def mark(view: View) -> View:
        view.before_body = check  # type: ignore[attr-defined]
        return view

    return mark


class UploadMiddleware:
    """Accept what can be stored, and read it here, so that a fault is explained.

    The check of the form's token would read the body otherwise, where nothing can be caught. Views
    that are exempt from that check read their own bodies.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            slot: Slot | None = getattr(request, "upload_slot", None)
            if slot is not None:
                slot.end()
            if request.method == "POST" and request.content_type == "multipart/form-data":
                close_all(request.upload_handlers)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: object, kwargs: object
    ) -> HttpResponse | None:
        """Refuse a body, or read it."""
        is_of_nodes = getattr(view, "is_of_nodes", False)
        if has_no_length(request):
            if is_of_nodes:
                return JsonResponse({"error": NO_LENGTH}, status=HTTPStatus.LENGTH_REQUIRED)
            return render(request, "411.html", status=HTTPStatus.LENGTH_REQUIRED)
        is_form = request.method == "POST" and not is_of_nodes
        if not is_form or not declared_length(request):
            return None
        try:
            refusal = _refuse(request, view)
            if refusal is None and not _reads_itself(view):
                len(request.POST)  # which reads the body
            return refusal
        except (StorageTrouble, OSError) as error:
            return answer_trouble(request, error)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Explain what is wrong with our storage if a view could not write to it."""
        is_ours = request.method == "POST" and trouble_in(error) is not None
        return answer_trouble(request, error) if is_ours else None


def has_no_length(request: HttpRequest) -> bool:
    """Return whether a request has a body and does not say how long it is."""
    if request.META.get("CONTENT_LENGTH"):
        return False
    is_form = request.method == "POST" and request.content_type == "multipart/form-data"
    return bool(request.META.get("HTTP_TRANSFER_ENCODING")) or is_form


def answer_trouble(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer a form that could not be stored. Raises errors that do not concern the storage."""
    trouble = trouble_in(error)
    if isinstance(error, UnreadablePostError):
        logger.info("an upload to %s broke off: %s", request.path, error)
        return HttpResponse(BROKE_OFF, status=HTTPStatus.BAD_REQUEST, content_type="text/plain")
    if trouble is None:
        raise error
    logger.error("an upload to %s could not be stored: %r", request.path, error)
    context = {"trouble": trouble, "is_full": trouble.status == HTTPStatus.INSUFFICIENT_STORAGE}
    response = render(request, "storage.html", context, status=trouble.status)
    response["Retry-After"] = str(RETRY_AFTER)
    return response


def _refuse(request: HttpRequest, view: Callable[..., Any]) -> HttpResponse | None:
    """Answer requests whose body need not be read. Raises NoRoom, OSError."""
    # A client that waits for "100 Continue" may be as slow as it likes: our server waits for small
    # bodies itself, and no such header comes from there.
    if declared_length(request) > SMALL_BODY or "HTTP_EXPECT" in request.META:
        if not request.user.is_authenticated:  # nothing large is taken from a visitor
            return redirect_to_login(request.get_full_path())
        slot = take_slot(request.user.pk)
        if slot is None:
            context = {"at_once": settings.UPLOADS_AT_ONCE}
            response = render(request, "429.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
            response["Retry-After"] = str(AGAIN_SOON)
            return response
        request.upload_slot = slot  # type: ignore[attr-defined]
    check: Check | None = getattr(view, "before_body", None)
    if check is not None and (refusal := check(request)) is not None:
        return refusal
    if request.content_type == "multipart/form-data" and not _reads_itself(view):
        require_room(declared_length(request))
    return None


def _reads_itself(view: Callable[..., Any]) -> bool:
    return bool(getattr(view, "csrf_exempt", False))
