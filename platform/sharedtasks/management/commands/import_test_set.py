"""`manage.py import_test_set`: make a test set of a phase from its files."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

import evaluator
from audit.recording import Actor
from evaluator.normalise import parse_pair
from sharedtasks.management import refusals
from sharedtasks.models import Phase, SharedTask, TestSet
from sharedtasks.services import announcing, phases, tasks
from sharedtasks.services.roles import give_to_superusers
from sharedtasks.terminology_modes import find_mode
from sharedtasks.testset_options import (
    add_content_options,
    add_file_options,
    add_phase_options,
    open_files,
)
from sharedtasks.testsets import ImportedTestSet, import_test_set

CHANGES_SHOWN = 50
PASSED_ON = (  # options
    "text_form", "mode", "domain", "unit", "lemmatiser", "term_lemmatiser", "official_order",
    "leave_out",
)  # fmt: skip


class Command(BaseCommand):
    """Make a test set in a phase that exists, or with --create in a new phase."""

    help = (
        "Import a test set. Examples: manage.py import_test_set --shared-task wmt21 --phase dev "
        "--language-pair en-fr --source dev.en-fr.en.sgm --reference dev.en-fr.fr.sgm; "
        "manage.py import_test_set --shared-task covid --phase dev --language-pair en-fr "
        "--source test.en-fr.tsv --terminology terms.en-fr.csv --text-form raw"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_phase_options(parser)
        add_file_options(parser)
        add_content_options(parser)

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
        actor = Actor.of_command("import_test_set")
        # In one transaction, so that a refused test set leaves no empty shared task.
        with ExitStack() as stack, transaction.atomic():
            try:
                phase_row = _get_phase(
                    shared_task, phase, creator=actor if create else None, name=shared_task_name
                )
                own_list = find_mode(phase_row.shared_task, options["mode"]).list_name
                imported = import_test_set(
                    actor=actor,
                    phase=phase_row,
                    source_language=source_language,
                    target_language=target_language,
                    files=open_files(stack, options, own_list),
                    version=test_set_version,
                    delimiter=options["delimiter"],
                    **{name: options[name] for name in PASSED_ON},
                )
                if options["announce"]:
                    parts = [imported.test_set]
                    announcing.announce(actor=actor, task=phase_row.shared_task, parts=parts)
            except evaluator.TestSetError as error:
                problems = refusals.list_problems(error)
                raise CommandError(f"The test set was not imported:\n{problems}") from error
            except ValidationError as error:
                raise CommandError(refusals.explain(error)) from error
        self._report(imported)

    def _report(self, imported: ImportedTestSet) -> None:
        """Print what was imported, and everything that the organiser should check."""
        test_set = imported.test_set
        for note in imported.list_notes(CHANGES_SHOWN):
            self.stdout.write(f"note: {note}")
        self.stdout.write(
            f"Imported {test_set}: {test_set.text_form} text, "
            f"{_count(test_set.segments, 'segment')}{_describe_unscored(test_set)} in "
            f"{_count(test_set.documents, 'document')}, "
            f"{_count(imported.references, 'reference')}, "
            f"{test_set.required_terms} required terms. Its board: {test_set.get_absolute_url()}"
        )
        self.stdout.write(test_set.detectable)
        if not test_set.is_public:
            phase = test_set.phase
            self.stdout.write(
                "Only organisers see it. To make it public: manage.py announce --shared-task "
                f"{phase.shared_task.slug} --phase {phase.slug} --test-set {test_set.slug}"
            )


def _describe_unscored(test_set: TestSet) -> str:
    count = test_set.unscored_segments
    return f" ({count:,} without a score)" if count else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _get_phase(shared_task: str, slug: str, *, creator: Actor | None, name: str | None) -> Phase:
    """Return the phase. What is missing is created, if there is a creator."""
    task = SharedTask.objects.filter(slug=shared_task).first()
    if task is None:
        if creator is None:
            raise CommandError(
                _describe_unknown("shared task", shared_task, SharedTask.objects.all())
            )
        task = tasks.create_task(actor=creator, slug=shared_task, name=name or shared_task)
        give_to_superusers(task, actor=creator)
    phase = Phase.objects.filter(shared_task=task, slug=slug).first()
    if phase is None:
        if creator is None:
            raise CommandError(
                _describe_unknown("phase", slug, task.phases.all(), f" in {shared_task}")
            )
        values = {"name": slug, "opens_at": timezone.now()}
        phase = phases.create_phase(actor=creator, task=task, slug=slug, values=values)
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
