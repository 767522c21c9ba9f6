"""Published outputs: a team for each system, its files sent as an upload is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from accounts import names
from accounts.models import Team, User
from accounts.services import TeamDescription, create_team
from editions.file_index import EditionError
from editions.importing import Say
from editions.plans import Edition, OutputPlan, Plan
from sharedtasks.models import SharedTask
from submissions.models import Submission, SubmittedFile
from submissions.services import sending

NAMES_TRIED = 20  # for a team


@dataclass(frozen=True, slots=True)
class File:
    """A file to send."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Return the digest of the bytes, in hex digits."""
        return hashlib.sha256(self.content).hexdigest()


def send_outputs(edition: Edition, plan: Plan, task: SharedTask, say: Say) -> list[str]:
    """Send what is not there yet; return why files were not sent."""
    sender = _ensure_sender(edition)
    faults = list(plan.unsent)
    groups = list(_group(plan.outputs))
    for number, (outputs, phase_slug) in enumerate(groups, 1):
        system = outputs[0].system
        place = f"[{number}/{len(groups)}] {system}, {phase_slug}"
        try:
            team = _ensure_team(edition, sender, system, is_baseline=outputs[0].is_baseline)
            say(f"{place}: {_send_system(team, sender, task, outputs, faults)}")
        except ValidationError as error:
            faults.append(f"{place}: {' '.join(error.messages)}")
    return faults


def select_submissions(edition: Edition, task: SharedTask) -> QuerySet[Submission]:
    """Return the submissions that imports of the edition have made."""
    own = Submission.objects.filter(member__username=_name_sender(edition))
    return own.filter(phase__shared_task=task).order_by("pk")


def _group(outputs: Sequence[OutputPlan]) -> Iterator[tuple[list[OutputPlan], str]]:
    """Yield the files of each system in a phase, in order; names that look alike are the same."""
    groups: dict[tuple[str, str], list[OutputPlan]] = {}
    for output in outputs:
        groups.setdefault((names.make_key(output.system), output.phase), []).append(output)
    for (_, phase), group in groups.items():
        yield group, phase


def _name_sender(edition: Edition) -> str:
    return f"import-{edition.slug}"


def _ensure_sender(edition: Edition) -> User:
    """Return the account that sends the outputs; nobody can sign in to it. Raises EditionError."""
    name = _name_sender(edition)
    user = User.objects.filter(username=name).first()
    if user is None:
        return User.objects.create_user(name, is_active=False)
    if user.is_active or user.has_usable_password():
        raise EditionError([f"The account {name} belongs to a person. Rename it first."])
    return user


def _ensure_team(edition: Edition, sender: User, system: str, *, is_baseline: bool) -> Team:
    """Return the team of a published system; another team's name is never taken."""
    name = names.tidy(system)
    tries = [name, f"{name} ({edition.label})"]
    tries += [f"{name} ({edition.label}, {n})" for n in range(2, NAMES_TRIED)]
    own = Team.objects.filter(members=sender)
    keys = {names.make_key(known) for known in own.values_list("name", flat=True)}
    known = next((tried for tried in tries if names.make_key(tried) in keys), None)
    if known is not None:
        return next(team for team in own if names.make_key(team.name) == names.make_key(known))
    taken = list(Team.objects.values_list("name", flat=True))
    free = next(tried for tried in tries if not names.is_like_any(tried, taken))
    with transaction.atomic():
        team = create_team(founder=sender, description=TeamDescription(name=free))
        team.is_verified, team.is_organisers = True, is_baseline
        team.save(update_fields=["is_verified", "is_organisers"])
    return team


def _send_system(
    team: Team, sender: User, task: SharedTask, outputs: Sequence[OutputPlan], faults: list[str]
) -> str:
    """Send a system's files that are not stored yet; return what was done."""
    phase = task.phases.get(slug=outputs[0].phase)
    rows = SubmittedFile.objects.filter(
        submission__team=team, submission__phase=phase, submission__member=sender
    )
    # A refused file's bytes are removed after some time; then its name is all that is left.
    stored = dict(rows.values_list("name", "file__sha256"))
    sent = 0
    for files in _split(_list_new(outputs, stored, faults)):
        sending.submit(
            team=team,
            member=sender,
            phase=phase,
            system=sending.SystemDescription(name=outputs[0].system),
            wants_primary=True,
            files=[sending.NamedStream(BytesIO(file.content), file.name) for file in files],
            form_token=_make_token(team, phase.slug, files),
            is_import=True,
        )
        sent += len(files)
    there = sum(output.file.name in stored for output in outputs)
    already = f"{there} sent before" if there else ""
    return ", ".join(filter(None, (f"{sent} sent" if sent or not there else "", already)))


def _list_new(
    outputs: Sequence[OutputPlan], stored: Mapping[str, str | None], faults: list[str]
) -> Iterator[File]:
    """Yield the files that are not stored; a stored file with other contents is a fault."""
    for output in outputs:
        file = File(output.file.name, output.file.read())
        if file.name not in stored:
            yield file
        elif stored[file.name] not in (None, file.sha256):
            faults.append(
                f"{file.name}: a file with this name and other contents was sent before. Nothing "
                "was changed."
            )


def _split(files: Iterator[File]) -> Iterator[list[File]]:
    """Yield the files in groups that fit a submission."""
    group: list[File] = []
    size = 0
    for file in files:
        is_full = len(group) == sending.MAX_FILES
        if group and (is_full or size + len(file.content) > settings.MAX_UPLOAD_BYTES):
            yield group
            group, size = [], 0
        group.append(file)
        size += len(file.content)
    if group:
        yield group


def _make_token(team: Team, phase: str, files: Sequence[File]) -> str:
    """Return what is equal for the same files again: two commands at once send them once."""
    parts = [str(team.pk), phase, *(f"{file.name} {file.sha256}" for file in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
