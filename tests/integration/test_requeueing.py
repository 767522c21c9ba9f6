"""What failed on our side begins again: by a command, by a button, in the admin panel."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from audit.recording import Actor
from nodes.models import Run
from nodes.runs import claims, endings, reporting
from nodes.runs.claims import Offer
from nodes.runs.reporting import RunEnd, RunRefused, SignOfLife
from nodes.runs.requeueing import CAUSES
from nodes.runs.sweeping import sweep_runs
from submissions import work
from submissions.models import Entry
from submissions.pipeline.tasks import check, score
from submissions.services import requeueing
from submissions.services.requeueing import requeue_entry, requeue_submission
from submissions.states import EntryState, SubmissionState
from tests.integration.image_rows import sibling_entry
from tests.integration.node_rows import image_row, node_row, run_row, waiting_entry

pytestmark = pytest.mark.django_db

CPU = Offer(cpus=4, memory=2**36, gpus=(), runtime="", version="1")
OURS = sorted(str(outcome) for outcome in endings.OURS)


@pytest.fixture
def make_failed(make_bare_test_set, team, alice):
    """Return a function that makes an entry that failed after runs that ended like this."""
    test_set = make_bare_test_set(version=7)  # beside the one that is uploaded for

    def make(outcome="node_lost", runs=3, *, test_set=test_set, **columns):
        columns = {"state": EntryState.FAILED} | columns
        entry = waiting_entry(test_set, team, alice, **columns)
        for _ in range(runs):
            node = node_row(f"node-{Run.objects.count()}")
            run_row(entry, node, outcome=outcome, purpose="smoke")
        return entry

    return make


def requeue(*arguments):
    output = StringIO()
    call_command("requeue", *arguments, stdout=output)
    return output.getvalue()


def state(row):
    row.refresh_from_db()
    return row.state


# The service ----------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", OURS)
def test_an_entry_has_all_its_attempts_again(make_failed, organiser, outcome):
    entry = make_failed(outcome)

    requeue_entry(entry=entry, actor=Actor.of(organiser))

    assert state(entry) == EntryState.WAITING
    change = entry.changes.get(old="failed")
    assert (change.new, change.actor, change.reason) == ("waiting", organiser, requeueing.REASON)
    states = []
    for number in range(3):
        run = claims.claim(node_row(f"again-{number}"), CPU)
        assert (run.entry, run.attempt) == (entry, number + 1)
        reporting.finish(run.node, run.pk, run.fence, RunEnd(outcome="engine_error"))
        states.append(state(entry))
    assert states == [EntryState.WAITING, EntryState.WAITING, EntryState.FAILED]


def test_an_entry_whose_scoring_failed_is_scored(make_entry, messages, organiser):
    entry = make_entry(
        columns={"state": "failed", "attempts": 3, "announcements": 7, "reason": "Our side failed"}
    )

    with messages() as sent:
        requeue_entry(entry=entry, actor=Actor.of(organiser))

    assert sent == [("submissions.score", entry.pk)]
    entry.refresh_from_db()
    assert (entry.state, entry.attempts) == (EntryState.SCORING, 0)
    score.apply(args=[entry.pk], task_id="again")
    assert state(entry) == EntryState.SCORED


def test_a_submission_whose_check_failed_is_checked(make_submission, messages, organiser):
    submission = make_submission(state=SubmissionState.FAILED, attempts=3)

    with messages() as sent:
        requeue_submission(submission=submission, actor=Actor.of(organiser))

    assert sent == [("submissions.check", submission.pk)]
    check.apply(args=[submission.pk], task_id="again")
    assert state(submission) == SubmissionState.ACCEPTED
    assert submission.entries.count() == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "rejected"}, {"state": "waiting"}, {"state": "running"}, {"state": "cancelled"},
        {"withdrawn_at": timezone.now()},
    ],
)  # fmt: skip
def test_what_is_no_failure_of_ours_is_left_alone(make_failed, organiser, columns):
    entry = make_failed()
    Entry.objects.filter(pk=entry.pk).update(**columns, attempts=2)

    with pytest.raises(ValidationError):
        requeue_entry(entry=entry, actor=Actor.of(organiser))

    assert state(entry) == columns.get("state", "failed")
    assert entry.attempts == 2
    assert not entry.changes.exists()


@pytest.mark.parametrize("known", ["refused", "accepted", "checking"])
def test_a_submission_that_did_not_fail_is_left_alone(make_submission, organiser, known):
    submission = make_submission(state=known, attempts=1)

    with pytest.raises(ValidationError, match=f"this submission is {known}"):
        requeue_submission(submission=submission, actor=Actor.of(organiser))

    submission.refresh_from_db()
    assert (submission.state, submission.attempts) == (known, 1)


def test_a_quarantined_image_and_removed_files_are_named(make_failed, make_submission, organiser):
    entry = make_failed()
    image_row(quarantined_at=timezone.now())
    submission = make_submission(state=SubmissionState.FAILED)
    submission.files.all().delete()

    with pytest.raises(ValidationError, match="in quarantine"):
        requeue_entry(entry=entry, actor=Actor.of(organiser))
    with pytest.raises(ValidationError, match="files have been removed"):
        requeue_submission(submission=submission, actor=Actor.of(organiser))


def test_a_node_that_reports_late_changes_nothing(make_failed, organiser):
    entry = make_failed(runs=1)
    late = Run.objects.get()

    requeue_entry(entry=entry, actor=Actor.of(organiser))

    with pytest.raises(RunRefused):
        reporting.heartbeat(late.node, late.pk, late.fence, SignOfLife("running", 1, 5, None))
    with pytest.raises(RunRefused):
        reporting.finish(late.node, late.pk, late.fence, RunEnd(outcome="ok", done=5))
    assert state(entry) == EntryState.WAITING
    assert claims.claim(node_row("next"), CPU).fence > late.fence


def test_a_worker_that_comes_back_late_changes_nothing(make_entry, organiser):
    entry = make_entry()
    held = work.claim(Entry, entry.pk, owner="slow")
    Entry.objects.filter(pk=entry.pk).update(state="failed", claimed_by="", attempts=3)
    requeue_entry(entry=entry, actor=Actor.of(organiser))
    work.claim(Entry, entry.pk, owner="new")

    assert not work.finish(held, to=EntryState.FAILED, owner="slow")
    assert state(entry) == EntryState.SCORING


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rival", ["requeue", "withdraw", "claim"])
def test_races_have_one_winner(
    require_service, make_failed, organiser, team, alice, at_once, rival
):
    require_service("postgresql")
    from submissions.services import choosing

    entry = make_failed(runs=1)
    nodes = [node_row(f"claims-{number}") for number in range(4)]

    def act(number):
        if rival == "withdraw" and number == 0:
            choosing.withdraw(entry=Entry.objects.get(pk=entry.pk), actor=organiser)
            return False
        if rival == "claim" and number > 1:
            claims.claim(nodes[number], CPU)
            return False
        try:
            requeue_entry(entry=Entry.objects.get(pk=entry.pk), actor=Actor.of(organiser))
        except ValidationError:
            return False
        return True

    done = at_once(4, act)

    entry.refresh_from_db()
    assert sum(done) <= 1
    assert entry.changes.filter(old="failed").exclude(new="failed").count() == sum(done)
    if rival == "withdraw":
        assert entry.withdrawn_at is not None
        assert entry.state in (EntryState.FAILED, EntryState.CANCELLED)
    else:
        assert sum(done) == 1
        is_running = Run.objects.filter(ended_at=None).exists()
        assert entry.state == (EntryState.RUNNING if is_running else EntryState.WAITING)


# The command ----------------------------------------------------------------------------------


def test_a_dry_run_says_all_and_changes_nothing(make_failed):
    entry = make_failed("engine_error")

    output = requeue("--all", "--dry-run")

    assert f"entry {entry.pk}: Marian on en-fr (Lexica), failed by engine_error: would be" in output
    assert "1 would be requeued, 0 skipped." in output
    assert state(entry) == EntryState.FAILED
    assert "1 requeued, 0 skipped." in requeue("--all")
    assert state(entry) == EntryState.WAITING
    assert "0 requeued, 0 skipped." in requeue("--all")


@pytest.mark.parametrize("cause", [*OURS, "scoring", "checking", "quarantine", "unknown"])
def test_a_cause_chooses_what_failed_by_it(
    make_failed, make_entry, make_submission, make_bare_test_set, cause
):
    rows = {outcome: make_failed(outcome, image=image_row(outcome)) for outcome in OURS}
    rows["unknown"] = make_failed(runs=0, image=image_row("unknown"))
    rows["quarantine"] = make_failed(image=image_row("bad", quarantined_at=timezone.now()))
    rows["scoring"] = make_entry(columns={"state": "failed"}, system="Scored")
    rows["checking"] = make_submission(state="failed", system="Checked")
    assert set(rows) == set(CAUSES)

    output = requeue("--cause", cause)

    left = {name for name, row in rows.items() if state(row) != "failed"}
    assert left == ({cause} if cause != "quarantine" else set())
    assert output.count(f"failed by {cause}") == 1


def test_what_a_quarantine_failed_is_chosen_once_that_is_lifted(make_failed):
    other = make_failed("no_gpu", image=image_row("bad"))
    entry = make_failed(image=image_row("bad", quarantined_at=timezone.now()), state="waiting")
    sweep_runs()
    image_row("bad", quarantined_at=None)  # as earlier versions did it

    requeue("--cause", "quarantine")

    assert [state(one) for one in (other, entry)] == ["failed", "waiting"]


def test_a_phase_and_numbers_choose(make_failed, make_bare_test_set, shared_task, phase):
    other_phase = type(phase).objects.create(
        shared_task=shared_task, slug="final", name="Final", opens_at=phase.opens_at
    )
    other = make_failed(test_set=make_bare_test_set(phase=other_phase, source_language="cs"))
    first, second = make_failed(), make_failed(image=image_row("second"))

    requeue("--phase", "spring/final")
    assert [state(one) for one in (other, first, second)] == ["waiting", "failed", "failed"]

    output = requeue("--entry", str(second.pk), "--entry", str(other.pk))
    assert [state(one) for one in (other, first, second)] == ["waiting", "failed", "waiting"]
    assert "1 requeued, 1 skipped." in output
    assert "this entry is waiting" in output


@pytest.mark.parametrize("later", ["waiting", "running", "scored", "rejected", "failed"])
def test_what_was_sent_again_is_passed_over_unless_it_is_named(
    make_failed, team, alice, later, stored_file
):
    entry = make_failed()
    waiting_entry(
        entry.test_set,
        team,
        alice,
        state=later,
        hypotheses=stored_file if later == "scored" else None,
    )
    is_overtaken = later in ("waiting", "running", "scored")

    output = requeue("--cause", "node_lost")

    assert ("has sent this system again" in output) is is_overtaken
    assert state(entry) == ("failed" if is_overtaken else "waiting")
    requeue("--entry", str(entry.pk))
    assert state(entry) == "waiting"


def test_a_phase_that_is_over_does_not_matter(make_failed, close_phase):
    entry = make_failed()
    close_phase()

    requeue("--entry", str(entry.pk))

    assert state(entry) == EntryState.WAITING


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Say what to requeue"),
        (["--dry-run"], "Say what to requeue"),
        (["--phase", "spring/tset"], "There is no phase spring/tset. Known: spring/test."),
        (["--phase", "spring"], "There is no phase spring"),
        (["--entry", "999999"], "There is no entry 999999"),
        (["--submission", "7", "--submission", "8"], "There is no submission 7, 8"),
        (["--cause", "bad luck"], "invalid choice"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(make_failed, arguments, words):
    entry = make_failed()

    with pytest.raises(CommandError, match=words):
        requeue(*arguments)

    assert state(entry) == EntryState.FAILED


# Pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status", "sees"),
    [("visitor", 302, None), ("alice", 403, False), ("bob", 403, False), ("charlie", 404, None),
     ("organiser", 302, True), ("owner", 302, True), ("observer", 403, False),
     ("outsider", 404, None)],
)  # fmt: skip
def test_the_button_is_for_organisers(as_role, make_failed, make_submission, role, status, sees):
    entry, submission = make_failed(), make_submission(state="failed")
    browser = as_role(role)
    for row, name in ((entry, "requeue-entry"), (submission, "requeue-submission")):
        if sees is not None:
            assert ('id="requeue"' in browser.get(row.get_absolute_url()).text) is sees

        answer = browser.post(reverse(name, args=[row.pk]))

        assert answer.status_code == status
        assert (state(row) != "failed") is (role in ("organiser", "owner"))


def test_the_page_says_what_stands_in_the_way(client, organiser, make_failed, team, alice):
    client.force_login(organiser)
    entry = make_failed()
    again = waiting_entry(entry.test_set, team, alice)
    page = client.get(entry.get_absolute_url()).text
    assert f'<a href="{again.get_absolute_url()}">entry {again.pk}' in page

    image_row(quarantined_at=timezone.now())

    assert "lift the quarantine first" in client.get(entry.get_absolute_url()).text
    answer = client.post(reverse("requeue-entry", args=[entry.pk]), follow=True)
    assert "in quarantine" in answer.text


def test_a_failed_page_does_not_poll(client, alice, make_failed):
    client.force_login(alice)

    page = client.get(make_failed().get_absolute_url()).text

    assert 'hx-trigger="every' not in page.partition('id="live"')[2].partition(">")[0]


def test_the_admin_panel_requeues_a_list(admin, make_failed, make_bare_test_set):
    failed = [make_failed(), make_failed(image=image_row("2"))]
    rejected = make_failed()
    Entry.objects.filter(pk=rejected.pk).update(state="rejected")
    address = reverse("admin:submissions_entry_changelist")
    data = {"action": "requeue", "_selected_action": [row.pk for row in (*failed, rejected)]}

    page = admin.post(address, data, follow=True).text

    assert "Requeue: 2 done." in page
    assert "this entry is rejected" in page
    assert [state(row) for row in (*failed, rejected)] == ["waiting", "waiting", "rejected"]


def test_siblings_begin_again_with_one_smoke_run(make_failed, make_bare_test_set, organiser):
    entry = make_failed()
    sibling = sibling_entry(entry, make_bare_test_set(mode="noterm"))
    Entry.objects.filter(pk=sibling.pk).update(state="failed")
    for row in (entry, sibling):
        requeue_entry(entry=row, actor=Actor.of(organiser))

    first = claims.claim(node_row("first"), CPU)

    assert first.purpose == "smoke"
    assert claims.claim(node_row("second"), CPU) is None
