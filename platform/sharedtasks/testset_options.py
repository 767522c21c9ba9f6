"""The options of `manage.py import_test_set`, and the files that they name."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from evaluator.metrics import OFFICIAL_ORDER
from evaluator.normalise import LEMMATISERS
from sharedtasks.models import TestSet
from sharedtasks.terminology_modes import LISTS, STANDARD_MODES
from sharedtasks.test_set_versions import NewFiles
from sharedtasks.testsets import TermFile, TestSetFiles

ESCAPES = {r"\n": "\n", r"\t": "\t", r"\\": "\\"}  # in a delimiter


def add_phase_options(parser: ArgumentParser) -> None:
    """Add where the test set belongs."""
    parser.add_argument("--shared-task", required=True, metavar="SLUG")
    parser.add_argument("--phase", required=True, metavar="SLUG")
    parser.add_argument(
        "--create",
        action="store_true",
        help="make the shared task and the phase if they do not exist: closed, and seen by "
        "organisers only, until they are announced",
    )
    parser.add_argument(
        "--announce",
        action="store_true",
        help="announce the test set at once, in a phase that is announced (default: a draft)",
    )
    parser.add_argument("--shared-task-name", metavar="NAME", help="used when it is created")
    parser.add_argument("--language-pair", required=True, metavar="en-fr")


def add_text_options(parser: ArgumentParser, *, needs_source: bool) -> None:
    """Add the files with texts and terms."""
    parser.add_argument("--source", required=needs_source, type=Path, metavar="FILE")
    parser.add_argument(
        "--reference", type=Path, action="append", default=[], metavar="FILE",
        help="unless the source file holds them; repeat it for several references",
    )  # fmt: skip
    parser.add_argument(
        "--terminology", type=_read_term_option, action="append", default=[],
        metavar="[LIST=]FILE",
        help="terms of the mode's list, or with proper= or random= of that list: CSV, TSV, "
        "JSON lines or TBX; repeat it for several",
    )  # fmt: skip


def add_file_options(parser: ArgumentParser) -> None:
    """Add the files that `open_files` opens, and which of their documents count."""
    add_text_options(parser, needs_source=True)
    parser.add_argument(
        "--samples", type=Path, metavar="FILE",
        help="sample bitexts, in a mode in which systems get them: JSON",
    )  # fmt: skip
    parser.add_argument(
        "--leave-out", action="append", default=[], metavar="DOC",
        help="a document that no score counts, such as one without a reference; repeat it",
    )  # fmt: skip


def add_content_options(parser: ArgumentParser) -> None:
    """Add how the files are read, and how their test set is named and scored."""
    parser.add_argument(
        "--text-form",
        choices=TestSet.TextForm.values,
        help="how the files are written (default: tokenised for SGML, raw for other formats); "
        "the wmt21 metrics need tokenised text",
    )
    parser.add_argument(
        "--mode",
        default="proper",
        metavar="NAME",
        help=f"what systems are given: {', '.join(STANDARD_MODES)}, or another mode of the "
        "shared task (default: proper)",
    )
    parser.add_argument("--domain", default="", metavar="NAME", help="such as medical")
    parser.add_argument(
        "--unit",
        choices=TestSet.Unit.values,
        help="what a translation is: of a segment, or of a document with its paragraphs "
        "(default: as the files show)",
    )
    parser.add_argument(
        "--delimiter", type=_read_delimiter, metavar="TEXT",
        help=r"what joins the paragraphs of a document, such as \n\n; empty if nothing does "
        "(default: as the files show)",
    )  # fmt: skip
    parser.add_argument("--test-set-version", type=int, default=1, metavar="N")
    parser.add_argument(
        "--lemmatiser", choices=["identity", "simplemma"], default="simplemma",
        help="of the wmt21 metrics (default: simplemma)",
    )  # fmt: skip
    parser.add_argument(
        "--term-lemmatiser", choices=tuple(LEMMATISERS), default="",
        help="of translations, for all other metrics of terms (default: what the target "
        "language has)",
    )  # fmt: skip
    parser.add_argument(
        "--official-order",
        action="append",
        metavar="METRIC",
        help="what the board ranks by; repeat it for the mean of ranks over several metrics "
        f"(default: those of {', '.join(OFFICIAL_ORDER)} that the test set defines)",
    )


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from error


def open_files(stack: ExitStack, options: dict[str, Any], own_list: str) -> TestSetFiles:
    """Open the files until the stack ends; `own_list` is the list of files without a name."""
    paths = [options["source"], *options["reference"]]
    streams = [stack.enter_context(_open(path)) for path in paths]
    lists = _open_lists(stack, options, own_list)
    samples = options["samples"]
    return TestSetFiles(
        source=streams[0],
        references=tuple(streams[1:]),
        names=tuple(path.name for path in paths),
        terminologies=lists.pop(own_list),
        other_lists=lists,
        samples=(stack.enter_context(_open(samples)), samples.name) if samples else None,
    )


def open_new_files(stack: ExitStack, options: dict[str, Any], own_list: str) -> NewFiles:
    """Open the files of a correction, in the same way."""
    source, references = options["source"], options["reference"]
    return NewFiles(
        source=(stack.enter_context(_open(source)), source.name) if source else None,
        references=[(stack.enter_context(_open(path)), path.name) for path in references],
        term_lists=_open_lists(stack, options, own_list),
    )


def _open_lists(
    stack: ExitStack, options: dict[str, Any], own_list: str
) -> dict[str, tuple[TermFile, ...]]:
    """Open the files of terms, by the names of their lists."""
    lists: dict[str, tuple[TermFile, ...]] = {own_list: ()}
    for list_name, path in options["terminology"]:
        term_file = (stack.enter_context(_open(path)), path.name)
        name = list_name or own_list
        lists[name] = (*lists.get(name, ()), term_file)
    return lists


def _read_term_option(value: str) -> tuple[str, Path]:
    """Return the list that a file of terms is of, empty for the mode's own, and its path."""
    name, equals, path = value.partition("=")
    return (name, Path(path)) if equals and name in LISTS else ("", Path(value))


def _read_delimiter(value: str) -> str:
    r"""Return what `\n\n` on a command line means."""
    return re.sub(r"\\[nt\\]", lambda match: ESCAPES[match[0]], value)
