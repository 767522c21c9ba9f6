"""JSON lines: our own format, taken literally: the way out where a rule does the wrong thing."""

from __future__ import annotations

import io
from collections.abc import Iterator

from evaluator.errors import ProblemLog
from evaluator.formats.json_lines import parse_object
from evaluator.formats.terminologies.listed import ListedTerm

MAX_LINE = 100_000  # characters; a hundred of the longest targets
EXAMPLE = '{"id": "1", "source": "glove", "targets": ["gant"], "seen": true}'


def read_jsonl(text: str, log: ProblemLog) -> Iterator[ListedTerm]:
    """Yield each object; `id` and `seen` may be left out."""
    for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
        if not line.strip():
            continue
        is_long = len(line) > MAX_LINE
        value = f"The line has {len(line):,} characters." if is_long else parse_object(line)
        problems = [value] if isinstance(value, str) else _problems(value)
        for problem in problems:
            log.add(f"{problem} Write {EXAMPLE}.", line=number)
        if not isinstance(value, str) and not problems:
            yield _listed(number, value)


def _problems(value: dict[str, object]) -> list[str]:
    found = []
    if not isinstance(value.get("source"), str):
        found.append('"source" must be a string.')
    targets = value.get("targets")
    if not isinstance(targets, list) or not all(isinstance(target, str) for target in targets):
        found.append('"targets" must be a list of strings.')
    elif any("|" in target for target in targets):
        found.append('A target holds "|", which separates targets: list them one by one.')
    identifier = value.get("id", "")
    if isinstance(identifier, bool) or not isinstance(identifier, str | int):
        found.append('"id" must be a string or a whole number.')
    if not isinstance(value.get("seen"), bool | None):
        found.append('"seen" must be true, false or null.')
    return found


def _listed(number: int, value: dict[str, object]) -> ListedTerm:
    targets, seen = value["targets"], value.get("seen")
    return ListedTerm(
        number,
        str(value.get("id", "")),
        str(value["source"]),
        tuple(str(target) for target in targets) if isinstance(targets, list) else (),
        seen if isinstance(seen, bool) else None,
        is_literal=True,
    )
