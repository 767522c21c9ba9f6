"""Options about files that several commands share, and reading what they name."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path
from typing import cast

from evaluator.checking.intake import pair_of, read_aligned, read_out_of_zip
from evaluator.checking.review import find_identical, find_warnings
from evaluator.cli.messages import Messages
from evaluator.cli.progress import ProgressLine
from evaluator.errors import PROBLEMS_KEPT, SubmissionError
from evaluator.formats import (
    ImportedTerminology,
    read_terminologies,
    read_test_set,
)
from evaluator.formats.file_kinds import EMPTY_ZIP, ZIP
from evaluator.types import MODES, Hypotheses, Mode, Problem, TestSet

FILES_NAMED = 20  # in a note
DELIMITERS = {"blank-line": "\n\n", "line-break": "\n", "none": ""}  # of --paragraphs
STANDARD_INPUT = "-"  # in the place of a file's path


class UnopenableError(Exception):
    """A file named on the command line can't be opened; holds the reason and the remedy."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(file, reason)
        self.file = file
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


def add_test_set(
    command: argparse.ArgumentParser, *, with_references: bool, is_required: bool = True
) -> None:
    """Add the options that name a test set."""
    command.add_argument(
        "--source",
        required=is_required,
        metavar="FILE",
        help="sources: WMT SGML or XML, TSV or JSON (the last three may hold references), "
        "or text with one sentence a line; - is standard input, once for all files",
    )
    _add_beside_sources(command, with_references=with_references)


def add_segments_or_sample(command: argparse.ArgumentParser) -> None:
    """Add the options that name a test set, or in its place the sample that we bring."""
    choice = command.add_mutually_exclusive_group(required=True)
    choice.add_argument(
        "--segments",
        dest="source",
        metavar="FILE",
        help="what to translate: WMT SGML or XML, TSV or JSON lines, as of the other commands",
    )
    choice.add_argument(
        "--sample", action="store_true", help="five sentences (English, Czech) with some terms"
    )
    _add_beside_sources(command, with_references=True)


def _add_beside_sources(command: argparse.ArgumentParser, *, with_references: bool) -> None:
    if with_references:
        command.add_argument(
            "--reference",
            action="append",
            default=[],
            metavar="FILE",
            help="references, unless the source file holds them; again for each further one",
        )
    command.add_argument(
        "--terminology",
        action="append",
        default=[],
        metavar="FILE",
        help="terms: CSV, TSV, JSON or TBX; again for each further one",
    )
    command.add_argument(
        "--list",
        metavar="NAME",
        help="which list of terms is read, if a file holds several: proper or random in a test "
        "set (default: proper), any name in a terminology in JSON",
    )
    add_paragraphs(command)
    command.add_argument(
        "--language-pair",
        metavar="PAIR",
        help="source and target, such as en-fr (default: what the files or their names say)",
    )
    command.add_argument("--source-language", metavar="CODE", help="such as en, without the pair")
    command.add_argument("--target-language", metavar="CODE", help="such as fr, without the pair")


def add_paragraphs(command: argparse.ArgumentParser) -> None:
    """Add the option that says how documents are divided."""
    command.add_argument(
        "--paragraphs",
        choices=tuple(DELIMITERS),
        help="what joins the paragraphs of a document, in a JSON array of documents "
        "(default: what the file shows)",
    )


def add_hypotheses(
    command: argparse.ArgumentParser, *, what: str, each: str, is_required: bool = True
) -> None:
    """Add the option that names files of hypotheses: what they are for, what each of them is."""
    command.add_argument(
        "--hypotheses",
        required=is_required,
        default=[],
        action="append",
        metavar="FILE",
        help=f"{what}, or a zip with the file of this language pair; again for each further {each}",
    )
    command.add_argument(
        "--system",
        metavar="NAME",
        help="the system to read, if WMT XML holds several systems",
    )


def add_text_form(command: argparse.ArgumentParser) -> None:
    """Add the option that says how the test set is written."""
    command.add_argument(
        "--text-form",
        choices=("tokenised", "raw"),
        help="of all files; the wmt21 metrics exist for tokenised text only "
        "(default: tokenised for SGML, raw for other formats)",
    )


def add_problems(command: argparse.ArgumentParser) -> None:
    """Add the option that says how many problems to print."""
    command.add_argument(
        "--max-problems",
        type=_count,
        default=PROBLEMS_KEPT,
        metavar="N",
        help=f"problems to show of each file (default: the first {PROBLEMS_KEPT:,})",
    )


def add_json(command: argparse._ActionsContainer) -> None:
    """Add the option that prints a JSON object in the place of a text."""
    command.add_argument(
        "--json", action="store_true", help="print one JSON object, as the guide describes it"
    )


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of problems; give 0 or more")
    return int(text)


def open_file(path: str) -> BufferedReader:
    """Open a file or standard input for reading. Raises UnopenableError."""
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise UnopenableError(label(path), "it is closed. Name a file.")
        return cast("BufferedReader", sys.stdin.buffer)
    try:
        return Path(path).open("rb")
    except FileNotFoundError:
        raise UnopenableError(path, "there is no such file. Check the path.") from None
    except IsADirectoryError:
        raise UnopenableError(path, "this is a folder. Name a file in it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnopenableError(path, f"it can't be opened ({reason}).") from None


def label(path: str) -> str:
    """Return what messages call a file."""
    return "standard input" if path == STANDARD_INPUT else path


def load_terminology(options: argparse.Namespace) -> ImportedTerminology:
    """Read and merge the terminologies; what was changed in reading goes to standard error."""
    with ExitStack() as stack:
        files = [
            (stack.enter_context(open_file(path)), label(path)) for path in options.terminology
        ]
        imported = read_terminologies(
            files,
            source_language=options.source_language,
            target_language=options.target_language,
            list_name=options.list,
        )
    for change in imported.select_changes(options.max_problems):
        text = ": ".join(part for part in (change.entry, change.message) if part)
        options.messages.note(text, file=change.file or None, line=change.line)
    more = len(imported.report) - options.max_problems
    if more > 0:
        options.messages.note(f"{more:,} more changes like these are not shown.")
    if imported.report:
        options.messages.note(
            f"Entries changed: {imported.changed:,}; dropped: {imported.dropped:,}; "
            f"kept with doubts: {imported.doubtful:,}."
        )
    return imported


def load_test_set(
    options: argparse.Namespace,
    *,
    with_references: bool = True,
    references_required: bool = True,
) -> TestSet:
    """Read the test set that the options name, with its terminology.

    Where references are read, at least one is required, unless the caller says otherwise.
    """
    terminology = load_terminology(options).terminology if options.terminology else None
    paths = [options.source, *(options.reference if with_references else ())]
    with ExitStack() as stack:
        source, *references = [stack.enter_context(open_file(path)) for path in paths]
        test_set = read_test_set(
            source=source,
            references=references,
            source_language=options.source_language,
            target_language=options.target_language,
            text_form=options.text_form,
            names=[label(path) for path in paths],
            mode="random" if options.list == "random" else "proper",
            terminology=terminology,
            delimiter=DELIMITERS.get(options.paragraphs),
            sources_only=not with_references,
            references_required=references_required,
            plain_text=True,
            on_note=lambda text: options.messages.note(text, file=label(options.source)),
        )
    return replace(test_set, lemmatiser=getattr(options, "term_lemmatiser", None))


def load_hypotheses(
    path: str, test_set: TestSet, *, mode: Mode = "proper", system: str | None = None
) -> Hypotheses:
    """Read a system's hypotheses and pair them with the test set.

    In a zip it is the pair's file of this mode, else of another; other files are named in a note.
    """
    with open_file(path) as stream:
        if not stream.peek(len(ZIP)).startswith((ZIP, EMPTY_ZIP)):
            return read_aligned(stream, label(path), test_set, system=system)
        pair = pair_of(test_set)
        modes: list[Mode] = sorted(MODES, key=lambda other: other != mode)
        slots = [pair if other == "proper" else f"{pair}.{other}" for other in modes]
        hypotheses, file, others = read_out_of_zip(
            stream, label(path), test_set, slots=slots, system=system
        )
    if others:
        names = ", ".join(others[:FILES_NAMED]) + (", …" if len(others) > FILES_NAMED else "")
        print(f"note: {file} is taken for {pair}; passed over: {names}.", file=sys.stderr)
    return hypotheses


def describe_size(test_set: TestSet) -> str:
    """Return how many segments, or documents and paragraphs, a test set has."""
    count = len(test_set.segments) + (len(test_set.unscored) if test_set.unit == "document" else 0)
    if test_set.unit == "segment":
        return f"{count:,} segments"
    documents = len({document.id for document in test_set.documents})
    return f"{documents:,} documents, {count:,} paragraphs"


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file of hypotheses: its content, or None if it is refused, and its problems."""

    hypotheses: Hypotheses | None
    problems: Sequence[Problem] = ()
    total: int = 0


def check_files(
    files: Sequence[tuple[str, Mode]], test_set: TestSet, options: argparse.Namespace
) -> list[Hypotheses | None]:
    """Read and check each file; report problems, those of refused files (None) first."""
    messages: Messages = options.messages
    checked = []
    for path, mode in files:
        file = CheckedFile(None)
        try:
            hypotheses = load_hypotheses(path, test_set, mode=mode, system=options.system)
            warnings = check(hypotheses, test_set)
            file = CheckedFile(hypotheses, warnings, len(warnings))
        except SubmissionError as error:
            file = CheckedFile(None, error.problems, error.total)
        except UnopenableError as error:
            messages.tell(error.reason, "error", file=error.file)
        checked.append(file)
    for file in sorted(checked, key=lambda file: file.hypotheses is not None):
        messages.report(file.problems, file.total, segments=len(test_set.segments))
    same = find_identical([file.hypotheses for file in checked if file.hypotheses is not None])
    messages.report(same, len(same))
    return [file.hypotheses for file in checked]


def check(hypotheses: Hypotheses, test_set: TestSet) -> tuple[Problem, ...]:
    """Return the warnings about hypotheses."""
    with ProgressLine() as progress:
        progress.show(f"{Path(hypotheses.name).name}: checking …")
        return find_warnings(hypotheses, test_set)
