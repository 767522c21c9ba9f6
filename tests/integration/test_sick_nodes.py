"""Images that no engine takes, and machines that are sick, on a real engine: which of the two?"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest

from evaluator import container
from evaluator.container import GB, MB, orphans
from evaluator.node.machine import known_good
from evaluator.node.machine.image_cache import ImageCache
from evaluator.node.machine.probe import probe
from evaluator.node.machine.self_check import SelfCheck
from evaluator.node.protocol.client import MachineOffer, Platform
from evaluator.node.work.loop import Work
from tests.archives import SavedImage, docker_manifest, folder, link, member, tar
from tests.containers import COPY, make_segments
from tests.containers import Images as Maker
from tests.fake_platform import TOKEN, wait_for
from tests.services.containers import Docker

OFFER = MachineOffer(cpus=2, memory=4 * GB, gpus=(), runtime=None, version="1")
FIVE = make_segments(5)
FILE = member("data", b"a file")
ENTRY = {"Entrypoint": ["/app"], "Cmd": None}
RUNC = None  # the engine's own runtime

# What is in the layer, what the configuration says, where the engine refuses it, by which runtime.
BAD: dict[str, tuple[list, dict, str, str | None]] = {
    "/tmp is a file": ([member("tmp")], {}, "start", RUNC),
    "/sbin, where the engine puts its init, is a file": ([member("sbin")], {}, "start", RUNC),
    "a volume below a file": ([FILE], {"Volumes": {"/data/in/it": {}}}, "start", RUNC),
    "a volume over a file of the engine": (
        [folder("etc"), member("etc/hosts")], {"Volumes": {"/etc/hosts": {}}}, "start", RUNC,
    ),
    "a volume through a loop": ([link("data", "data")], {"Volumes": {"/data": {}}}, "start", RUNC),
    "the working directory is a file": ([FILE], {"WorkingDir": "/data"}, "create", RUNC),
    "its command is an empty word": ([], {"Entrypoint": [""], "Cmd": None}, "create", RUNC),
    "/etc/passwd is a folder": ([folder("etc"), folder("etc/passwd")], {}, "start", "runsc"),
    "a hard link out of it": (
        [member("x", type=tarfile.LNKTYPE, linkname="../../etc/passwd")], {}, "load", RUNC,
    ),
    "a name of 300 bytes": ([member("n" * 300)], {}, "load", RUNC),
    "a whiteout of nothing": ([member(".wh.")], {}, "load", RUNC),
}  # fmt: skip
# These can't be started either, but that needs no proof: the team is told at once.
UNSTARTABLE = {
    "its command is a folder": ([folder("app")], ENTRY),
    "its command is not there": ([], ENTRY),
    "its command is a text": ([member("app", b"hello", mode=0o755)], ENTRY),
}
# These look bad and run.
FINE = {
    "a user that /etc/passwd does not know": ([], {"User": "70000"}),
    "a user with a name that nobody has": ([], {"User": "nobody-like-this"}),
}


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def make_work(platform, state, engine_address, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", engine_address)
    monkeypatch.setattr("evaluator.node.work.loop.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("evaluator.node.work.loop.LONGEST_PAUSE", 0.1)

    def make(machine=OFFER):
        images = ImageCache(Platform(platform.url, TOKEN), state, GB)
        client = Platform(platform.url, TOKEN)
        fitness = SelfCheck(state, machine, images, client)
        return Work(
            client, images, machine, fitness, grace=0.0, patience=0.0, on_refusal=lambda: None
        )

    return make


@pytest.fixture
def in_background():
    works = []

    def start(work):
        thread = threading.Thread(target=work.wake)
        thread.start()
        works.append((work, thread))
        return thread

    yield start
    for work, thread in works:
        work.stop()
        thread.join(30)
        assert not thread.is_alive()
    works.clear()


@pytest.fixture
def loaded(images):
    """Return a function that notes an image which a node may load: it is removed in the end."""
    made = set()
    before = images.ids()

    def note(id, archive):
        made.add(id)
        return {"digest": id, "archive": archive, "unpacked": 4 * MB}

    yield note
    for id in made & images.ids():
        images.client.remove_image(id, force=True)
    assert images.ids() <= before  # the known good image is gone, too


def archive(members=(), settings=None, number=0):
    """Return the id and the archive of an image with a shell and this besides."""
    program = shutil.which("busybox")
    assert program is not None
    layer = tar(
        member("bin/busybox", Path(program).read_bytes(), mode=0o755),
        link("bin/sh", "busybox"), link("bin/sed", "busybox"),
        *members,
    )  # fmt: skip
    config = {"Cmd": ["sh", "-c", COPY], "Labels": {"number": str(number)}, **(settings or {})}
    saved = SavedImage([layer], config)
    manifest = [docker_manifest("config.json", ["layer.tar"], tags=None)]
    return saved.id, tar(
        member("layer.tar", layer),
        member("config.json", saved.config),
        member("manifest.json", json.dumps(manifest).encode()),
    )


def test_bad_images_are_told_from_sick_machines_and_keep_no_other_waiting(
    platform, make_work, loaded, require_service, monkeypatch
):
    require_service("gvisor")
    runs, good, pauses = {}, [], []
    by_runtime = {
        runtime: make_work(MachineOffer(2, 4 * GB, (), runtime, "1")) for runtime in (RUNC, "runsc")
    }
    for runtime, work in by_runtime.items():
        cases = [(name, one[:2]) for name, one in BAD.items() if one[3] == runtime]
        cases += [*UNSTARTABLE.items(), *FINE.items()] if runtime is RUNC else []
        for number, (name, (members, settings)) in enumerate(cases):
            runs[name] = platform.add(FIVE, **loaded(*archive(members, settings, number)))
            if number % 4 == 0:
                good.append(platform.add(FIVE, **loaded(*archive(number=f"good {runtime}"))))
        monkeypatch.setattr(work._ending, "wait", pauses.append)
        work.wake()

    ends = {name: run.end for name, run in runs.items()}
    assert {run.end["outcome"] for run in good} == {"ok"}
    assert {name: ends[name]["outcome"] for name in BAD} == {
        name: "image_unavailable" if step == "load" else "engine_error"
        for name, (_, _, step, _) in BAD.items()
    }
    assert {name: ends[name]["health"] for name in BAD} == {
        name: {"is_fit": True, "text": "", "step": step} for name, (_, _, step, _) in BAD.items()
    }
    assert {ends[name]["outcome"] for name in UNSTARTABLE} == {"crashed"}
    assert {ends[name]["outcome"] for name in FINE} == {"ok"}
    assert not pauses


@pytest.fixture
def small_disk(state):
    """The node's folder on a disk of 8 MB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", state], check=True)
    yield state
    subprocess.run(["umount", "--lazy", state], check=True)


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_folder_that_takes_nothing_makes_the_node_unfit_until_it_does(
    platform, make_work, loaded, small_disk, in_background, trouble
):
    def spoil():
        if trouble == "full":
            (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free - 50_000))
        else:
            subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)

    def repair():
        if trouble == "full":
            (small_disk / "filler").unlink()
        else:
            subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)

    image = loaded(*archive())
    first, second = platform.add(FIVE, **image), platform.add(FIVE, **image)
    work = make_work()
    spoil()
    in_background(work)

    wait_for(lambda: len(said(platform, is_fit=False)) > 2)
    assert first.end["health"]["is_fit"] is False
    assert "NODE_STATE_DIR" in first.end["health"]["text"]
    assert not second.is_open

    platform.wants_check = True  # as a platform that was told
    repair()
    wait_for(lambda: second.end)
    assert second.end["outcome"] == "ok"
    assert said(platform, is_fit=True)


def said(platform, *, is_fit):
    """Return the claims that say that the node is fit, or that it is not."""
    text = b'"health": {"is_fit": %s' % str(is_fit).lower().encode()
    return [one for one in platform.asked("claim") if text in one.body]


@pytest.mark.parametrize(
    ("machine", "claim", "words"),
    [
        (MachineOffer(2, 4 * GB, (), "no-such-runtime", "1"), {}, "no-such-runtime"),
        (MachineOffer(2, 4 * GB, ("0",), None, "1"), {"gpus": ["0"]}, "with GPU 0"),
    ],
    ids=["a runtime that is gone", "a GPU that is gone"],
)
def test_a_machine_without_what_it_offers_is_unfit(
    platform, make_work, loaded, in_background, machine, claim, words
):
    run = platform.add(FIVE, **claim, **loaded(*archive()))

    in_background(make_work(machine))

    wait_for(lambda: said(platform, is_fit=False))
    assert run.end["health"]["is_fit"] is False
    assert words in run.end["health"]["text"]


# The SDK leaves its socket to the garbage collector when it can't connect any more.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_engine_that_dies_between_load_and_create_is_the_machines_fault(
    platform, make_work, tmp_path, engine_address, monkeypatch, in_background
):
    engine = Docker()
    where = tmp_path / "engine"
    where.mkdir()
    try:
        address = engine.start(where)
        monkeypatch.setenv("DOCKER_HOST", address)
        work = make_work()
        monkeypatch.setenv("DOCKER_HOST", address)
        fetch = work._images.fetch

        def fetch_and_die(image, **options):
            fetch(image, **options)
            monkeypatch.setattr(work._images, "fetch", fetch)
            engine.kill()

        monkeypatch.setattr(work._images, "fetch", fetch_and_die)
        id, data = archive()
        runs = [platform.add(FIVE, digest=id, archive=data, unpacked=4 * MB) for _ in range(2)]
        in_background(work)

        wait_for(lambda: runs[0].end)
        assert runs[0].end["outcome"] == "engine_error"
        assert runs[0].end["health"]["is_fit"] is False
        assert "No Docker engine answers" in runs[0].end["health"]["text"]
        engine.start(where)

        wait_for(lambda: runs[1].end)
        assert runs[1].end["outcome"] == "ok"
        maker = Maker(address)
        assert maker.ids() == {id}
        maker.client.close()
    finally:
        engine.stop()


def test_a_platform_that_wants_a_check_gets_it_before_it_gives_work(platform, make_work, loaded):
    run = platform.add(FIVE, **loaded(*archive()))
    platform.wants_check = True

    make_work().wake()

    assert run.end["outcome"] == "ok"
    assert len(said(platform, is_fit=True)) == 1


def test_the_known_good_image_runs_under_each_runtime_and_leaves_nothing(
    runtime, images, engine_address, monkeypatch
):
    monkeypatch.setenv("DOCKER_HOST", engine_address)
    before = images.ids()

    assert probe(runtime) is None
    assert images.ids() == before


def test_a_proof_that_was_cut_off_leaves_nothing_after_the_next_sweep(
    images, engine_address, monkeypatch
):
    monkeypatch.setenv("DOCKER_HOST", engine_address)
    before = images.ids()
    dead, living = (orphans.labels(60) | {orphans.UNTIL: until} for until in ("1", "9" * 11))
    left, kept = (known_good.archive(labels) for labels in (dead, living))
    for _, data in (left, kept):
        images.load(data)

    container.sweep()

    assert images.ids() - before == {kept[0]}
    images.client.remove_image(kept[0], force=True)


def test_the_known_good_program_answers_as_the_contract_asks(tmp_path):
    program = tmp_path / "program"
    program.write_bytes(known_good.program())
    program.chmod(0o755)

    for text in ("word", "", "ü" * 300, '\\"source\\" twice'):
        line = f'{{"id": "1", "source": "{text}", "terms": []}}\n'.encode()
        done = subprocess.run([program], input=line, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == line.replace(b'"source"', b'"translation"', 1)
    assert subprocess.run([program], input=b"", check=False).returncode == 1
