"""`terminarium run`: a system in its container, as the platform's nodes run it."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from evaluator import container
from evaluator.cli.files import (
    UnopenableError,
    add_problems,
    add_segments_or_sample,
    add_text_form,
    check,
    load_terminology,
    load_test_set,
)
from evaluator.cli.messages import Weight
from evaluator.cli.progress import ProgressLine
from evaluator.cli.score import add_scoring, print_rows, score_system
from evaluator.cli.tables import SystemRow
from evaluator.container import GB, Limits, Outcome, RunResult, Setting, system_inputs
from evaluator.container.limits import in_bytes
from evaluator.container.output import NAME as OUTPUT_NAME
from evaluator.container.sample_sentences import SENTENCES, make_sample
from evaluator.errors import printable
from evaluator.types import Hypotheses, TestSet

DESCRIPTION = """\
Run a container image on segments with the flags, the limits and the checks of the platform: no
network, nothing writable but /tmp, no privileges. The image has to be in your Docker engine. The
hypotheses go to --output; without it, scores are printed where there are references, else the
hypotheses."""
EXAMPLES = """\
examples:
  terminarium run my-system --sample --target-language fr
  terminarium run my-system --segments dev.en-fr.tsv --terminology terms.en-fr.csv \\
      --target-language fr --output ours.en-fr.jsonl"""
LOG_LINES = 30  # shown of a system that failed
LOG_CHARACTERS = 500  # of a line
SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands."""
    command.add_argument("image", metavar="IMAGE", help="name or digest of an image")
    add_segments_or_sample(command)
    add_text_form(command)
    command.add_argument(
        "--mode",
        choices=("terms", "none"),
        default="terms",
        help="whether the system is told of terms (default: terms)",
    )
    command.add_argument(
        "--output",
        metavar="FILE",
        help="for the hypotheses, as JSON lines; of documents, in a file .json, as an array",
    )
    command.add_argument("--log", metavar="FILE", help="for the end of the system's log")
    limits = Limits()
    for name, unit, default, what in (
        ("--time-limit", "SECONDS", limits.wall_time, "for all segments"),
        ("--memory", "GB", limits.memory / GB, "main memory"),
        ("--tmp", "GB", limits.tmp / GB, "size of /tmp, which takes main memory"),
        ("--cpus", "N", limits.cpus, "processors"),
    ):
        text = f"{what} (default, as on the platform: {default:g})"
        command.add_argument(name, type=_positive, default=default, metavar=unit, help=text)
    command.add_argument("--runtime", metavar="NAME", help="one of the engine's, such as runsc")
    command.add_argument(
        "--gpu", action="append", default=[], metavar="ID", help="for the system; again for others"
    )
    add_scoring(command)
    add_problems(command)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 10**6:
        raise argparse.ArgumentTypeError(f"a number above 0 is needed, not {text!r}")
    return number


def run(options: argparse.Namespace) -> int:
    """Run the image, report the result, score its hypotheses; 1 where any of these failed."""
    wrong_usage = ""
    if options.sample and options.reference:
        wrong_usage = "the sample has no references: leave --reference out, or give --segments"
    elif options.sample and options.source_language not in SENTENCES:
        known = " and ".join(SENTENCES)
        wrong_usage = (
            f"the sample is there in {known} alone: give sentences of your own by --segments"
        )
    if wrong_usage:
        print(f"terminarium run: error: {wrong_usage}", file=sys.stderr)
        return 2
    test_set = _load_test_set(options)
    for path in filter(None, (options.output, options.log)):
        _write(path, "", mode="a")  # if that fails, then not after hours of work
    with _end_on_signals():
        container.sweep()
        result = _run(options, test_set)
    if options.log:
        _write(options.log, result.log)
    _explain(result, options)
    options.answer = {
        "run": {
            "outcome": str(result.outcome),
            "seconds": result.wall_time,
            "peak_memory_bytes": result.peak_memory,
        },
        "systems": [{"name": options.image, "kind": "system", "scores": []}],
    }
    if result.outcome is not Outcome.OK:
        return 1
    return _use_hypotheses(
        Hypotheses(result.translations, result.lines, OUTPUT_NAME), test_set, options
    )


def _load_test_set(options: argparse.Namespace) -> TestSet:
    if not options.sample:
        return load_test_set(options, references_required=False)
    test_set = make_sample(options.source_language, options.target_language)
    if options.terminology:
        test_set = replace(test_set, terminology=load_terminology(options).terminology)
    return test_set


def _run(options: argparse.Namespace, test_set: TestSet) -> RunResult:
    limits = Limits(
        wall_time=options.time_limit,
        memory=round(options.memory * GB),
        cpus=options.cpus,
        tmp=round(options.tmp * GB),
    )
    with ProgressLine() as progress:
        return container.run(
            options.image,
            system_inputs(test_set, options.mode),
            Setting(test_set.source_language, test_set.target_language, options.mode),
            limits,
            runtime=options.runtime,
            gpus=options.gpu,
            quote=True,  # the system is the participant's own
            on_progress=lambda now: progress.show(
                f"{options.image}: {now.done:,} of {now.segments:,} segments, {now.seconds:.0f} s …"
            ),
        )


@contextlib.contextmanager
def _end_on_signals() -> Iterator[None]:
    """Let signals that end this process unwind the stack, so that its container is removed."""

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _explain(result: RunResult, options: argparse.Namespace) -> None:
    for note in result.notes:
        options.messages.note(note)
    options.messages.report(result.problems, result.problem_count)
    if result.outcome is not Outcome.OK:
        for line in result.log.splitlines()[-LOG_LINES:]:
            print(f"log: {printable(line.expandtabs(), LOG_CHARACTERS)}", file=sys.stderr)
    message = result.message
    if result.detail:  # the engine's own words: they are about this machine, the participant's
        detail = printable(result.detail, LOG_CHARACTERS)
        message = detail if result.outcome.is_ours else f"{message} {detail}"
    severity: Weight = "note" if result.outcome is Outcome.OK else "error"
    options.messages.tell(f"{options.image}: {result.outcome}: {message}", severity)
    if result.wall_time:
        peak = result.peak_memory
        memory = "" if peak is None else f", {in_bytes(peak)} of memory at its peak"
        print(f"{options.image}: {result.wall_time:.1f} s{memory}", file=sys.stderr)


def _use_hypotheses(hypotheses: Hypotheses, test_set: TestSet, options: argparse.Namespace) -> int:
    """Warn of what looks odd, write the hypotheses, print their scores where they have any."""
    odd = check(hypotheses, test_set)
    options.messages.report(odd, len(odd))
    is_scored = all(segment.references for segment in test_set.segments)
    rows = [
        {"id": segment.id, "doc": segment.document, "translation": text}
        for segment, text in zip(test_set.segments, hypotheses.texts, strict=True)
    ]
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    if test_set.unit == "document" and options.output and options.output.endswith(".json"):
        texts = join_documents(hypotheses, test_set)
        lines = f"{json.dumps(texts, ensure_ascii=False, indent=1)}\n"
    if options.output:
        _write(options.output, lines)
    elif not is_scored:
        options.answer["hypotheses"] = rows
        print("" if options.json else lines, end="")
    if not is_scored:
        return 0
    with ProgressLine() as progress:
        row = SystemRow(options.image, score_system(hypotheses, test_set, options, progress))
    return print_rows([row], test_set, options)


def join_documents(hypotheses: Hypotheses, test_set: TestSet) -> list[str]:
    """Return a text for each document, its paragraphs joined as in the source."""
    paragraphs: dict[str, list[str]] = {}
    for segment, text in zip(test_set.segments, hypotheses.texts, strict=True):
        paragraphs.setdefault(segment.document, []).append(text)
    delimiters = {document.id: document.delimiter or "" for document in test_set.documents}
    return [delimiters[name].join(texts) for name, texts in paragraphs.items()]


def _write(path: str, text: str, mode: Literal["w", "a"] = "w") -> None:
    try:
        with Path(path).open(mode, encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise UnopenableError(path, f"it can't be written ({error.strerror}).") from None
