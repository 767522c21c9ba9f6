"""From parsed options to an exit status: languages, the command itself, its errors, its JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

from evaluator.cli import program_version
from evaluator.cli.files import STANDARD_INPUT, UnopenableError
from evaluator.cli.language_options import resolve_languages
from evaluator.cli.messages import Messages
from evaluator.errors import InfrastructureError, LanguageError, SubmissionError, TestSetError
from evaluator.normalise import describe_gap, find_gap

WRONG_USAGE = 2  # its sentence is on standard error


def execute(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Run the command that was asked for; `--json` prints one object, also where it failed."""
    if sum(path == STANDARD_INPUT for path in _paths(options)) > 1:
        command.error("standard input (-) can be read only once. Name files for the other inputs")
    options.messages = Messages(getattr(options, "max_problems", 0))
    options.answer = {}
    try:
        status = _run(options)
    except LanguageError as error:
        command.error(str(error))
    if getattr(options, "json", False) and status != WRONG_USAGE:
        print(json.dumps(_envelope(options, status), indent=1, ensure_ascii=False))
    return status


def _paths(options: argparse.Namespace) -> Iterator[str | None]:
    for name in ("source", "noterm_hypotheses"):
        yield getattr(options, name, None)
    for name in ("reference", "terminology", "hypotheses"):
        yield from getattr(options, name, ())


def _run(options: argparse.Namespace) -> int:
    messages: Messages = options.messages
    try:
        if "target_language" in options:
            resolve_languages(options)
            _tell_gap(options)
        return int(options.run(options))
    except (SubmissionError, TestSetError) as error:
        messages.report(error.problems, error.total)
    except UnopenableError as error:
        messages.tell(error.reason, "error", file=error.file)
    except InfrastructureError as error:
        messages.tell(str(error), "error")
    return 1


def _tell_gap(options: argparse.Namespace) -> None:
    """Warn if the target language has no tokeniser or lemmatiser, before the scores."""
    gap, sentence = find_gap(options.target_language), describe_gap(options.target_language)
    options.gap = {"kind": gap.kind, "message": sentence} if gap else None
    if sentence:
        print(f"warning: {sentence}", file=sys.stderr)


def _envelope(options: argparse.Namespace, status: int) -> dict[str, object]:
    """The one shape of `--json`; docs/participants.md explains it."""
    head: dict[str, object] = {
        "command": options.command,
        "version": program_version(),
        "exit_status": status,
    }
    if "target_language" in options:
        head["source_language"] = options.source_language
        head["target_language"] = options.target_language
        head["language_gap"] = getattr(options, "gap", None)
    return {**head, "messages": options.messages.as_json(), **options.answer}
