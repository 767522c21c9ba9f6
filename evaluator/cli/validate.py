"""`terminarium validate`: do these files fit the test sets? The server's own checks."""

from __future__ import annotations

import argparse

from evaluator.cli.files import (
    add_hypotheses,
    add_json,
    add_problems,
    add_test_set,
    add_text_form,
    check_files,
    describe_size,
    label,
    load_test_set,
)

DESCRIPTION = """\
Check that files of hypotheses fit a test set, with the checks and the messages of the server; or
check a whole submission, a folder or several files, against all test sets. Only the sources are
needed, no references."""
EXAMPLES = """\
examples:
  terminarium validate --source test.en.sgm --hypotheses output.sgm --target-language fr
  terminarium validate --source test.en-fr.tsv --hypotheses output.txt \\
      --hypotheses output.noterm.txt --target-language fr
  terminarium validate my-submission --test-sets released
  terminarium validate ours.*.json --test-sets released --modes proper noterm random"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands."""
    command.add_argument(
        "submission",
        nargs="*",
        metavar="PATH",
        help="a whole submission: a folder, files, or a zip; needs --test-sets",
    )
    command.add_argument(
        "--test-sets",
        nargs="+",
        default=[],
        metavar="PATH",
        help="all test sets of a submission: a folder, or files",
    )
    command.add_argument(
        "--modes",
        nargs="+",
        metavar="MODE",
        help="that are expected for each test set whose name says no mode (default: what the "
        "lists of terms show)",
    )
    add_test_set(command, with_references=False, is_required=False)
    add_hypotheses(command, what="what to check", each="file", is_required=False)
    add_text_form(command)
    add_problems(command)
    add_json(command)
    command.set_defaults(find_misuse=find_misuse)


def find_misuse(options: argparse.Namespace) -> str | None:
    """Return why the options don't go together, None if they do."""
    single = [name for name in ("--source", "--hypotheses") if getattr(options, name[2:])]
    if options.submission and single:
        return f"{single[0]} is for a single test set: leave it out, or the whole submission"
    if options.submission and not options.test_sets:
        return "a whole submission is checked against test sets. Name them: --test-sets FOLDER"
    if options.submission or len(single) == 2:
        return None
    lacking = " and ".join(name for name in ("--source", "--hypotheses") if name not in single)
    return f"name {lacking}; or a whole submission, with --test-sets"


def run(options: argparse.Namespace) -> int:
    """Print every problem of every file, of refused files first; 1 if a file is refused."""
    if options.submission:
        from evaluator.cli.submission import run_submission

        return run_submission(options)
    test_set = load_test_set(options, with_references=False)
    checked = check_files([(path, "proper") for path in options.hypotheses], test_set, options)
    systems = [
        {"name": label(path), "kind": "system", "fits": hypotheses is not None}
        for path, hypotheses in zip(options.hypotheses, checked, strict=True)
    ]
    options.answer = {"segments": len(test_set.segments), "systems": systems}
    count = describe_size(test_set)
    for system in systems if not options.json else ():
        if system["fits"]:
            print(f"{system['name']}: fits the test set ({count}).")
        else:
            print(f"{system['name']}: can't be accepted (the test set has {count}).")
    return 1 if None in checked else 0
