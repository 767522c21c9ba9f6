"""What people see of nodes and runs: the status page, an entry's panel, logs."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from files import storage
from nodes.models import Run
from nodes.pages import logs
from nodes.pages.panel import facts, of_entry
from nodes.runs import queue
from sharedtasks.models import Phase
from sharedtasks.policy import Role, Viewer
from tests.integration.image_rows import sibling_entry
from tests.integration.node_rows import image_row, node_row, run_row, waiting_entry

pytestmark = pytest.mark.django_db

ROLES = ["visitor", "alice", "bob", "charlie", "organiser", "observer", "outsider"]
UNSEEN = "\N{REPLACEMENT CHARACTER}"


@pytest.fixture
def make_waiting(make_bare_test_set, team, alice):
    """Return a function that makes a waiting entry."""
    test_set = make_bare_test_set()

    def make(**options):
        return waiting_entry(test_set, team, alice, **options)

    return make


@pytest.fixture
def panel(rf):
    """Return a function that renders the tag as an entry's page does."""

    def render(entry, user):
        request = rf.get("/")
        request.user = user
        template = Template("{% load runs %}{% run_panel entry %}")
        return template.render(Context({"request": request, "entry": entry}))

    return render


@pytest.fixture
def rf():
    return RequestFactory()


def log_of(content):
    return storage.put(BytesIO(content), max_bytes=10**6)


# The status page --------------------------------------------------------------------------


def test_the_status_page_of_an_empty_site_says_that_there_are_no_nodes(client):
    response = client.get(reverse("status"))

    assert response.status_code == 200
    assert "Nodes are not configured on this site" in response.text
    assert "No system waits for a node." in response.text


def test_the_status_page_counts_and_names_nobody(client, make_waiting):
    make_waiting()
    make_waiting(needs_gpu=True)
    make_waiting(needs_gpu=True)
    make_waiting(image=image_row("bad", quarantined_at=timezone.now()))
    busy, drained = node_row("secret-name"), node_row("other-name", drained_at=timezone.now())
    node_row("gone-name", seen=121)
    node_row("revoked-name", revoked_at=timezone.now())
    run_row(make_waiting(state="running"), busy)

    text = client.get(reverse("status")).text

    found = re.findall(r'scope="row">([^<]+)</th><td class="number">(\d+)<', text)
    assert dict(found) == {
        "Systems waiting for a node": "1",
        "Systems waiting for a node with a GPU": "2",
        "Systems running": "1",
        "Uploads being checked": "0",
        "Entries being scored": "0",
        "Online": "2",
        "with a GPU": "0",
        "busy": "1",
        "drained (get no new work)": "1",
        "In trouble (get no work until their own check passes)": "0",
        "Offline": "1",
    }
    assert "No GPU node is there at the moment." in text
    for name in (busy.name, drained.name, "Lexica", "Marian", "en-fr"):
        assert name not in text


@pytest.mark.parametrize("role", ["visitor", "alice", "organiser"])
def test_only_organisers_read_which_nodes_are_in_trouble_and_why(client, request, role):
    reason = "its engine does not run <the> known good image"
    node_row("sick-1", failing_since=timezone.now(), failing_reason=reason)
    node_row("fine-1")
    if role != "visitor":
        client.force_login(request.getfixturevalue(role))

    text = client.get(reverse("status")).text

    assert "In trouble (get no work until their own check passes)" in text
    shown = ("sick-1" in text, "does not run &lt;the&gt; known" in text, "fine-1" in text)
    assert shown == (role == "organiser", role == "organiser", False)


def test_the_status_page_asks_at_most_four_questions(client, make_waiting):
    for _ in range(3):
        make_waiting()
    for number in range(5):
        node_row(f"node-{number}")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(reverse("status"))

    assert len(queries) <= 4


def test_the_status_page_is_swapped_only_when_something_has_changed(client, make_waiting):
    page = client.get(reverse("status")).text
    address = page.split('hx-get="')[1].split('"')[0]

    unchanged = client.get(address, headers={"HX-Request": "true"})
    make_waiting()
    changed = client.get(address, headers={"HX-Request": "true"})

    assert unchanged.status_code == 204
    assert changed.status_code == 200
    assert changed.text.lstrip().startswith("<div id")


def test_the_status_page_is_for_reading_and_every_page_leads_to_it(client):
    assert client.post(reverse("status")).status_code == 405
    assert f'href="{reverse("status")}"' in client.get("/").text


# The queue --------------------------------------------------------------------------------


def test_an_entry_counts_those_of_its_kind_before_it(make_waiting):
    node_row()
    first, gpu, second = make_waiting(), make_waiting(needs_gpu=True), make_waiting()
    make_waiting(withdrawn_at=timezone.now())
    third = make_waiting()

    places = [queue.place(one) for one in (first, second, third, gpu)]

    assert [(one.position, one.length) for one in places] == [(1, 3), (2, 3), (3, 3), (1, 1)]


def test_an_estimate_is_the_median_run_times_those_before_over_the_nodes(make_waiting):
    nodes = [node_row("a"), node_row("b")]
    for seconds in (10, 20, 600):
        run_row(make_waiting(state="failed"), nodes[0], outcome="ok", wall_time=seconds)
    run_row(make_waiting(state="failed"), nodes[0], outcome="crashed", wall_time=1)
    entries = [make_waiting() for _ in range(4)]

    seconds = [queue.place(one).seconds for one in entries]

    assert seconds == [0, 10, 20, 30]


def test_nothing_is_estimated_without_runs_or_without_nodes(make_waiting):
    _, second = make_waiting(), make_waiting()

    assert queue.place(second).seconds is None
    node_row()
    assert queue.place(second).seconds is None


@pytest.mark.parametrize(
    ("nodes", "needs_gpu", "expected"),
    [
        ([], True, "Nodes are not configured on this site. The organisers have to add one."),
        ([{"seen": None}], False, "No node is there at the moment."),
        ([{"seen": 121}], False, "No node is there at the moment."),
        ([{}], False, ""),
        ([{"seen": 100}], False, ""),
        (
            [{}],
            True,
            "No GPU node is there at the moment. Those without a GPU can't run this system.",
        ),
        ([{"gpus": ["0"]}], True, ""),
        ([{"gpus": ["0"]}], False, ""),
        (
            [{"gpus": ["0"], "takes_cpu_work": False}],
            False,
            "The nodes that are there at the moment are kept for systems that need a GPU.",
        ),
        (
            [{"memory": 2**36 - 1}],
            False,
            "No node that is there has the 64 GB of memory that a run of this phase may take. "
            "The organisers have to add one, or to lower the phase's limit.",
        ),
        (
            [{"drained_at": timezone.now()}],
            False,
            "No node takes new work at the moment: the organisers are at it.",
        ),
        (
            [{"failing_since": timezone.now()}],
            False,
            "No node is fit for work at the moment. Each gets no work until its own check passes. "
            "The organisers can see why.",
        ),
        ([{"failing_since": timezone.now()}, {}], False, ""),
        (
            [{"gpus": ["0"], "drained_at": timezone.now()}, {}],
            True,
            "No GPU node takes new work at the moment: the organisers are at it.",
        ),
    ],
)
def test_it_says_why_nothing_moves(make_waiting, nodes, needs_gpu, expected):
    entry = make_waiting(needs_gpu=needs_gpu)
    for number, columns in enumerate(nodes):
        node_row(f"node-{number}", **columns)

    assert queue.place(entry).why_not == expected


def test_what_does_not_wait_has_no_place(make_waiting):
    assert queue.place(make_waiting(state="running")) is None


def test_facts_change_with_the_place_and_with_the_run(make_waiting):
    first, second = make_waiting(), make_waiting()
    node, organiser = node_row(), Viewer(roles={second.phase.shared_task_id: Role.ORGANISER})

    def read_facts():
        return facts(of_entry(second, organiser, timezone.now()))

    seen = [read_facts()]

    type(first).objects.filter(pk=first.pk).update(state="cancelled")
    seen.append(read_facts())
    second.state = "running"
    run = run_row(second, node)
    seen.append(read_facts())
    Run.objects.filter(pk=run.pk).update(done=3)
    seen.append(read_facts())

    assert len({repr(one) for one in seen}) == 4
    assert read_facts() == read_facts()


# The panel --------------------------------------------------------------------------------


def test_the_panel_shows_place_and_reason_while_an_entry_waits(make_waiting, panel, alice):
    make_waiting(needs_gpu=True)
    text = " ".join(panel(make_waiting(needs_gpu=True), alice).split())

    assert "It is number 2 of 2 among the systems that wait for a node with a GPU." in text
    assert "Nodes are not configured" in text
    assert "hx-get=" in text


def test_the_panel_shows_how_far_a_run_is(make_waiting, panel, alice):
    entry = make_waiting(state="running")
    columns = {"stage": "running", "done": 3, "memory": 3 * 1024**3, "attempt": 2}
    run_row(entry, node_row("gpu-1"), **columns)

    text = " ".join(panel(entry, alice).split())

    assert "3 of 10 segments" in text
    assert '<progress max="10" value="3"' in text
    assert "<dd>2</dd>" in text
    assert "<dd>gpu-1</dd>" in text
    assert "<dd>3.0 GB</dd>" in text


def test_the_panel_of_what_has_ended_asks_no_more(make_waiting, panel, alice):
    entry = make_waiting(state="rejected")
    problem = {"severity": "error", "message": "No <b>.", "line": 7, "segment": None}
    run_row(
        entry, node_row(), outcome="bad_output", message="Not what the contract asks for.",
        problems=[problem], problem_count=3, wall_time=75.4, peak_memory=5 * 1024**2,
        notes=["Fewer CPUs."], detail="the engine's own words",
    )  # fmt: skip

    text = " ".join(panel(entry, alice).split())

    for said in ("bad output", "Not what the contract asks for.", "No &lt;b&gt;.", "Fewer CPUs."):
        assert said in text
    assert "and 2 more" in text
    assert "1 min 15 s" in text
    assert "5 MB" in text
    assert "hx-get" not in text
    assert "the engine&#x27;s own words" not in text


def test_organisers_read_the_engines_words(make_waiting, panel, organiser):
    entry = make_waiting(state="failed")
    run_row(entry, node_row(), outcome="engine_error", detail="no space left on device")

    assert "no space left on device" in panel(entry, organiser)


def test_nothing_is_shown_of_an_entry_of_outputs(make_entry, panel, alice):
    assert "<h2>" not in panel(make_entry(), alice)


def test_the_panel_shows_the_submissions_own_smoke_run_of_the_pair_and_no_other(
    make_waiting, make_bare_test_set, panel, alice, other_team, charlie
):
    first = make_waiting()
    other = make_bare_test_set(mode="noterm")
    sibling = sibling_entry(first, other)
    again = waiting_entry(other, first.team, alice)
    theirs = waiting_entry(other, other_team, charlie)
    run_row(first, node_row("smoke-node"), purpose="smoke", segments=5, done=5, outcome="ok")

    assert "smoke-node" in panel(sibling, alice)
    assert "smoke-node" not in panel(again, alice)
    assert "smoke-node" not in panel(theirs, charlie)


def test_the_panel_asks_for_itself_and_is_told_when_nothing_has_changed(
    make_waiting, panel, client, alice, charlie
):
    entry = make_waiting()
    address = panel(entry, alice).split('hx-get="')[1].split('"')[0]
    client.force_login(alice)

    unchanged = client.get(address)
    run_row(entry, node_row())
    type(entry).objects.filter(pk=entry.pk).update(state="running")
    changed = client.get(address)
    client.force_login(charlie)
    stranger = client.get(address)

    assert unchanged.status_code == 204
    assert changed.status_code == 200
    assert "<progress" in changed.text
    assert "<html" not in changed.text
    assert stranger.status_code == 404


# Logs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purpose", "hours", "expected"),
    [
        ("smoke", None, (302, 200, 200, 404, 200, 200, 404)),
        ("test", None, (302, 404, 404, 404, 200, 200, 404)),
        ("test", 1, (302, 404, 404, 404, 200, 200, 404)),
        ("test", -1, (302, 200, 200, 404, 200, 200, 404)),
    ],
)
def test_who_reads_which_log_from_when_on(
    make_waiting, client, request, phase, panel, purpose, hours, expected
):
    if hours is not None:
        at = timezone.now() + timedelta(hours=hours)
        Phase.objects.filter(pk=phase.pk).update(logs_at=at)
    entry = make_waiting(state="rejected")
    log = log_of(b"loading weights")
    run = run_row(entry, node_row(), purpose=purpose, outcome="crashed", log=log)
    entry.refresh_from_db()
    statuses = []
    for role in ROLES:
        client.logout()
        if role != "visitor":
            user = request.getfixturevalue(role)
            client.force_login(user)
            if role not in ("charlie", "outsider"):
                shown = "loading weights" in panel(entry, user)
                assert shown == (expected[ROLES.index(role)] == 200)
        response = client.get(reverse("run-log", args=[run.pk]))
        b"".join(response)
        statuses.append(response.status_code)

    assert tuple(statuses) == expected


@pytest.mark.parametrize("name", ["run-log", "entry-runs"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_these_addresses_are_for_reading(client, alice, name, method):
    client.force_login(alice)

    assert getattr(client, method)(reverse(name, args=[1])).status_code == 405


def test_a_log_is_given_as_text_that_does_no_harm(make_waiting, client, alice):
    log = log_of(b"\x1b[31mred\x00\r\n\xff\xe2\x80\xae<script>\n50%\r100%\n\xe2\x82")
    run = run_row(
        make_waiting(state="rejected"), node_row(), purpose="smoke", outcome="crashed", log=log
    )
    client.force_login(alice)

    response = client.get(reverse("run-log", args=[run.pk]))
    text = b"".join(response).decode()

    assert text == f"{UNSEEN}[31mred{UNSEEN}\n{UNSEEN}{UNSEEN}<script>\n50%\n100%\n{UNSEEN}"
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="run-{run.pk}.log"'
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_run_without_a_log_has_none_to_give(make_waiting, client, alice):
    run = run_row(make_waiting(state="rejected"), node_row(), purpose="smoke", outcome="crashed")
    client.force_login(alice)

    assert client.get(reverse("run-log", args=[run.pk])).status_code == 404


@pytest.mark.parametrize(
    ("content", "length", "expected"),
    [
        ("", 5, ""),
        ("abc", 5, "abc"),
        ("one\ntwo\nthree\n", 9, "three\n"),  # from the beginning of a line on
        ("abcdefgh", 3, "fgh"),  # one line
    ],
)
def test_the_end_of_a_log(db, content, length, expected):
    assert logs.ending(log_of(content.encode()), length) == expected


def test_an_entrys_page_shows_its_runs(make_waiting, client, alice):
    entry = make_waiting(state="running")
    run_row(entry, node_row(), stage="running", done=3)
    client.force_login(alice)

    text = client.get(entry.get_absolute_url()).text

    assert text.count('id="runs"') == 1
    assert "3 of 10 segments" in text
