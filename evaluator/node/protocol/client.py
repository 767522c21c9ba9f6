"""The nodes' protocol: what a node asks and tells, in the platform's words."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from requests import Response

from evaluator.container.errors import Step
from evaluator.node.errors import UnexpectedAnswerError, UnreachableError
from evaluator.node.protocol.answers import Patience, PlatformConnection, chunks, read_json
from evaluator.node.protocol.process_identity import NodeProcess
from evaluator.node.protocol.run_assignment import Hold

BASE = "/nodes/v1"
SHORT = 64 * 1024  # bytes of most answers
CLAIM = 256 * 1024**2  # bytes of a claim's answer: a test set of any size
USUAL = Patience(silence=30, whole=60)
CLAIMING = Patience(silence=60, whole=300)  # it reads a whole test set first
UPLOADING = Patience(silence=120, whole=180)  # what was sent is checked before the answer
DOWNLOADING = Patience(silence=30, whole=float("inf"))
PARTING = Patience(silence=5, whole=10)
LONGEST_WAIT = 60  # seconds between two claims, whatever the platform asks for


@dataclass(frozen=True, slots=True)
class MachineOffer:
    """What a node offers, as a claim says it."""

    cpus: int
    memory: int  # bytes
    gpus: tuple[str, ...]
    runtime: str | None
    version: str  # of this package
    engine: str = ""  # its engine's own id
    image_budget: int | None = None  # bytes of an image's files that there is room for; None: any


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """What a node found when it checked itself."""

    is_fit: bool
    text: str = ""  # why not, or what remains in doubt; for organisers and operators
    step: Step | None = None  # refused for one image, and just now done with another


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """The answer to a claim."""

    run: object = None  # what to run; None: nothing
    is_drained: bool = False
    wants_check: bool = False  # nothing is given until this node has checked itself
    wait: float = 0.0  # seconds until it should ask again; 0: until it is woken


@dataclass(frozen=True, slots=True)
class NodeIdentity:
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

    def __init__(self, url: str, token: str, process: NodeProcess | None = None) -> None:
        self._connection = PlatformConnection(url, token)
        self._process = process
        self._unsent = 0  # bytes of the last hypotheses, unless they were taken

    def me(self) -> NodeIdentity:
        """Ask who this node is."""
        with self._connection.request("GET", f"{BASE}/me", USUAL) as response:
            found = read_json(response, USUAL, SHORT)
        if not isinstance(found, dict) or not isinstance(found.get("name"), str):
            raise UnexpectedAnswerError("the platform does not say what this node is called")
        return NodeIdentity(found["name"], bool(found.get("is_drained")))

    def claim(self, machine: MachineOffer, health: NodeHealth | None = None) -> ClaimAnswer:
        """Ask for a run. `health` is what a check has just found, if there was one."""
        body: dict[str, object] = {
            "cpus": machine.cpus,
            "memory": machine.memory,
            "gpus": list(machine.gpus),
            "runtime": machine.runtime or "",
            "version": machine.version,
        }
        if machine.engine:
            body["engine"] = machine.engine
        if machine.image_budget is not None:
            body["image_budget"] = machine.image_budget
        if self._process is not None:
            body["process"] = asdict(self._process)
        if health is not None:
            body["health"] = {"is_fit": health.is_fit, "text": health.text}
        with self._posting("claim", body, CLAIMING) as response:
            if response.status_code == 204:
                return ClaimAnswer(
                    is_drained="Terminarium-Drained" in response.headers,
                    wants_check="Terminarium-Check" in response.headers,
                    wait=_seconds(response.headers.get("Retry-After", "")),
                )
            return ClaimAnswer(read_json(response, CLAIMING, CLAIM))

    def part(self) -> None:
        """Say that this process ends, so that another one need not wait for its silence."""
        if self._process is not None:
            with self._posting("goodbye", {"process": self._process.id}, PARTING):
                pass

    def beat(self, hold: Hold, beat: Beat, patience: Patience) -> Renewal:
        """Keep the run for another lease."""
        body: dict[str, object] = {
            "fence": hold.fence,
            "stage": beat.stage,
            "done": beat.done,
            "segments": beat.segments,
            "memory": beat.memory,
        }
        if self._process is not None:
            body["process"] = self._process.id
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
        self._unsent = len(rows)
        self._put(hold, "hypotheses", rows, "application/x-ndjson")
        self._unsent = 0

    def try_upload(self) -> None:
        """Send as many bytes as the last hypotheses had, if those were not taken."""
        if not self._unsent:
            return
        headers = {"Content-Type": "application/octet-stream"}
        body = bytes(self._unsent)
        path = f"{BASE}/trial"
        with self._connection.request("PUT", path, UPLOADING, body=body, headers=headers):
            self._unsent = 0

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


def _seconds(text: str) -> float:
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() else 0.0


def _start(response: Response, start: int) -> int:
    """Return where an answer begins; raises UnreachableError if it is another piece."""
    if response.status_code != 206:
        return 0
    if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
        raise UnreachableError("the platform sent another piece of the image than was asked for")
    return start
