"""Which process a node is, and what it remembers of those before it in its folder."""

from __future__ import annotations

import json
import os
import platform as system

import pytest

from evaluator.node.errors import FenceRefusedError
from evaluator.node.machine import known_good
from evaluator.node.machine.self_check import require_folder
from evaluator.node.protocol.client import MachineOffer, Platform
from evaluator.node.protocol.process_identity import NAME, REMEMBERED, introduce
from tests.fake_platform import TOKEN, fake_platform


def test_each_start_is_another_process_and_knows_those_before_it(tmp_path):
    starts = [introduce(tmp_path) for _ in range(REMEMBERED + 3)]

    assert len({one.id for one in starts}) == len(starts)
    assert starts[0].replaces == ()
    assert starts[1].replaces == (starts[0].id,)
    assert starts[-1].replaces == tuple(one.id for one in starts[-2 : -2 - REMEMBERED : -1])
    assert (starts[0].pid, starts[0].host) == (os.getpid(), system.node())


@pytest.mark.parametrize("content", [b"", b"x", b"\xff\xfe", b"a" * 10_000, b"0" * 31, b"\0" * 99])
def test_a_file_that_is_damaged_is_written_anew(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)

    before = introduce(tmp_path)

    assert before.replaces == ()
    assert introduce(tmp_path).replaces[0] == before.id


def test_a_copy_of_the_folder_does_not_know_what_the_first_has_done_since(tmp_path):
    old = introduce(tmp_path)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / NAME).write_bytes((tmp_path / NAME).read_bytes())

    restarted, second = introduce(tmp_path), introduce(copy)

    assert restarted.replaces == second.replaces == (old.id,)
    assert restarted.id not in second.replaces


def test_a_folder_that_is_away_is_a_warning_only(tmp_path, caplog):
    assert introduce(tmp_path / "nowhere").replaces == ()
    assert "can't be written" in caplog.text


def test_claims_heartbeats_and_the_goodbye_say_which_process_it_is(tmp_path):
    process = introduce(tmp_path)
    with fake_platform() as platform:
        client = Platform(platform.url, TOKEN, process)
        client.claim(MachineOffer(1, 1, (), None, "1"))
        client.part()

        told = json.loads(platform.asked("claim")[0].body)["process"]
        assert told["id"] == process.id
        assert set(told) == {"id", "host", "pid", "since", "replaces"}
        assert json.loads(platform.asked("goodbye")[0].body) == {"process": process.id}

        refusal = {"error": "Another process works with the token."}
        platform.faults["claim"] = [lambda handler: handler.answer(423, refusal)]
        with pytest.raises(FenceRefusedError, match=r"^Another process works with the token\.$"):
            client.claim(MachineOffer(1, 1, (), None, "1"))


@pytest.mark.parametrize("room", [0, 1, 10**18])
def test_a_folder_with_room_is_fit_whatever_a_single_archive_needs(tmp_path, room):
    require_folder(tmp_path, room)  # no more than 1 GB is asked for

    assert list(tmp_path.iterdir()) == []


def test_the_known_good_image_differs_each_time_and_names_nothing():
    (first, one), (second, other) = known_good.archive({}), known_good.archive({"x": "y"})

    assert first != second
    assert b'"RepoTags": null' in one
    assert other.count(known_good.program()) == 1
    assert len(known_good.program()) < 400
