"""`terminarium annotate`: which terms are in a source, as a system is told (docs/contract.md 1)."""

from __future__ import annotations

import argparse
import json
import sys

from evaluator.cli.files import add_json, add_problems, add_test_set, add_text_form, load_test_set
from evaluator.container import as_json, system_inputs

DESCRIPTION = """\
Print each segment of a source as a JSON line with the terms that occur in it: what a system in a
container reads on its standard input."""
EXAMPLES = """\
examples:
  terminarium annotate --source test.en-fr.tsv --terminology terms.en-fr.csv \\
      --target-language fr > segments.jsonl"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands."""
    add_test_set(command, with_references=False)
    add_text_form(command)
    add_problems(command)
    add_json(command)


def run(options: argparse.Namespace) -> int:
    """Print the annotated segments in the order of the source."""
    test_set = load_test_set(options, with_references=False)
    if not test_set.has_terms:
        print(
            "There are no terms to look for. Name a list with --terminology, or give a source in "
            'JSON lines with "terms".',
            file=sys.stderr,
        )
        return 2
    count = 0
    segments = []
    for segment, told in zip(test_set.segments, system_inputs(test_set), strict=True):
        count += len(told.terms)
        line = as_json(told, id=segment.id, document=segment.document)
        if options.json:
            segments.append(json.loads(line))
        else:
            print(line)
    options.answer = {"segments": segments}
    if not count:
        options.messages.note("the source contains none of the terms.")
    return 0
