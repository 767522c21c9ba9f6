"""What a node offers of its engine's resources, and which engines it can't use."""

from __future__ import annotations

import pytest

from evaluator.container import GB
from evaluator.container.engine import Engine, Resources
from evaluator.node.errors import SettingsError
from evaluator.node.machine.offer import describe_machine
from evaluator.node.settings import Settings

INFO = {
    "NCPU": 16,
    "MemTotal": 64 * GB,
    "Runtimes": {"runsc": {}, "runc": {}},
    "DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]],
}
CONTAINERD = {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}


class FakeEngine:
    def __init__(self, info):
        self.resources = Resources.from_info(info)

    def close(self):
        pass


@pytest.fixture
def offer(monkeypatch):
    def offer(info=INFO, **settings):
        monkeypatch.setattr(Engine, "connect", lambda: FakeEngine(info))
        return describe_machine(Settings("https://x", "token", "redis://x", **settings))

    return offer


def test_the_engine_says_what_it_has():
    assert Resources.from_info(INFO) == Resources(16, 64 * GB, ("runc", "runsc"), True)
    assert Resources.from_info(INFO | CONTAINERD).knows_configs is False
    assert Resources.from_info(INFO | {"DriverStatus": None, "Runtimes": None}).runtimes == ()
    assert (
        Resources.from_info(INFO | {"ServerVersion": "20.10.24+dfsg1"}).version == "20.10.24+dfsg1"
    )


@pytest.mark.parametrize(
    ("settings", "cpus", "memory"),
    [
        ({}, 16, 64 * GB),
        ({"cpus": 4, "memory": 8 * GB}, 4, 8 * GB),
        ({"cpus": 99, "memory": 999 * GB}, 16, 64 * GB),  # more than there is can't be offered
    ],
)
def test_a_node_offers_what_the_engine_has_or_less(offer, settings, cpus, memory):
    machine = offer(gpus=("0",), runtime="runsc", **settings)

    assert (machine.cpus, machine.memory) == (cpus, memory)
    assert (machine.gpus, machine.runtime) == (("0",), "runsc")


@pytest.mark.parametrize("info", [INFO, INFO | {"ID": "7TLN:4C5A"}, INFO | {"ID": "x\n" * 99}])
def test_a_node_says_which_engine_it_has_and_how_much_an_image_may_have(offer, info):
    machine = offer(info, image_budget=5 * GB)

    assert machine.image_budget == 5 * GB
    assert machine.engine.isprintable()
    assert bool(machine.engine) == ("ID" in info)
    assert len(machine.engine) <= 100


def test_an_engine_that_names_images_otherwise_is_refused_with_the_remedy(offer):
    with pytest.raises(SettingsError, match="containerd-snapshotter"):
        offer(INFO | CONTAINERD)


def test_a_runtime_that_the_engine_lacks_is_named_with_those_it_has(offer):
    with pytest.raises(SettingsError, match="NODE_RUNTIME is kata, but the engine has runc, runsc"):
        offer(runtime="kata")
