"""From a plan to a shared task with phases and test sets; what is there already stays.

Each row is written in a transaction of its own. A run that was killed is completed by the next.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

import evaluator
from audit.actions import Action
from audit.recording import Actor, record_event
from editions.file_index import EditionError, Published
from editions.plans import Edition, PhasePlan, Plan, TestSetPlan
from evaluator.normalise import parse_pair
from sharedtasks.models import Phase, SharedTask, TestSet, TestSetReference
from sharedtasks.services.roles import give_to_superusers
from sharedtasks.terminology_modes import STANDARD_MODES, find_mode
from sharedtasks.testsets import TestSetFiles, import_test_set

Say = Callable[[str], None]
FAULTS_SHOWN = 20  # of a test set


def import_shared_task(edition: Edition, plan: Plan, say: Say, *, actor: Actor) -> SharedTask:
    """Make the shared task with everything in it, unless it is there. Raises EditionError.

    It goes on after a fault, so that all of them are told.
    """
    task = _ensure_task(edition, say, actor)
    faults: list[str] = []
    for phase_plan in plan.phases:
        phase = _ensure_phase(task, phase_plan, say, actor)
        for number, test_set_plan in enumerate(phase_plan.test_sets, 1):
            place = f"[{number}/{len(phase_plan.test_sets)}] {phase_plan.slug}"
            try:
                say(f"{place} {_ensure_test_set(phase, test_set_plan, actor)}")
            except EditionError as error:
                faults += [f"{place} {fault}" for fault in error.faults]
    if faults:
        raise EditionError(faults)
    return task


def _ensure_task(edition: Edition, say: Say, actor: Actor) -> SharedTask:
    """Return the edition's shared task; a new one is seen by organisers only."""
    with transaction.atomic():
        task, is_new = SharedTask.objects.get_or_create(
            slug=edition.slug, defaults={"name": edition.name, "summary": edition.summary}
        )
        if is_new:
            give_to_superusers(task, actor=actor)
            record_event(actor=actor, action=Action.CREATED, row=task)
        modes = [find_mode(task, name) for name in edition.modes]
    for mode in modes:
        standard = STANDARD_MODES[mode.name]
        if any(getattr(mode, name) != getattr(standard, name) for name in mode.FIXED[1:]):
            fault = f"The mode {mode} of {task} gives or scores other things than the edition's."
            raise EditionError([fault])
    say(f"The shared task {task.slug} {'is new' if is_new else 'exists already'}.")
    return task


@transaction.atomic
def _ensure_phase(task: SharedTask, plan: PhasePlan, say: Say, actor: Actor) -> Phase:
    phase, is_new = Phase.objects.get_or_create(
        shared_task=task,
        slug=plan.slug,
        defaults={
            "name": plan.name,
            "kind": Phase.Kind.POST,
            "opens_at": timezone.now(),
        },
    )
    if is_new:
        record_event(actor=actor, action=Action.CREATED, row=phase)
    say(f"The phase {task.slug}/{phase.slug} {'is new' if is_new else 'exists already'}.")
    return phase


def _ensure_test_set(phase: Phase, plan: TestSetPlan, actor: Actor) -> str:
    """Make the test set unless it is there; return what was done. Raises EditionError."""
    try:
        source_language, target_language = parse_pair("-".join(plan.pair))
    except evaluator.LanguageError as error:  # in a file's name
        raise EditionError([f"{plan.source.name}: {error}"]) from error
    if stored := _describe_stored(phase, plan):
        return stored
    try:
        with ExitStack() as stack, transaction.atomic():
            imported = import_test_set(
                actor=actor,
                phase=phase,
                source_language=source_language,
                target_language=target_language,
                files=_open_files(stack, plan, find_mode(phase.shared_task, plan.mode).list_name),
                text_form=plan.text_form,
                mode=plan.mode,
                domain=plan.domain,
                unit=plan.unit,
                delimiter=plan.delimiter,
            )
    except evaluator.TestSetError as error:
        shown = [f"{plan.name}: {problem}" for problem in error.problems[:FAULTS_SHOWN]]
        if error.total > FAULTS_SHOWN:
            shown.append(f"{plan.name}: … and {error.total - FAULTS_SHOWN:,} more.")
        raise EditionError(shown) from error
    except (ValidationError, IntegrityError) as error:
        if stored := _describe_stored(phase, plan):  # another command was faster
            return stored
        messages = error.messages if isinstance(error, ValidationError) else [str(error)]
        raise EditionError([f"{plan.name}: {' '.join(messages)}"]) from error
    except evaluator.InfrastructureError as error:  # a lemmatiser that is not installed
        raise EditionError([f"{plan.name}: {error}"]) from error
    test_set = imported.test_set
    unit = "paragraphs" if test_set.unit == TestSet.Unit.DOCUMENT else "segments"
    notes = "".join(f"\n  note: {note}" for note in imported.notes)
    unscored = test_set.unscored_segments
    without = f" ({unscored:,} without a score)" if unscored else ""
    return (
        f"{test_set.slug}: {test_set.segments:,} {unit}{without}, "
        f"{test_set.required_terms:,} required terms{notes}"
    )


def _describe_stored(phase: Phase, plan: TestSetPlan) -> str:
    """Say that the test set exists; "" if it does not. Raises EditionError for other files."""
    source_language, target_language = parse_pair("-".join(plan.pair))
    stored = TestSet.objects.filter(
        phase=phase,
        domain=plan.domain,
        mode=plan.mode,
        version=1,
        source_language=source_language,
        target_language=target_language,
    ).first()
    if stored is None:
        return ""
    _require_equal(stored, plan)
    return f"{stored.slug}: exists already"


def _open_files(stack: ExitStack, plan: TestSetPlan, own_list: str) -> TestSetFiles:
    def open_file(file: Published) -> BytesIO:
        return stack.enter_context(BytesIO(file.read()))

    lists = {
        name: tuple((open_file(file), file.name) for file in files)
        for name, files in plan.lists.items()
    }
    return TestSetFiles(
        source=open_file(plan.source),
        references=tuple(map(open_file, plan.references)),
        names=tuple(file.name for file in (plan.source, *plan.references)),
        terminologies=lists.pop(own_list, ()),
        other_lists=lists,
        samples=(open_file(plan.samples), plan.samples.name) if plan.samples else None,
    )


def _require_equal(stored: TestSet, plan: TestSetPlan) -> None:
    """Compare the files of a test set with the stored files. Raises EditionError."""
    references = TestSetReference.objects.filter(test_set=stored).order_by("position")
    term_lists = [
        (row.list_name, row.file.sha256) for row in stored.term_lists.select_related("file")
    ]
    planned_lists = [(name, file.sha256) for name, files in plan.lists.items() for file in files]
    samples = stored.samples_file.sha256 if stored.samples_file else ""
    pairs = {
        "the source": (stored.source_file.sha256, plan.source.sha256),
        "the references": (
            list(references.values_list("file__sha256", flat=True)),
            [file.sha256 for file in plan.references],
        ),
        "the lists of terms": (sorted(term_lists), sorted(planned_lists)),
        "the samples": (samples, plan.samples.sha256 if plan.samples else ""),
        "the delimiter": (stored.delimiter, plan.delimiter),
    }
    different = [what for what, (old, new) in pairs.items() if old != new]
    if different:
        raise EditionError(
            [
                f"{stored.slug} is stored with other files. Different: {', '.join(different)}. "
                "Nothing was changed. Import into a fresh platform, or delete the stored test set."
            ]
        )
