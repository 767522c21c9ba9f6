"""Checking and creating test sets of a shared task, from files that organisers hand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

import evaluator
from audit.actions import Action
from audit.recording import Actor, record_event
from evaluator.normalise import parse_pair
from sharedtasks.models import Phase, TestSet
from sharedtasks.policy import Role
from sharedtasks.services.rights import lock_task
from sharedtasks.testsets import ImportedTestSet, TestSetFiles, import_test_set


@dataclass(frozen=True, slots=True)
class Description:
    """What an organiser says of a test set beside its files."""

    language_pair: str
    mode: str  # the name of a mode
    domain: str = ""
    text_form: str = ""  # empty: as the format has it
    unit: str = ""  # empty: as the files show
    leave_out: Sequence[str] = ()  # ids of documents that no score counts


@transaction.atomic
def check_test_set(
    *, actor: Actor, phase: Phase, description: Description, files: TestSetFiles
) -> ImportedTestSet:
    """Return what a new test set would be, and store nothing.

    Raises ValidationError, and `evaluator.TestSetError` with all problems of the files.
    """
    return _import(actor, phase, description, files, is_dry=True)


@transaction.atomic
def create_test_set(
    *,
    actor: Actor,
    phase: Phase,
    description: Description,
    files: TestSetFiles,
    official_order: Sequence[str] = (),
) -> ImportedTestSet:
    """Create a test set, as a draft. Raises ValidationError, `evaluator.TestSetError`.

    Without an official order it is the usual order, as far as the test set defines its metrics.
    """
    lock_task(phase.shared_task, actor, Role.ORGANISER)
    return _import(actor, phase, description, files, official_order=official_order)


@transaction.atomic
def change_test_set(
    *, actor: Actor, test_set: TestSet, domain: str, official_order: Sequence[str]
) -> None:
    """Change the domain of a test set, and what its board ranks by. Raises ValidationError."""
    lock_task(test_set.phase.shared_task, actor, Role.ORGANISER)
    stored = TestSet.objects.select_related("phase__shared_task").get(pk=test_set.pk)
    new: dict[str, object] = {"domain": domain, "official_order": list(official_order)}
    changes = {
        name: (getattr(stored, name), value)
        for name, value in new.items()
        if value != getattr(stored, name)
    }
    if not changes:
        return
    for name, value in new.items():
        setattr(stored, name, value)
    stored.full_clean()
    stored.save(update_fields=[*changes])
    # Another order is another board: the sweeper sees the new count.
    TestSet.objects.filter(pk=stored.pk).update(results_version=F("results_version") + 1)
    record_event(actor=actor, action=Action.CHANGED, row=stored, changes=changes)


def _import(
    actor: Actor,
    phase: Phase,
    description: Description,
    files: TestSetFiles,
    *,
    official_order: Sequence[str] = (),
    is_dry: bool = False,
) -> ImportedTestSet:
    try:
        source_language, target_language = parse_pair(description.language_pair)
    except evaluator.LanguageError as error:
        raise ValidationError({"language_pair": str(error)}) from error
    return import_test_set(
        actor=actor,
        phase=phase,
        source_language=source_language,
        target_language=target_language,
        files=files,
        text_form=description.text_form or None,
        mode=description.mode,
        domain=description.domain,
        unit=description.unit or None,
        official_order=official_order,
        leave_out=description.leave_out,
        is_dry=is_dry,
    )
