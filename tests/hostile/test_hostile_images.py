"""A real engine agrees with the checker: what is taken starts, what is refused does not.

Without the check each of the refused images would look like the node's own failure.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from docker.errors import APIError

from evaluator.container.flags import ImageSettings, MachineShare, build_container_config
from evaluator.container.limits import MB, Limits
from tests.archives import podman, tar
from tests.containers import root_layer
from tests.image_cases import LAYERS, LEGAL, PLACES

LIMITS = Limits(memory=128 * MB, tmp=16 * MB, shared_memory=16 * MB)
TRUE = ["/bin/true"]
AT_ONCE = 4
EVERY = 1 if os.environ.get("TERMINARIUM_TEST_ALL_IMAGES") else 4  # all of them take two minutes

# Those that an engine of 20.10 with runc could start all the same. They are refused since gVisor or
# a newer engine can't, or since what they do is dangerous: a mount over /tmp, a place in /sys.
STARTS = {
    *(name for name in PLACES if name.startswith(("/dev, ", "/proc, ", "/sys, "))),
    *("/tmp, a link that stays", "/tmp, removed and made anew"),
    "/tmp, a link that leads out",
    *("a volume by two links into /sys", "a volume out of the image", "a volume on /tmp by a link"),
    *("NUL in the command", "a relative volume", "a volume without a name"),
}
# The engine starts its init program, which then says that it can't start the command.
ENDS_AT_ONCE = (
    "a script with CR LF",
    "NUL in the entry point",
    "a long variable",
    "a long word",
    "a large environment",
)


@pytest.fixture
def outcome(images):
    """Return a function that loads an image and starts it once under the flags of a run."""
    base = root_layer()
    images.make("true")  # keeps the base layer in the engine

    def start(image):
        own = ImageSettings(
            image.id,
            "linux/amd64",
            user="",
            environment=(),
            volumes=tuple(image.settings.get("Volumes", {})),
            has_command=True,
        )
        config = build_container_config(
            own, MachineShare(2), LIMITS, variables=["HOME=/tmp"], labels={}
        )
        streams = {"OpenStdin": False, "AttachStdin": False}
        container = None
        try:
            container = images.client.create_container_from_config(config | streams, None)["Id"]
            images.client.start(container)
            status = images.client.wait(container)["StatusCode"]
        except APIError as error:
            return str(error.explanation)
        finally:
            if container:
                images.client.remove_container(container, v=True, force=True)
        return status

    def outcome(case):
        image = case.image(base, TRUE)
        said = images.load(tar(*podman(image)))
        if not any(line.startswith("Loaded image") for line in said):
            return said[-1]
        try:
            return start(image)
        finally:
            images.client.remove_image(image.id, force=True)

    return outcome


def outcomes(outcome, cases):
    cases = dict(list(cases.items())[::EVERY])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(cases, pool.map(outcome, cases.values()), strict=True))


def test_what_the_checker_takes_starts(outcome):
    found = outcomes(outcome, LEGAL)

    assert found == dict.fromkeys(found, 0)


def test_what_the_checker_refuses_does_not_start(outcome):
    cases = {name: case for name, case in PLACES.items() if case.is_safe and name not in STARTS}

    found = outcomes(outcome, cases)

    started = {name: end for name, end in found.items() if isinstance(end, int)}
    assert all(name.startswith(ENDS_AT_ONCE) for name in started), started
    assert 0 not in started.values()


def test_layers_that_the_checker_refuses_cant_be_loaded(outcome):
    found = outcomes(outcome, LAYERS)

    assert all(isinstance(end, str) for end in found.values()), found
