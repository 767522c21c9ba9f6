"""Reading what nodes send: bounded, and refused with a sentence where it can't be right."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from nodes.models import Run
from nodes.runs.blame import REMEDIES
from nodes.runs.claims import Offer
from nodes.runs.fitness import Health
from nodes.runs.processes import Process
from nodes.runs.reporting import RunEnd, SignOfLife

MAX_JSON_BYTES = 64 * 1024
MAX_TEXT = 4000  # characters of a message
MAX_PROBLEMS = 50
MAX_INTEGER = 2**53
MAX_TIME = 2**33  # seconds since 1970
MAX_ENGINE_ID = 100  # characters
PROCESS_ID = re.compile(r"[0-9a-f]{32}")
MAX_COUNT = 2**31 - 1  # what a column of whole numbers holds
# Only the platform can know that a node is lost.
TOLD = frozenset(Run.Ending.values) - {Run.Ending.NODE_LOST}


class BadBody(Exception):
    """A body that is not what the protocol says; the text says where."""


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON object of a node's, read field by field."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, request: HttpRequest) -> Body:
        """Read a request's body; raises BadBody."""
        data = request.read(MAX_JSON_BYTES + 1)
        if len(data) > MAX_JSON_BYTES:
            raise BadBody(f"the body is longer than {MAX_JSON_BYTES} bytes")
        try:
            values = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise BadBody("the body is no JSON") from error
        if not isinstance(values, dict):
            raise BadBody("the body is no JSON object")
        return cls(values)

    def integer(self, name: str, *, at_least: int = 0, at_most: int = MAX_INTEGER) -> int:
        """Return a whole number."""
        value: Any = self.values.get(name)
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or not at_least <= value <= at_most:
            raise BadBody(f"{name} has to be a whole number from {at_least} to {at_most}")
        return int(value)

    def integer_or_none(
        self, name: str, *, at_least: int = 0, at_most: int = MAX_INTEGER
    ) -> int | None:
        """Return a whole number, or None where it is null or missing."""
        if self.values.get(name) is None:
            return None
        return self.integer(name, at_least=at_least, at_most=at_most)

    def number(self, name: str) -> float:
        """Return a number that is finite and not negative."""
        value: Any = self.values.get(name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= MAX_INTEGER:  # nor is NaN, which JSON lets through
            raise BadBody(f"{name} has to be a number of at least 0")
        return float(value)

    def text(self, name: str, *, at_most: int = MAX_TEXT) -> str:
        """Return a text, cut where it is too long, that every database takes."""
        value = self.values.get(name, "")
        if not isinstance(value, str):
            raise BadBody(f"{name} has to be a text")
        return _storable(value)[:at_most]

    def texts(self, name: str, *, at_most: int = MAX_PROBLEMS) -> list[str]:
        """Return a list of texts."""
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise BadBody(f"{name} has to be a list of texts")
        return [_storable(text)[:MAX_TEXT] for text in value[:at_most]]

    def offer(self) -> Offer:
        """Read what a node says of itself when it asks for work."""
        return Offer(
            cpus=self.number("cpus"),
            memory=self.integer("memory"),
            gpus=tuple(gpu[:100] for gpu in self.texts("gpus")),
            runtime=self.text("runtime", at_most=50),
            version=self.text("version", at_most=50),
            engine=self.text("engine", at_most=MAX_ENGINE_ID),
            image_budget=self.integer_or_none("image_budget"),
        )

    def sign_of_life(self) -> SignOfLife:
        """Read a heartbeat."""
        stage = self.text("stage")
        if stage not in Run.Stage.values:
            raise BadBody(f"stage has to be one of {', '.join(Run.Stage.values)}")
        done, segments = self.integer("done"), self.integer("segments")
        if done > segments:
            raise BadBody("done is more than segments")
        return SignOfLife(stage, done, segments, self.integer_or_none("memory"))

    def run_end(self) -> RunEnd:
        """Read how a run ended."""
        outcome = self.text("outcome")
        if outcome not in TOLD:
            raise BadBody(f"outcome has to be one of {', '.join(sorted(TOLD))}")
        return RunEnd(
            outcome=outcome,
            message=self.text("message"),
            problems=list(self._problems()),
            problem_count=min(self.integer("problem_count"), MAX_COUNT),
            exit_status=self.integer_or_none("exit_status", at_least=-MAX_COUNT, at_most=MAX_COUNT),
            wall_time=self.number("wall_time"),
            peak_memory=self.integer_or_none("peak_memory"),
            done=self.integer("done"),
            log_bytes=self.integer("log_bytes"),
            notes=self.texts("notes"),
            detail=self.text("detail"),
            health=self.health(),
        )

    def health(self) -> Health | None:
        """Read the result of a node's check of itself; None: it made none."""
        value = self.values.get("health")
        if value is None:
            return None
        if not isinstance(value, dict) or not isinstance(value.get("is_fit"), bool):
            raise BadBody("health has to be an object with is_fit, true or false")
        body = Body(value)
        step = body.text("step", at_most=10)
        if step not in ("", *REMEDIES):
            raise BadBody(f"step has to be one of {', '.join(REMEDIES)}, or empty")
        return Health(value["is_fit"], body.text("text"), step)

    def process(self) -> Process | None:
        """Read which process speaks; None: a node of an older version."""
        value = self.values.get("process")
        if value is None:
            return None
        if not isinstance(value, dict):
            raise BadBody("process has to be an object")
        body = Body(value)
        id = body.text("id")
        if not PROCESS_ID.fullmatch(id):
            raise BadBody("the id of a process has to be 32 hexadecimal digits")
        return Process(
            id=id,
            host=body.text("host", at_most=255),
            pid=body.integer("pid"),
            since=datetime.fromtimestamp(min(body.number("since"), MAX_TIME), UTC),
            replaces=frozenset(body.texts("replaces")),
        )

    def _problems(self) -> Iterator[dict[str, object]]:
        value = self.values.get("problems", [])
        if not isinstance(value, list) or not all(isinstance(problem, dict) for problem in value):
            raise BadBody("problems has to be a list of objects")
        for problem in map(Body, value[:MAX_PROBLEMS]):
            severity = problem.text("severity")
            yield {
                "severity": severity if severity == "warning" else "error",
                "message": problem.text("message"),
                "line": problem.integer_or_none("line"),
                "segment": problem.text("segment") if problem.values.get("segment") else "",
            }


def _storable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
