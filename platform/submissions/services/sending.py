"""Submitting hypotheses or an image: store the files, save the submission, tell the workers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import names
from accounts.models import Membership, Team, User
from audit.actions import Action
from audit.recording import Actor, record_event
from evaluator.container.registries import Reference
from files import storage
from files.models import StoredFile
from sharedtasks.access import require_role
from sharedtasks.deadlines import why_refused
from sharedtasks.models import Phase, TestSet
from sharedtasks.policy import Role
from sharedtasks.viewers import viewer_of
from submissions import slots, work
from submissions.models import Submission, SubmittedFile, Verdict
from submissions.services import image_queue, image_tries

MAX_FILES = 60  # of a submission; a phase has fewer test sets
MAX_NAME = 200  # characters of a file's name


@dataclass(frozen=True, slots=True)
class SystemDescription:
    """What a team says about its system."""

    name: str
    description: str = ""
    is_constrained: bool = True
    terminology_use: str = Submission.TerminologyUse.INFERENCE


@dataclass(frozen=True, slots=True)
class NamedStream:
    """A file to store, and the name that its team gave it."""

    stream: IO[bytes]
    name: str


@dataclass(frozen=True, slots=True)
class PlannedImage:
    """An image that a member is about to send: for which team and phase, and what is in it."""

    team: Team
    member: User
    phase: Phase
    system: SystemDescription
    wants_primary: bool = False
    needs_gpu: bool = False
    form_token: str = ""
    begun_at: datetime = field(default_factory=timezone.now)


def submit(
    *,
    team: Team,
    member: User,
    phase: Phase,
    system: SystemDescription,
    wants_primary: bool,
    files: Sequence[NamedStream],
    test_set: TestSet | None = None,
    form_token: str = "",
    begun_at: datetime | None = None,
    is_import: bool = False,
    is_on_behalf: bool = False,
) -> Submission:
    """Store an upload and tell the workers; opens no file. Raises ValidationError.

    The same form sent again returns the submission that it has already made. `is_on_behalf` is for
    an organiser of the shared task who sends it in place of a member.

    A file's name says which test set it is for; otherwise `test_set` applies. `begun_at` is when
    the request began, None for now. `is_import` is for outputs of a past edition, which an
    operator's command sends: the phase need be neither announced nor open.
    """
    submission = _build_submission(
        team, member, phase, system,
        begun_at=begun_at, is_import=is_import, is_on_behalf=is_on_behalf,
    )  # fmt: skip
    if test_set is not None and test_set.phase_id != phase.pk:
        raise ValidationError(f"{test_set.slug} is no test set of {phase.name}.")
    submission.test_set = test_set
    submission.wants_primary = wants_primary
    submission.form_token = form_token
    stored = _store(files)
    save = _save_on_behalf if is_on_behalf else partial(_save, reason="uploaded")
    return _save_once(submission, stored, partial(save, submission, stored))


def choose_system(*, verdict: Verdict, system: str, member: User) -> Submission:
    """Send a file that holds several systems again, for this system. Raises ValidationError.

    The earlier submission stays as it is, refused or accepted in part.
    """
    earlier = verdict.submission
    if system not in verdict.systems:
        raise ValidationError("The file has no such system. Choose a system of the list.")
    described = SystemDescription(
        earlier.system, earlier.description, earlier.is_constrained, earlier.terminology_use
    )
    submission = _build_submission(earlier.team, member, earlier.phase, described)
    submission.test_set = earlier.test_set
    submission.wants_primary = earlier.wants_primary
    submission.chosen_file, submission.chosen_system = verdict.file, system
    # The same choice made twice, as by a double click, makes one submission.
    submission.form_token = hashlib.sha256(f"{verdict.pk} {system}".encode()).hexdigest()[:32]
    files = list(earlier.files.select_related("file"))
    files = [file for file in files if file.holds(verdict)] or files
    stored = [(file.file, file.name) for file in files if file.file is not None]
    if not stored or len(stored) < len(files):
        raise ValidationError("The file is not stored any more. Upload it again.")
    reason = f"system chosen in submission {earlier.pk}"
    return _save_once(submission, stored, partial(_save, submission, stored, reason=reason))


def submit_image(*, planned: PlannedImage, archive: NamedStream) -> Submission:
    """Store the archive of an image and tell the workers. Raises ValidationError."""
    submission = _build_image_submission(planned)
    _require_turn(submission, unless_sent=True)
    stored = _store([archive], max_bytes=settings.MAX_IMAGE_BYTES)
    return _save_once(
        submission, stored, partial(_save_image, submission, stored, reason="uploaded")
    )


def submit_image_by_reference(*, planned: PlannedImage, reference: Reference) -> Submission:
    """Note where an image is and tell the workers; asks no registry. Raises ValidationError."""
    submission = _build_image_submission(planned)
    _require_turn(submission, unless_sent=True)
    submission.image_reference = str(reference)
    begin = partial(_save_image, submission, [], reason="sent by its reference")
    return _save_once(submission, [], begin)


def require_image_taken(planned: PlannedImage) -> None:
    """Raise ValidationError if the image would be refused: known before an upload of hours."""
    _require_turn(_build_image_submission(planned))


def was_sent(member: User, form_token: str) -> bool:
    """Return whether a form has already made a submission, for example by a double click."""
    return _find_by_form(Submission(member=member, form_token=form_token)) is not None


def _build_image_submission(planned: PlannedImage) -> Submission:
    """Return a submission of this image, not saved yet. Raises ValidationError."""
    phase = planned.phase
    submission = _build_submission(
        planned.team, planned.member, phase, planned.system, begun_at=planned.begun_at
    )
    if not phase.takes_images:
        raise ValidationError(f"{phase.name} takes no container images. Send your outputs.")
    test_sets = slots.list_expected(phase)
    if not test_sets:
        raise ValidationError(f"{phase.name} has no test sets yet.")
    if not any(map(slots.takes_images, test_sets)):
        raise ValidationError(
            f"Systems are given sample bitexts in {phase.name}, so it takes outputs only."
        )
    submission.kind = Submission.Kind.IMAGE
    submission.wants_primary = planned.wants_primary
    submission.needs_gpu = planned.needs_gpu
    submission.form_token = planned.form_token
    return submission


def _build_submission(
    team: Team,
    member: User,
    phase: Phase,
    system: SystemDescription,
    *,
    begun_at: datetime | None = None,
    is_import: bool = False,
    is_on_behalf: bool = False,
) -> Submission:
    """Return a submission of this system, not saved yet. Raises ValidationError."""
    if is_on_behalf:
        require_role(viewer_of(member), phase.shared_task, Role.ORGANISER)
    else:
        require_member(team, member)
    now = timezone.now()
    if not is_import and (reason := why_refused(phase, [team], now, begun_at=begun_at)):
        raise ValidationError(reason)
    submission = Submission(
        team=team,
        member=member,
        phase=phase,
        system=names.tidy(system.name),
        description=system.description,
        is_constrained=system.is_constrained,
        terminology_use=system.terminology_use,
        is_import=is_import,
        begun_at=begun_at or now,
    )
    # The rows it refers to exist, and the database checks the rest: an upload answers fast.
    submission.clean_fields(exclude={"team", "member", "phase"})
    try:  # a board's row would read backwards, or its link would have no text to click on
        names.check_name(submission.system)
    except ValidationError as error:
        raise ValidationError({"system": error}) from error
    return submission


def _save_once(
    submission: Submission, stored: Sequence[tuple[StoredFile, str]], begin: Callable[[], None]
) -> Submission:
    """Save a submission, or return the submission that the same form has already made.

    A form from a browser's memory may hold other files by now: then another submission is saved.
    """
    earlier = _find_by_form(submission)
    if earlier is None:
        try:
            with transaction.atomic():
                begin()
        except (IntegrityError, ValidationError):
            # The same form came at the same moment: the turn, or the last try, that its first
            # request has taken does not speak against it.
            earlier = _find_by_form(submission)
            if earlier is None:
                raise
        else:
            return submission
    if _is_equal(earlier, submission, stored):
        return earlier
    submission.pk, submission.form_token = None, ""
    with transaction.atomic():
        begin()
    return submission


def _find_by_form(submission: Submission) -> Submission | None:
    if not submission.form_token:
        return None
    own = Submission.objects.filter(member=submission.member)
    return own.filter(form_token=submission.form_token).first()


def _is_equal(
    earlier: Submission, later: Submission, stored: Sequence[tuple[StoredFile, str]]
) -> bool:
    fields = ("team_id", "phase_id", "test_set_id", "kind", "system", "image_reference")
    if any(getattr(earlier, name) != getattr(later, name) for name in fields):
        return False
    files = [(file.pk, name) for file, name in stored]
    return bool(later.image_reference) or files == list(earlier.files.values_list("file", "name"))


def _save_image(
    submission: Submission, stored: Sequence[tuple[StoredFile, str]], *, reason: str
) -> None:
    with transaction.atomic():
        # Two images at once are counted in turn.
        image_queue.lock(submission.team, submission.member)
        _require_turn(submission)
        _save(submission, stored, reason=reason)


def _require_turn(submission: Submission, *, unless_sent: bool = False) -> None:
    """Raise ValidationError if a team has to wait before it sends the next image."""
    if unless_sent and _find_by_form(submission):
        return  # `_save_once` compares them
    image_tries.require_try_left(submission.team, submission.phase)
    image_queue.require_free_place(submission.team, submission.member)


def _save(submission: Submission, stored: Sequence[tuple[StoredFile, str]], *, reason: str) -> None:
    work.announce_at_birth(submission)
    SubmittedFile.objects.bulk_create(
        SubmittedFile(submission=submission, file=file, name=name, position=position)
        for position, (file, name) in enumerate(stored)
    )
    work.record_birth(submission, reason=reason, actor=submission.member)


def _save_on_behalf(submission: Submission, stored: Sequence[tuple[StoredFile, str]]) -> None:
    """Save what an organiser sends; the team's timeline and the log say who sent it."""
    team, member = submission.team, submission.member
    _save(submission, stored, reason=f"uploaded by {member} for {team}")
    assert isinstance(member, User)
    changes = {"team": (None, team)}
    record_event(actor=Actor.of(member), action=Action.SENT_FOR, row=submission, changes=changes)


def _store(
    files: Sequence[NamedStream], *, max_bytes: int | None = None
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


def require_member(team: Team, member: User) -> None:
    if not Membership.objects.filter(team=team, user=member).exists():
        raise ValidationError(f"You are not a member of {team}; ask one of its owners.")
