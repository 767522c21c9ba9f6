"""What a node sends, and what it makes of every kind of answer."""

from __future__ import annotations

import json
import time

import pytest

from evaluator.node.errors import (
    FenceRefusedError,
    PlatformError,
    TokenRefusedError,
    UnexpectedAnswerError,
    UnreachableError,
)
from evaluator.node.protocol import client as protocol
from evaluator.node.protocol.answers import Patience
from evaluator.node.protocol.client import (
    Beat,
    ClaimAnswer,
    MachineOffer,
    NodeIdentity,
    Platform,
    Renewal,
)
from evaluator.node.protocol.run_assignment import read_hold
from tests.containers import make_segments
from tests.fake_platform import TOKEN

MACHINE = MachineOffer(8, 64, ("0",), None, "0.1.0")
SHORT = Patience(silence=0.3, whole=0.3)
BEAT = Beat("running", 10, 20, None)


@pytest.fixture
def client(platform):
    return Platform(platform.url, TOKEN)


@pytest.fixture
def hold(platform, client):
    platform.add(make_segments(2))
    return read_hold(client.claim(MACHINE).run)


def test_it_says_what_it_offers_and_takes_what_it_is_given(platform, client):
    run = platform.add(make_segments(2))

    claimed, nothing = client.claim(MACHINE), client.claim(MACHINE)

    assert json.loads(platform.asked("claim")[0].body) == {
        "cpus": 8,
        "memory": 64,
        "gpus": ["0"],
        "runtime": "",
        "version": "0.1.0",
    }
    assert platform.requests[0].headers["Content-Type"] == "application/json"
    assert claimed == ClaimAnswer(run.claim)
    assert nothing == ClaimAnswer()


def test_a_drained_node_is_told_so(platform, client):
    platform.is_drained = True

    assert client.claim(MACHINE) == ClaimAnswer(is_drained=True)
    assert client.me() == NodeIdentity("node-1", True)


def test_a_heartbeat_brings_the_button_and_the_lease(platform, client, hold):
    run = platform.runs[17]
    first = client.beat(hold, BEAT, SHORT)
    run.is_cancelled = True
    second = client.beat(hold, BEAT, SHORT)

    assert (first, second) == (Renewal(False, 30), Renewal(True, 30))
    assert run.beats[0] == {
        "fence": 4,
        "stage": "running",
        "done": 10,
        "segments": 20,
        "memory": None,
    }


def test_what_is_handed_over_has_a_length_and_a_fence(platform, client, hold):
    client.put_log(hold, "größer\n".encode())
    client.put_hypotheses(hold, b'"one"\n"two"\n')

    log, hypotheses = platform.requests[-2:]
    assert platform.runs[17].log == "größer\n"
    assert platform.runs[17].hypotheses == ["one", "two"]
    assert log.path == "/nodes/v1/runs/17/log?fence=4"
    assert (log.headers["Content-Type"], log.headers["Content-Length"]) == (
        "text/plain; charset=utf-8",
        "9",
    )
    assert hypotheses.headers["Content-Type"] == "application/x-ndjson"


def html(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "6")
    handler.end_headers()
    handler.wfile.write(b"<html>")


def too_much(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" " * 1024)


def dripping(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def broken_off(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"name"')
    handler.wfile.flush()
    handler.connection.shutdown(2)


def bomb(handler):
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", "4")
    handler.end_headers()
    handler.wfile.write(b"\x1f\x8b\x08\x00")


def elsewhere(handler):
    handler.answer(302, headers={"Location": "http://elsewhere.example/path?token=x"})


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (401, TokenRefusedError, "NODE_TOKEN"),
        (409, FenceRefusedError, "not this node's any more"),
        (500, UnreachableError, "answered 500"),
        (503, UnreachableError, "answered 503"),
        (429, UnreachableError, "answered 429"),
        ("hang up", UnreachableError, "does not answer"),
        ("stall", UnreachableError, "timed out"),
        (dripping, UnreachableError, "had not ended"),
        (broken_off, UnreachableError, "does not answer"),
        (400, UnexpectedAnswerError, "/nodes/v1/me answered 400: a fault of the tests"),
        (404, UnexpectedAnswerError, "answered 404"),
        (html, UnexpectedAnswerError, "Is NODE_URL right?"),
        (bomb, UnexpectedAnswerError, "not JSON"),
        (too_much, UnexpectedAnswerError, "more than 65,536 bytes"),
        (elsewhere, UnexpectedAnswerError, "points to elsewhere.example, which is not followed"),
    ],
)
def test_answers_are_told_apart(platform, client, monkeypatch, fault, error, words):
    monkeypatch.setattr(protocol, "USUAL", SHORT)
    platform.faults["me"] = [fault]

    with pytest.raises(PlatformError) as raised:
        client.me()

    assert type(raised.value) is error
    assert words in str(raised.value)
    assert TOKEN not in str(raised.value)
    assert len(platform.requests) == 1


def test_an_address_where_nobody_listens_is_named():
    with pytest.raises(UnreachableError, match=r"http://127.0.0.1:1 does not answer: .*refused"):
        Platform("http://127.0.0.1:1", TOKEN).me()


def test_no_other_credentials_take_the_tokens_place(platform, client, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))

    assert client.me().name == "node-1"
    assert platform.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "answer", [[], {"cancel": True, "lease": 0}, {"lease": "60"}, {"lease": True}]
)
def test_a_heartbeat_is_not_answered_by_anything(platform, client, hold, answer):
    platform.faults["heartbeat"] = [lambda handler: handler.answer(200, answer)]

    with pytest.raises(UnexpectedAnswerError):
        client.beat(hold, BEAT, SHORT)


def test_the_ticket_of_an_image_is_in_no_message(platform, client):
    platform.add(make_segments(1))
    path = platform.runs[17].claim["image"]["archive"]["url"]
    platform.faults["image"] = [404, "hang up"]

    for _ in range(2):
        with (
            pytest.raises((UnexpectedAnswerError, UnreachableError)) as raised,
            client.download(path, 0, "x"),
        ):
            pass
        assert "ticket" not in str(raised.value)
