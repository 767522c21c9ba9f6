"""The demo's rows: accounts, teams, a shared task with its phases, and the uploads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Membership, Team, User
from audit.recording import Actor
from demo.systems import (
    LANGUAGE_PAIRS,
    NOTERM_PAIRS,
    DemoTeam,
    demo_systems,
    demo_teams,
)
from sharedtasks.models import Phase, SharedTask, TestSet
from sharedtasks.services.announcing import announce
from sharedtasks.services.roles import give_to_superusers
from sharedtasks.terminology_modes import create_usual_modes
from sharedtasks.testsets import TestSetFiles, import_test_set
from submissions.models import Submission
from submissions.services import sending

FOLDER = Path(__file__).parent
DATA = FOLDER / "data"
TEXTS = FOLDER / "texts"
OPERATOR = Actor.of_platform("demo")
ORGANISER = "organiser"  # in a demo, this account needs no second factor: DEMO_ORGANISER
PASSWORD = "terminarium-demo"  # shown on the pages of a demo, and valid only there
SUMMARY = (
    "Medical sentences in five language pairs, each with the terms that a translation has to use."
)


@dataclass(frozen=True, slots=True)
class Demo:
    """The rows that have been set up and that uploads refer to."""

    phase: Phase
    test_sets: list[TestSet]
    teams: dict[str, Team]
    members: dict[str, User]  # by team


def set_up(run_limits: Mapping[str, int] | None = None) -> Demo:
    """Create the accounts, the teams and the shared task.

    With limits of a run, its open phase takes systems as container images.
    """
    with transaction.atomic():
        User.objects.create_superuser(ORGANISER, f"{ORGANISER}@demo.example", PASSWORD)
        participant = User.objects.create_user("participant", "participant@demo.example", PASSWORD)
        teams, members = {}, {}
        for described in demo_teams():
            teams[described.name], members[described.name] = _create_team(described)
        first = next(iter(teams.values()))
        Membership.objects.create(team=first, user=participant, role=Membership.Role.OWNER)
    phase = _create_phases(run_limits)
    test_sets = [_import(phase, pair, "proper") for pair in LANGUAGE_PAIRS]
    test_sets += [_import(phase, pair, "noterm") for pair in NOTERM_PAIRS]
    task = phase.shared_task
    announce(actor=OPERATOR, task=task, parts=[task, *task.phases.all(), *test_sets])
    phase.refresh_from_db()
    return Demo(phase, test_sets, teams, members)


def send_uploads(demo: Demo) -> Iterator[Submission]:
    """Upload a system after the other, by the same service as the upload page."""
    for system in demo_systems():
        yield sending.submit(
            team=demo.teams[system.team],
            member=demo.members[system.team],
            phase=demo.phase,
            system=sending.SystemDescription(
                name=system.name,
                description=system.description,
                is_constrained=system.is_constrained,
                terminology_use=system.terminology_use,
            ),
            wants_primary=system.is_primary,
            files=[sending.NamedStream(BytesIO(content), name) for name, content in system.files],
        )


def _create_team(described: DemoTeam) -> tuple[Team, User]:
    team = Team.objects.create(
        name=described.name,
        slug=slugify(described.name),
        institution=described.institution,
        is_verified=True,
    )
    member = User.objects.create_user(slugify(described.member))
    Membership.objects.create(team=team, user=member, role=Membership.Role.OWNER)
    return team, member


def _create_phases(run_limits: Mapping[str, int] | None) -> Phase:
    """Create an open phase, which is returned, and a later blind phase."""
    task = SharedTask.objects.create(
        slug="demo",
        name="Medical terms 2026",
        summary=SUMMARY,
        description=(TEXTS / "description.md").read_text(encoding="utf-8"),
        rules=(TEXTS / "rules.md").read_text(encoding="utf-8"),
        contact=f"{ORGANISER}@demo.example",
    )
    create_usual_modes(task)
    give_to_superusers(task, actor=OPERATOR)
    opened = timezone.now() - timedelta(minutes=1)
    closes = opened + timedelta(days=12, hours=3)
    phase = Phase.objects.create(
        shared_task=task,
        slug="dev",
        name="Development",
        opens_at=opened,
        closes_at=closes,
        own_scores_at=opened,
        board_at=opened,
        team_names_at=opened,
        outputs_at=opened,
        references_at=closes,
        logs_at=opened,
        takes_images=run_limits is not None,
        run_limits=dict(run_limits or {}),
    )
    Phase.objects.create(
        shared_task=task,
        slug="blind",
        name="Blind test",
        kind=Phase.Kind.BLIND,
        opens_at=closes + timedelta(days=2),
        closes_at=closes + timedelta(days=5),
        own_scores_at=closes + timedelta(days=9),
        board_at=closes + timedelta(days=14),
        team_names_at=closes + timedelta(days=14),
    )
    return phase


def _import(phase: Phase, pair: str, mode: str) -> TestSet:
    source_language, target_language = pair.split("-")
    texts, terms = f"{pair}.tsv", f"{pair}.terms.tsv"
    with (DATA / texts).open("rb") as rows, (DATA / terms).open("rb") as term_list:
        return import_test_set(
            actor=OPERATOR,
            phase=phase,
            source_language=source_language,
            target_language=target_language,
            files=TestSetFiles(
                source=rows, references=(), names=(texts,), terminologies=((term_list, terms),)
            ),
            text_form=TestSet.TextForm.RAW,
            mode=mode,
        ).test_set
