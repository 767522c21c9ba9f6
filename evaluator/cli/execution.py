"""From parsed options to an exit status: languages, the command itself, its errors, its JSON."""

from __future__ import annotations

import argparse
import json
import sys

from evaluator.cli import program_version
from evaluator.cli.files import STANDARD_INPUT, UnopenableError
from evaluator.cli.language_options import resolve_languages
from evaluator.cli.messages import Messages
from evaluator.errors import InfrastructureError, LanguageError, SubmissionError, TestSetError
from evaluator.normalise import describe_gap, find_gap

WRONG_USAGE = 2  # its sentence is on standard error


def execute(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Run the chosen command; `--json` prints one object, even if the command fails."""
    paths = [getattr(options, name, None) for name in ("source", "noterm_hypotheses")]
    for name in ("reference", "terminology", "hypotheses", "term_alignments"):
        paths += getattr(options, name, ())
    if paths.count(STANDARD_INPUT) > 1:
        command.error("standard input (-) can be read only once. Name files for the other inputs")
    find_misuse = getattr(options, "find_misuse", None)
    misuse = find_misuse(options) if find_misuse else None
    if misuse:
        command.error(misuse)
    options.messages = Messages(getattr(options, "max_problems", 0))
    options.answer = {}
    try:
        status = _run(options)
    except LanguageError as error:
        command.error(str(error))
    if getattr(options, "json", False) and status != WRONG_USAGE:
        # docs/participants.md explains this object.
        head: dict[str, object] = {
            "command": options.command,
            "version": program_version(),
            "exit_status": status,
        }
        if _is_about_pair(options):
            head["source_language"] = options.source_language
            head["target_language"] = options.target_language
            head["language_gap"] = getattr(options, "gap", None)
        answer = {**head, "messages": options.messages.as_json(), **options.answer}
        print(json.dumps(answer, indent=1, ensure_ascii=False))
    return status


def _is_about_pair(options: argparse.Namespace) -> bool:
    """Return whether a command is about a single language pair, not a whole submission."""
    return "target_language" in options and not getattr(options, "submission", None)


def _run(options: argparse.Namespace) -> int:
    messages: Messages = options.messages
    try:
        if _is_about_pair(options):
            resolve_languages(options)
            # What the target language lacks is told before the scores.
            language = options.target_language
            lemmatiser = getattr(options, "term_lemmatiser", None)
            gap, sentence = find_gap(language, lemmatiser), describe_gap(language, lemmatiser)
            options.gap = {"kind": gap.kind, "message": sentence} if gap else None
            if sentence:
                print(f"warning: {sentence}", file=sys.stderr)
        return int(options.run(options))
    except (SubmissionError, TestSetError) as error:
        messages.report(error.problems, error.total)
    except UnopenableError as error:
        messages.tell(error.reason, "error", file=error.file)
    except InfrastructureError as error:
        messages.tell(str(error), "error")
    return 1
