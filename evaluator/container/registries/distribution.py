"""The OCI distribution API for readers without an account; each byte is checked by its digest."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from evaluator.container.archives.documents import (
    MAX_DOCUMENT,
    BadDocumentError,
    as_object,
    as_text,
)
from evaluator.container.registries.guarded_http import (
    ForbiddenAddressError,
    GuardedHttp,
    NetworkError,
)
from evaluator.container.registries.references import DIGEST, UPLOAD, Reference
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
CHALLENGE = re.compile(r"\s*bearer\s+(.*)", re.IGNORECASE | re.DOTALL)
PARAMETER = re.compile(r'(\w+)="([^"]*)"')
TOKEN = re.compile(rf"[\x21-\x7e]{{1,{MAX_TOKEN}}}")
PUSH_AGAIN = f"Push the image again. {UPLOAD}"


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
    return Blob(digest, size)


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
        with self._answer(f"blobs/{blob.digest}", "*/*") as response:
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
                place = urljoin(response.url, response.headers.get("Location", ""))
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
            host = urlsplit(url).netloc
            raise Refused(f"The {what}'s server {host} {error}. {UPLOAD}") from None

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
                f"{UPLOAD}"
            )
        if status == 404:
            raise Refused(
                f"{host} has no such image for everybody (status {status}). Check name and digest, "
                f"and make it public. {UPLOAD}"
            )
        raise Refused(f"{host} answers with status {status}, where 200 is expected. {UPLOAD}")

    def _fetch_token(self, challenge: str) -> None:
        """Fetch the token that everybody gets, from the server that the registry names."""
        bearer = CHALLENGE.fullmatch(challenge)
        parameters = dict(PARAMETER.findall(bearer[1])) if bearer else {}
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
