"""What our run of a container costs beside a bare `docker run -i` of the same image."""

from __future__ import annotations

import os
import shutil
import subprocess
import time

import pytest

from evaluator.container import MB, Limits, Outcome, run
from evaluator.container.inputs import Disguise
from tests.conftest import give_up
from tests.containers import COPY, EN_FR, make_segments

SEGMENTS = make_segments(2000)
LIMITS = Limits(memory=256 * MB, tmp=16 * MB, shared_memory=16 * MB)
ROUNDS = 3  # the best of them counts: the machine may be busy

pytestmark = pytest.mark.bench


@pytest.fixture
def seconds(engine_address, images):
    """Return a function that measures both ways on a script: (ours, bare)."""
    if shutil.which("docker") is None:
        give_up("needs the docker command")

    def ours(image):
        result = run(image, SEGMENTS, EN_FR, LIMITS, address=engine_address)
        assert result.outcome is Outcome.OK

    def bare(image):
        subprocess.run(
            ["docker", "run", "-i", "--rm", "--network", "none", image],
            input=b"".join(Disguise(SEGMENTS).chunks()),
            env=os.environ | {"DOCKER_HOST": engine_address},
            stdout=subprocess.PIPE,
            check=True,
        )

    def measured(script):
        image = images.make(script)
        best = {ours: float("inf"), bare: float("inf")}
        for _ in range(ROUNDS):
            for way in best:
                started = time.perf_counter()
                way(image)
                best[way] = min(best[way], time.perf_counter() - started)
        print(f"\nours {best[ours]:.2f} s, docker run {best[bare]:.2f} s")
        return best[ours], best[bare]

    return measured


def test_a_system_that_works_for_five_seconds_takes_hardly_longer(seconds):
    ours, bare = seconds(f"sleep 5; {COPY}")

    assert ours < 1.15 * bare


def test_a_system_that_does_next_to_nothing_costs_half_a_second_more_at_most(seconds):
    ours, bare = seconds(COPY)

    assert ours < bare + 0.5
