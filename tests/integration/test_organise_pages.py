"""The organisers' start page and the first page of a task: what they say, and to whom."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership, Team
from audit.actions import Action
from audit.models import AuditEvent
from nodes.models import Node
from sharedtasks.models import DateChange, Organiser, Phase, SharedTask
from submissions.models import Entry, StateChange, Submission, SubmittedFile, Verdict
from submissions.states import ChangeKind
from tests.integration.conftest import give_role
from tests.integration.node_rows import image_row, node_row, run_row, waiting_entry

pytestmark = pytest.mark.django_db

MOST_QUERIES = 14
INLINE = re.compile(r"</?(bdi|time)[^>]*>")
TAG = re.compile(r"<[^>]*>")


def read(response):
    """Return the words of a page, with single spaces."""
    return " ".join(TAG.sub(" ", INLINE.sub("", response.text)).split())


@pytest.fixture
def bare(make_bare_test_set):
    return make_bare_test_set()


@pytest.fixture
def unverified(alice):
    return Team.objects.create(name="Velvet Comma", slug="velvet-comma")


@pytest.fixture
def add(bare, team, alice, stored_file):
    """Return a function that makes an entry, of outputs that fit."""

    def add(system="Marian", *, team=team, test_set=bare, **columns):
        submission = Submission.objects.create(
            team=team, member=alice, phase=test_set.phase, system=system, state="accepted"
        )
        values = {"state": "scored", "hypotheses": stored_file, "reason": ""} | columns
        return Entry.objects.create(
            submission=submission, team=team, test_set=test_set, system=system, **values
        )

    return add


@pytest.fixture
def refuse(bare, team, alice):
    """Return a function that makes a refused file for a test set, or for none."""

    def refuse(test_set):
        submission = Submission.objects.create(
            team=team, member=alice, phase=bare.phase, system="Marian", state="refused"
        )
        Verdict.objects.create(submission=submission, position=0, test_set=test_set, errors=1)

    return refuse


@pytest.fixture
def busy(add, refuse, bare, unverified, alice, shared_task, owner):
    """A phase in which there is something of everything; its owner takes part."""
    Membership.objects.create(team=unverified, user=owner)
    for state in ("failed", "rejected", "scoring", "cancelled", "scored"):
        add(state=state, reason=f"it {state}")
    add("Withdrawn", withdrawn_at=timezone.now())
    add("Primary", is_primary=True)
    add("Theirs", team=unverified, is_primary=True)
    refuse(bare)
    refuse(None)
    lost = Submission.objects.create(
        team=unverified, member=alice, phase=bare.phase, system="Lost", state="failed"
    )
    SubmittedFile.objects.create(submission=lost, name="a.txt", position=0)
    run_row(waiting_entry(bare, unverified, alice, state="running"), node_row("node-a"))
    node_row("node-b", drained_at=timezone.now(), drain_reason="two engine errors")


# The first page of a task -----------------------------------------------------------------


def test_each_file_has_one_fate_so_the_numbers_add_up(as_role, busy):
    context = as_role("owner").get("/organise/spring/").context
    funnels, total = context["funnels"], context["total"]

    assert [(one.label, one.uploaded, one.checked, one.scored, one.ranked) for one in funnels] == [
        ("en-fr", 10, 9, 3, 1),
        ("no test set", 1, 0, 0, 0),
    ]
    assert (total.uploaded, total.checked, total.scored, total.ranked) == (11, 9, 3, 1)
    lost = dict(total.losses)
    assert total.checked == total.uploaded - lost["refused"]
    assert total.scored == total.checked - sum(
        lost[fate] for fate in ("failed", "rejected", "unfinished", "cancelled", "withdrawn")
    )
    assert total.ranked == total.scored - lost["contrastive"] - lost["of unverified teams"]


def test_it_says_what_needs_a_person_and_what_machines_do(as_role, busy):
    words = read(as_role("owner").get("/organise/spring/"))

    assert "Needs you: 2 failed on our side · node-b is drained · 1 team waits" in words
    assert "You also take part (Velvet Comma)." in words
    assert "it failed" in words
    assert "it rejected" not in words  # the team's own mistake
    assert re.search(r"node-a busy \d+ Marian, en-fr: 0 of 10 segments", words)
    assert "node-b drained two engine errors, since" in words
    assert "Waiting for a node 0 · running 1 · being scored 1" in words


def test_an_observer_reads_the_same_and_is_offered_nothing(as_role, busy):
    response = as_role("observer").get("/organise/spring/")

    assert "it failed" in response.text
    assert "You are an observer." in response.text
    main = response.text.partition("<main")[2]
    assert not re.search("<(form|input|button)", main)
    assert "Drain…" not in main


def test_a_run_of_another_task_is_not_described(as_role, busy, make_bare_test_set, alice, team):
    other = SharedTask.objects.create(state="announced", slug="autumn", name="Autumn")
    phase = Phase.objects.create(
        state="announced", shared_task=other, slug="test", name="Test", opens_at=timezone.now()
    )
    elsewhere = waiting_entry(make_bare_test_set(phase=phase), team, alice, state="running")
    Entry.objects.filter(pk=elsewhere.pk).update(system="Secret system")
    run_row(elsewhere, node_row("node-c"))

    response = as_role("owner").get("/organise/spring/")

    assert "Secret system" not in response.text
    assert "node-c busy a run of another shared task" in read(response)


def test_dates_stand_on_three_clocks(as_role, phase, owner):
    opens = timezone.now().replace(year=2026, month=7, day=13, hour=12, minute=0)
    Phase.objects.update(opens_at=opens, closes_at=None, own_scores_at=None)
    owner.time_zone = "Asia/Seoul"
    owner.save()

    words = read(as_role("owner").get("/organise/spring/"))

    opened = "Mon 13 Jul 2026, 00:00 Mon 13 Jul 2026, 12:00 Mon 13 Jul 2026, 21:00"
    assert opened in words
    assert "so only organisers see these: own scores, logs of runs, outputs and references" in words


def test_a_moved_date_and_a_pause_are_told(as_role, phase, owner):
    before = phase.closes_at - timedelta(days=2)
    DateChange.objects.create(
        phase=phase, field="closes_at", old=before, new=phase.closes_at, actor="owner", at=before
    )
    Phase.objects.update(paused_at=timezone.now(), pause_reason="Storage is being moved.")

    words = read(as_role("owner").get("/organise/spring/"))

    assert "Test phase · paused" in words
    assert "Submissions are paused since" in words
    assert "Closes in 59 min moved from" in words


def test_a_phase_is_chosen_by_its_address(as_role, shared_task, phase):
    Phase.objects.create(
        state="announced",
        shared_task=shared_task,
        slug="post",
        name="Later phase",
        opens_at=timezone.now(),
    )
    client = as_role("owner")

    chosen = client.get("/organise/spring/?phase=post").context["phase"]

    assert chosen.name == "Later phase"
    assert client.get("/organise/spring/?phase=nothing").status_code == 404


def test_a_task_without_phases_and_a_phase_without_anything_have_a_page(as_role, shared_task):
    client = as_role("owner")
    assert "This task has no phase yet." in read(client.get("/organise/spring/"))

    Phase.objects.create(
        state="announced",
        shared_task=shared_task,
        slug="test",
        name="Test",
        opens_at=timezone.now(),
    )
    assert "Nothing has been sent to this phase yet." in read(client.get("/organise/spring/"))


# Requeueing -------------------------------------------------------------------------------


def test_what_is_ticked_begins_again_and_its_team_reads_why(as_role, busy, organiser):
    failed = Entry.objects.get(state="failed")
    lost = Submission.objects.get(state="failed")
    ticks = [f"entry-{failed.pk}", f"submission-{lost.pk}"]

    response = as_role("organiser").post(
        "/organise/spring/requeue", {"row": ticks, "reason": "A disk was full."}, follow=True
    )

    assert "2 requeued." in response.text
    failed.refresh_from_db()
    lost.refresh_from_db()
    assert (failed.state, lost.state) == ("scoring", "checking")
    changes = StateChange.objects.filter(kind=ChangeKind.REQUEUED)
    assert {(change.reason, change.actor) for change in changes} == {
        ("A disk was full.", organiser)
    }
    events = AuditEvent.objects.filter(action=Action.REQUEUED, task="spring", actor=organiser)
    assert [event.reason for event in events] == ["A disk was full."] * 2


def test_what_has_changed_meanwhile_is_left_out_and_said(as_role, add):
    rows = [add("First", state="failed"), add("Second", state="failed")]
    Entry.objects.filter(pk=rows[1].pk).update(withdrawn_at=timezone.now())
    ticks = [f"entry-{row.pk}" for row in rows]

    response = as_role("owner").post(
        "/organise/spring/requeue", {"row": ticks, "reason": "A disk was full."}, follow=True
    )

    assert f"1 of 2 requeued. Left out: {rows[1].pk} Second: It has been withdrawn." in read(
        response
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"reason": "A disk was full."}, "Tick what is to be requeued."),
        ({"row": "entry-{pk}", "reason": " "}, "This field is required."),
    ],
)
def test_a_form_that_is_not_complete_says_so_and_keeps_its_ticks(data, problem, as_role, add):
    entry = add(state="failed")
    filled = {name: value.format(pk=entry.pk) for name, value in data.items()}

    response = as_role("owner").post("/organise/spring/requeue", filled)

    assert response.status_code == 422
    assert problem in response.text
    assert 'href="?' not in response.text  # a link that this address does not answer
    assert (" checked>" in response.text) == ("row" in data)


@pytest.mark.parametrize("tick", ["entry-{pk}", "entry-0x1", "entry-" + "9" * 18, "submission-1"])
def test_nothing_of_another_task_is_requeued(tick, as_role, outsider, add):
    entry = add(state="failed")

    as_role("outsider").post(
        "/organise/other/requeue", {"row": tick.format(pk=entry.pk), "reason": "A disk was full."}
    )

    entry.refresh_from_db()
    assert entry.state == "failed"


def test_what_its_image_keeps_from_running_has_no_tick(as_role, bare, team, alice, operator):
    image = image_row(quarantined_at=timezone.now(), nodes_lost=3)
    waiting_entry(bare, team, alice, image=image, state="failed")
    give_role(operator, bare.phase.shared_task)

    organisers, operators = (
        as_role(role).get("/organise/spring/").text for role in ("owner", "operator")
    )

    assert "Its image is in quarantine" in organisers
    assert 'name="row"' not in organisers
    assert "Lift the quarantine…" not in organisers
    assert f'href="/organise/images/{image.pk}/lift-quarantine"' in operators


# Nodes ------------------------------------------------------------------------------------


def test_superusers_drain_a_node_and_give_it_work_again_after_a_question(as_role, db, operator):
    node = node_row("node-a")
    client = as_role("operator")

    for action, question in (("drain", "Drain node-a?"), ("undrain", "Give node-a work again?")):
        assert question in client.get(f"/organise/nodes/node-a/{action}").text
        assert (Node.objects.get(pk=node.pk).drained_at is None) == (action == "drain")
        client.post(f"/organise/nodes/node-a/{action}")
        assert (Node.objects.get(pk=node.pk).drained_at is None) == (action == "undrain")
    assert list(read_events(operator)) == [Action.DRAINED, Action.UNDRAINED]


def test_superusers_lift_a_quarantine_after_a_question(as_role, bare, team, alice, operator):
    image = image_row(quarantined_at=timezone.now(), nodes_lost=3)
    entry = waiting_entry(bare, team, alice, image=image, state="failed")
    StateChange.objects.create(
        entry=entry, old="waiting", new="failed", kind=ChangeKind.QUARANTINED
    )
    client, address = as_role("operator"), f"/organise/images/{image.pk}/lift-quarantine"

    assert "It silenced 3 nodes." in client.get(address).text
    response = client.post(address, follow=True)

    assert "The image runs again; 1 entry waits" in response.text
    entry.refresh_from_db()
    assert entry.state == "waiting"
    assert list(read_events(operator)) == [Action.QUARANTINE_LIFTED, Action.REQUEUED]


def read_events(actor):
    """Return what the log says that somebody did, in order."""
    return AuditEvent.objects.filter(actor=actor).order_by("pk").values_list("action", flat=True)


# The start page ---------------------------------------------------------------------------


def test_it_lists_what_needs_a_person_in_the_readers_tasks(as_role, busy):
    response = as_role("owner").get("/organise/")

    items = [(item.count, item.label) for item in response.context["items"]]
    assert items == [
        (2, "Entries and uploads failed on our side"),
        (1, "Node gets no work (drained): node-b"),
        (1, "Team waits to be verified"),
    ]
    assert "oldest: Velvet Comma, less than a minute" in response.text
    assert "their 1 scored primary entry has no rank" in response.text


def test_an_observer_is_not_asked_to_do_anything(as_role, busy):
    response = as_role("observer").get("/organise/")

    assert response.context["items"] == []
    assert "Spring edition announced observer Test phase, closes in 59 min" in read(response)


def test_tasks_of_others_and_their_needs_are_not_there(as_role, busy):
    response = as_role("outsider").get("/organise/")

    assert "Spring" not in response.text
    assert "Other task" in response.text


def test_superusers_act_on_nodes_from_there(as_role, busy, operator):
    text = as_role("operator").get("/organise/").text

    assert "You organise no shared task yet." in text
    assert 'href="/organise/nodes/node-b/undrain"' in text


def test_the_next_dates_are_those_ahead_and_a_draft_does_not_open(as_role, phase, outsider):
    Organiser.objects.create(user=outsider, shared_task=phase.shared_task, role="observer")
    Phase.objects.create(
        state="announced",
        shared_task=SharedTask.objects.get(slug="other"),
        slug="dev",
        name="Development",
        opens_at=timezone.now() + timedelta(days=40),
    )

    response = as_role("outsider").get("/organise/")

    assert [date.sentence for date in response.context["dates"]] == [
        "Test phase closes",
        "Development opens",
    ]
    assert "a draft does not open" in response.text


# Work -------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/organise/", "/organise/spring/"])
def test_the_work_does_not_grow_with_test_sets(
    address, as_role, busy, add, make_bare_test_set, django_assert_max_num_queries
):
    client = as_role("owner")
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        client.get(address)
    for language in ("de", "es", "it", "ko", "zh"):
        test_set = make_bare_test_set(target_language=language)
        for state in ("scored", "failed", "scoring"):
            add(test_set=test_set, state=state)

    with django_assert_max_num_queries(len(few)):
        client.get(address)
