"""Whether a machine was short of something when its engine refused an image."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from evaluator.container import GB, MB, EngineError
from evaluator.container.engine import Engine
from evaluator.node.machine import self_check as fitness
from evaluator.node.machine.self_check import SelfCheck
from evaluator.node.protocol.client import MachineOffer

PLENTY = {"blocks": 100 * GB, "inodes": 10**6, "memory": 60 * GB}


@pytest.fixture
def prove(monkeypatch, tmp_path):
    """Return a function that proves a machine which has so much left."""

    def prove(step, *, limit=8 * GB, engine=None, **left):
        has = PLENTY | left
        disk = SimpleNamespace(
            f_bavail=has["blocks"], f_frsize=1, f_files=1, f_favail=has["inodes"]
        )
        memory = SimpleNamespace(available=has["memory"], total=64 * GB)
        found = SimpleNamespace(resources=SimpleNamespace(folder="/"), close=lambda: None)

        def connect():
            if engine:
                raise engine
            return found

        monkeypatch.setattr(Engine, "connect", connect)
        monkeypatch.setattr(fitness, "probe", lambda *args, **options: None)
        monkeypatch.setattr(fitness, "require_folder", lambda folder, room: None)
        monkeypatch.setattr(fitness.os, "statvfs", lambda path: disk)
        monkeypatch.setattr(fitness.psutil, "virtual_memory", lambda: memory)
        limits = SimpleNamespace(memory=limit)
        image = SimpleNamespace(unpacked=GB)
        assignment = SimpleNamespace(limits=limits, gpus=(), image=image)
        node = SelfCheck(
            tmp_path, MachineOffer(2, 64 * GB, (), None, "1"), SimpleNamespace(room_needed=0)
        )
        return node.prove(assignment, step, None)

    return prove


@pytest.mark.parametrize("step", ["load", "create", "start"])
@pytest.mark.parametrize(
    ("left", "words"),
    [
        ({"blocks": 100 * MB}, "disk has room for 100 MB"),
        ({"blocks": 0}, "disk has room for 0"),
        ({"inodes": 12}, "disk has room for only 12 more files"),
        ({"memory": GB}, "of free memory"),
        ({"memory": 7 * GB}, "the run may take 8 GB"),
    ],
)
def test_a_machine_that_is_short_of_something_blames_no_image(prove, step, left, words):
    health = prove(step, **left)

    assert (health.is_fit, health.step) == (True, None)
    assert words in health.text


@pytest.mark.parametrize("step", ["load", "create", "start"])
def test_a_machine_with_plenty_of_all_leaves_the_image(prove, step):
    assert prove(step).step == step
    assert prove(step, limit=64 * GB, memory=33 * GB).step == step  # all of it is never free


def test_a_load_needs_room_for_the_layers_a_container_does_not(prove):
    assert prove("load", blocks=GB).step is None
    assert prove("start", blocks=GB).step == "start"


@pytest.mark.parametrize(("step", "told"), [("load", None), ("create", "create")])
def test_of_an_engine_elsewhere_only_loads_are_in_doubt(prove, step, told):
    assert prove(step, engine=EngineError("elsewhere")).step == told
