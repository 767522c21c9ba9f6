"""Correcting a test set: begin, score, publish or discard a new version of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from audit.actions import Action
from audit.recording import Actor, record_event
from files import storage
from files.models import StoredFile
from sharedtasks.corrections import MAX_ERRATUM, NOTES_KEPT, OPEN, CorrectionState
from sharedtasks.models import (
    Correction,
    TestSet,
    TestSetDownload,
    TestSetReference,
    TestSetTerminology,
)
from sharedtasks.policy import Role
from sharedtasks.services.rights import lock_task, tidy_reason
from sharedtasks.states import State
from sharedtasks.test_set_versions import NewFiles, import_version
from submissions.boards import touch_board
from submissions.models import Entry, Score
from submissions.pipeline import adopting
from submissions.states import EntryState


@dataclass(frozen=True, slots=True)
class ScoringProgress:
    """How far the hidden scoring of a correction is; counts of entries on the new version."""

    total: int  # with reference points, and with entries that are not adopted yet
    scored: int
    failed: int  # our side failed; they block publishing until they are requeued
    rejected: int  # scoring took more than the limits

    @property
    def unfinished(self) -> int:
        """Return how many are still to be scored."""
        return self.total - self.scored - self.failed - self.rejected


def begin_correction(
    *, actor: Actor, test_set: TestSet, files: NewFiles, reason: str
) -> Correction:
    """Check and store a new version of a test set, as a draft.

    Raises ValidationError, and `evaluator.TestSetError` with all problems of the files.
    """
    reason = tidy_reason(reason)
    with transaction.atomic():
        lock_task(test_set.phase.shared_task, actor, Role.ORGANISER)
        _require_correctable(test_set)
        imported = import_version(test_set, files, actor=actor)
        correction = Correction.objects.create(
            test_set=test_set,
            successor=imported.test_set,
            reason=reason,
            notes=imported.list_notes(NOTES_KEPT),
            created_by_id=actor.user.pk if actor.user else None,
        )
        record_event(actor=actor, action=Action.BEGUN, row=correction, reason=reason)
    return correction


def score_correction(*, actor: Actor, correction: Correction) -> None:
    """Have the workers score every entry of the old version on the new version, hidden.

    Raises ValidationError.
    """
    with transaction.atomic():
        row, _ = _lock(correction, actor)
        _move(row, CorrectionState.SCORING)
        record_event(actor=actor, action=Action.SCORING_BEGUN, row=row)
    adopting.adopt(row)


def read_progress(correction: Correction) -> ScoringProgress:
    """Return how far the scoring is, from the rows."""
    own = Entry.objects.filter(test_set=correction.successor_id, withdrawn_at=None)
    states = Counter(dict(own.values_list("state").annotate(Count("pk")).order_by()))
    missing = adopting.select_missing().filter(test_set=correction.test_set_id).count()
    return ScoringProgress(
        total=states.total() + missing,
        scored=states[EntryState.SCORED],
        failed=states[EntryState.FAILED],
        rejected=states[EntryState.REJECTED],
    )


def publish_correction(*, actor: Actor, correction: Correction, erratum: str) -> None:
    """Let the new version replace the old version everywhere, with a public erratum.

    Raises ValidationError.
    """
    erratum = _check_erratum(erratum)
    adopting.adopt(correction)  # what came since the last sweep
    with transaction.atomic():
        row, new = _lock(correction, actor)
        if reason := why_not_ready(row):
            raise ValidationError(reason)
        adopting.carry_decisions_over(row)
        now, why_retired = timezone.now(), f"Version {new.version} corrects it."
        _move(row, CorrectionState.PUBLISHED, erratum=erratum, published_at=now)
        TestSet.objects.filter(pk=new.pk).update(state=State.ANNOUNCED)
        TestSet.objects.filter(pk=row.test_set_id).update(
            state=State.RETIRED, retired_at=now, retired_reason=why_retired
        )
        touch_board(new.pk)
        record_event(
            actor=actor,
            action=Action.PUBLISHED,
            row=row,
            changes={"erratum": ("", erratum)},
        )


def discard_correction(*, actor: Actor, correction: Correction) -> None:
    """Delete the new version with its files and hidden scores. Raises ValidationError."""
    with transaction.atomic():
        row, new = _lock(correction, actor)
        # Whoever records scores of these entries now comes before us, or finds no entry.
        hidden = Entry.objects.select_for_update().filter(test_set=new)
        keys = list(hidden.values_list("pk", flat=True))
        files = _list_files(new)
        _move(row, CorrectionState.DISCARDED, successor=None)
        Entry.objects.filter(pk__in=keys).delete()
        new.delete()
        record_event(actor=actor, action=Action.DISCARDED, row=row)
    for file in files:
        storage.let_go(file)


def why_not_ready(correction: Correction) -> str:
    """Return why a correction cannot be published yet; empty if it can."""
    progress = read_progress(correction)
    if correction.state == CorrectionState.DRAFT:
        return "Nothing is scored on the new version yet. Have the entries scored first."
    if progress.unfinished:
        entries = "entry is" if progress.unfinished == 1 else "entries are"
        return f"{progress.unfinished} {entries} still being scored. Publish when that is done."
    if progress.failed:
        entries = "1 entry" if progress.failed == 1 else f"{progress.failed} entries"
        return (
            f"The scoring of {entries} failed on our side. Requeue what failed, or discard the "
            "correction."
        )
    return ""


def _lock(correction: Correction, actor: Actor) -> tuple[Correction, TestSet]:
    """Lock an open correction until the transaction ends; return it and its new version.

    Raises ValidationError if it is published or discarded.
    """
    lock_task(correction.test_set.phase.shared_task, actor, Role.ORGANISER)
    row = Correction.objects.select_for_update().get(pk=correction.pk)
    if row.successor is None or not row.is_open:
        raise ValidationError(f"This correction is {row.state} already.")
    return row, row.successor


def _move(correction: Correction, to: CorrectionState, **columns: object) -> None:
    """Move a locked correction. Raises ValidationError if its state does not allow that."""
    if not correction.move(to=to, **columns):
        raise ValidationError(f"This correction is in the state {correction.state}, not before it.")


def _require_correctable(test_set: TestSet) -> None:
    test_set.refresh_from_db(fields=["state", "retired_reason"])
    if test_set.corrections.filter(state__in=OPEN).exists():
        raise ValidationError(
            f"{test_set.slug} is being corrected already. Publish or discard that correction first."
        )
    if test_set.state == State.DRAFT:
        raise ValidationError(
            f"{test_set.slug} is a draft that nobody has seen. Delete it, and import the "
            "corrected files in its place."
        )
    if test_set.state == State.RETIRED:
        raise ValidationError(
            f"{test_set.slug} is retired ({test_set.retired_reason}) It takes no correction."
        )


def _check_erratum(text: str) -> str:
    erratum = text.strip()
    if not erratum:
        raise ValidationError(
            {"erratum": "Write what was wrong and what changes: everybody reads it on the board."}
        )
    if len(erratum) > MAX_ERRATUM:
        raise ValidationError(
            {"erratum": f"Shorten it to {MAX_ERRATUM:,} characters; it has {len(erratum):,}."}
        )
    return erratum


def _list_files(test_set: TestSet) -> list[StoredFile]:
    """Return the files of a version; storage keeps those that other rows refer to."""
    keys = {test_set.source_file_id, test_set.samples_file_id}
    for part in (TestSetReference, TestSetTerminology, TestSetDownload):
        keys.update(part._default_manager.filter(test_set=test_set).values_list("file", flat=True))
    scores = Score.objects.filter(entry__test_set=test_set)
    keys.update(scores.values_list("statistics", flat=True))
    return list(StoredFile.objects.filter(pk__in=[key for key in keys if key is not None]))
