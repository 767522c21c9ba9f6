"""A board of invented scores, made inside the platform's own environment.

python -m tests.e2e.board_seed fill        43 entries of nine teams on en-fr; en-de is empty
python -m tests.e2e.board_seed add NAME    one more, the best of all, by another team
"""

from __future__ import annotations

import sys

import django


def fill() -> None:
    """Make the shared task, its test sets and the entries."""
    from django.utils import timezone

    from accounts.models import User
    from files.models import StoredFile
    from sharedtasks.models import Phase, SharedTask, TestSet
    from sharedtasks.terminology_modes import find_mode
    from submissions.models import Score, Submission
    from tests.integration.board_rows import build, many

    now = timezone.now()
    file = StoredFile.objects.create(sha256="0" * 64, size=1, key="none", used_at=now)
    phase = Phase.objects.create(
        state="announced",
        shared_task=SharedTask.objects.create(
            state="announced", slug="spring", name="Spring edition"
        ),
        slug="test", name="Test", opens_at=now, board_at=now, team_names_at=now,
    )  # fmt: skip
    test_sets = [
        TestSet.objects.create(
            state="announced",
            phase=phase, source_language="en", target_language=target, text_form="raw",
            official_order=["term-success"], source_file=file, digest="0" * 64, segments=10,
            documents=1, required_terms=10,
            terminology_mode=find_mode(phase.shared_task, "proper"),
        )
        for target in ("fr", "de")
    ]  # fmt: skip
    many(test_sets[0], User.objects.get(username="alice"), 43)
    Score.objects.filter(metric="term-1-ter", entry__system="System 1").update(
        details={"stopped_searches": 2}
    )
    Submission.objects.update(description="Copies the terms that it is given.")
    build(test_sets[0])


def add(name: str) -> None:
    """Add one entry and build the board."""
    from accounts.models import Team, User
    from sharedtasks.models import TestSet
    from tests.integration import board_rows

    team = Team.objects.create(name=f"Team of {name}", slug=name.lower(), is_verified=True)
    row = board_rows.Made(team, name, 99.5, is_primary=True)
    test_set = TestSet.objects.get(target_language="fr")
    board_rows.fill(test_set, User.objects.get(username="alice"), [row])


if __name__ == "__main__":
    django.setup()
    {"fill": fill, "add": add}[sys.argv[1]](*sys.argv[2:])
