"""The demo's rows: accounts, teams, a shared task, and the uploads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Membership, Team, User
from demo.systems import LANGUAGE_PAIRS, DemoSystem, DemoTeam, demo_systems, demo_teams
from sharedtasks.models import Phase, SharedTask, TestSet
from sharedtasks.testsets import TestSetFiles, import_test_set
from submissions import services
from submissions.models import Submission

DATA = Path(__file__).parent / "data"
PASSWORD = "terminarium-demo"  # shown on the pages of a demo, and valid there alone
SUMMARY = "Medical sentences in five language pairs, each with the terms a translation has to use."


@dataclass(frozen=True, slots=True)
class Demo:
    """What has been set up, for the uploads to refer to."""

    test_sets: dict[str, TestSet]  # by language pair
    teams: dict[str, Team]
    members: dict[str, User]  # by team


def set_up() -> Demo:
    """Create the accounts, the teams and the shared task."""
    with transaction.atomic():
        User.objects.create_superuser("organiser", "organiser@demo.example", PASSWORD)
        participant = User.objects.create_user("participant", "participant@demo.example", PASSWORD)
        teams, members = {}, {}
        for described in demo_teams():
            teams[described.name], members[described.name] = _team(described)
        first = next(iter(teams.values()))
        Membership.objects.create(team=first, user=participant, role=Membership.Role.MEMBER)
    phase = _phase()
    return Demo({pair: _test_set(phase, pair) for pair in LANGUAGE_PAIRS}, teams, members)


def upload_all(demo: Demo) -> list[Submission]:
    """Hand in every system, through the same service as the upload page."""
    return [
        _upload(demo, system, name, content)
        for system in demo_systems()
        for name, content in _files(system)
    ]


def _team(described: DemoTeam) -> tuple[Team, User]:
    team = Team.objects.create(
        name=described.name,
        slug=slugify(described.name),
        institution=described.institution,
        is_verified=True,
    )
    member = User.objects.create_user(slugify(described.member))
    Membership.objects.create(team=team, user=member, role=Membership.Role.OWNER)
    return team, member


def _phase() -> Phase:
    task = SharedTask.objects.create(slug="demo", name="Terminarium demo", summary=SUMMARY)
    opens_at = timezone.now() - timedelta(minutes=1)
    return Phase.objects.create(shared_task=task, slug="test", name="Test", opens_at=opens_at)


def _test_set(phase: Phase, pair: str) -> TestSet:
    source_language, target_language = pair.split("-")
    name = f"{pair}.tsv"
    with (DATA / name).open("rb") as rows:
        return import_test_set(
            phase=phase,
            source_language=source_language,
            target_language=target_language,
            files=TestSetFiles(source=rows, references=(), names=(name,)),
            text_form=TestSet.TextForm.RAW,
            ranking_metric="chrf",
        )


def _files(system: DemoSystem) -> list[tuple[str, bytes]]:
    """The files of one language pair each: a submission is for one test set."""
    if not system.file_name.endswith(".zip"):
        return [(system.file_name, system.content)]
    with ZipFile(BytesIO(system.content)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def _upload(demo: Demo, system: DemoSystem, file_name: str, content: bytes) -> Submission:
    [pair] = (pair for pair in LANGUAGE_PAIRS if f".{pair}." in file_name)
    return services.submit(
        team=demo.teams[system.team],
        member=demo.members[system.team],
        test_set=demo.test_sets[pair],
        system=services.SystemDescription(
            name=system.name,
            description=system.description,
            is_constrained=system.is_constrained,
            terminology_use=system.terminology_use,
        ),
        wants_primary=system.is_primary,
        file=BytesIO(content),
        file_name=file_name,
    )
