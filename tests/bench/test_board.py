"""What a page of a huge board costs, against one of WMT's size in the same run: ratios."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from files.models import StoredFile
from leaderboard import boards
from sharedtasks import models
from sharedtasks.terminology_modes import find_mode
from tests.integration.board_rows import many

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
SMALL, LARGE = 43, 4300  # entries
REPEATS = 7
QUERIES: list[dict[str, str]] = [{}, {"sort": "bleu"}, {"track": "constrained", "page": "2"}]


@pytest.fixture(autouse=True)
def _static_files(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path  # WhiteNoise warns when it is not there


@pytest.fixture
def phase(db: None) -> models.Phase:
    now = timezone.now()
    return models.Phase.objects.create(
        shared_task=models.SharedTask.objects.create(slug="bench", name="Bench"),
        slug="test",
        name="Test",
        opens_at=now,
        board_at=now,
        team_names_at=now,
    )


@pytest.fixture
def sizes(phase: models.Phase) -> dict[int, models.TestSet]:
    """A board of each size, each with 13 metrics."""
    member = User.objects.create_user("member")
    file = StoredFile.objects.create(sha256="0" * 64, size=1, key="none", used_at=timezone.now())
    made = {}
    for version, size in enumerate((SMALL, LARGE), start=1):
        made[size] = models.TestSet.objects.create(
            phase=phase, source_language="en", target_language="fr", version=version,
            text_form="raw", official_order=["term-success"], source_file=file, digest="0" * 64,
            segments=10, documents=1, required_terms=10,
            terminology_mode=find_mode(phase.shared_task, "proper"),
        )  # fmt: skip
        many(made[size], member, size)
    return made


def seconds(client: Client, address: str, query: dict[str, str]) -> float:
    taken = []
    for _ in range(REPEATS):
        started = time.process_time()
        assert client.get(address, query).status_code == 200
        taken.append(time.process_time() - started)
    return median(taken)


def test_a_page_of_a_hundred_times_the_entries_costs_a_few_times_as_much(
    client: Client, sizes: dict[int, models.TestSet]
) -> None:
    small_address, large_address = (test_set.get_absolute_url() for test_set in sizes.values())
    seconds(client, small_address, {})  # templates are read once

    small = seconds(client, small_address, {})
    for query in QUERIES:
        large = seconds(client, large_address, query)
        print(f"\n{query}: {small:.3f} s with {SMALL}, {large:.3f} s with {LARGE} entries,", end="")
        print(f" {large / small:.1f} times", end="")
        assert large < 8 * small  # it reads 4,300 rows and shows 100, not 43


def test_building_the_board_grows_with_its_entries(sizes: dict[int, models.TestSet]) -> None:
    taken = {}
    for size, test_set in sizes.items():
        models.TestSet.objects.filter(pk=test_set.pk).update(ranked_version=0)
        started = time.process_time()
        assert boards.rebuild(test_set.pk)
        taken[size] = time.process_time() - started

    print(f"\nbuilding: {SMALL} {taken[SMALL]:.3f} s, {LARGE} {taken[LARGE]:.3f} s")
    assert taken[LARGE] < 2 * LARGE / SMALL * taken[SMALL]
