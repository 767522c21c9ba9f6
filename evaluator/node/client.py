"""The nodes' protocol: what a node asks and tells, in the platform's words."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from requests import Response

from evaluator.node.answers import Connection, Patience, chunks, read_json
from evaluator.node.assignment import Hold
from evaluator.node.errors import UnexpectedAnswerError, UnreachableError

BASE = "/nodes/v1"
SHORT = 64 * 1024  # bytes of most answers
CLAIM = 256 * 1024**2  # bytes of a claim's answer: a test set of any size
USUAL = Patience(silence=30, whole=60)
CLAIMING = Patience(silence=60, whole=300)  # it reads a whole test set first
UPLOADING = Patience(silence=120, whole=180)  # what was sent is checked before the answer
DOWNLOADING = Patience(silence=30, whole=float("inf"))


@dataclass(frozen=True, slots=True)
class Machine:
    """What a node offers, as a claim says it."""

    cpus: int
    memory: int  # bytes
    gpus: tuple[str, ...]
    runtime: str | None
    version: str  # of this package


@dataclass(frozen=True, slots=True)
class Me:
    """What the platform knows this node as."""

    name: str
    is_drained: bool


@dataclass(frozen=True, slots=True)
class Beat:
    """How a run goes, for one heartbeat."""

    stage: str  # "fetching" or "running"
    done: int
    segments: int
    memory: int | None  # bytes at the moment


@dataclass(frozen=True, slots=True)
class Renewal:
    """The answer to a heartbeat."""

    is_cancelled: bool
    lease: float  # seconds


class Platform:
    """The platform, as a node sees it. Every method raises PlatformErrors; any thread may call."""

    def __init__(self, url: str, token: str) -> None:
        self._connection = Connection(url, token)

    def me(self) -> Me:
        """Ask who this node is."""
        with self._connection.request("GET", f"{BASE}/me", USUAL) as response:
            found = read_json(response, USUAL, SHORT)
        if not isinstance(found, dict) or not isinstance(found.get("name"), str):
            raise UnexpectedAnswerError("the platform does not say what this node is called")
        return Me(found["name"], bool(found.get("is_drained")))

    def claim(self, machine: Machine) -> tuple[object, bool]:
        """Ask for a run; return what it is (None if none waits), and whether we are drained."""
        body = {
            "cpus": machine.cpus,
            "memory": machine.memory,
            "gpus": list(machine.gpus),
            "runtime": machine.runtime or "",
            "version": machine.version,
        }
        with self._posting("claim", body, CLAIMING) as response:
            if response.status_code == 204:
                return None, "Terminarium-Drained" in response.headers
            return read_json(response, CLAIMING, CLAIM), False

    def beat(self, hold: Hold, beat: Beat, patience: Patience) -> Renewal:
        """Keep the run for another lease."""
        body = {
            "fence": hold.fence,
            "stage": beat.stage,
            "done": beat.done,
            "segments": beat.segments,
            "memory": beat.memory,
        }
        with self._posting(f"runs/{hold.run}/heartbeat", body, patience) as response:
            found = read_json(response, patience, SHORT)
        if not isinstance(found, dict):
            raise UnexpectedAnswerError("the answer to a heartbeat is no object")
        lease = found.get("lease", hold.lease)
        if isinstance(lease, bool) or not isinstance(lease, int | float) or not 0 < lease < 1e9:
            raise UnexpectedAnswerError("the answer to a heartbeat has no lease")
        return Renewal(found.get("cancel") is True, float(lease))

    def put_log(self, hold: Hold, text: bytes) -> None:
        """Hand over the end of the system's log: UTF-8."""
        self._put(hold, "log", text, "text/plain; charset=utf-8")

    def put_hypotheses(self, hold: Hold, rows: bytes) -> None:
        """Hand over the translations: one JSON string a line, in the order of the segments."""
        self._put(hold, "hypotheses", rows, "application/x-ndjson")

    def finish(self, hold: Hold, body: bytes, patience: Patience = USUAL) -> None:
        """Say how it went: JSON as reports.py writes it. The same words again do no harm."""
        path = f"{BASE}/runs/{hold.run}/finish"
        headers = {"Content-Type": "application/json"}
        with self._connection.request("POST", path, patience, body=body, headers=headers):
            pass

    @contextlib.contextmanager
    def download(self, path: str, start: int, etag: str) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Yield the place from which a file comes, and what comes.

        That is `start`, or 0 where the platform begins anew.
        """
        headers = {"Range": f"bytes={start}-", "If-Range": f'"{etag}"'} if start else {}
        with self._connection.request("GET", path, DOWNLOADING, headers=headers) as response:
            yield _start(response, start), chunks(response, DOWNLOADING)

    def _posting(
        self, name: str, body: Mapping[str, object], patience: Patience
    ) -> contextlib.AbstractContextManager[Response]:
        return self._connection.request(
            "POST",
            f"{BASE}/{name}",
            patience,
            body=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )

    def _put(self, hold: Hold, name: str, body: bytes, kind: str) -> None:
        path = f"{BASE}/runs/{hold.run}/{name}?fence={hold.fence}"
        headers = {"Content-Type": kind}
        with self._connection.request("PUT", path, UPLOADING, body=body, headers=headers):
            pass


def _start(response: Response, start: int) -> int:
    """Return where an answer begins; raises UnreachableError if it is another piece."""
    if response.status_code != 206:
        return 0
    if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
        raise UnreachableError("the platform sent another piece of the image than was asked for")
    return start
