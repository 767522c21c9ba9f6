"""Published outputs: a team for each system, its files sent as an upload is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
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
    user = _find_user(name)
    if user is None:
        try:
            with transaction.atomic():
                return User.objects.create_user(name, is_active=False)
        except IntegrityError:  # another command at the same time was faster
            user = User.objects.get(username=name)
    if user.is_active or user.has_usable_password():
        raise EditionError([f"The account {name} belongs to a person. Rename it first."])
    return user


def _find_user(name: str) -> User | None:
    return User.objects.filter(username=name).first()


def _ensure_team(edition: Edition, sender: User, system: str, *, is_baseline: bool) -> Team:
    """Return the team of a published system; another team's name is never taken."""
    name = names.tidy(system)
    tries = [name, f"{name} ({edition.label})"]
    tries += [f"{name} ({edition.label}, {n})" for n in range(2, NAMES_TRIED)]
    taken = _list_taken()  # before the search, or another command's new team would count as theirs
    known = _find_team(sender, tries)
    if known is not None:
        return known
    free = next(tried for tried in tries if not names.is_like_any(tried, taken))
    try:
        return _create_team(sender, free, is_baseline=is_baseline)
    except (IntegrityError, ValidationError):
        faster = _find_team(sender, tries)  # by another command at the same time
        if faster is None:
            raise
        return faster


def _find_team(sender: User, tries: Sequence[str]) -> Team | None:
    """Return the sender's team with the first of these names."""
    own = {names.make_key(team.name): team for team in Team.objects.filter(members=sender)}
    return next((own[key] for key in map(names.make_key, tries) if key in own), None)


def _list_taken() -> list[str]:
    return list(Team.objects.values_list("name", flat=True))


def _create_team(sender: User, name: str, *, is_baseline: bool) -> Team:
    with transaction.atomic():
        team = create_team(founder=sender, description=TeamDescription(name=name))
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
        facts = [str(team.pk), phase.slug, *(f"{file.name} {file.sha256}" for file in files)]
        sending.submit(
            team=team,
            member=sender,
            phase=phase,
            system=sending.SystemDescription(name=outputs[0].system),
            wants_primary=True,
            files=[sending.NamedStream(BytesIO(file.content), file.name) for file in files],
            # Equal for the same files again: two commands at once send them once.
            form_token=hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32],
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
