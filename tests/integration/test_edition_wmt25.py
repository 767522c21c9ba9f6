"""Task 1 of WMT25 as published: every file through the real pipeline, up to the boards.

It is stopped twice on the way. No text of these files is repeated here.
"""

from __future__ import annotations

import pytest
from django.core.management import call_command

from accounts.models import Team
from editions import importing
from editions import outputs as editions_outputs
from files.models import StoredFile
from leaderboard.queries import read_board
from sharedtasks import models
from sharedtasks.policy import Role, Viewer
from submissions.models import Entry, Score, Submission, SubmittedFile
from submissions.services import sending
from tests.integration import editions

MODELS = (
    models.SharedTask, models.Phase, models.TestSet, Team, Submission, SubmittedFile, Entry, Score,
    StoredFile,
)  # fmt: skip
# Systems on each board, with the organisers' baseline.
BOARDS = {
    "en-de": 7, "en-de.noterm": 6, "en-de.random": 6,
    "en-es": 8, "en-es.noterm": 7, "en-es.random": 7,
}  # fmt: skip


class StopError(Exception):
    """The process is killed here."""


def stop_after(calls, function):
    def call(*args, **options):
        nonlocal calls
        if not calls:
            raise StopError
        calls -= 1
        return function(*args, **options)

    return call


def count_rows():
    return {model: model.objects.count() for model in MODELS}


def list_systems(slug):
    test_set = models.TestSet.objects.get(**find(slug))
    organiser = Viewer(roles={test_set.phase.shared_task_id: Role.ORGANISER})
    board = read_board(test_set, viewer=organiser)
    return board, {line.row.system for line in (*board.lines, *board.yardsticks)}


def find(slug):
    pair, _, mode = slug.partition(".")
    return {"target_language": pair[-2:], "mode": mode or "proper"}


@pytest.mark.slow
@pytest.mark.django_db
def test_all_published_outputs_reach_the_boards(client, shared_data, monkeypatch):
    folder = shared_data / "wmt25-track1"

    with monkeypatch.context() as patch:
        patch.setattr(importing, "import_test_set", stop_after(2, importing.import_test_set))
        with pytest.raises(StopError):
            editions.run("wmt25", folder, "--outputs")
    assert models.TestSet.objects.count() == 2
    with monkeypatch.context() as patch:
        patch.setattr(editions_outputs.sending, "submit", stop_after(3, sending.submit))
        with pytest.raises(StopError):
            editions.run("wmt25", folder, "--outputs")
    assert (models.TestSet.objects.count(), Submission.objects.count()) == (6, 3)

    editions.use_workers(monkeypatch)
    report, error = editions.run("wmt25", folder, "--outputs")

    assert error == ""
    assert "[2/6] task-1 en-de.noterm: exists already" in report
    assert "[1/8] BIT, task-1: 6 sent before" in report
    assert "[8/8] organizers_gpt-4.1-nano, task-1: 2 sent" in report
    assert "41 outputs are scored." in report
    assert Submission.objects.count() == 8  # one a system, with all of its files
    assert Team.objects.filter(is_verified=True).count() == 8
    for slug, count in BOARDS.items():
        board, systems = list_systems(slug)
        assert len(systems) == count, slug
        assert all(line.row.place for line in board.lines)
        # Without terms BIT has nearly all of them: an output of another mode.
        suspects = {row.system for row in board.implausible}
        assert suspects == ({"BIT"} if slug.endswith("noterm") else set()), slug
    for system in ("TranssionMT.ende.proper", "TranssionMT.enes.noterm"):
        assert f"{system}.jsonl: The file looks like language 'ru'" in report
    for line in ("EuroLLM-ft.enes.proper.jsonl", "BIT.ende.random.jsonl"):
        assert f"{line}: These are, to the letter, the hypotheses for" in report
    assert "en-es.noterm: BIT has a term success of" in report

    before = count_rows()
    again, error = editions.run("wmt25", folder, "--outputs")

    assert (count_rows(), error) == (before, "")
    assert again.count("exists already") == 8  # task, phase, test sets
    assert again.count("sent before") == 8  # each system's files
    assert [line for line in report.splitlines() if "warning" in line] == [
        line for line in again.splitlines() if "warning" in line
    ]
    address = "/boards/wmt25/task-1/en-de.noterm"
    assert client.get(address).status_code == 404
    call_command("announce", "--shared-task=wmt25", "--phase=task-1", "--show-scores")
    page = client.get(address).text
    assert "laniqo" in page
    assert "without being given terms" not in page
