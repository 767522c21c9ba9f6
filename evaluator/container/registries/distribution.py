"""The OCI distribution API for readers without an account; each byte is checked by its digest."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin

import requests

from evaluator.container.archives.documents import (
    MAX_DOCUMENT,
    BadDocumentError,
    as_object,
    as_text,
)
from evaluator.container.references import (
    DIGEST,
    OR_UPLOAD,
    UPLOAD,
    Reference,
)
from evaluator.container.registries.guarded_http import (
    ForbiddenAddressError,
    GuardedHttp,
    NetworkError,
    show_server,
)
from evaluator.formats.limits import Refused

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
MAX_REDIRECTS = 5
MAX_TOKEN_ANSWER = 256 * 1024  # bytes
MAX_TOKEN = 16 * 1024  # characters
MAX_SIZE = 2**63 - 1  # bytes; the format's own limit
BEARER = re.compile(r"\s*bearer\s", re.IGNORECASE)
PARAMETER = re.compile(r'\b(\w+)="([^"]*)"')  # \b: in linear time
TOKEN = re.compile(rf"[\x21-\x7e]{{1,{MAX_TOKEN}}}")
PUSH_AGAIN = f"Push the image again. {OR_UPLOAD}"
NO_ADDRESS = f"The registry names no valid https:// address for the {{}}. {UPLOAD}"


@dataclass(frozen=True, slots=True)
class Blob:
    """A document or a layer, as a manifest describes it."""

    digest: str
    size: int  # bytes


def read_descriptor(descriptor: object) -> Blob:
    """Return the blob that a descriptor of a manifest names; raises BadDocumentError."""
    fields = as_object(descriptor)
    digest, size = as_text(fields.get("digest")), fields.get("size")
    if not DIGEST.fullmatch(digest) or type(size) is not int or size < 0:
        raise BadDocumentError("has a descriptor without a SHA-256 digest or a size")
    if size > MAX_SIZE:
        raise BadDocumentError("has a descriptor with a size that is too large for any file")
    return Blob(digest, size)


@contextlib.contextmanager
def refuse_unreadable() -> Iterator[None]:
    """Raise Refused for errors that no check has foreseen in the reading of an answer.

    The registry would give the same answer again, so another try is of no use.
    """
    try:
        yield
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Refused(f"The registry's answer can't be read. {PUSH_AGAIN}") from error


@dataclass(slots=True)
class Repository:
    """A repository of a registry, as anybody reads it without an account."""

    reference: Reference
    http: GuardedHttp
    is_plain: bool  # without TLS
    token: str = field(default="", repr=False)

    def read_manifest(self, digest: str) -> bytes:
        """Return a manifest or an index; raises Refused if its digest is another."""
        with self._answer(f"manifests/{digest}", ", ".join(MANIFESTS)) as response:
            data = self._read_all(response, MAX_DOCUMENT)
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
            raise Refused(f"The registry's manifest is not the one of {digest}. {PUSH_AGAIN}")
        return data

    def read_blob(self, blob: Blob) -> Iterator[bytes]:
        """Yield the bytes of a blob; raises Refused at the end if their digest is another."""
        digest, size = hashlib.sha256(), 0
        # What the reader of the pieces raises does not come through here.
        with refuse_unreadable(), self._answer(f"blobs/{blob.digest}", "*/*") as response:
            for piece in self.http.read_pieces(response):
                digest.update(piece)
                size += len(piece)
                if size > blob.size:
                    raise Refused(
                        f"The registry sends more for {blob.digest} than the {blob.size:,} bytes "
                        f"that the manifest names. {PUSH_AGAIN}"
                    )
                yield piece
        if size < blob.size:
            raise NetworkError(f"{self.reference.host}: a blob ended after {size:,} bytes")
        if f"sha256:{digest.hexdigest()}" != blob.digest:
            raise Refused(f"The registry sends other bytes for {blob.digest}. {PUSH_AGAIN}")

    @property
    def _base(self) -> str:
        return f"{'http' if self.is_plain else 'https'}://{self.reference.api_host}"

    @contextlib.contextmanager
    def _answer(self, path: str, accept: str) -> Iterator[requests.Response]:
        """Ask the registry, with a token if it asks for a token; follow redirects of blobs."""
        url = f"{self._base}/v2/{self.reference.name}/{path}"
        with contextlib.ExitStack() as stack:
            response = stack.enter_context(self._get(url, accept))
            if response.status_code == 401 and not self.token:
                self._fetch_token(response.headers.get("WWW-Authenticate", ""))
                response = stack.enter_context(self._get(url, accept))
            redirects = 0
            while path.startswith("blobs/") and 300 <= response.status_code < 400:
                redirects += 1
                if redirects > MAX_REDIRECTS:
                    raise Refused(
                        f"The registry sends us on more than {MAX_REDIRECTS} times. {UPLOAD}"
                    )
                place = self._read_location(response)
                response = stack.enter_context(self._get(place, "*/*", "blob"))
            self._require_success(response)
            yield response

    @contextlib.contextmanager
    def _get(self, url: str, accept: str, what: str = "registry") -> Iterator[requests.Response]:
        headers = {"Accept": accept}
        if self.token and url.startswith(f"{self._base}/"):
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            with self.http.get(url, headers) as response:
                yield response
        except ForbiddenAddressError as error:
            if not (server := show_server(url)):
                raise Refused(NO_ADDRESS.format(what)) from None
            raise Refused(f"The {what}'s server {server} {error}. {UPLOAD}") from None

    def _read_location(self, response: requests.Response) -> str:
        """Return the URL that a redirect leads to; raises Refused."""
        location = response.headers.get("Location", "").strip()
        if not location:
            raise Refused(
                f"{show_server(response.url)} sends us on (status {response.status_code}) without "
                f"an address. {UPLOAD}"
            )
        try:
            return urljoin(response.url, location)
        except ValueError:
            raise Refused(NO_ADDRESS.format("blob")) from None

    def _require_success(self, response: requests.Response) -> None:
        host, status = self.reference.host, response.status_code
        if status == 200:
            return
        if status == 429 or status >= 500:
            raise NetworkError(f"{host} answers with status {status}")
        if status in (401, 403):
            raise Refused(
                f"{host} asks for a login (status {status}), and nobody logs in to fetch an image: "
                "it is private, or does not exist. Check name and digest, and make it public. "
                f"{OR_UPLOAD}"
            )
        if status == 404:
            raise Refused(
                f"{host} has no such image for everybody (status {status}). Check name and digest, "
                f"and make it public. {OR_UPLOAD}"
            )
        raise Refused(f"{host} answers with status {status}, where 200 is expected. {UPLOAD}")

    def _fetch_token(self, challenge: str) -> None:
        """Fetch the token that everybody gets, from the server that the registry names."""
        parameters = dict(PARAMETER.findall(challenge)) if BEARER.match(challenge) else {}
        realm = parameters.get("realm")
        if not realm:
            return
        query = {"scope": f"repository:{self.reference.name}:pull"}
        if "service" in parameters:
            query["service"] = parameters["service"]
        url = f"{realm}{'&' if '?' in realm else '?'}{urlencode(query)}"
        with self._get(url, "application/json", "token") as response:
            self._require_success(response)
            data = self._read_all(response, MAX_TOKEN_ANSWER)
        try:
            answer = as_object(json.loads(data))
        except (ValueError, RecursionError, BadDocumentError):
            answer = {}
        token = answer.get("token") or answer.get("access_token")
        if isinstance(token, str) and TOKEN.fullmatch(token):
            self.token = token

    def _read_all(self, response: requests.Response, most: int) -> bytes:
        data = bytearray()
        for piece in self.http.read_pieces(response):
            data += piece
            if len(data) > most:
                raise Refused(f"The registry's answer has more than {most:,} bytes. {UPLOAD}")
        return bytes(data)
