"""What a node does once it is woken, whatever its engine, its platform or its own code does."""

from __future__ import annotations

import json
import logging
import threading

import pytest

from evaluator import container
from evaluator.container import EngineUnavailableError, Outcome, RunProgress, RunResult
from evaluator.node.errors import FenceRefusedError
from evaluator.node.protocol.client import MachineOffer, NodeHealth, Platform
from evaluator.node.work import execution
from evaluator.node.work import loop as module
from evaluator.node.work.loop import Work
from tests.containers import make_segments
from tests.fake_platform import LIMITS, TOKEN, wait_for

MACHINE = MachineOffer(2, 10**12, ("0",), "runsc", "1")
SECRET = "a word of the test set"


class Engine:
    """Stands in for container.run and container.sweep."""

    def __init__(self) -> None:
        self.is_there = True
        self.results: list[RunResult | Exception] = []
        self.calls: list[dict[str, object]] = []
        self.sweeps = 0

    def run(self, image, segments, setting, limits, **options):
        self.calls.append({"image": image, "limits": limits, **options})
        options["on_progress"](RunProgress(1, len(segments), 0.5, 1000))
        found = self.results.pop(0) if self.results else None
        if isinstance(found, Exception):
            raise found
        texts = tuple(one.source for one in segments)
        return found or RunResult(Outcome.OK, "fine", translations=texts, done=len(texts))

    def sweep(self, *, own):
        self.sweeps += 1
        if not self.is_there:
            raise EngineUnavailableError("unix:///nowhere", "no such file")
        return 0


class Fitness:
    """Checks that find what they are told to."""

    def __init__(self) -> None:
        self.checks: list[NodeHealth] = []  # then it is fit
        self.proofs: list[NodeHealth] = []
        self.steps: list[str | None] = []  # that were to be proved
        self.checked = 0

    def check(self):
        self.checked += 1
        return self.checks.pop(0) if self.checks else NodeHealth(True)

    def cancel(self):
        pass

    def prove(self, assignment, step, cancel):
        self.steps.append(step)
        return self.proofs.pop(0) if self.proofs else NodeHealth(True, "", step)


class Store:
    """Images that are there always."""

    def fetch(self, image, *, check, wait):
        check()


@pytest.fixture
def engine(monkeypatch):
    engine = Engine()
    monkeypatch.setattr(execution.container, "run", engine.run)
    monkeypatch.setattr(container, "sweep", engine.sweep)
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.05)
    return engine


@pytest.fixture
def refusals():
    return []


@pytest.fixture
def fitness():
    return Fitness()


@pytest.fixture
def work(platform, engine, fitness, refusals):
    client = Platform(platform.url, TOKEN)

    def refuse():
        refusals.append(True)
        work.stop()

    work = Work(client, Store(), MACHINE, fitness, grace=0.0, patience=0.0, on_refusal=refuse)
    yield work
    work.stop()


def outcomes(platform):
    return [run.end and run.end["outcome"] for run in platform.runs.values()]


def test_a_run_gets_what_the_platform_says(platform, engine, work):
    platform.add(make_segments(2), gpus=["0"], quote=True, digest="sha256:" + 64 * "a")

    work.wake()

    [call] = engine.calls
    assert (call["image"], call["runtime"]) == ("sha256:" + 64 * "a", "runsc")
    assert (call["gpus"], call["cpus"], call["quote"]) == (("0",), 2, True)
    assert call["limits"].log == LIMITS["log"]
    assert outcomes(platform) == ["ok"]


def test_it_claims_until_nothing_waits(platform, engine, work):
    for _ in range(20):
        platform.add(make_segments(1))

    work.wake()

    assert outcomes(platform) == ["ok"] * 20
    assert len(platform.asked("claim")) == 21


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError(SECRET), "RuntimeError in run, "),
        (KeyError(SECRET), "KeyError in run, "),
        (MemoryError(), "MemoryError in run, "),
    ],
)
def test_a_mistake_of_ours_is_told_without_a_word_of_the_segments(
    platform, engine, work, caplog, error, words
):
    caplog.set_level(logging.DEBUG)
    engine.results = [error]
    first, second = platform.add(make_segments(1)), platform.add(make_segments(1))

    work.wake()

    assert outcomes(platform) == ["engine_error", "ok"]
    assert first.end["message"].startswith("Our side failed")
    assert words in first.end["detail"]
    assert "test_node_work.py:" in first.end["detail"]
    assert SECRET not in json.dumps(first.end)
    assert SECRET not in caplog.text
    assert second.end


def test_a_run_that_cant_be_understood_is_given_back_as_our_fault(platform, engine, work):
    run = platform.add(make_segments(1))
    run.claim["segments"] = [{"document": "0"}]

    work.wake()

    assert outcomes(platform) == ["engine_error"]
    assert run.end["detail"] == "the run can't be understood: segment 1: source must be a text"
    assert not engine.calls


def test_what_is_no_run_at_all_does_not_make_it_spin(platform, engine, work):
    platform.faults["claim"] = [lambda handler: handler.answer(200, {"run": "x"})] * 3

    work.wake()

    assert len(platform.asked("claim")) == 4


def test_nothing_is_claimed_while_the_engine_is_away(platform, engine, work):
    engine.is_there = False
    platform.add(make_segments(1))
    thread = threading.Thread(target=work.wake)
    thread.start()
    wait_for(lambda: engine.sweeps > 3)
    assert not platform.requests

    engine.is_there = True

    thread.join(10)
    assert outcomes(platform) == ["ok"]


def test_pauses_grow_after_faults_of_ours_and_begin_anew_after_a_run_that_went_well(
    platform, engine, work, monkeypatch
):
    pauses = []
    monkeypatch.setattr(work._ending, "wait", pauses.append)
    bad, good = RunResult(Outcome.ENGINE_ERROR, "ours"), RunResult(Outcome.CRASHED, "theirs")
    engine.results = [bad, bad, bad, bad, good, bad]
    for _ in range(6):
        platform.add(make_segments(1))

    work.wake()

    assert pauses == [0.01, 0.02, 0.04, 0.05, 0.01]


@pytest.mark.parametrize("fault", [503, "hang up", 404])
def test_a_platform_that_is_away_is_asked_again(platform, engine, work, fault):
    platform.faults["claim"] = [fault] * 3
    platform.add(make_segments(1))

    work.wake()

    assert outcomes(platform) == ["ok"]


def test_a_token_that_is_not_known_any_more_ends_it(platform, engine, work, refusals):
    platform.always["claim"] = 401

    work.wake()
    work.wake()

    assert len(platform.asked("claim")) == 1
    assert refusals == [True]


def test_a_drained_node_says_so_once(platform, engine, work, caplog):
    platform.is_drained = True

    work.wake()
    work.wake()

    assert caplog.text.count("drained this node") == 1


def test_a_wake_up_while_it_works_does_nothing(platform, engine, work):
    began, go_on = threading.Event(), threading.Event()

    def fetch(image, *, check, wait):
        began.set()
        go_on.wait(10)

    work._images.fetch = fetch
    platform.add(make_segments(1))
    thread = threading.Thread(target=work.wake)
    thread.start()
    began.wait(10)

    work.wake()

    assert len(platform.asked("claim")) == 1
    go_on.set()
    thread.join(10)
    assert outcomes(platform) == ["ok"]


def test_a_run_that_is_claimed_as_it_ends_is_handed_back(platform, engine, work):
    platform.add(make_segments(1))

    def late(handler):
        work.stop()
        handler.handle_well("claim")

    platform.faults["claim"] = [late]

    work.wake()

    assert outcomes(platform) == ["handed_back"]
    assert not engine.calls


def test_what_is_stopped_claims_nothing(platform, engine, work):
    work.stop()
    work.wake()

    assert not platform.requests


def test_a_refused_image_download_loses_the_run(platform, engine, work):
    def fetch(image, *, check, wait):
        raise FenceRefusedError("no")

    work._images.fetch = fetch
    platform.add(make_segments(1))

    work.wake()

    assert outcomes(platform) == [None]
    assert not platform.asked("finish")


@pytest.mark.parametrize(
    ("outcome", "step", "expected"),
    [
        (Outcome.ENGINE_ERROR, "start", "engine_error"),
        (Outcome.ENGINE_ERROR, "create", "engine_error"),
        (Outcome.IMAGE_UNAVAILABLE, "load", "image_unavailable"),
        (Outcome.NO_GPU, "start", "no_gpu"),
    ],
)
def test_what_the_engine_refuses_is_proved_and_keeps_no_other_image_waiting(
    platform, engine, fitness, work, monkeypatch, outcome, step, expected
):
    pauses = []
    monkeypatch.setattr(work._ending, "wait", pauses.append)
    engine.results = [RunResult(outcome, "ours", step=step)]
    first, _ = platform.add(make_segments(1)), platform.add(make_segments(1))

    work.wake()

    assert outcomes(platform) == [expected, "ok"]
    assert first.end["health"] == {"is_fit": True, "text": "", "step": step}
    assert fitness.steps == [step]
    assert (pauses, fitness.checked) == ([], 0)


@pytest.mark.parametrize("outcome", [Outcome.ENGINE_ERROR, Outcome.NO_GPU])
def test_a_machine_that_cant_do_it_with_another_image_either_takes_nothing_until_it_can(
    platform, engine, fitness, work, caplog, outcome
):
    fault = NodeHealth(False, "its engine is broken")
    fitness.proofs, fitness.checks = [fault], [fault, fault]
    engine.results = [RunResult(outcome, "Our side failed.", step="start")]
    first, second = platform.add(make_segments(1)), platform.add(make_segments(1))

    work.wake()

    assert outcomes(platform) == [outcome, "ok"]
    assert first.end["message"].startswith("Our side failed")
    assert first.end["health"] == {"is_fit": False, "text": "its engine is broken", "step": ""}
    told = [json.loads(one.body).get("health") for one in platform.asked("claim")]
    assert told[:4] == [
        None,
        {"is_fit": False, "text": "its engine is broken"},
        {"is_fit": False, "text": "its engine is broken"},
        {"is_fit": True, "text": ""},
    ]
    assert second.end
    assert "takes nothing until its own check passes: its engine is broken" in caplog.text


def test_a_platform_that_asks_for_a_check_gets_one_and_no_more(platform, engine, fitness, work):
    platform.wants_check = True
    platform.add(make_segments(1))

    work.wake()

    assert (outcomes(platform), fitness.checked) == (["ok"], 1)


def test_a_platform_that_asks_for_checks_for_ever_is_asked_with_pauses(
    platform, engine, fitness, work, monkeypatch
):
    pauses = []

    def wait(seconds):
        pauses.append(seconds)
        if len(pauses) == 5:
            work._ending.set()

    monkeypatch.setattr(work._ending, "wait", wait)
    platform.always["claim"] = lambda handler: handler.answer(204, None, {"Terminarium-Check": "1"})

    work.wake()

    assert pauses == [0.01, 0.02, 0.04, 0.05, 0.05]


@pytest.mark.parametrize(("text", "expected"), [("3", 3), ("99999", 60), ("soon", None)])
def test_it_waits_as_long_as_the_platform_says_within_reason(
    platform, work, monkeypatch, text, expected
):
    pauses = []
    monkeypatch.setattr(work._ending, "wait", pauses.append)
    platform.faults["claim"] = [lambda handler: handler.answer(204, None, {"Retry-After": text})]

    work.wake()

    assert pauses == ([expected] if expected else [])


def test_nothing_is_proved_by_a_node_that_is_to_end(platform, engine, fitness, work):
    def prove(assignment, step, cancel):
        work.stop()
        return NodeHealth(False, "cut short")

    fitness.prove = prove
    engine.results = [RunResult(Outcome.ENGINE_ERROR, "ours", step="start")]
    run = platform.add(make_segments(1))

    work.wake()

    assert run.end["outcome"] == "handed_back"
    assert "health" not in run.end


def test_a_second_process_is_refused_in_the_platforms_words(platform, work, caplog):
    def refuse(handler):
        handler.answer(423, {"error": "Another process works with the token: process 7 on gpu-a."})

    platform.faults["claim"] = [refuse, refuse]
    platform.add(make_segments(1))

    work.wake()

    assert outcomes(platform) == ["ok"]  # it tries again, as the first one may end
    assert caplog.text.count("process 7 on gpu-a") == 2
