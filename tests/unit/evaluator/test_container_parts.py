"""The parts of a run that need no engine: frames, logs, ids, flags, verdicts, labels."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
from itertools import pairwise

import pytest
from docker.errors import APIError

from evaluator.container import orphans
from evaluator.container.engine import Engine
from evaluator.container.errors import EngineError
from evaluator.container.flags import (
    ImageSettings,
    MachineShare,
    build_container_config,
    build_environment,
    describe_differences,
)
from evaluator.container.frames import STDERR, STDOUT, FrameError, FrameReader, Tail
from evaluator.container.inputs import Disguise, Setting, SystemInput, as_json, system_inputs
from evaluator.container.limits import GB, MB, Limits, in_bytes
from evaluator.container.sample_sentences import SENTENCES, TERMS, make_sample
from evaluator.container.seccomp import profile
from evaluator.container.verdict import RunEnding, Stop, judge


def frame(stream, payload):
    return struct.pack(">BxxxL", stream, len(payload)) + payload


@pytest.mark.parametrize("size", [1, 3, 8, 9, 1000])
def test_frames_are_taken_apart_whatever_the_pieces(size):
    data = frame(1, b"one\n") + frame(2, b"log") + frame(1, b"") + frame(1, b"two\n" * 20)
    frames = FrameReader()
    found = {STDOUT: b"", STDERR: b""}

    for start in range(0, len(data), size):
        for stream, payload in frames.feed(data[start : start + size]):
            found[stream] += payload

    assert found == {STDOUT: b"one\n" + b"two\n" * 20, STDERR: b"log"}
    assert frames.is_between_frames


def test_a_frame_that_breaks_off_is_noticed_and_its_size_reserves_nothing():
    frames = FrameReader()

    found = list(frames.feed(b"\x01\0\0\0\xff\xff\xff\xff" + b"abc"))

    assert found == [(1, b"abc")]
    assert not frames.is_between_frames


@pytest.mark.parametrize(
    "head", [b"\0\0\0\0\0\0\0\1", b"\3\0\0\0\0\0\0\1", b"HTTP/1.1", b"\1\1\0\0abcd"]
)
def test_what_is_no_frame_is_an_error(head):
    with pytest.raises(FrameError):
        list(FrameReader().feed(head))


def test_a_tail_keeps_the_last_bytes_from_the_start_of_a_line():
    tail = Tail(10)
    for text in (b"first line\n", b"second\n", b"third\n"):
        tail.add(text)

    assert tail.text() == "third\n"
    assert tail.total == 24


def test_a_tail_shows_everything_that_fits_and_bytes_that_are_no_text():
    tail = Tail(100)
    tail.add(b"a \xff\n")

    assert tail.text() == "a �\n"


def test_a_tail_of_one_endless_line_is_bounded():
    tail = Tail(1000)
    for _ in range(1000):
        tail.add(b"x" * 5000)

    assert len(tail._kept) <= 2000
    assert tail.text() == "x" * 1000


def segments(*documents):
    return [SystemInput(name, f"{name} {n}", (), "") for n, name in enumerate(documents)]


def test_a_disguise_keeps_documents_together_and_in_order():
    given = segments("a", "b", "a", "c", "b", "a")

    disguise = Disguise(given, random=random.Random(3))

    order = [given[place].source for place in disguise.order]
    assert sorted(order) == sorted(segment.source for segment in given)
    documents = [text.split()[0] for text in order]
    assert sum(x != y for x, y in pairwise(documents)) == 2
    assert [text for text in order if text[0] == "a"] == ["a 0", "a 2", "a 5"]


def test_no_two_runs_give_the_same_ids_or_order():
    given = segments(*(str(n) for n in range(50)))

    first, second = Disguise(given), Disguise(given)

    assert set(first.ids).isdisjoint(second.ids)
    assert len(set(first.ids)) == 50
    assert first.order != second.order


def test_ids_and_documents_of_the_test_set_are_in_no_line():
    given = [SystemInput("secret-document", "text", (), "text")]

    sent = b"".join(Disguise(given).chunks())

    assert b"secret-document" not in sent
    assert sent.count(b"\n") == 1


def test_the_mode_none_tells_a_system_of_no_term():
    told = system_inputs(make_sample("en", "fr"), "terms")
    untold = system_inputs(make_sample("en", "fr"), "none")

    assert [term.source for term in told[0].terms] == ["blood pressure", "tablet"]
    assert told[0].annotated.count("<term") == 2
    assert all(segment.terms == () for segment in untold)
    assert untold[3].annotated.endswith("8 °C &amp; kept away from light.")
    assert '"source": "blood pressure"' in as_json(told[0], id="1", document="d")


@pytest.mark.parametrize("pair", TERMS)
def test_every_pair_of_the_sample_has_terms_in_its_sentences(pair):
    source, target = pair.split("-")

    told = system_inputs(make_sample(source, target))

    assert len(told) == 5
    assert sum(len(segment.terms) for segment in told) >= 4
    assert all(len(sentences) == 5 for sentences in SENTENCES.values())


IMAGE = ImageSettings("sha256:1", "linux/amd64", "", (), (), True)


def changed(**fields):
    values = {name: getattr(IMAGE, name) for name in IMAGE.__slots__}
    return ImageSettings(**values | fields)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("", "65534:65534"),
        ("0", "65534:65534"),
        ("0:5", "65534:65534"),
        ("app", "65534:65534"),
        ("7:app", "65534:65534"),
        ("7:8:9", "65534:65534"),
        ("-1", "65534:65534"),
        (" 7", "65534:65534"),
        ("7\n", "65534:65534"),
        ("٧", "65534:65534"),  # a digit, but not ours
        ("4294967296", "65534:65534"),  # 0 in 32 bits
        ("2147483648", "65534:65534"),
        ("2147483647", "2147483647"),
        ("007:08", "7:8"),
        ("7", "7"),
    ],
)
def test_the_user_is_numeric_and_never_root(user, expected):
    assert changed(user=user).runs_as == expected


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"platform": "windows/amd64"}, "built for windows/amd64"),
        ({"has_command": False}, "nothing to run"),
        ({"volumes": tuple(f"/v{n}" for n in range(101))}, "more than 100 volumes"),
        ({"volumes": ("/",)}, "a volume at /."),
        ({"volumes": ("",)}, "a volume at '', which is not an absolute path. Begin it with"),
        ({"volumes": ("data",)}, "a volume at 'data', which is not an absolute path."),
        ({"volumes": ("./data",)}, "a volume at './data', which is not an absolute path."),
        ({"volumes": ("/" + "n" * 256,)}, "a volume that has a name of more than 255 bytes"),
        ({"volumes": ("/n" * 2000,)}, "a volume that has a path of more than 3,900 bytes"),
        ({"environment": ("A", "")}, "an environment variable without a name (ENV =value)."),
        ({"volumes": ("//a/../proc/",)}, "a volume at /proc."),
        ({"volumes": ("/dev/shm",)}, "a volume at /dev/shm."),
    ],
)
def test_some_images_cant_be_run(fields, words):
    assert words in (changed(**fields).fault() or "")


def test_volumes_are_covered_each_once_and_read_only():
    image = changed(volumes=("/b", "/b/", "//b", "/tmp", "/a"))

    assert image.fault() is None
    assert [cover["Target"] for cover in image.covers()] == ["/a", "/b"]
    assert all(cover["ReadOnly"] and cover["Type"] == "tmpfs" for cover in image.covers())


def config(image=IMAGE, machine=None, limits=None):
    return build_container_config(
        image, machine or MachineShare(4), limits or Limits(), variables=["A=1"], labels={"b": "2"}
    )


def test_every_flag_of_the_contract_is_set():
    found = config()
    host = found["HostConfig"]

    assert found["User"] == "65534:65534"
    assert found["Healthcheck"] == {"Test": ["NONE"]}
    assert (found["Env"], found["Labels"]) == (["A=1"], {"b": "2"})
    assert {name: host[name] for name in host if name not in ("Tmpfs", "Ulimits", "Mounts")} == {
        "NetworkMode": "none",
        "Dns": ["127.0.0.1"],
        "DnsSearch": ["."],
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges", f"seccomp={profile()}"],
        "Privileged": False,
        "IpcMode": "private",
        "Init": True,
        "Memory": 64 * GB,
        "MemorySwap": 64 * GB,
        "NanoCpus": 4 * 10**9,
        "PidsLimit": 1024,
        "ShmSize": 8 * GB,
        "LogConfig": {"Type": "none", "Config": {}},
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,
    }
    assert host["Tmpfs"] == {
        "/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={8 * GB},uid=65534,gid=65534"
    }


def test_a_gpu_is_asked_for_by_its_id_and_only_if_it_was_leased():
    with_gpu = config(machine=MachineShare(4, "runsc", ("GPU-1",)))["HostConfig"]

    assert with_gpu["Runtime"] == "runsc"
    assert with_gpu["DeviceRequests"] == [
        {"DeviceIDs": ["GPU-1"], "Capabilities": [["gpu", "compute", "utility"]]}
    ]
    assert "DeviceRequests" not in config()["HostConfig"]
    assert "Runtime" not in config()["HostConfig"]


def test_an_image_cant_set_our_variables():
    names = ("PATH", "LD_PRELOAD", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_X", "TERMINARIUM_X", "HOME")
    image = changed(environment=names)

    found = build_environment(image, Setting("en", "fr", "terms"), Limits(), 7, ("GPU-1", "GPU-2"))

    assert found[-3:] == ["LD_PRELOAD", "NVIDIA_X", "TERMINARIUM_X"]  # the engine drops these
    assert "NVIDIA_VISIBLE_DEVICES=GPU-1,GPU-2" in found
    assert "SEGMENTS=7" in found
    assert "HOME=/tmp" in found
    assert not any(one.startswith("PATH") for one in found)


def test_notes_say_where_this_machine_differs():
    assert describe_differences(IMAGE, MachineShare(8), Limits()) == ()
    [platform, cpus] = describe_differences(
        changed(platform="linux/arm64"), MachineShare(2), Limits()
    )
    assert "--platform linux/amd64" in platform
    assert "2 of the 8 processors" in cpus


@pytest.mark.parametrize("fields", [{"memory": 0}, {"wall_time": -1}, {"processes": 0}])
def test_a_limit_of_nothing_is_refused(fields):
    # To Docker 0 means: no limit.
    with pytest.raises(ValueError, match=f"the limit {next(iter(fields))} must be more than 0"):
        Limits(**fields)


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        (1, "The only segment has a translation."),
        (2, "All 2 segments have a translation."),
        (1200, "All 1,200 segments have a translation."),
    ],
)
def test_a_run_that_is_complete_counts_its_segments(segments, message):
    done = RunEnding(0, False, None, 0, segments, segments)

    assert judge(done, Limits())[1] == message


def ending(status=0, *, oom=False, stop=None, problems=0, done=5):
    return RunEnding(status, oom, stop, problems, done, 5)


@pytest.mark.parametrize(
    ("ended", "outcome"),
    [
        (ending(), "ok"),
        (ending(problems=1, done=4), "bad_output"),
        (ending(3), "crashed"),
        (ending(3, problems=1), "crashed"),  # a traceback on standard output, say
        (ending(64), "unsupported"),
        (ending(64, problems=1), "unsupported"),
        (ending(137), "crashed"),  # killed by itself: the engine says so if it was for memory
        (ending(137, oom=True), "out_of_memory"),
        (ending(0, oom=True), "out_of_memory"),  # one process of several
        (ending(64, oom=True), "out_of_memory"),
        (ending(137, oom=True, stop=Stop.TIME), "out_of_memory"),  # the others waited for it
        (ending(143, stop=Stop.TIME), "timeout"),
        (ending(0, stop=Stop.TIME), "timeout"),
        (ending(137, stop=Stop.OUTPUT, problems=1), "bad_output"),
        (ending(137, oom=True, stop=Stop.CANCELLED), "cancelled"),
    ],
)
def test_the_outcome_follows_the_contracts_order(ended, outcome):
    assert judge(ended, Limits())[0] == outcome


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (ending(137, oom=True), "more than its 64 GB of memory"),
        (ending(143, stop=Stop.TIME, done=3), "after 7,200 s. 3 of 5 segments were done."),
        (ending(139), "SIGSEGV killed it"),
        (ending(255), "exit status 255. Its log"),
        (ending(127), "its command is not in the image"),
        (ending(126), "chmod 755"),
    ],
)
def test_the_team_is_told_what_happened(ended, words):
    assert words in judge(ended, Limits())[1]


@pytest.mark.parametrize(
    ("size", "text"), [(64 * GB, "64 GB"), (1536 * MB, "1.5 GB"), (13 * MB, "13 MB")]
)
def test_sizes_are_written_for_people(size, text):
    assert in_bytes(size) == text


def test_a_run_of_a_living_process_is_no_orphan():
    assert not orphans._is_orphan(orphans.labels(60))


def test_a_run_past_its_time_is_an_orphan_whoever_started_it():
    assert orphans._is_orphan({**orphans.labels(-1000), orphans.OWNER: "elsewhere 1:1"})


def test_a_run_of_a_dead_process_of_this_machine_is_an_orphan():
    program = "from evaluator.container import orphans; print(orphans.labels(60)[orphans.OWNER])"
    owner = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()

    assert orphans._is_orphan({**orphans.labels(60), orphans.OWNER: owner})
    assert not orphans._is_orphan({**orphans.labels(60), orphans.OWNER: f"other-{owner}"})


def test_a_process_that_took_over_a_dead_ones_number_does_not_own_its_run():
    here = orphans._name_machine()

    assert orphans._is_orphan({**orphans.labels(60), orphans.OWNER: f"{here} {os.getpid()}:1"})


@pytest.mark.parametrize("owner", ["", "x", "x y", " :", "x y:z"])
def test_labels_of_others_mean_nothing(owner):
    assert not orphans._is_orphan({orphans.LABEL: "run", orphans.OWNER: owner})


@pytest.mark.parametrize(
    "words",
    [
        'exec: "app": executable file not found in $PATH',
        "error mounting /data: not a directory: are you trying to mount a directory onto a file",
        "failed to create shim: runc: no such file or directory",
        "permission denied",
        "unable to find user 65534: /etc/passwd: is a directory",
        "",
    ],
)
@pytest.mark.parametrize("status", [1, 126, 127, 128])
def test_an_engine_that_starts_nothing_speaks_of_no_command_of_a_team(words, status):
    class Client:
        def start(self, container):
            raise APIError("400 Client Error", explanation=words)

        def inspect_container(self, container):
            return {"State": {"ExitCode": status}}

    with pytest.raises(EngineError) as caught:
        Engine(Client(), "unix:///nowhere", None).start("container")

    assert (type(caught.value), caught.value.step) == (EngineError, "start")
