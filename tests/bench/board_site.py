"""Boards for benchmarks, made inside a site's environment; prints sessions of two readers.

python -m tests.bench.board_site BOARDS ENTRIES      so many boards, each with so many entries
"""

from __future__ import annotations

import random
import sys

import django

TARGETS = ("fr", "de", "ru", "zh", "cs", "pl", "es", "it")


def fill(boards: int, entries: int) -> None:
    """Make the boards; alice has systems on each of them, charlie on none."""
    from django.utils import timezone

    from accounts.models import Membership, Team, User
    from files.models import StoredFile
    from sharedtasks.models import Phase, SharedTask, TestSet
    from sharedtasks.terminology_modes import find_mode
    from tests.integration.board_rows import METRICS, Made
    from tests.integration.board_rows import fill as fill_board

    now, numbers = timezone.now(), random.Random(15)
    file = StoredFile.objects.create(sha256="0" * 64, size=1, key="none", used_at=now)
    phase = Phase.objects.create(
        state="announced",
        shared_task=SharedTask.objects.create(state="announced", slug="bench", name="Bench"),
        slug="test", name="Test", opens_at=now, board_at=now, team_names_at=now,
    )  # fmt: skip
    alice = User.objects.get(username="alice")
    teams = Team.objects.bulk_create(
        Team(name=f"Team {number}", slug=f"team-{number}", is_verified=True)
        for number in range((entries + 4) // 5)
    )
    Membership.objects.create(team=teams[0], user=alice)
    for target in TARGETS[:boards]:
        test_set = TestSet.objects.create(
            state="announced",
            phase=phase, source_language="en", target_language=target, text_form="raw",
            official_order=["term-success"], source_file=file, digest="0" * 64, segments=2100,
            documents=30, required_terms=900,
            terminology_mode=find_mode(phase.shared_task, "proper"),
        )  # fmt: skip
        rows = [
            Made(
                teams[number // 5],
                f"System {number}",
                {metric: numbers.uniform(20, 90) for metric in METRICS},
                is_primary=number % 5 == 0,
                is_constrained=number % 2 == 0,
                description="A transformer that copies the terms that it is given.",
            )
            for number in range(entries)
        ]
        fill_board(test_set, alice, rows)


if __name__ == "__main__":
    django.setup()
    fill(int(sys.argv[1]), int(sys.argv[2]))
