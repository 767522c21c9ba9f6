"""Answers made from kept pages: 304, compressed bytes, or the page with a reader's own parts."""

from __future__ import annotations

import gzip
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response

from accounts.models import User
from leaderboard.board_view import BoardView
from leaderboard.kept_pages import KeptPage

QUICK_LEVEL = 1  # of compression


def answer_visitor(request: HttpRequest, page: KeptPage) -> HttpResponse:
    """Answer a reader who is not signed in."""
    etag = f'W/"{page.etag}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        # A middleware unpacks it for the few clients that do not take gzip.
        response = HttpResponse(page.packed, headers={"Content-Encoding": "gzip"})
    response["ETag"] = etag
    return response


def answer_member(request: HttpRequest, page: KeptPage, own: BoardView) -> HttpResponse:
    """Answer a reader who is signed in, with their header and their own lines put in."""
    # The page holds a token for signing out, which is of no use once its cookie has changed.
    get_token(request)
    secret = request.META["CSRF_COOKIE"]
    user, rows = request.user, [line.row for line in own.lines]
    has_role = isinstance(user, User) and user.has_role
    header_facts = (user.pk, user.get_username(), has_role, user.is_staff, secret)
    shown = repr((page.etag, header_facts, own.places, rows))
    etag = f'W/"{blake2b(shown.encode(), digest_size=12).hexdigest()}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        header = render_to_string("components/site_header.html", request=request)
        body = b"".join(page.compose(own, header=header))
        # Quickly, as it is sent once. Each answer masks its only secret, the token, differently.
        packed = gzip.compress(body, QUICK_LEVEL, mtime=0)
        response = HttpResponse(packed, headers={"Content-Encoding": "gzip"})
    response["ETag"] = etag
    return response
