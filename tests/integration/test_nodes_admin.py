"""The admin's side of nodes: tokens shown once, drained and revoked nodes, images let out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from nodes.models import Node
from nodes.protocol import tokens
from nodes.runs import quarantine
from submissions.models import Entry
from tests.integration.actors import OPERATOR
from tests.integration.node_rows import image_row, node_row, run_row, waiting_entry

pytestmark = pytest.mark.django_db

NODES = "/admin/nodes/node/"
IMAGES = "/admin/images/image/"


@pytest.fixture
def run(make_bare_test_set, team, alice):
    entry = waiting_entry(make_bare_test_set(), team, alice, state="running")
    return run_row(entry, node_row("gpu-1", gpus=["0"]), done=3, detail="the engine's own words")


def act(client, address, action, *rows):
    fields = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(address, fields, follow=True)


def test_a_new_nodes_token_is_shown_once_and_kept_nowhere(admin, caplog):
    response = admin.post(f"{NODES}add/", {"name": "gpu-1", "takes_cpu_work": "on"})

    token = re.search(r"<code>([\w-]{43})</code>", response.text)[1]
    node = tokens.node_of(token)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert node.name == "gpu-1"
    assert token not in {str(value) for value in vars(node).values()}
    assert token not in admin.get(NODES).text + admin.get(f"{NODES}{node.pk}/change/").text
    assert token not in caplog.text + str(admin.cookies)


def test_two_nodes_are_never_called_the_same(admin):
    node_row("gpu-1")

    response = admin.post(f"{NODES}add/", {"name": "gpu-1"})

    assert Node.objects.count() == 1
    assert "already exists" in response.text


def test_a_change_leaves_name_and_token_as_they_are(admin):
    node = node_row("gpu-1")

    admin.post(f"{NODES}{node.pk}/change/", {"name": "other", "takes_cpu_work": ""})

    changed = Node.objects.get()
    assert (changed.name, changed.token_hash) == ("gpu-1", node.token_hash)
    assert not changed.takes_cpu_work


def test_the_list_shows_what_a_node_is_at(admin, run):
    text = admin.get(NODES).text

    assert f"{run.pk}: 3 of 10" in text


def test_drained_nodes_are_given_work_again_as_if_nothing_had_been(admin):
    node, other = node_row("a", failures=2), node_row("b")

    act(admin, NODES, "drain", node)
    drained = Node.objects.get(pk=node.pk)
    act(admin, NODES, "undrain", node, other)

    node.refresh_from_db()
    assert drained.drained_at is not None
    assert drained.drain_reason == "by operator"
    assert (node.drained_at, node.drain_reason, node.failures) == (None, "", 0)


def test_the_list_says_in_words_what_is_wrong_with_a_node(admin):
    now = timezone.now()
    node_row("sick", failing_since=now, failing_reason="its folder is full")
    node_row("loop", restarts=4, not_before=now + timedelta(seconds=20))
    node_row("busy", process_id=32 * "a", process_host="gpu-a", process_pid=7, process_since=now)

    text = admin.get(NODES).text
    page = admin.get(reverse("admin:nodes_node_change", args=[Node.objects.get(name="busy").pk]))

    assert "its folder is full (it gets no work until its own check passes)" in text
    assert "restarted 4 times during a run; it waits for" in text
    assert "7 on gpu-a, since" in page.text


def test_a_revoked_token_opens_nothing(admin):
    node, token = tokens.add_node("gpu-1", actor=OPERATOR)

    response = act(admin, NODES, "revoke", node)

    assert "Revoked now: 1." in response.text
    assert tokens.node_of(token) is None


def test_a_node_is_not_deleted(admin):
    node = node_row()

    assert admin.post(f"{NODES}{node.pk}/delete/", {"post": "yes"}).status_code == 403


def test_runs_are_there_to_read(admin, run):
    address = reverse("admin:nodes_run_change", args=[run.pk])

    assert admin.get("/admin/nodes/run/?purpose__exact=test").text.count("gpu-1") >= 1
    assert "the engine&#x27;s own words" in admin.get(address).text
    assert admin.post(address, {"detail": "nothing"}).status_code == 403


def test_an_image_is_let_out_of_quarantine(admin, make_bare_test_set, team, alice, operator):
    image = image_row(quarantined_at=timezone.now(), nodes_lost=3)
    entry = waiting_entry(make_bare_test_set(), team, alice)
    quarantine.fail_waiting(Entry.objects.all())

    response = act(admin, IMAGES, "lift_quarantine", image)

    image.refresh_from_db()
    assert "Out of quarantine now: 1. Entries that wait again: 1." in response.text
    assert entry.changes.get(kind="requeued").actor == operator
    assert (image.quarantined_at, image.nodes_lost) == (None, 0)


@pytest.mark.parametrize("address", [NODES, "/admin/nodes/run/", IMAGES])
def test_they_are_for_organisers_alone(client, alice, address):
    client.force_login(alice)

    assert client.get(address).status_code == 302


def test_the_command_prints_a_token_that_opens(db, capsys):
    call_command("add_node", "gpu-1")

    assert tokens.node_of(capsys.readouterr().out.strip()).name == "gpu-1"


@pytest.mark.parametrize(
    ("name", "words"), [("gpu-1", "Choose another name"), ("no name", "Enter a valid")]
)
def test_the_command_refuses_a_name_that_is_taken_or_none(db, name, words):
    node_row("gpu-1")

    with pytest.raises(CommandError, match=words):
        call_command("add_node", name)
