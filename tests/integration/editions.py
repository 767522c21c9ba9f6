"""Small editions in folders, and workers that run while the command waits."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from django.core.management import CommandError, call_command

from editions import waiting
from submissions.models import Entry, Submission
from submissions.pipeline.tasks import check, score

MAX_ROUNDS = 6
SOURCES = ("Open the order.", "Close the file.", "Save the order now.")
GERMAN = ("Die Bestellung öffnen.", "Die Datei schließen.", "Die Bestellung jetzt sichern.")


def run(*args: object) -> tuple[str, str]:
    """Run the command; return what it printed, and its error ("" if there is none)."""
    out = io.StringIO()
    try:
        call_command("import_edition", *map(str, args), stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def work() -> None:
    """Do what workers do: check, then score everything that waits."""
    for pk in Submission.objects.filter(state="checking").values_list("pk", flat=True):
        check.apply(args=[pk], task_id=f"check-{pk}")
    for pk in Entry.objects.filter(state="scoring").values_list("pk", flat=True):
        score.apply(args=[pk], task_id=f"score-{pk}")


def use_workers(monkeypatch) -> None:
    """Let workers run each time the command would sleep; a few times are enough."""
    rounds = iter(range(MAX_ROUNDS))

    def sleep(_: float) -> None:
        next(rounds)
        work()

    monkeypatch.setattr(waiting, "sleep", sleep)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files by their paths in a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def as_lines(rows: Iterable[Mapping[str, object]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def make_set(targets: Iterable[str] = GERMAN, language: str = "de") -> str:
    """Return a test set of task 1 of WMT25."""
    terms = {"proper": {"order": "Bestellung"}, "random": {"file": "Datei"}, "noterm": {}}
    pairs = zip(SOURCES, targets, strict=True)
    return as_lines({"en": source, language: target, **terms} for source, target in pairs)


def make_output(targets: Iterable[str] = GERMAN, language: str = "de") -> str:
    """Return outputs of task 1 of WMT25."""
    pairs = zip(SOURCES, targets, strict=True)
    return as_lines({"en": source, "terms": {}, language: target} for source, target in pairs)
