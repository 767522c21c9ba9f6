"""`terminarium validate`: does this file fit the test set? The server's own checks."""

from __future__ import annotations

import argparse

from evaluator.checks import identical
from evaluator.cli.files import (
    UnopenableError,
    add_hypotheses,
    add_json,
    add_problems,
    add_test_set,
    add_text_form,
    check,
    label,
    load_hypotheses,
    load_test_set,
)
from evaluator.cli.messages import Messages
from evaluator.errors import SubmissionError
from evaluator.types import Hypotheses, TestSet

DESCRIPTION = """\
Check that files of hypotheses fit a test set, with the checks and the messages of the server.
It needs the sources alone, no references."""
EXAMPLES = """\
examples:
  terminarium validate --source test.en.sgm --hypotheses output.sgm --target-language fr
  terminarium validate --source test.en-fr.tsv --hypotheses output.txt \\
      --hypotheses output.noterm.txt --target-language fr"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands."""
    add_test_set(command, with_references=False)
    add_hypotheses(command, what="what to check", each="file")
    add_text_form(command)
    add_problems(command)
    add_json(command)


def run(options: argparse.Namespace) -> int:
    """Print every problem of every file; 1 if one of them is an error."""
    test_set = load_test_set(options, with_references=False)
    checked = [_check(path, test_set, options) for path in options.hypotheses]
    same = identical([hypotheses for hypotheses in checked if hypotheses is not None])
    options.messages.report(same, len(same))
    systems = [
        {"name": label(path), "kind": "system", "fits": hypotheses is not None}
        for path, hypotheses in zip(options.hypotheses, checked, strict=True)
    ]
    options.answer = {"segments": len(test_set.segments), "systems": systems}
    count = f"{len(test_set.segments):,} segments"
    for system in systems if not options.json else ():
        if system["fits"]:
            print(f"{system['name']}: fits the test set ({count}).")
        else:
            print(f"{system['name']}: can't be accepted (the test set has {count}).")
    return 1 if None in checked else 0


def _check(path: str, test_set: TestSet, options: argparse.Namespace) -> Hypotheses | None:
    messages: Messages = options.messages
    try:
        hypotheses = load_hypotheses(path, test_set)
    except SubmissionError as error:
        messages.report(error.problems, error.total)
        return None
    except UnopenableError as error:
        messages.tell(str(error), "error")
        return None
    odd = check(hypotheses, test_set)
    messages.report(odd, len(odd))
    return hypotheses
