"""`terminarium annotate`: which terms are in a source, as a system is told (contract.md)."""

from __future__ import annotations

import argparse
import json
import sys

from evaluator.cli.files import add_problems, add_test_set, add_text_form, load_test_set
from evaluator.terminology import AnnotatedSource, TermIndex, annotate
from evaluator.types import Segment

NAME = "annotate"
HELP = "find the terms of a terminology in a source"
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


def run(options: argparse.Namespace) -> int:
    """Print the annotated segments in the order of the source."""
    test_set = load_test_set(options, with_references=False)
    if test_set.terminology is None:
        print(
            "There are no terms to look for. Name a list with --terminology, or give a source in "
            'JSON lines with "terms".',
            file=sys.stderr,
        )
        return 2
    index = TermIndex(test_set.terminology.terms, test_set.source_language)
    count = 0
    for segment in test_set.segments:
        found = annotate(segment.source, index)
        count += len(found.terms)
        print(_line(segment, found))
    if not count:
        print("note: none of the terms is in the source.", file=sys.stderr)
    return 0


def _line(segment: Segment, found: AnnotatedSource) -> str:
    terms = [{"source": term.source, "targets": list(term.targets)} for term in found.terms]
    return json.dumps(
        {
            "id": segment.id,
            "doc": segment.document,
            "source": segment.source,
            "terms": terms,
            "annotated": found.annotated,
        },
        ensure_ascii=False,
    )
