"""`terminarium validate`: does this file fit the test set? The server's own checks."""

from __future__ import annotations

import argparse
import sys

from evaluator.checks import identical
from evaluator.cli.files import (
    UnopenableError,
    add_hypotheses,
    add_problems,
    add_test_set,
    add_text_form,
    check,
    load_hypotheses,
    load_test_set,
    report,
)
from evaluator.errors import SubmissionError
from evaluator.types import Hypotheses, TestSet

NAME = "validate"
HELP = "check hypotheses before you send them"
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


def run(options: argparse.Namespace) -> int:
    """Print every problem of every file; 1 if one of them is an error."""
    test_set = load_test_set(options, with_references=False)
    checked = [_check(path, test_set, options.max_problems) for path in options.hypotheses]
    same = identical([hypotheses for hypotheses in checked if hypotheses is not None])
    report(same, len(same), options.max_problems)
    count = f"{len(test_set.segments):,} segments"
    for path, hypotheses in zip(options.hypotheses, checked, strict=True):
        if hypotheses is None:
            print(f"{path}: can't be accepted (the test set has {count}).")
        else:
            print(f"{path}: fits the test set ({count}).")
    return 1 if None in checked else 0


def _check(path: str, test_set: TestSet, shown: int) -> Hypotheses | None:
    try:
        hypotheses = load_hypotheses(path, test_set)
    except SubmissionError as error:
        report(error.problems, error.total, shown)
        return None
    except UnopenableError as error:
        print(error, file=sys.stderr)
        return None
    found = check(hypotheses, test_set)
    report(found, len(found), shown)
    return hypotheses
