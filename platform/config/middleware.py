"""What stands before every view."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRefresh

from config.body_limits import declared_length, limit_at


class PrivateMiddleware:
    """Let nobody keep what is said to somebody who is signed in, unless the view decides that.

    Libraries' views mostly say nothing, about addresses and recovery codes too: the next one at
    the same browser would read them by going back, and a cache between us could give them away.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and request.user.is_authenticated:
            add_never_cache_headers(response)
        return response


class BodyLimitMiddleware:
    """Refuse a request body that is too large before a byte of it is read.

    The declared length is enough: Django reads no more than it says.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = declared_length(request)
        if length <= settings.MAX_BODY_BYTES:
            return self.get_response(request)
        limit = limit_at(request.path_info)
        if length <= limit.body_bytes:
            return self.get_response(request)
        response = render(request, "413.html", {"limit": limit}, status=413)
        response["Connection"] = "close"
        return response


class PieceMiddleware:
    """Have the whole page asked for anew where the answer for a piece of it leads elsewhere.

    That is to the sign-in, mostly, once a session has ended. The browser would follow unseen, and
    htmx would put a whole page into the place of the piece.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_piece = request.headers.get("HX-Request") == "true"
        return HttpResponseClientRefresh() if is_piece and _leads_elsewhere(response) else response


def _leads_elsewhere(response: HttpResponse) -> bool:
    return response.status_code in (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND)


class InvalidFormMiddleware:
    """Answer 422 to an invalid form wherever a library's view would answer 200.

    Our own views say so themselves; allauth's hand a form with its errors to a template.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_template_response(
        self, request: HttpRequest, response: TemplateResponse
    ) -> TemplateResponse:
        form = (response.context_data or {}).get("form")
        is_invalid = isinstance(form, BaseForm) and form.is_bound and not form.is_valid()
        is_ours_to_say = request.method == "POST" and response.status_code == HTTPStatus.OK
        if is_invalid and is_ours_to_say:
            response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response
