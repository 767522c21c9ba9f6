"""Sign somebody in without the page for it, inside the platform's own environment.

python -m tests.e2e.session NAME      prints the value of the session's cookie
"""

from __future__ import annotations

import sys
from http.cookies import SimpleCookie
from urllib.request import HTTPRedirectHandler, Request, build_opener
from uuid import uuid4

import django

from tests.e2e.site import Site

COOKIE = "sessionid"
TOKEN = "t" * 32  # of the form and of its cookie: what counts is that they agree


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def open_session(name: str) -> None:
    """Print a new session of one person."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_backends
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.models import User

    user = User.objects.get(username=name)
    backend = get_backends()[0]
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = f"{type(backend).__module__}.{type(backend).__qualname__}"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    print(session.session_key)


def session_of(site: Site, name: str) -> str:
    """Return the cookie of a new session."""
    return site.run("tests.e2e.session", name).split()[-1]


def post(
    site: Site,
    session: str,
    path: str,
    fields: dict[str, str],
    files: dict[str, bytes],
    *,
    field_name: str = "file",
) -> int:
    """Send a form as a browser without JavaScript does; return the answer's status."""
    boundary = uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in (fields | {"csrfmiddlewaretoken": TOKEN}).items()
    ]
    for name, body in files.items():
        head = f'Content-Disposition: form-data; name="{field_name}"; filename="{name}"'
        parts += [f"--{boundary}\r\n{head}\r\n\r\n".encode(), body, b"\r\n"]
    cookies = SimpleCookie({COOKIE: session, "csrftoken": TOKEN})
    request = Request(
        site.url + path,
        b"".join([*parts, f"--{boundary}--\r\n".encode()]),
        {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Cookie": cookies.output([], header="", sep=";").strip(),
        },
    )
    opener = build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=60) as answer:
            return int(answer.status)
    except OSError as error:  # urllib raises what is no success, and redirects are none here
        status = getattr(error, "code", None)
        if status is None:
            raise
        return int(status)


if __name__ == "__main__":
    django.setup()
    open_session(sys.argv[1])
