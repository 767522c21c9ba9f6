"""What organisers' pages cost with many entries, against few in the same run: ratios."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Team, User
from audit.models import AuditEvent
from files.models import StoredFile
from sharedtasks import models
from sharedtasks.models import Organiser, Phase, SharedTask
from sharedtasks.policy import Role
from sharedtasks.terminology_modes import create_usual_modes, find_mode
from submissions.models import Entry, Submission, Verdict
from tests.bench.conftest import Record

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
SMALL, LARGE = 100, 10_000  # entries
LANGUAGES = ["de", "fr", "ko", "ru", "zh"]
STATES = ["scored"] * 16 + ["rejected", "failed", "scoring", "waiting"]
REPEATS = 31
MOST_RATIO = 2


@pytest.fixture(autouse=True)
def _static_files(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path  # WhiteNoise warns when it is not there


def make_task(size: int, user: User) -> SharedTask:
    """Make a shared task with an entry in each 20th of a day, of 50 teams on five test sets."""
    now = timezone.now()
    task = SharedTask.objects.create(state="announced", slug=f"task-{size}", name=f"Task {size}")
    create_usual_modes(task)
    Organiser.objects.create(shared_task=task, user=user, role=Role.OBSERVER)
    phase = Phase.objects.create(
        state="announced",
        shared_task=task,
        slug="test",
        name="Test",
        opens_at=now - timedelta(days=13),
    )
    file = StoredFile.objects.get_or_create(
        sha256="0" * 64, defaults={"size": 1, "key": "none", "used_at": now}
    )[0]
    test_sets = [
        models.TestSet.objects.create(
            state="announced",
            phase=phase,
            source_language="en",
            target_language=language,
            terminology_mode=find_mode(task, "proper"),
            text_form="raw",
            official_order=["term-success"],
            source_file=file,
            digest="0" * 64,
            segments=10,
            documents=2,
            required_terms=20,
        )
        for language in LANGUAGES
    ]
    teams = Team.objects.bulk_create(
        Team(name=f"Team {size} {number}", slug=f"team-{size}-{number}", is_verified=number > 9)
        for number in range(50)
    )
    submissions = Submission.objects.bulk_create(
        Submission(
            team=teams[number % 50],
            member=user,
            phase=phase,
            system=f"System {number}",
            state="accepted",
            created_at=now - timedelta(days=13) * (number / size),
        )
        for number in range(size)
    )
    Entry.objects.bulk_create(
        Entry(
            submission=submission,
            team=submission.team,
            test_set=test_sets[number % 5],
            system=submission.system,
            hypotheses=file,
            state=STATES[number * 7 % 20],
        )
        for number, submission in enumerate(submissions)
    )
    Verdict.objects.bulk_create(
        Verdict(submission=row, position=1, file="x", test_set=test_sets[0], errors=1)
        for row in submissions[::20]
    )
    AuditEvent.objects.bulk_create(
        AuditEvent(
            way="site",
            actor=user,
            actor_name=f"person-{number % 7}",
            action="requeued",
            object_type="submissions.entry",
            object_key=str(number),
            object_label=f"entry {number}",
            task=task.slug,
            at=now - timedelta(minutes=number),
        )
        for number in range(size)
    )
    return task


def measure(client: Client, path: str) -> float:
    """Return the seconds that a page takes: of the process, and of a database beside it."""
    times = []
    for _ in range(REPEATS):
        began = time.process_time()
        with connection.execute_wrapper(_note_database(seconds := [])):
            response = client.get(path)
        times.append(time.process_time() - began + sum(seconds))
        assert response.status_code == 200
    return median(times)


def _note_database(seconds: list[float]) -> Any:
    """Return a wrapper of queries that notes how long another process was at them."""

    def note(execute: Any, *arguments: Any) -> Any:
        wall, own = time.perf_counter(), time.process_time()
        try:
            return execute(*arguments)
        finally:
            waited = (time.perf_counter() - wall) - (time.process_time() - own)
            seconds.append(max(waited, 0))

    return note


@pytest.mark.parametrize(
    "path",
    ["/organise/", "/organise/{task}/", "/organise/{task}/entries", "/organise/{task}/log"],
)
def test_a_hundred_times_the_entries_take_at_most_twice_as_long(path: str, record: Record) -> None:
    times = []
    for size in (SMALL, LARGE):
        user = User.objects.create_user(f"observer-{size}")
        task = make_task(size, user)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        client = Client()
        client.force_login(user)
        client.get(path.format(task=task.slug))
        times.append(measure(client, path.format(task=task.slug)))
    ratio = times[1] / times[0]
    record(
        f"{path}, {LARGE} entries",
        f"{SMALL} entries",
        f"{ratio:.2f} ({times[1] * 1000:.0f} ms, {times[0] * 1000:.0f} ms)",
        f"at most {MOST_RATIO}",
    )

    assert ratio <= MOST_RATIO
