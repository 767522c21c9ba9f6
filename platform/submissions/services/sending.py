"""What people do with submissions and entries: submit, withdraw, choose the primary."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import names
from accounts.models import Membership, Team, User
from evaluator.container.registries import Reference
from files import storage
from files.models import StoredFile
from sharedtasks.models import Phase, TestSet
from submissions import work
from submissions.boards import touch_board
from submissions.models import Entry, Submission, SubmittedFile, Verdict
from submissions.services import image_tries, one_at_a_time
from submissions.services.primaries import end_primary, lock_primaries
from submissions.states import ChangeKind, EntryState

MAX_FILES = 60  # in one submission; a phase has fewer test sets
MAX_NAME = 200  # characters of a file's name


@dataclass(frozen=True, slots=True)
class SystemDescription:
    """What a team says of the system that made the outputs."""

    name: str
    description: str = ""
    is_constrained: bool = True
    terminology_use: str = Submission.TerminologyUse.INFERENCE


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as it came."""

    stream: IO[bytes]
    name: str


@dataclass(frozen=True, slots=True)
class PlannedImage:
    """A system that is going to be sent as an image: by whom, for what."""

    team: Team
    member: User
    phase: Phase
    system: SystemDescription
    wants_primary: bool = False
    needs_gpu: bool = False
    form_token: str = ""


def submit(
    *,
    team: Team,
    member: User,
    phase: Phase,
    system: SystemDescription,
    wants_primary: bool,
    files: Sequence[Upload],
    test_set: TestSet | None = None,
    form_token: str = "",
) -> Submission:
    """Store an upload and tell the workers; opens nothing. Raises ValidationError.

    The same form sent again gives the submission that it has made already.

    Which file is for which test set its name says, or `test_set` for a file whose name does not.
    """
    submission = _described(team, member, phase, system)
    if test_set is not None and test_set.phase_id != phase.pk:
        raise ValidationError(f"{test_set.slug} is no test set of {phase.name}.")
    submission.test_set = test_set
    submission.wants_primary = wants_primary
    submission.form_token = form_token
    stored = _store(files)
    return _once(submission, stored, partial(_begin, submission, stored, reason="uploaded"))


def choose_system(*, verdict: Verdict, system: str, member: User) -> Submission:
    """Send a file that holds several systems again, for this one. Raises ValidationError.

    The earlier submission stays as it is, refused or accepted in part.
    """
    earlier = verdict.submission
    if system not in verdict.systems:
        raise ValidationError("The file has no such system. Choose a system of the list.")
    described = SystemDescription(
        earlier.system, earlier.description, earlier.is_constrained, earlier.terminology_use
    )
    submission = _described(earlier.team, member, earlier.phase, described)
    submission.test_set = earlier.test_set
    submission.wants_primary = earlier.wants_primary
    submission.chosen_file, submission.chosen_system = verdict.file, system
    # The same choice made twice, as by a double click, makes one submission.
    submission.form_token = hashlib.sha256(f"{verdict.pk} {system}".encode()).hexdigest()[:32]
    sent = list(earlier.files.select_related("file"))
    holding = [one for one in sent if one.holds(verdict)] or sent
    stored = [(one.file, one.name) for one in holding if one.file is not None]
    if not stored or len(stored) < len(holding):
        raise ValidationError("The file is not stored any more. Upload it again.")
    reason = f"system chosen in submission {earlier.pk}"
    return _once(submission, stored, partial(_begin, submission, stored, reason=reason))


def submit_image(*, planned: PlannedImage, archive: Upload) -> Submission:
    """Store the archive of an image and tell the workers; opens nothing. Raises ValidationError."""
    submission = _described_image(planned)
    _require_turn(submission, unless_sent=True)
    stored = _store([archive], max_bytes=settings.MAX_IMAGE_BYTES)
    return _once(submission, stored, partial(_begin_image, submission, stored, reason="uploaded"))


def submit_image_by_reference(*, planned: PlannedImage, reference: Reference) -> Submission:
    """Note where an image is and tell the workers; asks no registry. Raises ValidationError."""
    submission = _described_image(planned)
    _require_turn(submission, unless_sent=True)
    submission.image_reference = str(reference)
    begin = partial(_begin_image, submission, [], reason="sent by its reference")
    return _once(submission, [], begin)


def require_image_taken(planned: PlannedImage) -> None:
    """Raise ValidationError if the image would not be taken.

    Better before an upload of hours than after it.
    """
    _require_turn(_described_image(planned))


def was_sent(member: User, form_token: str) -> bool:
    """Return whether a form has already made a submission, by a double click or a retry."""
    return _made_by_form(Submission(member=member, form_token=form_token)) is not None


def _described_image(planned: PlannedImage) -> Submission:
    """Return what would be saved if the image were there. Raises ValidationError."""
    phase = planned.phase
    submission = _described(planned.team, planned.member, phase, planned.system)
    if not phase.takes_images:
        raise ValidationError(f"{phase.name} takes no container images. Send your outputs.")
    if not TestSet.objects.filter(phase=phase).exists():
        raise ValidationError(f"{phase.name} has no test sets yet.")
    submission.kind = Submission.Kind.IMAGE
    submission.wants_primary = planned.wants_primary
    submission.needs_gpu = planned.needs_gpu
    submission.form_token = planned.form_token
    return submission


def withdraw(*, entry: Entry, actor: User) -> None:
    """Take an entry off the boards for good, and stop its system. Raises ValidationError."""
    _require_choice(entry, actor)
    with transaction.atomic():
        changed = Entry.objects.filter(pk=entry.pk, withdrawn_at=None).update(
            withdrawn_at=timezone.now(), withdrawn_by=actor, is_primary=False
        )
        if changed:
            kind = ChangeKind.WITHDRAWN
            work.record_note(entry, kind=kind, reason="withdrawn", actor=actor)
            _stop(entry, reason="withdrawn", actor=actor)
            touch_board(entry.test_set_id)


def make_primary(*, entry: Entry, actor: User) -> None:
    """Rank the team by this entry; its earlier primary becomes contrastive.

    Raises ValidationError.
    """
    team = _require_choice(entry, actor)
    with transaction.atomic():
        lock_primaries(team.pk)
        # Its row too: who withdraws it at this moment comes before us or after us.
        rows = Entry.objects.select_for_update(no_key=True)
        found = rows.filter(pk=entry.pk, withdrawn_at=None, state=EntryState.SCORED).first()
        if found is None:
            raise ValidationError("Only an entry that is scored and not withdrawn can be primary.")
        if found.is_primary:
            return
        end_primary(found, actor=actor)
        Entry.objects.filter(pk=entry.pk).update(is_primary=True)
        kind = ChangeKind.MADE_PRIMARY
        work.record_note(entry, kind=kind, reason="made primary", actor=actor)
        touch_board(entry.test_set_id)


def make_contrastive(*, entry: Entry, actor: User) -> None:
    """Stop ranking the team by this entry. Raises ValidationError."""
    _require_choice(entry, actor)
    with transaction.atomic():
        if Entry.objects.filter(pk=entry.pk, is_primary=True).update(is_primary=False):
            kind = ChangeKind.MADE_CONTRASTIVE
            work.record_note(entry, kind=kind, reason="made contrastive", actor=actor)
            touch_board(entry.test_set_id)


def cancel(*, entry: Entry, actor: User) -> None:
    """Stop an entry whose system waits for a node or runs on one. Raises ValidationError.

    The node hears of it with its next sign of life, and stops the container.
    """
    if entry.team is not None and not actor.is_organiser:
        _require_member(entry.team, actor)
    with transaction.atomic():
        if not _stop(entry, reason="", actor=actor):
            raise ValidationError("Only an entry whose system waits or runs can be cancelled.")


def why_no_choice(entry: Entry, *, is_organiser: bool) -> str:
    """Say why an entry's role is not to be changed now; empty if it is.

    A team chooses until the deadline, organisers later too.
    """
    if entry.team is None:
        return "This row belongs to the test set, not to a team."
    phase = entry.test_set.phase
    if is_organiser or phase.is_open(timezone.now()):
        return ""
    return (
        f"{phase.name} is over: what your team is ranked by stays as it is. "
        "Ask the organisers if it is wrong."
    )


def _described(team: Team, member: User, phase: Phase, system: SystemDescription) -> Submission:
    """Return a submission of this system, not saved yet, if it is taken from them now."""
    _require_member(team, member)
    _require_open(phase)
    submission = Submission(
        team=team,
        member=member,
        phase=phase,
        system=names.tidy(system.name),
        description=system.description,
        is_constrained=system.is_constrained,
        terminology_use=system.terminology_use,
    )
    # What it refers to is there, and the database checks the rest: an upload answers fast.
    submission.clean_fields(exclude={"team", "member", "phase"})
    _require_visible(submission.system)
    return submission


def _once(
    submission: Submission, stored: Sequence[tuple[StoredFile, str]], begin: Callable[[], None]
) -> Submission:
    """Save a submission, or return the one that the same form has made already.

    A form from a browser's memory may hold other files by now: that makes another submission.
    """
    earlier = _made_by_form(submission)
    if earlier is None:
        try:
            with transaction.atomic():
                begin()
        except (IntegrityError, ValidationError):
            # It came at the same moment; then what the other one has taken (a turn, the last try)
            # is no reason against it.
            earlier = _made_by_form(submission)
            if earlier is None:
                raise
        else:
            return submission
    if _is_the_same(earlier, submission, stored):
        return earlier
    submission.pk, submission.form_token = None, ""
    with transaction.atomic():
        begin()
    return submission


def _made_by_form(submission: Submission) -> Submission | None:
    if not submission.form_token:
        return None
    own = Submission.objects.filter(member=submission.member)
    return own.filter(form_token=submission.form_token).first()


def _is_the_same(
    earlier: Submission, later: Submission, stored: Sequence[tuple[StoredFile, str]]
) -> bool:
    said = ("team_id", "phase_id", "test_set_id", "kind", "system", "image_reference")
    if any(getattr(earlier, name) != getattr(later, name) for name in said):
        return False
    sent = [(file.pk, name) for file, name in stored]
    return bool(later.image_reference) or sent == list(earlier.files.values_list("file", "name"))


def _begin_image(
    submission: Submission, stored: Sequence[tuple[StoredFile, str]], *, reason: str
) -> None:
    with transaction.atomic():
        # Of two at once, one is counted before the other.
        one_at_a_time.lock(submission.team, submission.member)
        _require_turn(submission)
        _begin(submission, stored, reason=reason)


def _require_turn(submission: Submission, *, unless_sent: bool = False) -> None:
    """Raise ValidationError if a team has to wait before it sends the next image."""
    if unless_sent and _made_by_form(submission):
        return  # `_once` compares them
    image_tries.require_one_left(submission.team, submission.phase)
    one_at_a_time.require_none_in_queue(submission.team, submission.member)


def _begin(
    submission: Submission, stored: Sequence[tuple[StoredFile, str]], *, reason: str
) -> None:
    work.announce_at_birth(submission)
    SubmittedFile.objects.bulk_create(
        SubmittedFile(submission=submission, file=file, name=name, position=position)
        for position, (file, name) in enumerate(stored)
    )
    work.record_birth(submission, reason=reason, actor=submission.member)


def _stop(entry: Entry, *, reason: str, actor: User) -> bool:
    """Cancel an entry whose system waits or runs; False if it does neither."""
    # Locked, so that it can't go from one to the other between two looks.
    Entry.objects.select_for_update(no_key=True).get(pk=entry.pk)
    old = (EntryState.WAITING, EntryState.RUNNING)
    return work.move(entry, old=old, to=EntryState.CANCELLED, reason=reason, actor=actor)


def _store(
    files: Sequence[Upload], *, max_bytes: int | None = None
) -> list[tuple[StoredFile, str]]:
    if not files:
        raise ValidationError("Choose the files with your system's outputs.")
    if len(files) > MAX_FILES:
        raise ValidationError(f"At most {MAX_FILES} files at once; put them into a zip.")
    max_bytes = max_bytes or settings.MAX_UPLOAD_BYTES
    try:
        stored = storage.put_all([upload.stream for upload in files], max_bytes=max_bytes)
    except storage.FileTooLarge as error:
        what = "The file is" if len(files) == 1 else "The files together are"
        limit = f"{max_bytes:,} bytes"
        raise ValidationError(f"{what} larger than {limit}, the most we take.") from error
    ends = [upload.name[-MAX_NAME:] for upload in files]
    return list(zip(stored, ends, strict=True))


def _require_member(team: Team, member: User) -> None:
    if not Membership.objects.filter(team=team, user=member).exists():
        raise ValidationError(f"You are not a member of {team}; ask one of its owners.")


def _require_visible(system: str) -> None:
    # A board's row would read backwards, or its link would be nothing to click on.
    try:
        names.check_name(system)
    except ValidationError as error:
        raise ValidationError({"system": error}) from error


def _require_open(phase: Phase) -> None:
    if not phase.is_open(timezone.now()):
        raise ValidationError(f"{phase.name} takes no submissions at the moment.")


def _require_choice(entry: Entry, actor: User) -> Team:
    """Return whose entry it is, if the actor may change its role."""
    if entry.team is not None and not actor.is_organiser:
        _require_member(entry.team, actor)
    if why_not := why_no_choice(entry, is_organiser=actor.is_organiser):
        raise ValidationError(why_not)
    assert entry.team is not None  # or there would be a reason
    return entry.team
