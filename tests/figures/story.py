"""The functions that run when the task `check` reads an upload of four lines."""

from __future__ import annotations

import inspect
import os
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path, PurePosixPath
from types import CodeType, FrameType
from typing import TYPE_CHECKING

from tests.figures.sources import MEASURED, Place

if TYPE_CHECKING:
    from submissions.models import Submission


def trace_check(root: Path) -> list[Place]:
    """Check an upload on SQLite; return the functions of ours that ran, in order of first call.

    Lambdas and comprehensions are part of the function that they stand in, so only functions with a
    name count. Caches are as empty as in a worker's first check, so call it once in a process.
    """
    _set_up_django(root)
    from submissions.pipeline.tasks import check
    from submissions.states import SubmissionState

    submission = _submit()
    codes = _trace(lambda: check.apply(args=(submission.pk,), task_id="figures"))
    submission.refresh_from_db()
    assert submission.state == SubmissionState.ACCEPTED, submission.state
    places = [_place(code, root) for code in codes if _is_function(code)]
    return [place for place in places if place is not None]


def _set_up_django(root: Path) -> None:
    from tests import environment  # settings for tests, and a state folder that goes away

    changes = {"LOG_LEVEL": "ERROR", "MIN_FREE_BYTES": "0"}
    os.environ |= changes | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"sqlite:///{environment.STATE_DIR / 'figures.sqlite3'}",
    }
    sys.path.insert(0, str(root / "platform"))
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _submit() -> Submission:
    """Make a shared task and a team, and submit a translation of the test set's four lines."""
    from django.utils import timezone

    from accounts.models import Membership, Team, User
    from audit.recording import Actor
    from sharedtasks.models import Phase, SharedTask
    from sharedtasks.testsets import TestSetFiles, import_test_set
    from submissions.services import sending
    from tests.integration.samples import PERFECT, REFERENCE, SOURCE, as_text

    now = timezone.now()
    phase = Phase.objects.create(
        state="announced",
        shared_task=SharedTask.objects.create(state="announced", slug="figures", name="Figures"),
        slug="test",
        name="Test phase",
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(hours=1),
    )
    files = TestSetFiles(
        source=BytesIO(SOURCE.encode()),
        references=(BytesIO(REFERENCE.encode()),),
        names=("source.sgm", "reference.sgm"),
    )
    test_set = import_test_set(
        actor=Actor.of_command("figures"),
        files=files,
        phase=phase,
        source_language="en",
        target_language="fr",
        text_form="tokenised",
        lemmatiser="identity",
    ).test_set
    phase.test_sets.update(state="announced")
    team = Team.objects.create(name="Lexica", slug="lexica", is_verified=True)
    member = User.objects.create_user("alice", "alice@tests.example")
    Membership.objects.create(team=team, user=member, role=Membership.Role.OWNER)
    return sending.submit(
        team=team,
        member=member,
        phase=phase,
        test_set=test_set,
        system=sending.SystemDescription(name="Baseline"),
        wants_primary=False,
        files=[sending.NamedStream(BytesIO(as_text(PERFECT)), "output.txt")],
    )


def _trace(run: Callable[[], object]) -> list[CodeType]:
    """Return the code that runs, in this thread and in those that it starts, each once."""
    codes: dict[CodeType, None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            codes.setdefault(frame.f_code)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return list(codes)


def _is_function(code: CodeType) -> bool:
    """Return whether it is a function with a name: no module, class body, lambda or generator."""
    return bool(code.co_flags & inspect.CO_OPTIMIZED) and not code.co_name.startswith("<")


def _place(code: CodeType, root: Path) -> Place | None:
    """Return where a function of ours is, None for those of libraries."""
    path = Path(code.co_filename)
    if not any(path.is_relative_to(root / folder) for folder in MEASURED):
        return None
    relative = PurePosixPath(path.relative_to(root).as_posix())
    return Place(relative, code.co_firstlineno, code.co_qualname)
