"""`terminarium score`: the numbers of the leaderboard, on the participant's own machine."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from evaluator.alignment import align, warnings
from evaluator.errors import InfrastructureError, SubmissionError, TestSetError
from evaluator.formats import read_hypotheses, read_test_set
from evaluator.metrics import FAMILIES, METRICS
from evaluator.normalise import LEMMATISERS
from evaluator.scoring import DEFAULT, expand, score
from evaluator.types import Problem, ScoringResult

PROBLEMS_SHOWN = 50

DESCRIPTION = """\
Score one system's hypotheses against a test set.

Source and references are WMT SGML files with annotated terms; hypotheses are WMT SGML, plain text
(one a line, in the order of the reference) or JSON lines ({"id": "…", "translation": "…"})."""

EXAMPLES = """\
examples:
  terminarium score --source dev.en.sgm --reference dev.fr.sgm --hypotheses output.sgm \\
      --target-language fr
  terminarium score --source dev.en.sgm --reference dev.fr.sgm --hypotheses output.txt \\
      --target-language fr --metrics wmt21,bleu --lemmatiser identity --json

exit status: 0 scored; 1 a file can't be read, scored or paired (all reasons on standard
error); 2 wrong usage"""


class _UnopenableError(Exception):
    """A file named on the command line that can't be opened."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; usage errors exit with 2."""
    options = _parser().parse_args(arguments)
    try:
        return _score(options)
    except (SubmissionError, TestSetError) as error:
        _report(error.problems, error.total, options.max_problems)
    except (_UnopenableError, InfrastructureError) as error:
        print(error, file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="terminarium", description="Evaluate machine translation with terminologies."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    command = commands.add_parser(
        "score",
        help="score hypotheses against a test set",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_files(command)
    _add_choices(command)
    return parser


def _add_files(command: argparse.ArgumentParser) -> None:
    command.add_argument("--source", required=True, metavar="FILE", help="the <srcset>")
    command.add_argument(
        "--reference",
        required=True,
        action="append",
        metavar="FILE",
        help="a <refset>; again for each further one",
    )
    command.add_argument("--hypotheses", required=True, metavar="FILE", help="what to score")
    command.add_argument("--source-language", default="en", metavar="CODE", help="default: en")
    command.add_argument("--target-language", required=True, metavar="CODE", help="such as fr")
    command.add_argument(
        "--text-form",
        choices=("tokenised", "raw"),
        default="tokenised",
        help="of all files; the wmt21 metrics exist for tokenised text only (default: tokenised)",
    )


def _add_choices(command: argparse.ArgumentParser) -> None:
    names = ", ".join((*FAMILIES, *METRICS))
    command.add_argument(
        "--metrics",
        type=_metrics,
        default=DEFAULT,
        metavar="NAMES",
        help=f"separated by commas, of: {names} (default: all that the files support)",
    )
    command.add_argument(
        "--lemmatiser",
        choices=tuple(LEMMATISERS),
        default="simplemma",
        help="for the wmt21 metrics; none skips what needs lemmas (default: simplemma)",
    )
    command.add_argument("--json", action="store_true", help="print JSON, exact values")
    command.add_argument("--verbose", action="store_true", help="add exact values and signatures")
    command.add_argument(
        "--max-problems",
        type=int,
        default=PROBLEMS_SHOWN,
        metavar="N",
        help=f"problems to show (default: {PROBLEMS_SHOWN})",
    )


def _metrics(text: str) -> tuple[str, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {*FAMILIES, *METRICS}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        problem = f"unknown: {', '.join(unknown)}" if unknown else "none named"
        raise argparse.ArgumentTypeError(f"{problem}; choose of {', '.join((*FAMILIES, *METRICS))}")
    return expand(names)


def _score(options: argparse.Namespace) -> int:
    with ExitStack() as stack:
        paths = [options.source, *options.reference, options.hypotheses]
        source, *references, hypotheses = [stack.enter_context(_open(path)) for path in paths]
        test_set = read_test_set(
            source=source,
            references=references,
            source_language=options.source_language,
            target_language=options.target_language,
            text_form=options.text_form,
            names=paths[:-1],
        )
        file = read_hypotheses(hypotheses, options.hypotheses)
    aligned = align(file, test_set)
    empty = warnings(file, test_set)
    _report(empty, len(empty), options.max_problems)
    result = score(test_set, aligned, metrics=options.metrics, lemmatiser=options.lemmatiser)
    print(_as_json(result) if options.json else _as_table(result, verbose=options.verbose))
    _report_absent(options.metrics, result)
    return 0


def _open(path: str) -> BinaryIO:
    try:
        return Path(path).open("rb")
    except FileNotFoundError:
        raise _UnopenableError(f"{path}: there is no such file. Check the path.") from None
    except IsADirectoryError:
        raise _UnopenableError(f"{path}: this is a folder. Name a file in it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _UnopenableError(f"{path}: it can't be opened ({reason}).") from None


def _report(problems: Sequence[Problem], total: int, shown: int) -> None:
    shown = max(shown, 0)
    for problem in problems[:shown]:
        prefix = "warning: " if problem.severity == "warning" else ""
        print(f"{prefix}{problem}", file=sys.stderr)
    more = total - min(shown, len(problems))
    if more > 0:
        print(f"… and {more:,} more", file=sys.stderr)


def _report_absent(metrics: Sequence[str], result: ScoringResult) -> None:
    absent = [name for name in metrics if name not in result.statistics]
    if absent:
        names = ", ".join(absent)
        print(
            f"No score for {names}: the wmt21 metrics need tokenised text and annotated terms.",
            file=sys.stderr,
        )


def _as_json(result: ScoringResult) -> str:
    scores = [
        {
            "metric": scored.metric,
            "value": scored.value,
            "signature": scored.signature,
            "details": dict(scored.details),
        }
        for scored in result.scores
    ]
    return json.dumps({"scores": scores}, indent=1, ensure_ascii=False)


def _as_table(result: ScoringResult, *, verbose: bool) -> str:
    """Rounded numbers under each other; on request a second block with all that matters."""
    width = max((len(scored.metric) for scored in result.scores), default=0)
    rows = []
    for scored in result.scores:
        details = ", ".join(
            f"{key.replace('_', ' ')} {value}" for key, value in scored.details.items() if value
        )
        # Percentages with one decimal, shares of 1 with three; points stand under each other.
        decimals = 3 if scored.metric.startswith("wmt21-") else 1
        number = f"{scored.value:{4 + decimals}.{decimals}f}".ljust(7)
        rows.append(f"{scored.metric:<{width}}  {number}  {details}".rstrip())
    if verbose:
        for scored in result.scores:
            rows += ["", f"{scored.metric}  {scored.value!r}", f"  {scored.signature}"]
    return "\n".join(rows)
