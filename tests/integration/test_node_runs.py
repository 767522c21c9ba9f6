"""A node's work on a real engine; its platform is a fake that remembers what it was told."""

from __future__ import annotations

import threading
import time

import pytest

from evaluator.container import GB, MB
from evaluator.node.errors import StopError
from evaluator.node.machine.image_cache import ImageCache
from evaluator.node.machine.probe import probe
from evaluator.node.machine.self_check import SelfCheck
from evaluator.node.protocol.client import MachineOffer, Platform
from evaluator.node.protocol.run_assignment import read_assignment
from evaluator.node.work.loop import Work
from tests.containers import COPY, make_segments
from tests.containers import Images as Maker
from tests.fake_platform import LIMITS, TOKEN, wait_for
from tests.services.containers import Docker

OFFER = MachineOffer(cpus=2, memory=4 * GB, gpus=(), runtime=None, version="1")
FIVE = make_segments(5)
SLEEP = f"{COPY}; trap '' TERM; sleep 600"


@pytest.fixture
def make_work(platform, tmp_path, engine_address, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", engine_address)
    monkeypatch.setattr("evaluator.node.work.loop.FIRST_PAUSE", 0.01)

    def make(*, machine=OFFER, budget=GB, grace=0.0, patience=0.0):
        client = Platform(platform.url, TOKEN)
        images = ImageCache(client, tmp_path, budget)
        fitness = SelfCheck(tmp_path, machine, images)
        return Work(
            client, images, machine, fitness,
            grace=grace, patience=patience, on_refusal=lambda: None,
        )  # fmt: skip

    return make


@pytest.fixture
def in_background():
    threads = []

    def start(work):
        threads.append(threading.Thread(target=work.wake))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_a_run_is_fetched_carried_out_and_reported(platform, make_work, archived):
    segments = make_segments(20)
    run = platform.add(segments, **archived(f"echo working >&2; {COPY}; sleep 1"))

    make_work().wake()

    assert run.order == ["log", "hypotheses", "finish"]
    assert run.hypotheses == [one.source for one in segments]
    assert run.log == "working\n"
    end = run.end
    assert end | {"wall_time": 0, "peak_memory": 0} == {
        "fence": 4,
        "outcome": "ok",
        "message": "All 20 segments have a translation.",
        "problems": [],
        "problem_count": 0,
        "exit_status": 0,
        "wall_time": 0,
        "peak_memory": 0,
        "done": 20,
        "log_bytes": 8,
        "notes": [],
        "detail": "",
    }
    assert 1 <= end["wall_time"] < 20
    assert run.beats[-1]["stage"] == "running"
    assert run.beats[-1]["done"] == run.beats[-1]["segments"] == 20
    assert all(beat["fence"] == 4 for beat in run.beats)


def test_it_claims_until_nothing_waits_and_fetches_each_image_once(platform, make_work, archived):
    image = archived(COPY)
    runs = [platform.add(FIVE, **image) for _ in range(3)]

    make_work().wake()

    assert [run.end["outcome"] for run in runs] == ["ok"] * 3
    assert len(platform.asked("claim")) == 4
    assert len(platform.asked("image")) == 1


def test_a_smoke_run_may_quote_and_sends_no_hypotheses(platform, make_work, archived):
    image = archived(f"echo hello; {COPY}")
    smoke = platform.add(FIVE, purpose="smoke", quote=True, **image)
    test = platform.add(FIVE, **image)

    make_work().wake()

    assert [run.end["outcome"] for run in (smoke, test)] == ["bad_output"] * 2
    assert [run.hypotheses for run in (smoke, test)] == [None, None]
    assert "The line reads: hello" in smoke.end["problems"][0]["message"]
    assert "hello" not in test.end["problems"][0]["message"]
    assert test.end["problems"][0]["line"] == 1


def test_cancelling_ends_the_container_at_once(platform, make_work, archived, running):
    run = platform.add(FIVE, **archived(SLEEP))
    threading.Timer(2, lambda: setattr(run, "is_cancelled", True)).start()
    started = time.monotonic()

    make_work().wake()

    assert run.end["outcome"] == "cancelled"
    assert run.end["done"] == 5
    assert running() == 0
    assert time.monotonic() - started < 12


@pytest.mark.parametrize("fault", ["stall", 503])
def test_a_lease_that_cant_be_renewed_ends_the_run_and_nothing_more_is_told(
    make_work, archived, running, platform, in_background, fault
):
    platform.lease = 3
    run = platform.add(FIVE, **archived(SLEEP))
    work = make_work()
    in_background(work)
    wait_for(running)
    wait_for(lambda: run.beats)
    platform.always["heartbeat"] = fault
    silent_since = time.monotonic()

    wait_for(lambda: not running(), 10)
    work.stop()

    assert 2 < time.monotonic() - silent_since < 6
    assert run.order == []


def test_a_refused_fence_ends_the_run_and_nothing_more_is_told(
    platform, make_work, archived, running, in_background
):
    run = platform.add(FIVE, **archived(SLEEP))
    in_background(make_work())
    wait_for(running)

    run.claim = run.claim | {"fence": 5}  # another node has it

    wait_for(lambda: not running(), 10)
    wait_for(lambda: len(platform.asked("claim")) == 2)
    assert run.order == []
    assert not platform.asked("finish")


def test_a_node_that_is_to_end_hands_back_what_runs(
    platform, make_work, archived, running, in_background
):
    runs = [platform.add(FIVE, **archived(SLEEP)) for _ in range(2)]
    work = make_work()
    thread = in_background(work)
    wait_for(running)

    work.stop()

    thread.join(10)
    assert runs[0].order == ["finish"]
    assert runs[0].end["outcome"] == "handed_back"
    assert runs[1].is_open is False  # nothing new was begun
    assert running() == 0


def test_a_run_may_end_within_the_grace(platform, make_work, archived, running, in_background):
    short = platform.add(FIVE, **archived(f"sleep 2; {COPY}"))
    work = make_work(grace=20)
    thread = in_background(work)
    wait_for(running)

    work.stop()

    thread.join(20)
    assert short.end["outcome"] == "ok"


def test_an_archive_of_another_image_is_refused_and_removed(platform, make_work, archived, images):
    right, wrong = archived(COPY), archived(f"{COPY}; exit 3")
    own = images.make("an image of the machine's owner")
    before = images.ids()
    runs = [
        platform.add(FIVE, digest=right["digest"], archive=wrong["archive"]),
        platform.add(FIVE, digest=right["digest"], archive=b"".join(images.client.get_image(own))),
        platform.add(FIVE, digest=right["digest"], archive=b"no archive at all"),
    ]

    make_work().wake()

    assert [run.end["outcome"] for run in runs] == ["image_unavailable"] * 3
    assert wrong["digest"] in runs[0].end["detail"]
    assert images.ids() == before


def test_an_archive_that_names_an_image_is_refused(platform, make_work, archived, images):
    name = "terminarium-tests-tagged:1"
    tagged = images.make(COPY, name=name)
    archive = b"".join(images.client.get_image(name))
    images.forget(tagged)
    before = images.ids()
    run = platform.add(FIVE, digest=tagged, archive=archive)

    make_work().wake()

    assert run.end["outcome"] == "image_unavailable"
    assert name in run.end["detail"]
    assert images.ids() == before


def test_the_oldest_image_makes_room_and_the_owners_are_left_alone(
    platform, make_work, archived, images, tmp_path
):
    own = images.make(f"{COPY} # the owner's")
    used = [archived(f"{COPY} # {number}") for number in range(3)]
    size = images.client.inspect_image(own)["Size"]
    work = make_work(budget=round(2.5 * size))

    def runs(*fetched):
        for image in fetched:
            platform.add(FIVE, **image, unpacked=size)
        work.wake()

    runs(used[0], used[1], {"digest": own, "archive": b""}, used[0], used[2])

    assert all(run.end["outcome"] == "ok" for run in platform.runs.values())
    kept = images.ids()
    assert [one["digest"] in kept for one in used] == [True, False, True]
    assert own in kept
    assert list((tmp_path / "archives").iterdir()) == []


def test_loading_can_be_stopped_and_done_again(platform, make_work, archived, images, tmp_path):
    image = archived(COPY)
    source = read_assignment(platform.add(FIVE, **image).claim).image
    store = make_work()._images
    archive = tmp_path / "archives" / source.sha256

    def check():
        if archive.exists() and archive.stat().st_size == source.size:
            raise StopError

    with pytest.raises(StopError):
        store.fetch(source, check=check, wait=lambda seconds: None)
    assert image["digest"] not in images.ids()
    assert not archive.exists()

    store.fetch(source, check=lambda: None, wait=lambda seconds: None)
    assert image["digest"] in images.ids()


def test_a_run_that_does_not_fit_is_not_begun(platform, make_work, archived):
    image = archived(COPY)
    runs = [
        platform.add(FIVE, gpus=["7"], **image),
        platform.add(FIVE, limits=LIMITS | {"memory": 8 * GB}, **image),
        platform.add(FIVE, unpacked=2 * GB, **image),
    ]

    make_work().wake()

    assert [run.end["outcome"] for run in runs] == ["no_gpu", "engine_error", "image_unavailable"]
    assert "no GPU 7" in runs[0].end["detail"]
    assert "8 GB of memory" in runs[1].end["detail"]
    assert "NODE_IMAGE_BUDGET is 1 GB" in runs[2].end["detail"]
    assert not platform.asked("image")


@pytest.fixture
def own_engine(tmp_path, engine_address, monkeypatch):
    """Return a function that starts an engine for the node alone."""
    started = []

    def start(**options):
        engine = Docker(**options)
        started.append(engine)
        folder = tmp_path / "engine"
        folder.mkdir()
        address = engine.start(folder)
        monkeypatch.setenv("DOCKER_HOST", address)
        return engine, Maker(address)

    yield start
    for engine in started:
        engine.stop()


def test_a_leased_gpu_is_asked_for_and_no_other(platform, make_work, own_engine):
    work = make_work(machine=MachineOffer(2, 4 * GB, ("GPU-7", "GPU-8"), None, "1"))
    _, maker = own_engine(has_gpus=True)
    script = f"env | grep NVIDIA_VISIBLE >&2; {COPY}"
    digest, archive = maker.archive(script)
    maker.client.close()
    image = {"digest": digest, "archive": archive}
    with_gpu = platform.add(FIVE, gpus=["GPU-8"], **image)
    without = platform.add(FIVE, **image)

    work.wake()

    assert with_gpu.log == "NVIDIA_VISIBLE_DEVICES=GPU-8\n"
    assert without.log == "NVIDIA_VISIBLE_DEVICES=void\n"
    assert probe(gpus=["GPU-7"]) is None


# The SDK leaves its socket to the garbage collector when it can't connect any more.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("how", ["kill", "stop"])
def test_an_engine_that_goes_away_is_our_fault_and_nothing_is_claimed_without_it(
    platform, make_work, own_engine, in_background, how
):
    work = make_work()
    engine, maker = own_engine()
    digest, archive = maker.archive(SLEEP)
    maker.client.close()
    runs = [platform.add(FIVE, digest=digest, archive=archive) for _ in range(2)]
    thread = in_background(work)
    wait_for(lambda: any(beat["done"] == 5 for beat in runs[0].beats))

    getattr(engine, how)()

    wait_for(lambda: runs[0].end)
    assert runs[0].end["outcome"] == "engine_error"
    assert runs[0].end["message"].startswith("Our side failed")
    time.sleep(0.5)
    assert not runs[1].is_open
    work.stop()
    thread.join(10)


def test_memory_at_its_peak_is_told(platform, make_work, archived):
    script = f"head -c 20000000 /dev/zero > /tmp/x; sleep 3; {COPY}"
    run = platform.add(FIVE, **archived(script), limits=LIMITS | {"tmp": 64 * MB})

    make_work().wake()

    assert run.end["peak_memory"] > 15 * MB
    assert run.beats[-1]["memory"] > 15 * MB
