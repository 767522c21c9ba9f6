"""Submissions that were checked before there were verdicts get theirs."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from submissions.pipeline.tasks import check
from tests.integration.samples import PERFECT, as_text

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [("submissions", "0006_entries_can_be_withdrawn")]


@pytest.fixture
def migrate():
    """Return a function that migrates to a state or the newest one, which is there at the end."""

    def to(targets=None):
        executor = MigrationExecutor(connection)
        executor.migrate(targets or executor.loader.graph.leaf_nodes())

    yield to
    to()


def verdicts():
    return [
        (v.submission.system, v.position, v.file, v.test_set_id is not None, v.is_refused,
         v.errors, v.warnings, v.problems.count())
        for v in apps.get_model("submissions", "Verdict").objects.select_related("submission")
        .order_by("submission_id", "position")
    ]  # fmt: skip


def test_back_and_forth_the_verdicts_are_the_same(make_submission, make_test_set, migrate):
    make_test_set(target_language="ru")
    sent = {
        "Fits": [("a.en-fr.txt", as_text(PERFECT))],
        "Odd": [("b.en-fr.txt", as_text((*PERFECT[:3], "")))],
        "Partly": [("c.en-fr.txt", as_text(PERFECT)), ("c.en-ru.txt", b"x\n")],
        "Refused": [("d.txt", b"x\n")],
    }
    for number, (system, files) in enumerate(sent.items()):
        check.apply(args=[make_submission(files=files, system=system).pk], task_id=f"t-{number}")
    make_submission(system="Waiting")
    before = verdicts()

    migrate(BEFORE)
    migrate()  # the rows are read by today's models

    assert verdicts() == before
    assert [row[0] for row in before] == ["Fits", "Odd", "Partly", "Partly", "Refused"]


def test_it_may_run_twice(make_submission):
    check.apply(args=[make_submission().pk], task_id="task-1")
    before = verdicts()

    # A migration that was interrupted on a database without transactional ones begins again.
    import_module("submissions.migrations.0008_verdicts_of_earlier_submissions").judge(
        apps, SimpleNamespace()
    )

    assert verdicts() == before
