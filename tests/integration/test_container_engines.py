"""Runs on engines of their own: one that dies in mid-run, one with (simulated) GPUs."""

from __future__ import annotations

import threading
import time

import pytest

from evaluator.container import MB, Limits, Outcome, run
from tests.containers import COPY, EN_FR, Images, make_segments
from tests.services.containers import Docker

LIMITS = Limits(wall_time=60, memory=128 * MB, tmp=16 * MB, shared_memory=16 * MB)


@pytest.fixture
def start_engine(tmp_path, engine_address):
    """Return a function that starts an engine; it gives up where there is none for the others."""
    started = []

    def start(**options):
        engine = Docker(**options)
        started.append(engine)
        folder = tmp_path / str(len(started))
        folder.mkdir()
        return engine, engine.start(folder)

    yield start
    for engine in started:
        engine.stop()


def run_on(address, script, *changes, **options):
    images = Images(address)
    image = images.make(script, *changes)
    images.client.close()
    return run(image, make_segments(5), EN_FR, LIMITS, address=address, **options)


# The SDK leaves its socket to the garbage collector when it can't connect any more.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_engine_that_dies_in_mid_run_is_our_fault(start_engine):
    engine, address = start_engine()
    running = threading.Event()

    def kill():
        running.wait()
        engine.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    started = time.monotonic()
    result = run_on(
        address,
        f"{COPY}; sleep 600",
        on_progress=lambda now: running.set() if now.done else None,
    )
    killer.join()

    assert (result.outcome, result.outcome.is_ours) == (Outcome.ENGINE_ERROR, True)
    assert result.detail
    assert time.monotonic() - started < 30


def test_a_gpu_that_the_engine_cant_give_is_our_fault(engine_address, images):
    image = images.make(COPY)

    result = run(image, make_segments(5), EN_FR, LIMITS, address=engine_address, gpus=["GPU-1"])

    assert (result.outcome, result.outcome.is_ours) == (Outcome.NO_GPU, True)
    assert "device driver" in result.detail
    assert "device" not in result.message


def test_a_leased_gpu_is_asked_for_and_no_other(start_engine):
    _, address = start_engine(has_gpus=True)
    script = f"env | grep ^NVIDIA | sort >&2; {COPY}"
    changes = ["ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=all"]

    with_gpu = run_on(address, script, *changes, gpus=["GPU-7"])
    without = run_on(address, script, *changes)

    assert (with_gpu.outcome, without.outcome) == (Outcome.OK, Outcome.OK)
    assert set(with_gpu.log.splitlines()) == {
        "NVIDIA_DRIVER_CAPABILITIES=compute,utility",
        "NVIDIA_VISIBLE_DEVICES=GPU-7",
    }
    assert without.log == "NVIDIA_VISIBLE_DEVICES=void\n"
