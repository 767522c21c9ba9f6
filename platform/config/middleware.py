"""Middleware of the whole site: compression, caching, body sizes, htmx, statuses of forms."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django_htmx.http import HttpResponseClientRefresh

from config.body_limits import declared_length, find_limit

# What is not listed is compressed already, or large: archives, images, files.
COMPRESSED = {"text/html", "text/plain", "text/csv", "application/json"}
ACCEPTS_GZIP = re.compile(r"(?:\bgzip\b|\*)(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")


class CompressMiddleware(GZipMiddleware):
    """Compress pages for clients that take gzip, and unpack kept pages for those that do not.

    Django hides the length of what it compresses by random bytes, and masks a form's token
    differently in each page, so that the length of answers tells nothing of the token (BREACH).
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if not isinstance(response, HttpResponse) or kind not in COMPRESSED:
            return response
        if ACCEPTS_GZIP.search(request.headers.get("Accept-Encoding", "")):
            return super().process_response(request, response)
        patch_vary_headers(response, ["Accept-Encoding"])
        if response.headers.get("Content-Encoding") == "gzip":
            del response.headers["Content-Encoding"]
            response.content = gzip.decompress(response.content)
            response.headers["Content-Length"] = str(len(response.content))
        return response


class PrivateMiddleware:
    """Signed-in responses are not cached unless the view says so.

    Most views of libraries set no header, not even for addresses and recovery codes. The next
    person at the browser could read those by going back, and a shared cache could give them away.
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
        limit = find_limit(request.path_info)
        if length <= limit.body_bytes:
            return self.get_response(request)
        response = render(request, "413.html", {"limit": limit}, status=413)
        response["Connection"] = "close"
        return response


class PieceMiddleware:
    """Reload the page if the answer for a piece of it is a redirect.

    Most such redirects lead to the sign-in, after a session has ended. The browser would follow
    unseen, and htmx would put a whole page into the place of the piece.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_piece = request.headers.get("HX-Request") == "true"
        is_redirect = response.status_code in (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND)
        return HttpResponseClientRefresh() if is_piece and is_redirect else response


class InvalidFormMiddleware:
    """Answer 422 to an invalid form where a library's view would answer 200.

    Our own views do that themselves; allauth's views hand the form to a template.
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
