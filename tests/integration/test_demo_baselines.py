"""The demo's baselines: built by the code of `make images`, or a plain word why not."""

from __future__ import annotations

import time

import pytest

from demo import docker_engine, image_builds
from demo.image_builds import Builder
from evaluator.container import GB

NAMES = ("copy-source", "dictionary")
WITHIN = 120  # seconds


@pytest.fixture
def build(engine_address, tmp_path):
    """Return a function that starts to build on a base image; the builder is stopped at the end."""
    builders = []

    def build(base):
        builders.append(Builder(engine_address, base, NAMES, tmp_path / "archives"))
        builders[-1].start()
        return builders[-1]

    yield build
    for builder in builders:
        builder.stop()


def wait_for(builder):
    deadline = time.monotonic() + WITHIN
    while not builder.is_over:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_archives_are_ready_and_the_engine_is_as_before(
    build, images, python_base, tmp_path, monkeypatch, engine_address
):
    before = images.ids()

    builder = build(python_base)
    wait_for(builder)
    monkeypatch.setenv("DOCKER_HOST", engine_address)
    docker_engine.tidy_up(tmp_path, builder.made)

    assert (builder.failure, tuple(builder.ready)) == ("", NAMES)
    for path in builder.ready.values():
        assert path.stat().st_size > 0
    assert images.ids() == before


def test_a_base_image_that_can_not_be_had_is_named_with_what_helps(build):
    builder = build("127.0.0.1:1/none:1")
    wait_for(builder)

    assert builder.ready == {}
    assert builder.made == []
    assert builder.failure.startswith("The base image 127.0.0.1:1/none:1 is not in the engine")
    assert builder.failure.endswith("Name another one with Python 3: make demo BASE=my-python")


def test_a_pull_that_takes_too_long_is_ended(build, monkeypatch, tmp_path):
    slow_docker(tmp_path, monkeypatch)
    monkeypatch.setattr(image_builds, "PULL_WITHIN", 0.3)

    builder = build("slow:1")
    wait_for(builder)

    assert "docker was not done in 0 s" in builder.failure


def test_a_stop_ends_a_pull_at_once(build, monkeypatch, tmp_path):
    slow_docker(tmp_path, monkeypatch)
    builder = build("slow:1")
    time.sleep(0.3)
    began = time.monotonic()

    builder.stop()

    assert time.monotonic() - began < 5
    assert builder.is_over


def slow_docker(tmp_path, monkeypatch):
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")


@pytest.mark.parametrize(("memory", "given"), [(64 * GB, 2 * GB), (1 * GB, 1 * GB)])
def test_a_run_of_the_demo_fits_a_small_machine(memory, given):
    assert docker_engine.DemoEngine("unix:///x", memory).run_limits["memory"] == given


def test_an_engine_without_the_docker_command_is_said_to_be_of_no_use(
    engine_address, monkeypatch, tmp_path
):
    monkeypatch.setenv("DOCKER_HOST", engine_address)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(docker_engine.NoEngine, match="no command docker"):
        docker_engine.find_engine()
