"""What `import_test_set --create` makes is closed and hidden until it is announced."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from sharedtasks import models
from sharedtasks.models import Phase, SharedTask
from submissions.models import Submission
from submissions.pipeline import reference_points
from submissions.pipeline.tasks import check
from tests.integration.conftest import give_role, make_person
from tests.integration.samples import REFERENCE, SOURCE
from tests.integration.test_blind_walk import answers

pytestmark = pytest.mark.django_db

MARKERS = ("zqxhushed", "A hidden phase", "hush", "zqxdraft")


@pytest.fixture
def files(tmp_path):
    source, reference = tmp_path / "source.sgm", tmp_path / "reference.sgm"
    source.write_text(SOURCE)
    reference.write_text(REFERENCE)
    return [f"--source={source}", f"--reference={reference}"]


@pytest.fixture
def run(files):
    """Run the command; return what it says."""

    def run(*words):
        output = StringIO()
        call_command("import_test_set", *files, "--language-pair=en-fr", *words, stdout=output)
        return output.getvalue()

    return run


@pytest.fixture
def hidden(phase):
    """A phase beside an announced one, with a test set."""
    return Phase.objects.create(
        shared_task=phase.shared_task, slug="zqxhushed", name="A hidden phase",
        opens_at=timezone.now(), board_at=timezone.now(), state="draft",
    )  # fmt: skip


@pytest.mark.parametrize("slug", ["tset", "tests", "Test", "test2"])
def test_an_unknown_phase_is_refused_by_name(run, phase, slug):
    with pytest.raises(CommandError, match=f"no phase '{slug}' in spring. There are: test. "):
        run("--shared-task=spring", f"--phase={slug}")

    assert Phase.objects.count() == 1


@pytest.mark.parametrize("slug", ["srping", "spring-2", "summer"])
def test_an_unknown_shared_task_is_refused_by_name(run, phase, slug):
    with pytest.raises(CommandError, match=f"no shared task '{slug}'. There are: spring. "):
        run(f"--shared-task={slug}", "--phase=test")

    assert SharedTask.objects.count() == 1


def test_a_created_phase_is_closed_and_hidden_until_it_is_announced(run, client, alice, team):
    said = run("--shared-task=fall", "--phase=dev", "--create")

    phase = Phase.objects.get()
    assert "Only organisers see it" in said
    assert not phase.is_open(timezone.now())
    assert [at for at in (phase.board_at, phase.own_scores_at, phase.references_at) if at] == []
    for address in ("/tasks/fall/", "/boards/fall/dev/en-fr"):
        assert client.get(address).status_code == 404
    assert "fall" not in client.get("/").text

    call_command("announce", "--shared-task=fall", "--phase=dev", "--show-scores")

    assert Phase.objects.get().is_open(timezone.now())
    assert client.get("/boards/fall/dev/en-fr").status_code == 200
    assert "fall" in client.get("/").text


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize("role", ["visitor", "newcomer", "alice"])
def test_no_address_tells_of_a_hidden_phase(role, client, hidden, make_test_set, request, alice,
                                            make_scored_entry):  # fmt: skip
    make_test_set(phase=hidden)
    make_test_set(domain="zqxdraft", state="draft")  # of the announced phase
    SharedTask.objects.create(slug="hush", name="hush", state="draft")
    entry = make_scored_entry()
    if role == "newcomer":
        client.force_login(User.objects.create_user("dora", "dora@tests.example"))
    elif role == "alice":
        client.force_login(alice)

    found = {
        (marker, address)
        for address, text in answers(
            client,
            entry,
            task=["spring", "hush"],
            phase=["test", "zqxhushed"],
            test_set=["en-fr", "en-fr.zqxdraft"],
        )
        for marker in MARKERS
        # The address itself may come back, as in a link to sign in.
        if marker in text.replace(address, "").replace("tasks%2Fspring%2Fzqxhushed", "")
    }

    assert found == set()


def test_an_organiser_sees_it(client, organiser, hidden, make_test_set):
    make_test_set(phase=hidden)
    client.force_login(organiser)

    assert "A hidden phase" in client.get("/tasks/spring/").text
    assert client.get("/boards/spring/zqxhushed/en-fr").status_code == 200


def test_it_takes_no_submission(hidden, make_test_set, make_submission):
    test_set = make_test_set(phase=hidden)

    with pytest.raises(ValidationError, match="takes no submissions at the moment"):
        make_submission(test_set=test_set)


# Deleting ---------------------------------------------------------------------------------


def delete(admin, row):
    address = f"/admin/sharedtasks/{row._meta.model_name}/{row.pk}/delete/"
    return admin.post(address, {"post": "yes"})


def test_a_shared_task_goes_with_its_phases_test_sets_and_oracle_rows(admin, run):
    run("--shared-task=fall", "--phase=tset", "--create")
    reference_points.add_missing()

    delete(admin, SharedTask.objects.get())

    assert not SharedTask.objects.exists()
    assert not models.TestSet.objects.exists()


@pytest.mark.parametrize("kind", [SharedTask, Phase, models.TestSet])
def test_what_holds_a_teams_entry_stays(admin, make_scored_entry, kind):
    make_scored_entry()

    response = delete(admin, kind.objects.get())

    assert kind.objects.exists()
    assert "protected" in response.text


def test_a_refused_upload_does_not_keep_a_phase(admin, phase, make_submission):
    submission = make_submission(b"one line\n")
    check.apply(args=[submission.pk], task_id="task-1")
    submission.refresh_from_db()
    assert submission.state == "refused"

    delete(admin, phase)

    assert not Phase.objects.exists()
    assert not Submission.objects.exists()


@pytest.mark.parametrize("state", ["checking", "failed"])
def test_a_submission_that_is_not_refused_keeps_a_phase(admin, phase, make_submission, state):
    submission = make_submission(state=state)

    for row in (phase, phase.shared_task):
        delete(admin, row)

    assert Phase.objects.exists()
    assert Submission.objects.filter(pk=submission.pk).exists()


def test_an_announced_phase_of_a_hidden_shared_task_is_hidden(
    client, phase, alice, make_submission
):
    SharedTask.objects.update(state="draft")
    phase.refresh_from_db()

    assert not phase.is_open(timezone.now())
    assert client.get("/tasks/spring/").status_code == 404
    with pytest.raises(ValidationError, match="takes no submissions at the moment"):
        make_submission()


def test_a_phase_with_entries_stays_in_its_shared_task(make_scored_entry, phase):
    make_scored_entry()
    phase.shared_task = SharedTask.objects.create(state="announced", slug="other", name="Other")

    with pytest.raises(ValidationError, match="it stays in its shared task"):
        phase.full_clean()


@pytest.mark.parametrize("phase_slug", ["tset", "dev", ""])
def test_announcing_an_unknown_phase_lists_the_phases(phase, phase_slug):
    with pytest.raises(CommandError, match=r"Known: spring/test\."):
        call_command("announce", "--shared-task=spring", f"--phase={phase_slug}")


@pytest.mark.parametrize("address", ["/", "/boards/summer/dev/en-fr"])
def test_an_empty_draft_board_says_that_it_is_not_announced(run, client, address):
    run("--shared-task=summer", "--phase=dev", "--create")
    client.force_login(give_role(make_person("chief"), SharedTask.objects.get(slug="summer")))

    text = client.get(address).text

    assert "dev has not been announced." in text
    assert "dev is over." not in text
