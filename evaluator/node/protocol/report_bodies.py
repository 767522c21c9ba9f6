"""The bodies that report the end of a run, in the form of the protocol and bounded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from evaluator.container import RunResult
from evaluator.errors import MESSAGE_CHARACTERS, printable
from evaluator.node.protocol.client import NodeHealth
from evaluator.node.protocol.run_assignment import Hold
from evaluator.types import Problem

HANDED_BACK = "handed_back"  # besides the outcomes of a container's run
MOST_PROBLEMS = 50
MOST_NOTES = 20
BODY_BYTES = 64 * 1024  # that the platform takes


def finish_body(
    hold: Hold, outcome: str, result: RunResult, health: NodeHealth | None = None
) -> bytes:
    """Return the body of `finish`, with the first problems, as many as the platform takes.

    `health` is the result of the node's check of itself after a failure.
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
    body["problems"] = _take_fitting(result.problems[:MOST_PROBLEMS], room)
    return _as_json(body)


def _take_fitting(problems: Sequence[Problem], room: int) -> list[dict[str, object]]:
    """Return the first problems that fit into `room` bytes."""
    rows: list[dict[str, object]] = []
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
        rows.append(row)
    return rows


def _as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def encode_log_end(text: str, most: int) -> bytes:
    """Return the end of a log as UTF-8, at most `most` bytes.

    Bytes that were not UTF-8 have become longer by now.
    """
    return text.encode()[-most:].decode("utf-8", "ignore").encode()


def encode_hypotheses(texts: Iterable[str]) -> bytes:
    """Return a JSON string on each line."""
    return b"".join(_as_json(text) + b"\n" for text in texts)
