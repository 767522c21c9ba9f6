"""A run as the platform describes it: read, or refused by the name of the field."""

from __future__ import annotations

import copy

import pytest

from evaluator.container import Limits, Setting, SystemInput
from evaluator.node.errors import AssignmentError
from evaluator.node.protocol.run_assignment import Hold, ImageSource, read_assignment, read_hold
from evaluator.types import Term

CLAIM = {
    "run": 17,
    "fence": 4,
    "purpose": "smoke",
    "lease": 60,
    "heartbeat": 5,
    "image": {
        "digest": "sha256:" + 64 * "a",
        "archive": {"url": "/nodes/v1/runs/17/image?ticket=x", "sha256": 64 * "b", "size": 123},
        "unpacked": 456,
    },
    "setting": {"source_language": "en", "target_language": "fr", "terminology_mode": "terms"},
    "limits": {
        "wall_time": 7200,
        "memory": 1,
        "cpus": 1.5,
        "processes": 2,
        "tmp": 3,
        "shared_memory": 4,
        "output": 5,
        "line": 6,
        "log": 7,
    },
    "gpus": ["0"],
    "quote": True,
    "segments": [
        {
            "document": "0",
            "source": "An order.",
            "terms": [{"source": "order", "targets": ["commande", "ordre"]}],
            "annotated": 'An <term target="commande|ordre">order</term>.',
        },
        {"document": "1", "source": "", "terms": [], "annotated": ""},
    ],
    "added later": "is left alone",
}


def changed(path, value):
    claim = copy.deepcopy(CLAIM)
    *parents, last = path
    found = claim
    for name in parents:
        found = found[name]
    if value is None:
        del found[last]
    else:
        found[last] = value
    return claim


def test_every_field_is_read():
    found = read_assignment(CLAIM)

    assert found.hold == Hold(17, 4, 60, 5)
    assert found.image == ImageSource(
        "sha256:" + 64 * "a", "/nodes/v1/runs/17/image?ticket=x", 64 * "b", 123, 456
    )
    assert found.setting == Setting("en", "fr", "terms")
    assert found.limits == Limits(7200, 1, 1.5, 2, 3, 4, 5, 6, 7)
    assert (found.purpose, found.gpus, found.quote) == ("smoke", ("0",), True)
    assert found.segments == (
        SystemInput(
            "0",
            "An order.",
            (Term("1", "order", ("commande", "ordre")),),
            'An <term target="commande|ordre">order</term>.',
        ),
        SystemInput("1", "", (), ""),
    )


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["run"], "17", "run must be a whole number"),
        (["run"], True, "run must be a whole number"),
        (["fence"], -1, "fence must be 0 or more"),
        (["lease"], 0, "lease must be more than 0"),
        (["lease"], float("nan"), "lease must be more than 0"),
        (["lease"], float("inf"), "lease must be more than 0"),
        (["lease"], 10**400, "lease must be more than 0"),
        (["heartbeat"], 60, "the lease must be longer"),
        (["purpose"], "trial", "purpose must be one of smoke, test"),
        (["image"], None, "image: an object is needed"),
        (["image", "digest"], "sha256:x", "digest is not"),
        (["image", "digest"], "busybox", "digest is not"),
        (["image", "archive", "url"], "https://elsewhere.example/x", "a path on the platform"),
        (["image", "archive", "url"], "//elsewhere.example/x", "a path on the platform"),
        (["image", "archive", "url"], "/x\r\nHost: y", "a path on the platform"),
        (["image", "archive", "sha256"], 64 * "B", "sha256 is not"),
        (["image", "archive", "sha256"], "../../etc/passwd", "sha256 is not"),
        (["image", "archive", "size"], 1.5, "size must be a whole number"),
        (["setting", "terminology_mode"], "random", "terminology_mode must be one of terms, none"),
        (["limits", "memory"], None, "memory must be a whole number"),
        (["limits", "memory"], 0, "the limit memory must be more than 0"),
        (["limits", "wall_time"], "long", "wall_time must be a number"),
        (["gpus"], ["0", 1], "gpus must be a text"),
        (["quote"], 1, "quote must be true or false"),
        (["segments"], {}, "segments must be a list"),
        (["segments", 1, "source"], None, "segment 2: source must be a text"),
        (["segments", 1, "source"], "\ud800", "segment 2: source holds half a surrogate pair"),
        (["segments", 0, "terms", 0, "targets"], "ordre", "segment 1, term 1: targets must be"),
    ],
)
def test_what_is_wrong_is_named(path, value, words):
    with pytest.raises(AssignmentError) as raised:
        read_assignment(changed(path, value))

    assert words in str(raised.value)


@pytest.mark.parametrize("value", [None, [], "run", {"run": 17}])
def test_what_is_no_run_is_refused(value):
    with pytest.raises(AssignmentError):
        read_hold(value)


def test_a_run_can_be_spoken_of_when_the_rest_cant_be_understood():
    assert read_hold(changed(["segments"], 7)) == Hold(17, 4, 60, 5)
