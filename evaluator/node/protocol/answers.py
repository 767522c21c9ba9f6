"""Requests to the platform and the meaning of its answers; no part of a body is ever logged."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.auth import AuthBase
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from evaluator.container.errors import find_root_reason
from evaluator.errors import printable
from evaluator.node.errors import (
    AnotherProcessError,
    FenceRefusedError,
    TokenRefusedError,
    UnexpectedAnswerError,
    UnreachableError,
)

CONNECT_TIMEOUT = 10  # seconds
ERROR_BYTES = 64 * 1024
READ_BYTES = 64 * 1024
REASON_CHARACTERS = 300
LATER = (408, 425, 429)  # besides 500 and above: another try may succeed


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request may take."""

    silence: float  # seconds without a byte
    whole: float  # seconds until the answer has been read


class _Bearer(AuthBase):
    """Adds the token to a request. As `auth`, so that no .netrc file replaces it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class PlatformConnection:
    """Speaks HTTP with the platform only: redirects are not followed.

    Every request has a connection of its own. A connection kept open could break just as a claim
    is sent, and nobody would know whether the claim arrived. Any thread may use it.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._auth = _Bearer(token)

    @contextlib.contextmanager
    def request(
        self,
        method: str,
        path: str,
        patience: Patience,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[Response]:
        """Yield a successful answer; raises the PlatformError that any other answer means.

        A failure while the caller reads the answer is an UnreachableError, too.
        """
        try:
            with (
                Session() as session,
                session.request(
                    method,
                    f"{self._url}{path}",
                    data=body,
                    headers={"Accept-Encoding": "identity", **(headers or {})},
                    auth=self._auth,
                    timeout=(min(CONNECT_TIMEOUT, patience.silence), patience.silence),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                _require_success(response, patience)
                yield response
        except (RequestException, HTTPError) as error:
            # Their own texts repeat the address with its ticket.
            reason = find_root_reason(error)
            raise UnreachableError(f"{self._url} does not answer: {reason}") from None


def read_chunks(response: Response, patience: Patience) -> Iterator[bytes]:
    """Yield the body as it comes; raises UnreachableError if it stops or takes too long."""
    deadline = time.monotonic() + patience.whole
    while data := response.raw.read1(READ_BYTES, decode_content=False):
        yield data
        if time.monotonic() > deadline:
            raise UnreachableError(f"the answer had not ended after {patience.whole:.0f} s")


def read_json(response: Response, patience: Patience, most: int) -> object:
    """Return the body as JSON; raises UnexpectedAnswerError if it is not JSON, or too long."""
    body = _read(response, patience, most)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise UnexpectedAnswerError(
            f"{_place(response)} answered {len(body):,} bytes that are not JSON. Is NODE_URL right?"
        ) from None


def _read(response: Response, patience: Patience, most: int) -> bytes:
    body = bytearray()
    for chunk in read_chunks(response, patience):
        body += chunk
        if len(body) > most:
            raise UnexpectedAnswerError(f"{_place(response)} answered more than {most:,} bytes")
    return bytes(body)


def _require_success(response: Response, patience: Patience) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    if status == 401:
        raise TokenRefusedError
    if status == 409:
        raise FenceRefusedError(f"{_place(response)}: the run is not this node's any more")
    if status == 423:
        raise AnotherProcessError(_sentence(response, patience).removeprefix(": "))
    if status >= 500 or status in LATER:
        raise UnreachableError(f"{_place(response)} answered {status}")
    if 300 <= status < 400:
        host = urlsplit(response.headers.get("Location", "")).netloc or "another page"
        raise UnexpectedAnswerError(
            f"{_place(response)} answered {status} and points to {printable(host, 200)}, which is "
            "not followed. Write the platform's own address into NODE_URL.",
            status,
        )
    raise UnexpectedAnswerError(
        f"{_place(response)} answered {status}{_sentence(response, patience)}", status
    )


def _sentence(response: Response, patience: Patience) -> str:
    """Return the platform's reason for a refusal, if the answer has the protocol's form."""
    try:
        value = json.loads(_read(response, patience, ERROR_BYTES))
    except (ValueError, RecursionError, UnexpectedAnswerError):
        return ""
    error = value.get("error") if isinstance(value, dict) else None
    return f": {printable(error, REASON_CHARACTERS)}" if isinstance(error, str) else ""


def _place(response: Response) -> str:
    """Return the address that was asked for, without the query: it may hold a ticket."""
    parts = urlsplit(response.url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
