"""The client of the nodes' protocol: docs/node-protocol.md."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from requests import Response

from evaluator.container.errors import Step
from evaluator.node.errors import UnexpectedAnswerError, UnreachableError
from evaluator.node.protocol.answers import Patience, PlatformConnection, read_chunks, read_json
from evaluator.node.protocol.process_identity import NodeProcess
from evaluator.node.protocol.run_assignment import Hold

BASE = "/nodes/v1"
SHORT = 64 * 1024  # bytes of most answers
CLAIM = 256 * 1024**2  # bytes of a claim's answer: a test set of any size
USUAL = Patience(silence=30, whole=60)
CLAIMING = Patience(silence=60, whole=300)  # it reads a whole test set first
UPLOADING = Patience(silence=120, whole=180)  # the upload is checked before the answer
DOWNLOADING = Patience(silence=30, whole=float("inf"))
PARTING = Patience(silence=5, whole=10)
LONGEST_WAIT = 60  # seconds between two claims, whatever the platform asks for


@dataclass(frozen=True, slots=True)
class MachineOffer:
    """What a node offers in a claim."""

    cpus: int
    memory: int  # bytes
    gpus: tuple[str, ...]
    runtime: str | None
    version: str  # of this package
    engine: str = ""  # its engine's own id
    image_budget: int | None = None  # bytes of image files that fit on its disk; None: any


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """The result of a node's check of itself."""

    is_fit: bool
    text: str = ""  # why not, or what remains in doubt; for organisers and operators
    step: Step | None = None  # refused for the run's image, and just done for the known good image


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """The answer to a claim."""

    run: object = None  # what to run; None: nothing
    is_drained: bool = False
    wants_check: bool = False  # the node gets nothing until it has checked itself
    wait: float = 0.0  # seconds until it should ask again; 0: until it is woken


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """The name under which the platform knows this node."""

    name: str
    is_drained: bool


@dataclass(frozen=True, slots=True)
class Beat:
    """How far a run is, for a heartbeat."""

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
    """The platform, as a node sees it. Any thread may call; every method raises PlatformErrors."""

    def __init__(self, url: str, token: str, process: NodeProcess | None = None) -> None:
        self._connection = PlatformConnection(url, token)
        self._process = process
        self._unsent = 0  # bytes of the last hypotheses, unless the platform took them

    def me(self) -> NodeIdentity:
        """Ask for this node's name."""
        with self._connection.request("GET", f"{BASE}/me", USUAL) as response:
            answer = read_json(response, USUAL, SHORT)
        if not isinstance(answer, dict) or not isinstance(answer.get("name"), str):
            raise UnexpectedAnswerError("the platform does not say what this node is called")
        return NodeIdentity(answer["name"], bool(answer.get("is_drained")))

    def claim(self, machine: MachineOffer, health: NodeHealth | None = None) -> ClaimAnswer:
        """Ask for a run. `health` is the result of a check made just now, if there was a check."""
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
                pause = response.headers.get("Retry-After", "")
                return ClaimAnswer(
                    is_drained="Terminarium-Drained" in response.headers,
                    wants_check="Terminarium-Check" in response.headers,
                    wait=min(float(pause), LONGEST_WAIT) if re.fullmatch("[0-9]+", pause) else 0.0,
                )
            return ClaimAnswer(read_json(response, CLAIMING, CLAIM))

    def part(self) -> None:
        """Report that this process ends, so that the next process need not wait for its silence."""
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
            answer = read_json(response, patience, SHORT)
        if not isinstance(answer, dict):
            raise UnexpectedAnswerError("the answer to a heartbeat is not an object")
        lease = answer.get("lease", hold.lease)
        if isinstance(lease, bool) or not isinstance(lease, int | float) or not 0 < lease < 1e9:
            raise UnexpectedAnswerError("the answer to a heartbeat has no lease")
        return Renewal(answer.get("cancel") is True, float(lease))

    def put_log(self, hold: Hold, text: bytes) -> None:
        """Send the end of the system's log: UTF-8."""
        self._put(hold, "log", text, "text/plain; charset=utf-8")

    def put_hypotheses(self, hold: Hold, rows: bytes) -> None:
        """Send the translations: a JSON string on each line, in the order of the segments."""
        self._unsent = len(rows)
        self._put(hold, "hypotheses", rows, "application/x-ndjson")
        self._unsent = 0

    def try_upload(self) -> None:
        """Send as many bytes as the last hypotheses had, if the platform did not take them."""
        if not self._unsent:
            return
        headers = {"Content-Type": "application/octet-stream"}
        body = bytes(self._unsent)
        path = f"{BASE}/trial"
        with self._connection.request("PUT", path, UPLOADING, body=body, headers=headers):
            self._unsent = 0

    def finish(self, hold: Hold, body: bytes, patience: Patience = USUAL) -> None:
        """Send the result of a run: JSON of `finish_body`. Sending it twice does no harm."""
        path = f"{BASE}/runs/{hold.run}/finish"
        headers = {"Content-Type": "application/json"}
        with self._connection.request("POST", path, patience, body=body, headers=headers):
            pass

    @contextlib.contextmanager
    def download(self, path: str, start: int, etag: str) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Yield the position from which a file comes, and its bytes from there on.

        The position is `start`, or 0 if the platform sends the whole file.
        """
        headers = {"Range": f"bytes={start}-", "If-Range": f'"{etag}"'} if start else {}
        with self._connection.request("GET", path, DOWNLOADING, headers=headers) as response:
            if response.status_code != 206:
                start = 0
            elif not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                raise UnreachableError(
                    "the platform sent another piece of the image than was asked for"
                )
            yield start, read_chunks(response, DOWNLOADING)

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
