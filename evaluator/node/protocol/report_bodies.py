"""What is sent to the platform when a run has ended, in the protocol's words and bounded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from evaluator.container import RunResult
from evaluator.errors import MESSAGE_CHARACTERS, printable
from evaluator.node.protocol.client import NodeHealth
from evaluator.node.protocol.run_assignment import Hold
from evaluator.types import Problem

HANDED_BACK = "handed_back"  # beside the outcomes of a container's run
MOST_PROBLEMS = 50
MOST_NOTES = 20
BODY_BYTES = 64 * 1024  # that the platform takes


def finish_body(
    hold: Hold, outcome: str, result: RunResult, health: NodeHealth | None = None
) -> bytes:
    """Return the body of `finish`: as many problems as the platform takes, the first ones.

    `health` is what the node found when it checked itself after a failure.
    """
    body: dict[str, object] = {
        "fence": hold.fence,
        "outcome": outcome,
        "message": printable(result.message, MESSAGE_CHARACTERS),
        "problems": [],
        "problem_count": result.problem_count,
        "exit_status": result.exit_status,
        "wall_time": round(result.wall_time, 3),
        "peak_memory": result.peak_memory,
        "done": result.done,
        "log_bytes": result.log_bytes,
        "notes": [printable(note, MESSAGE_CHARACTERS) for note in result.notes[:MOST_NOTES]],
        "detail": printable(result.detail, MESSAGE_CHARACTERS),
    }
    if health is not None:
        body["health"] = {
            "is_fit": health.is_fit,
            "text": printable(health.text, MESSAGE_CHARACTERS),
            "step": health.step or "",
        }
    room = BODY_BYTES - len(_as_json(body))
    body["problems"] = _first(result.problems[:MOST_PROBLEMS], room)
    return _as_json(body)


def _first(problems: Sequence[Problem], room: int) -> list[dict[str, object]]:
    """Return the problems, from the first on, that fit into so many bytes."""
    found: list[dict[str, object]] = []
    for problem in problems:
        row: dict[str, object] = {
            "severity": problem.severity,
            "message": problem.message,
            "line": problem.line,
            "segment": problem.segment,
        }
        room -= len(_as_json(row)) + len(", ")
        if room < 0:
            break
        found.append(row)
    return found


def _as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def log_bytes(text: str, most: int) -> bytes:
    """Return the end of a log as UTF-8 of at most so many bytes.

    What was no UTF-8 takes more bytes by now than it did.
    """
    return text.encode()[-most:].decode("utf-8", "ignore").encode()


def hypotheses_body(texts: Iterable[str]) -> bytes:
    """Return one JSON string a line."""
    return b"".join(_as_json(text) + b"\n" for text in texts)
