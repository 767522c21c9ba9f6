"""BibTeX entries of a release and of its systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.text import slugify

from evaluator import latex
from submissions.models import Entry


def write_bibtex(document: Mapping[str, Any], *, sha256: str, address: str) -> str:
    """Return an entry for the release, then an entry for each system that it names."""
    task, phase = document["shared_task"], document["phase"]
    public_at = datetime.fromisoformat(document["public_at"])
    key = f"{task['slug']}-{phase['slug']}-release-{document['release']}"
    title = f"{task['name']}, {phase['name']}: Release {document['release']}"
    date = {"month": f"{public_at:%B}", "year": f"{public_at:%Y}"}
    whole = {"author": task["name"], "title": title, **date, "note": f"SHA-256 {sha256}"}
    written = [_write_entry(key, whole, address)]
    named = document["boards"] if document["names_teams"] else []
    for number, (team, system, test_sets) in enumerate(_list_systems(named), start=1):
        # The number: names in other scripts may have no letter that a key can have.
        own_key = f"{key}-{number}-{slugify(system)}".rstrip("-")
        what = f"{system}, a system for {', '.join(test_sets)}"
        fields = {"author": team, "title": what, **date, "note": title}
        written.append(_write_entry(own_key, fields, address))
    return "\n".join(written)


def _list_systems(boards: list[Mapping[str, Any]]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each team and system, with the test sets that it translated."""
    test_sets: dict[tuple[str, str], list[str]] = {}
    for board in boards:
        for row in board["rows"]:
            if row["kind"] == Entry.Kind.SYSTEM:
                own = test_sets.setdefault((row["team"], row["system"]), [])
                if board["test_set"] not in own:
                    own.append(board["test_set"])
    for (team, system), own in sorted(test_sets.items()):
        yield team, system, own


def _write_entry(key: str, fields: Mapping[str, str], address: str) -> str:
    """Write an entry; double braces keep names as they are."""
    lines = [f"  {name} = {{{{{latex.escape(value)}}}}}," for name, value in fields.items()]
    lines.append(rf"  howpublished = {{\url{{{address}}}}}")
    return "\n".join([f"@misc{{{key},", *lines, "}", ""])
