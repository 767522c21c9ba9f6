"""`terminarium score`: the numbers of the leaderboard."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evaluator.baselines import score_baselines
from evaluator.cli import tables
from evaluator.cli.files import (
    add_hypotheses,
    add_json,
    add_problems,
    add_test_set,
    add_text_form,
    check_files,
    label,
    load_test_set,
    open_file,
)
from evaluator.cli.progress import ProgressLine
from evaluator.cli.tables import SystemRow
from evaluator.errors import SubmissionError
from evaluator.formats import read_term_alignments
from evaluator.metrics import FAMILIES, METRICS, kernels, split_name
from evaluator.normalise import LEMMATISERS, lemmatiser_for
from evaluator.scoring import DEFAULT, expand, score
from evaluator.types import Hypotheses, Mode, Problem, ScoringResult, TestSet

DESCRIPTION = """\
Score the hypotheses of one or more systems against a test set, with the numbers and the
signatures of the leaderboard."""
EXAMPLES = """\
examples:
  terminarium score --source dev.en.sgm --reference dev.fr.sgm --hypotheses output.sgm \\
      --target-language fr
  terminarium score --source test.en-fr.tsv --terminology terms.en-fr.csv \\
      --hypotheses ours.txt --hypotheses theirs.jsonl --target-language fr --baselines
  terminarium score --source dev.en.sgm --reference dev.fr.sgm --hypotheses output.txt \\
      --language-pair en-fr --metrics wmt21 bleu --lemmatiser identity --json
  terminarium score --metrics list"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands."""
    add_test_set(command, with_references=True)
    add_hypotheses(command, what="what to score", each="system")
    command.add_argument(
        "--noterm-hypotheses",
        metavar="FILE",
        help="the same system without terms: shows what the terms of this test set change",
    )
    command.add_argument(
        "--term-alignments",
        action="append",
        default=[],
        metavar="FILE",
        help="which words of the hypotheses translate which terms, for wmt25-consistency: TSV or "
        "JSON lines; once for each file of hypotheses, in their order",
    )
    add_text_form(command)
    add_scoring(command)
    command.add_argument(
        "--baselines",
        action="store_true",
        help="add each reference as if it were a system, and the copied source",
    )
    add_problems(command)


def add_scoring(command: argparse.ArgumentParser) -> None:
    """Add the options that say what to score and how to print it."""
    add_metrics(command)
    add_json(command)
    command.add_argument("--verbose", action="store_true", help="add exact values and signatures")


def add_metrics(command: argparse.ArgumentParser) -> None:
    """Add the options that say what to score."""
    names = ", ".join((*FAMILIES, *METRICS))
    command.add_argument(
        "--metrics",
        action=_Metrics,
        nargs="+",
        default=DEFAULT,
        metavar="NAME",
        help=f"some of: {names} (default: all that the files support); list explains them",
    )
    command.add_argument(
        "--lemmatiser",
        choices=tuple(LEMMATISERS),
        default="simplemma",
        help="for the wmt21 metrics; none skips what needs lemmas (default: simplemma)",
    )
    command.add_argument(
        "--term-lemmatiser",
        choices=tuple(LEMMATISERS),
        help="of translations, for the term metrics (default: what the language has)",
    )


def run(options: argparse.Namespace) -> int:
    """Read, check, score, print."""
    test_set = load_test_set(options)
    noterm = options.noterm_hypotheses
    named: list[tuple[str, Mode]] = [(path, "proper") for path in options.hypotheses]
    named += [] if noterm is None else [(noterm, "noterm")]
    checked = check_files(named, test_set, options)
    files = [hypotheses for hypotheses in checked if hypotheses is not None]
    if len(files) < len(checked):
        return 1
    without = None if noterm is None else files.pop()
    files = _add_alignments(files, test_set, options)
    with ProgressLine() as progress:
        rows = [
            SystemRow(label(path), score_system(hypotheses, test_set, options, progress))
            for path, hypotheses in zip(options.hypotheses, files, strict=True)
        ]
        if without is not None:
            row = SystemRow(
                label(noterm), score_system(without, test_set, options, progress), kind="noterm"
            )
            rows += [row, tables.difference(rows[0], row)]
        if options.baselines:
            rows += _score_baselines(test_set, options, progress)
    return print_rows(rows, test_set, options)


def _add_alignments(
    files: list[Hypotheses], test_set: TestSet, options: argparse.Namespace
) -> list[Hypotheses]:
    """Give each file of hypotheses its file of alignments, if there are any."""
    paths = options.term_alignments
    if not paths:
        return files
    if len(paths) != len(files):
        message = (
            f"{len(paths)} files of alignments for {len(files)} files of hypotheses. Name a file "
            "of alignments for each file of hypotheses, in the same order."
        )
        raise SubmissionError([Problem("error", message, file=label(paths[0]))])
    aligned = []
    for path, hypotheses in zip(paths, files, strict=True):
        with open_file(path) as stream:
            alignments = read_term_alignments(stream, label(path), test_set)
        aligned.append(replace(hypotheses, alignments=alignments))
    return aligned


class _Metrics(argparse.Action):
    """Names of metrics or families, separated by spaces or commas, in one or several options."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        words = [str(word) for word in values] if isinstance(values, list) else []
        names = [name.strip().lower() for word in words for name in word.split(",") if name.strip()]
        if names == ["list"]:
            print(tables.list_metrics())
            parser.exit()
        unknown = [name for name in names if name not in METRICS and name not in FAMILIES]
        if unknown or not names:
            problem = f"unknown: {', '.join(unknown)}" if unknown else "none named"
            known = ", ".join((*FAMILIES, *METRICS))
            image = " An image is named before --metrics." if "image" in namespace else ""
            parser.error(f"argument {option_string}: {problem}; choose from {known}, list.{image}")
        before = namespace.metrics if namespace.metrics is not DEFAULT else ()
        namespace.metrics = expand((*before, *names))


def score_system(
    hypotheses: Hypotheses, test_set: TestSet, options: argparse.Namespace, progress: ProgressLine
) -> ScoringResult:
    """Score a system as the options say, and show the progress."""

    def show(metric: str) -> None:
        kernel = METRICS[split_name(metric)[0]].kernel
        is_first = kernels.takes_time(kernel, len(test_set.segments))
        hint = ", preparing a faster search, once on this machine" if is_first else ""
        progress.show(f"{Path(hypotheses.name).name}: {metric}{hint} …")

    return score(
        test_set,
        hypotheses,
        metrics=options.metrics,
        lemmatiser=options.lemmatiser,
        on_metric=show,
    )


def note_slow_searches(options: argparse.Namespace) -> None:
    """Tell if numba is installed and nothing can be compiled with it: all is slower, but equal."""
    problem = kernels.problem()
    if problem is not None:
        options.messages.note(
            f"numba can't be used, so scoring is slower ({problem}). "
            "If that is for want of a folder, name another in XDG_CACHE_HOME."
        )


def _score_baselines(
    test_set: TestSet, options: argparse.Namespace, progress: ProgressLine
) -> list[SystemRow]:
    baselines = score_baselines(
        test_set,
        metrics=options.metrics,
        lemmatiser=options.lemmatiser,
        on_metric=lambda name, metric: progress.show(f"{name}: {metric} …"),
    )
    rows = []
    for baseline in baselines:
        against = f"{baseline.references} reference{'s' if baseline.references > 1 else ''}"
        name = f"{baseline.name} (against {against})"
        rows.append(SystemRow(name, baseline.result, kind="baseline"))
    return rows


def print_rows(rows: Sequence[SystemRow], test_set: TestSet, options: argparse.Namespace) -> int:
    """Print scores as the options say, and why others have none; 1 unless the first row has any."""
    note_slow_searches(options)
    options.answer = {**options.answer, "systems": tables.as_rows(rows)}
    if options.json:
        pass  # printed with the messages, once they are all known
    elif len(rows) == 1:
        print(tables.show_system(rows[0], verbose=options.verbose))
    else:
        print(tables.show_systems(rows, verbose=options.verbose))
    if options.metrics is not DEFAULT:
        _explain_absent(rows[0].result, test_set, options)
    return 0 if rows[0].result.scores else 1


def _explain_absent(result: ScoringResult, test_set: TestSet, options: argparse.Namespace) -> None:
    """Tell why metrics that the options name have no score."""
    lemmatiser = lemmatiser_for(options.lemmatiser, test_set.target_language)
    absent: dict[str, list[str]] = {}
    for name in options.metrics:
        if name not in result.statistics:
            lacking = METRICS[name](lemmatiser).lacks(test_set)
            reason = f"the test set lacks {lacking or 'anything that counts for it'}"
            if METRICS[name].needs_alignments and lacking is None:
                reason = "it needs a file of alignments (--term-alignments)"
            absent.setdefault(reason, []).append(name)
    for reason, names in absent.items():
        text = f"No score for {', '.join(names)}: {reason}."
        options.messages.tell(text, "warning")
