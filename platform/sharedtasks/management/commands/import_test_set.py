"""`manage.py import_test_set`: make a test set of a phase from its files."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

import evaluator
from evaluator.metrics import RANKING
from evaluator.normalise import LEMMATISERS, describe_gap, parse_pair
from sharedtasks.models import Phase, SharedTask, TestSet
from sharedtasks.terminology_modes import (
    LISTS,
    STANDARD_MODES,
    create_usual_modes,
    find_mode,
)
from sharedtasks.testsets import ImportedTestSet, TermFile, TestSetFiles, import_test_set

PROBLEMS_SHOWN = 50
CHANGES_SHOWN = 50
PASSED_ON = (  # options
    "text_form", "mode", "domain", "unit", "lemmatiser", "term_lemmatiser", "ranking_metric",
    "leave_out",
)  # fmt: skip
ESCAPES = {r"\n": "\n", r"\t": "\t", r"\\": "\\"}  # in a delimiter


class Command(BaseCommand):
    """Make a test set in a phase that exists, or with --create in a new phase."""

    help = (
        "Import a test set. Examples: manage.py import_test_set --shared-task wmt21 --phase dev "
        "--language-pair en-fr --source dev.en-fr.en.sgm --reference dev.en-fr.fr.sgm; "
        "manage.py import_test_set --shared-task covid --phase dev --language-pair en-fr "
        "--source test.en-fr.tsv --terminology terms.en-fr.csv --text-form raw"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shared-task", required=True, metavar="SLUG")
        parser.add_argument("--phase", required=True, metavar="SLUG")
        parser.add_argument(
            "--create",
            action="store_true",
            help="make the shared task and the phase if they do not exist: closed, and seen by "
            "organisers only, until they are announced",
        )
        parser.add_argument("--shared-task-name", metavar="NAME", help="used when it is created")
        parser.add_argument("--language-pair", required=True, metavar="en-fr")
        parser.add_argument("--source", required=True, type=Path, metavar="FILE")
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
        parser.add_argument(
            "--samples", type=Path, metavar="FILE",
            help="sample bitexts, in a mode in which systems get them: JSON",
        )  # fmt: skip
        parser.add_argument(
            "--leave-out", action="append", default=[], metavar="DOC",
            help="a document that no score counts, such as one without a reference; repeat it",
        )  # fmt: skip
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
            "--ranking-metric",
            metavar="METRIC",
            help="what the board ranks by "
            f"(default: the first of {', '.join(RANKING)} that the test set defines)",
        )

    def handle(
        self,
        *,
        shared_task: str,
        shared_task_name: str | None,
        phase: str,
        create: bool,
        language_pair: str,
        test_set_version: int,
        **options: Any,
    ) -> None:
        try:
            source_language, target_language = parse_pair(language_pair)
        except evaluator.LanguageError as error:
            raise CommandError(f"The test set was not imported: {error}") from error
        # In one transaction, so that a refused test set leaves no empty shared task.
        with ExitStack() as stack, transaction.atomic():
            try:
                phase_row = _get_phase(shared_task, phase, create=create, name=shared_task_name)
                own_list = find_mode(phase_row.shared_task, options["mode"]).list_name
                imported = import_test_set(
                    phase=phase_row,
                    source_language=source_language,
                    target_language=target_language,
                    files=_open_files(stack, options, own_list),
                    version=test_set_version,
                    delimiter=options["delimiter"],
                    **{name: options[name] for name in PASSED_ON},
                )
            except evaluator.TestSetError as error:
                raise CommandError(_list_problems(error)) from error
            except ValidationError as error:
                raise CommandError(_explain(error)) from error
        self._report(imported)
        if not imported.test_set.phase.is_public:
            self.stdout.write(
                "Only organisers see it. To make it public: manage.py announce "
                f"--shared-task {shared_task} --phase {phase}"
            )

    def _report(self, imported: ImportedTestSet) -> None:
        """Print what was imported, and everything that the organiser should check."""
        test_set = imported.test_set
        if imported.terminology is not None:
            self._report_terminology(imported.terminology)
        for note in imported.notes:
            self.stdout.write(f"note: {note}")
        gap = describe_gap(test_set.target_language, test_set.term_lemmatiser or None)
        if gap:
            self.stdout.write(f"note: {gap}")
        self.stdout.write(
            f"Imported {test_set}: {test_set.text_form} text, "
            f"{_count(test_set.segments, 'segment')} in {_count(test_set.documents, 'document')}, "
            f"{_count(imported.references, 'reference')}, "
            f"{test_set.required_terms} required terms. Its board: {test_set.get_absolute_url()}"
        )

    def _report_terminology(self, terminology: evaluator.ImportedTerminology) -> None:
        """Print which entries differ from the term lists."""
        for change in terminology.select_changes(CHANGES_SHOWN):
            self.stdout.write(f"note: {change}")
        more = len(terminology.report) - CHANGES_SHOWN
        if more > 0:
            self.stdout.write(f"note: {more:,} more changes like these are not shown.")
        self.stdout.write(
            f"{len(terminology.terminology.terms)} terms: {terminology.changed} changed, "
            f"{terminology.dropped} dropped, {terminology.doubtful} kept with doubts."
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from error


def _open_files(stack: ExitStack, options: dict[str, Any], own_list: str) -> TestSetFiles:
    paths = [options["source"], *options["reference"]]
    streams = [stack.enter_context(_open(path)) for path in paths]
    lists: dict[str, tuple[TermFile, ...]] = {own_list: ()}
    for list_name, path in options["terminology"]:
        term_file = (stack.enter_context(_open(path)), path.name)
        name = list_name or own_list
        lists[name] = (*lists.get(name, ()), term_file)
    samples = options["samples"]
    return TestSetFiles(
        source=streams[0],
        references=tuple(streams[1:]),
        names=tuple(path.name for path in paths),
        terminologies=lists.pop(own_list),
        other_lists=lists,
        samples=(stack.enter_context(_open(samples)), samples.name) if samples else None,
    )


def _read_term_option(value: str) -> tuple[str, Path]:
    """Return the list that a file of terms is of, empty for the mode's own, and its path."""
    name, equals, path = value.partition("=")
    return (name, Path(path)) if equals and name in LISTS else ("", Path(value))


def _read_delimiter(value: str) -> str:
    r"""Return what `\n\n` on a command line means."""
    return re.sub(r"\\[nt\\]", lambda match: ESCAPES[match[0]], value)


def _get_phase(shared_task: str, slug: str, *, create: bool, name: str | None) -> Phase:
    task = SharedTask.objects.filter(slug=shared_task).first()
    if task is None:
        if not create:
            raise CommandError(
                _describe_unknown("shared task", shared_task, SharedTask.objects.all())
            )
        task = SharedTask(slug=shared_task, name=name or shared_task, is_announced=False)
        task.full_clean()
        task.save()
        create_usual_modes(task)
    phase = Phase.objects.filter(shared_task=task, slug=slug).first()
    if phase is None:
        if not create:
            raise CommandError(
                _describe_unknown("phase", slug, task.phases.all(), f" in {shared_task}")
            )
        phase = Phase(
            shared_task=task, slug=slug, name=slug, opens_at=timezone.now(), is_announced=False
        )
        phase.full_clean()
        phase.save()
    return phase


def _describe_unknown(
    what: str, slug: str, known: QuerySet[SharedTask] | QuerySet[Phase], where: str = ""
) -> str:
    slugs = list(known.values_list("slug", flat=True))
    there = f"There are: {', '.join(slugs)}. " if slugs else ""
    return (
        f"There is no {what} {slug!r}{where}. {there}Correct the name, or add --create to make it: "
        "it stays hidden until it is announced."
    )


def _explain(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        " ".join(messages) if field == NON_FIELD_ERRORS else f"{field}: {' '.join(messages)}"
        for field, messages in error.message_dict.items()
    )


def _list_problems(error: evaluator.TestSetError) -> str:
    lines = [str(problem) for problem in error.problems[:PROBLEMS_SHOWN]]
    if error.total > len(lines):
        lines.append(f"… and {error.total - len(lines)} more.")
    return "The test set was not imported:\n" + "\n".join(lines)
