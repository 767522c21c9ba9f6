"""What a page of a huge board costs, against one of WMT's size in the same run: ratios."""

from __future__ import annotations

import gzip
import html
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import User
from files.models import StoredFile
from leaderboard import boards, kept_pages
from sharedtasks import models
from sharedtasks.terminology_modes import find_mode
from tests.bench.conftest import Record
from tests.integration.board_rows import many

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
SMALL, LARGE = 43, 4300  # entries
REPEATS = 101
QUERIES = ["", "?sort=bleu", "?track=constrained&page=2"]


@pytest.fixture(autouse=True)
def _static_files(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path  # WhiteNoise warns when it is not there
    settings.BOARDS_TRUSTED_FOR = 0.9  # as on a server


@pytest.fixture
def phase(db: None) -> models.Phase:
    now = timezone.now()
    return models.Phase.objects.create(
        state="announced",
        shared_task=models.SharedTask.objects.create(state="announced", slug="bench", name="Bench"),
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
            state="announced",
            phase=phase, source_language="en", target_language="fr", version=version,
            text_form="raw", official_order=["term-success"], source_file=file, digest="0" * 64,
            segments=10, documents=1, required_terms=10,
            terminology_mode=find_mode(phase.shared_task, "proper"),
        )  # fmt: skip
        many(made[size], member, size)
    return made


def costs(
    site: WSGIHandler,
    addresses: Sequence[str],
    *,
    repeats: int,
    is_kept: bool = True,
    **headers: str,
) -> list[float]:
    """Return what answers cost in the middle of several asked for in turn, in processor time."""
    taken: list[list[float]] = [[] for _ in addresses]
    for _ in range(repeats):
        for address, times in zip(addresses, taken, strict=True):
            if not is_kept:
                kept_pages.PAGES.clear()
            started = time.process_time()
            ask(site, address, **headers)
            times.append(time.process_time() - started)
    return [median(times) for times in taken]


def ask(site: WSGIHandler, address: str, **headers: str) -> tuple[str, bytes]:
    """Return an answer's status and body."""
    environ = RequestFactory().get(address, headers={"Accept-Encoding": "gzip"}).environ | headers
    statuses: list[str] = []
    answer = site(environ, lambda status, *_: statuses.append(status))
    body = b"".join(answer)
    answer.close()
    return statuses[0], body


@pytest.fixture
def site() -> Iterator[WSGIHandler]:
    """The site, as a server calls it, on the test's connection to the database."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield WSGIHandler()
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


def test_a_board_of_a_hundred_times_the_entries_costs_about_as_much(
    site: WSGIHandler, sizes: dict[int, models.TestSet], record: Record
) -> None:
    for query in QUERIES:
        addresses = [test_set.get_absolute_url() + query for test_set in sizes.values()]
        small, large = costs(site, addresses, repeats=REPEATS)
        first, first_large = costs(site, addresses, repeats=5, is_kept=False)
        name = f"board of {LARGE}{', ' if query else ''}{query}"
        for what, times, wanted in (
            (name, large / small, "at most 1.5 times"),
            (f"{name}, not kept", first_large / first, "–"),
        ):
            record(what, f"board of {SMALL}", f"{times:.2f} times", wanted)
        assert large <= 1.5 * small
        assert first_large < 8 * first  # it looks at 4,300 rows and writes 100, not 43


def test_a_poll_without_news_costs_less_than_a_millisecond(
    site: WSGIHandler, sizes: dict[int, models.TestSet], record: Record
) -> None:
    boards = {f"board of {size}": made.get_absolute_url() for size, made in sizes.items()}
    for name, address in {**boards, "start page": "/"}.items():
        page = gzip.decompress(ask(site, address)[1]).decode()
        polled = html.unescape(re.findall(r'hx-get="([^"]*)"', page)[0])
        headers = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "board"}
        assert ask(site, polled, **headers) == ("204 No Content", b"")

        [cost] = costs(site, [polled], repeats=REPEATS, **headers)
        record(f"poll without news, {name}", "–", f"{1000 * cost:.2f} ms", "at most 1 ms")
        assert cost < 0.001


def test_building_the_board_grows_with_its_entries(sizes: dict[int, models.TestSet]) -> None:
    taken = {}
    for size, test_set in sizes.items():
        models.TestSet.objects.filter(pk=test_set.pk).update(ranked_version=0)
        started = time.process_time()
        assert boards.rebuild(test_set.pk)
        taken[size] = time.process_time() - started

    print(f"\nbuilding: {SMALL} {taken[SMALL]:.3f} s, {LARGE} {taken[LARGE]:.3f} s")
    assert taken[LARGE] < 2 * LARGE / SMALL * taken[SMALL]
