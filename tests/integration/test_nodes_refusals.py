"""Every address of the nodes, asked by whom it is not for, and with what makes no sense."""

from __future__ import annotations

import json

import pytest

import nodes.protocol.urls
from nodes.models import Run
from tests.integration.node_rows import run_row
from tests.integration.samples import PERFECT
from tests.integration.test_nodes_protocol import (
    END,
    MACHINE,
    Speaker,
    make_image,
    make_image_entry,
)

pytestmark = pytest.mark.django_db

METHODS = {
    "node-me": "get",
    "node-claim": "post",
    "node-image": "get",
    "node-heartbeat": "post",
    "node-hypotheses": "put",
    "node-log": "put",
    "node-finish": "post",
    "node-goodbye": "post",
    "node-trial": "put",
}
OF_NO_RUN = ("node-me", "node-claim", "node-goodbye", "node-trial")
OF_A_RUN = [name for name in METHODS if name not in OF_NO_RUN]
WRITES = [name for name in OF_A_RUN if name != "node-image"]
JSON = ["node-claim", "node-heartbeat", "node-finish", "node-goodbye"]
BEAT = {"stage": "running", "done": 1, "segments": 4, "memory": 7}
FINISH = END | {"outcome": "crashed", "done": 4}
BODIES = {"node-claim": MACHINE, "node-heartbeat": BEAT, "node-finish": FINISH, "node-goodbye": {}}
KEPT = ("stage", "done", "memory", "lease_until", "log", "hypotheses", "ended_at", "outcome")


@pytest.fixture
def node():
    return Speaker("gpu-1")


@pytest.fixture
def run(node, alice, team, test_set):
    entry = make_image_entry(team, alice, test_set, make_image())
    run_row(entry, node.node, purpose=Run.Purpose.SMOKE, outcome=Run.Ending.OK)
    return node.claim().json()


@pytest.fixture
def ask(client, run, node):
    """Return a function that asks one address, rightly unless the options say otherwise."""
    addresses = {
        "node-me": "/nodes/v1/me",
        "node-claim": "/nodes/v1/claim",
        "node-goodbye": "/nodes/v1/goodbye",
        "node-trial": "/nodes/v1/trial",
        "node-image": run["image"]["archive"]["url"],
        **{name: f"/nodes/v1/runs/{run['run']}/{name.removeprefix('node-')}" for name in WRITES},
    }

    def ask(name, *, token=node.token, method=None, fence=run["fence"], body=None, **changes):
        address = addresses[name]
        if name in BODIES:
            values = BODIES[name] | ({} if name == "node-claim" else {"fence": fence}) | changes
            sent = json.dumps(values) if body is None else body
        else:
            sent = "".join(f"{json.dumps(text)}\n" for text in PERFECT) if body is None else body
        if name in ("node-hypotheses", "node-log"):
            address += f"?fence={fence}"
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        method = method or METHODS[name]
        if method == "get":
            return client.get(address, headers=headers)
        return getattr(client, method)(
            address, sent, content_type="application/json", headers=headers
        )

    return ask


def kept(run):
    return Run.objects.values_list(*KEPT).get(pk=run["run"])


def test_no_address_is_missing_here():
    assert {path.name for path in nodes.protocol.urls.urlpatterns} == set(METHODS)


@pytest.mark.parametrize("token", [None, "", "wrong", "x" * 5000, "\u00e9"])
def test_without_a_nodes_token_nothing_opens(ask, run, token):
    before = kept(run)

    for name in METHODS:
        response = ask(name, token=token)

        assert response.status_code == 401, name
        assert "error" in response.json(), name
        assert kept(run) == before, name


def test_a_revoked_token_opens_nothing(ask, node, run):
    node.node.__class__.objects.update(revoked_at="2021-11-10T00:00Z")

    assert {name: ask(name).status_code for name in METHODS} == dict.fromkeys(METHODS, 401)


def test_signing_in_is_no_token(ask, client, organiser):
    client.force_login(organiser)

    answers = {name: ask(name, token=None).status_code for name in METHODS}

    assert answers == dict.fromkeys(METHODS, 401)


def test_another_nodes_run_is_refused(ask, run):
    before = kept(run)
    other = Speaker("gpu-2").token

    for name in OF_A_RUN:
        response = ask(name, token=other)

        assert response.status_code == (404 if name == "node-image" else 409), name
        assert kept(run) == before, name


@pytest.mark.parametrize("name", WRITES)
def test_another_fence_is_refused(ask, run, name):
    before = kept(run)

    for away in (-1, 1, 2**40):
        assert ask(name, fence=run["fence"] + away).status_code == 409, away
        assert kept(run) == before, away


@pytest.mark.parametrize("name", ["node-hypotheses", "node-log"])
def test_a_fence_that_is_no_number_is_refused(ask, run, name):
    before = kept(run)

    for fence in ("", "x", "-1", "1.0", "²", "9" * 30):
        assert ask(name, fence=fence).status_code == 400, fence
        assert kept(run) == before, fence


def test_other_methods_are_refused(ask):
    for name, right in METHODS.items():
        for method in {"get", "post", "put", "patch", "delete"} - {right}:
            response = ask(name, method=method)
            assert response.status_code == 405, (name, method)
            assert response["Allow"] == right.upper(), (name, method)


NO_OBJECTS = [
    b"", b"{", b"[]", b"null", b'"x"', b"[" * 60_000, b" " * 70_000, b"\xff", b"1" * 5000,
    b'{"a": 1, ',
]  # fmt: skip


@pytest.mark.parametrize("name", JSON)
def test_a_body_that_is_no_object_is_refused(ask, run, name):
    before = kept(run)

    for body in NO_OBJECTS:
        assert ask(name, body=body).status_code in (400, 413), body[:20]
        assert kept(run) == before, body[:20]


HUGE = 10**400
NUMBERS = [-1, float("nan"), float("inf"), HUGE, True, "1", [], {}]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("node-claim", "cpus"),
        ("node-claim", "memory"),
        ("node-heartbeat", "done"),
        ("node-heartbeat", "segments"),
        ("node-heartbeat", "memory"),
        ("node-heartbeat", "fence"),
        ("node-finish", "fence"),
        ("node-finish", "done"),
        ("node-finish", "wall_time"),
        ("node-finish", "peak_memory"),
        ("node-finish", "problem_count"),
        ("node-finish", "log_bytes"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(ask, run, name, field):
    before = kept(run)

    for value in NUMBERS:
        assert ask(name, **{field: value}).status_code in (400, 422), str(value)[:10]
        assert kept(run) == before, str(value)[:10]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("node-heartbeat", {"done": 5, "segments": 5}),  # of a run of 4, whatever it says
        ("node-heartbeat", {"done": 2**40, "segments": 2**40}),
        ("node-heartbeat", {"stage": "dancing"}),
        ("node-finish", {"done": 5}),
        ("node-finish", {"outcome": "node_lost"}),  # only we can know
        ("node-finish", {"outcome": ""}),
        ("node-finish", {"outcome": "ok"}),  # without hypotheses
        ("node-finish", {"message": 7}),
        ("node-finish", {"problems": "x"}),
        ("node-finish", {"problems": [7]}),
        ("node-finish", {"problems": [{"severity": "error", "message": "x", "line": -1}]}),
        ("node-finish", {"notes": [7]}),
        ("node-finish", {"exit_status": 2**40}),
        ("node-finish", {"exit_status": "0"}),
        ("node-claim", {"gpus": [0]}),
        ("node-claim", {"gpus": "0"}),
        ("node-claim", {"runtime": None}),
    ],
)
def test_what_cant_be_is_refused(ask, run, name, changes):
    before = kept(run)

    response = ask(name, **changes)

    assert response.status_code in (400, 422)
    assert response.json()["error"]
    assert kept(run) == before


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x\n" * 4, b'"a"\n' * 3, b'"a"\n' * 5, b'"a"\n' * 100_000, b"null\n" * 4,
        b'"\\ud800"\n' * 4, b'"a\\u0000"\n' * 4, b'"a\\nb"\n' * 4, b"[" * 100_000,
        b'"' + b"a" * 100_001 + b'"\n' + b'"a"\n' * 3, b'"\xff"\n' * 4,
    ],
)  # fmt: skip
def test_hypotheses_that_no_upload_could_hold_are_refused(ask, run, body):
    before = kept(run)

    response = ask("node-hypotheses", body=body)

    assert response.status_code == 422
    assert kept(run) == before


def test_a_log_is_not_longer_than_the_phase_says(ask, run, phase):
    phase.run_limits = {"log": 10}
    phase.save()
    before = kept(run)

    assert ask("node-log", body=b"x" * 11).status_code == 413
    assert kept(run) == before
    assert ask("node-log", body=b"x" * 10).status_code == 204


def test_a_node_may_end_with_any_exit_status_and_texts_that_no_database_takes(ask, run):
    words = {"message": "a\0b\ud800", "detail": "x" * 20_000, "exit_status": -9}

    assert ask("node-finish", **words).status_code == 204

    ended = Run.objects.get(pk=run["run"])
    assert ended.message == "a\N{REPLACEMENT CHARACTER}b?"
    assert (ended.exit_status, len(ended.detail)) == (-9, 4000)


def test_no_token_gets_into_the_log(ask, node, caplog):
    ask("node-me", token="nobodys-token")
    ask("node-heartbeat", done=-1)

    assert "nobodys-token" not in caplog.text
    assert node.token not in caplog.text
