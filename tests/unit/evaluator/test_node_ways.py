"""A node whose way to or from the platform is broken takes no work until the way is open."""

from __future__ import annotations

import threading

import pytest

from evaluator import container
from evaluator.container import Outcome, RunResult
from evaluator.container.engine import Engine, Stored
from evaluator.node.machine import self_check as fitness
from evaluator.node.machine.image_cache import ImageCache
from evaluator.node.machine.self_check import SelfCheck
from evaluator.node.protocol import archive_download as download
from evaluator.node.protocol.client import MachineOffer, Platform
from evaluator.node.work import execution
from evaluator.node.work import loop as module
from evaluator.node.work.loop import Work
from tests.containers import make_segments
from tests.fake_platform import TOKEN, fake_platform, wait_for

MACHINE = MachineOffer(2, 10**12, (), None, "1")
LARGE = b"x" * 100_000
CUT_AT = 30_000  # bytes of a body, after which a proxy breaks it off and forgets it


class FakeEngine:
    """Takes any archive for the image that is wanted next."""

    def __init__(self) -> None:
        self.kept: set[str] = set()
        self.wanted = ""

    def stored(self, name):
        self.wanted = name
        return Stored(name, (), 10) if name in self.kept else None

    def images(self):
        return frozenset(self.kept)

    def load(self, archive, *, check):
        assert b"".join(archive) == LARGE
        self.kept.add(self.wanted)
        return (self.wanted,)

    def close(self):
        pass


def cut(handler):
    """Send the first bytes of a body, also to who asks for others: no try gets any further."""
    del handler.headers["Range"]
    [run] = [run for run in handler.platform.runs.values() if str(run.claim["run"]) in handler.path]
    handler.send_archive(run.archive, most=CUT_AT)


BROKEN = {
    "large bodies are cut": ("image", cut),
    "the proxy's disk is full": ("image", 502),
    "the proxy forbids it": ("image", 403),
    "connections are cut": ("image", "hang up"),
    "hypotheses are too large for the proxy": ("hypotheses", 413),
    "hypotheses are forbidden": ("hypotheses", 403),
}


@pytest.fixture
def platform():
    with fake_platform() as platform:
        platform.tries_again = True
        yield platform


@pytest.fixture
def work(platform, tmp_path, monkeypatch):
    def run(image, segments, *args, **options):
        texts = tuple(one.source for one in segments)
        return RunResult(Outcome.OK, "fine", translations=texts, done=len(texts))

    engine = FakeEngine()
    monkeypatch.setattr(Engine, "connect", lambda *args, **options: engine)
    monkeypatch.setattr(execution.container, "run", run)
    monkeypatch.setattr(container, "sweep", lambda **options: 0)
    monkeypatch.setattr(fitness, "probe", lambda *args, **options: None)
    for place in (module, download):
        monkeypatch.setattr(place, "FIRST_PAUSE", 0.001)
        monkeypatch.setattr(place, "LONGEST_PAUSE", 0.01)
    client = Platform(platform.url, TOKEN)
    images = ImageCache(client, tmp_path, 10**9)
    fit = SelfCheck(tmp_path, MACHINE, images, client)
    work = Work(client, images, MACHINE, fit, grace=0.0, patience=0.0, on_refusal=lambda: None)
    yield work
    work.stop()


def count_refusals(platform):
    return sum(b"what failed last fails again" in one.body for one in platform.asked("claim"))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_way_takes_three_runs_and_all_are_run_once_it_is_open(platform, work, name):
    where, fault = BROKEN[name]
    ways = ["image"] if where == "image" else ["hypotheses", "trial"]
    platform.always.update(dict.fromkeys(ways, fault))
    runs = [
        platform.add(make_segments(2), digest=f"sha256:{n:064x}", archive=LARGE, unpacked=10)
        for n in range(4)
    ]
    thread = threading.Thread(target=work.wake)
    thread.start()

    wait_for(lambda: count_refusals(platform) > 4)
    assert len(platform.asked("finish")) == 3  # and not another one, however often it looks

    platform.always.clear()
    thread.join(20)
    assert not thread.is_alive()
    assert [run.end["outcome"] for run in runs] == ["ok"] * 4
    assert len(platform.asked("finish")) == 7


@pytest.mark.parametrize("why", ["gone", "another archive"])
def test_what_is_wrong_with_one_archive_does_not_keep_a_node_from_others(platform, work, why):
    run = platform.add(make_segments(1), archive=LARGE, unpacked=10)
    if why == "gone":
        platform.always["image"] = 404
    else:
        run.claim["image"]["archive"]["sha256"] = 64 * "0"
    good = platform.add(make_segments(1), digest=f"sha256:{1:064x}", archive=LARGE, unpacked=10)
    thread = threading.Thread(target=work.wake)
    thread.start()

    wait_for(lambda: len(platform.asked("finish")) > 6)
    work.stop()
    thread.join(20)
    assert count_refusals(platform) == 0
    if why == "another archive":
        assert good.end["outcome"] == "ok"


def test_a_check_that_fetches_ends_with_the_node(platform, work):
    platform.always["image"] = cut
    for _ in range(3):
        platform.add(make_segments(1), archive=LARGE, unpacked=10)
    thread = threading.Thread(target=work.wake)
    thread.start()
    wait_for(lambda: len(platform.asked("finish")) == 3)

    work.stop()

    thread.join(10)
    assert not thread.is_alive()
