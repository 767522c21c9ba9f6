"""`terminarium validate`: does this file fit the test set? The server's own checks."""

from __future__ import annotations

import argparse

from evaluator.cli.files import (
    add_hypotheses,
    add_json,
    add_problems,
    add_test_set,
    add_text_form,
    check_files,
    label,
    load_test_set,
)

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
    """Print every problem of every file, of refused files first; 1 if a file is refused."""
    test_set = load_test_set(options, with_references=False)
    checked = check_files([(path, "proper") for path in options.hypotheses], test_set, options)
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
