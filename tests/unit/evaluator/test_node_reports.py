"""How a run went is told in the protocol's words, in order, until it is heard."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace

import pytest

from evaluator.container import Outcome, RunResult
from evaluator.node.protocol.client import MachineOffer, Platform
from evaluator.node.protocol.report_bodies import (
    BODY_BYTES,
    encode_hypotheses,
    encode_log_end,
    finish_body,
)
from evaluator.node.protocol.run_assignment import Hold, read_assignment
from evaluator.node.work import reporter as module
from evaluator.node.work.lease import Cause, Lease
from evaluator.node.work.reporter import Reporter
from evaluator.types import Problem
from tests.containers import make_segments
from tests.fake_platform import TOKEN, fake_platform

HOLD = Hold(17, 4, 60, 5)
OK = RunResult(
    Outcome.OK,
    "All 2 segments have a translation.",
    translations=("eins\u2028", "二"),
    done=2,
    segments=2,
    exit_status=0,
    wall_time=1.23456,
    log="a log\n",
    log_bytes=6,
)
CRASHED = replace(OK, outcome=Outcome.CRASHED, translations=(), exit_status=3)
CANCELLED = replace(CRASHED, outcome=Outcome.CANCELLED)


@pytest.fixture
def platform():
    with fake_platform(lease=5, heartbeat=1) as platform:
        yield platform


@pytest.fixture
def send(platform, monkeypatch):
    """Return a function that claims a run and reports its end."""
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    client = Platform(platform.url, TOKEN)

    def send(result, *, cause=None, is_ending=False, **claim):
        platform.add(make_segments(2), **claim)
        value = client.claim(MachineOffer(1, 1, (), None, "1")).run
        assignment = read_assignment(value)
        with Lease(client, assignment.hold, time.monotonic(), patience=30) as lease:
            if cause:
                lease.stop(cause)
            report = Reporter(client, lease, assignment.hold, is_ending=lambda: is_ending)
            return report.send(result, assignment)

    return send


def test_log_hypotheses_and_end_are_told_in_this_order(platform, send):
    assert send(OK) == "ok"

    run = platform.runs[17]
    assert run.order == ["log", "hypotheses", "finish"]
    assert run.hypotheses == ["eins\u2028", "二"]
    assert run.log == "a log\n"
    assert run.end["wall_time"] == 1.235


@pytest.mark.parametrize(
    ("result", "purpose", "order"),
    [
        (OK, "smoke", ["log", "finish"]),
        (CRASHED, "test", ["log", "finish"]),
        (CANCELLED, "test", ["log", "finish"]),
        (replace(OK, log=""), "test", ["hypotheses", "finish"]),
    ],
)
def test_hypotheses_are_those_of_a_test_run_that_went_well(platform, send, result, purpose, order):
    assert send(result, purpose=purpose) == result.outcome
    assert platform.runs[17].order == order


@pytest.mark.parametrize(
    ("result", "cause", "is_ending", "told"),
    [
        (CANCELLED, Cause.CANCELLED, False, "cancelled"),
        (CANCELLED, Cause.HANDED_BACK, True, "handed_back"),
        (CANCELLED, Cause.CANCELLED, True, "cancelled"),  # the button came first
        (OK, Cause.HANDED_BACK, True, "ok"),  # it was done already
        (CRASHED, None, True, "handed_back"),  # perhaps by the machine's shutdown
        (replace(CRASHED, outcome=Outcome.ENGINE_ERROR), None, True, "handed_back"),
        (CRASHED, None, False, "crashed"),
    ],
)
def test_what_an_ending_node_did_not_finish_is_handed_back(
    platform, send, result, cause, is_ending, told
):
    assert send(result, cause=cause, is_ending=is_ending) == told
    assert platform.runs[17].end["outcome"] == told


def test_nothing_is_told_of_a_lost_run(platform, send):
    assert send(OK, cause=Cause.LOST) is None
    assert platform.runs[17].order == []


@pytest.mark.parametrize("name", ["log", "hypotheses", "finish"])
def test_what_is_not_heard_is_said_again(platform, send, name):
    platform.faults[name] = [503, "hang up", "hang up afterwards", 500]

    assert send(OK) == "ok"

    run = platform.runs[17]
    assert list(dict.fromkeys(run.order)) == ["log", "hypotheses", "finish"]
    assert run.end["outcome"] == "ok"


@pytest.mark.parametrize("name", ["log", "hypotheses", "finish"])
@pytest.mark.parametrize("status", [409, 401])
def test_after_a_refusal_nothing_more_is_told(platform, send, name, status):
    platform.faults[name] = [status]

    assert send(OK) is None

    last = [one.path for one in platform.requests if "heartbeat" not in one.path][-1]
    assert name in last
    assert platform.runs[17].end is None


def test_a_log_that_is_not_taken_does_not_matter(platform, send):
    platform.always["log"] = 413

    assert send(OK) == "ok"
    assert platform.runs[17].hypotheses


@pytest.mark.parametrize("fault", [422, 503])
def test_hypotheses_that_are_not_taken_are_our_fault(platform, send, monkeypatch, fault):
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    platform.always["hypotheses"] = fault

    assert send(OK) == "engine_error"

    end = platform.runs[17].end
    assert "the hypotheses were not taken" in end["detail"]
    assert str(fault) in end["detail"]
    assert "eins" not in json.dumps(end)


def test_a_report_that_is_refused_is_told_in_fewer_words(platform, send):
    platform.faults["finish"] = [422]

    assert send(CRASHED) == "engine_error"
    assert "the report was refused" in platform.runs[17].end["detail"]


def test_who_does_not_listen_at_all_is_given_up(platform, send, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    platform.always["finish"] = 503

    assert send(CRASHED) is None


@pytest.mark.parametrize("name", ["log", "hypotheses", "finish"])
def test_a_platform_that_answers_nothing_is_told_when_it_is_back(platform, send, monkeypatch, name):
    platform.lease, platform.heartbeat = 1, 0.05
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.1)
    back = threading.Timer(2, platform.always.clear)  # longer than the lease and our patience
    platform.always |= {"heartbeat": 502, name: 502}
    back.start()

    assert send(OK, lease=1, heartbeat=0.05) == "ok"

    assert platform.runs[17].order == ["log", "hypotheses", "finish"]


def test_many_long_problems_stay_within_what_the_platform_takes():
    problem = Problem("error", 1990 * "й", 3, 190 * "й")
    result = replace(CRASHED, problems=(problem,) * 1000, problem_count=5000, detail=9999 * "й")

    body = finish_body(HOLD, "bad_output", result)

    told = json.loads(body)
    assert len(body) <= BODY_BYTES
    assert 10 < len(told["problems"]) <= 50
    assert told["problem_count"] == 5000
    assert told["problems"][0] == {
        "severity": "error",
        "message": 1990 * "й",
        "line": 3,
        "segment": 190 * "й",
    }


def test_fifty_short_problems_are_told_at_most():
    result = replace(CRASHED, problems=(Problem("error", "wrong"),) * 1000)

    assert len(json.loads(finish_body(HOLD, "crashed", result))["problems"]) == 50


def test_what_is_no_character_is_told_all_the_same():
    body = finish_body(HOLD, "crashed", replace(CRASHED, detail="\ud800\0"))

    assert json.loads(body)["detail"] == "\ufffd\ufffd"


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("abc", 2, b"bc"),
        ("aü", 2, "ü".encode()),
        ("üa", 2, b"a"),
        ("\ufffd" * 3, 4, b"\xef\xbf\xbd"),
    ],
)
def test_the_end_of_a_log_is_kept_in_whole_characters(text, most, kept):
    assert encode_log_end(text, most) == kept


def test_hypotheses_are_one_line_each():
    body = encode_hypotheses(['a "b"\\', "", "tab\tü\r"])

    assert body.decode() == '"a \\"b\\"\\\\"\n""\n"tab\\tü\\r"\n'
