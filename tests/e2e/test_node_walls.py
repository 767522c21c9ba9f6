"""What a node can't see and can't do: no reference reaches it, and its keys open nothing else."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery

from tests.containers import COPY
from tests.e2e.gate import Gate
from tests.e2e.site import Site
from tests.services.service import free_port

WITHIN = 30  # seconds
SECRET = "only-for-tests"  # SECRET_KEY
# In the reference's sentences, its annotations, the source's, and the list of another mode.
SENTINELS = ("Quintessenz", "Zwiebelfisch", "Kaleidoskop", "Nachtfalter")
SOURCE = f"""\
<srcset setid="walls" srclang="any"><doc docid="letter">
<seg id="1"> take the <term id="1" type="src_original_and_tgt_original" src="pill"
 tgt="{SENTINELS[2]}"> pill </term> at night . </seg>
<seg id="2"> call if it lasts . </seg>
</doc></srcset>
"""
REFERENCE = f"""\
<refset setid="walls" srclang="any" trglang="any"><doc docid="letter">
<seg id="1"> le {SENTINELS[0]} <term id="1" type="src_original_and_tgt_original" src="pill"
 tgt="{SENTINELS[1]}"> {SENTINELS[1]} </term> le soir . </seg>
<seg id="2"> {SENTINELS[0]} si cela dure . </seg>
</doc></refset>
"""


@pytest.fixture(scope="module")
def nodes_broker(
    tmp_path_factory: pytest.TempPathFactory, require_service: Callable[[str], str]
) -> Iterator[str]:
    """A Redis server of the nodes' own, as the operator's guide asks for."""
    require_service("redis")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    folder = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        ["redis-server", *options, "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    yield f"redis://127.0.0.1:{port}/0"
    server.kill()
    server.wait()


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site], nodes_broker: str) -> Site:
    site = make_site(
        is_forked=False,  # what a process holds is looked at
        NODE_HEARTBEAT="0.5",
        NODE_LEASE="60",
        NODES_BROKER_URL=nodes_broker,
        SWEEP_INTERVAL="30",  # so that what happens within seconds is no sweep's doing
    )
    source, reference = site.folder / "source.sgm", site.folder / "reference.sgm"
    source.write_text(SOURCE)
    reference.write_text(REFERENCE)
    other_list = site.folder / "random.tsv"
    other_list.write_text(f"call\t{SENTINELS[3]}\n")
    site.import_test_set(source, reference, "--terminology", f"random={other_list}")
    site.allow_images()
    site.start_web()
    site.start_worker()
    site.start_sweeper()
    return site


@pytest.fixture(scope="module")
def gate(site: Site) -> Iterator[Gate]:
    gate = Gate(site.url)
    yield gate
    gate.close()


@pytest.fixture(scope="module")
def after_a_run(
    site: Site, gate: Gate, archive_of: Callable[..., Path], engine_address: str
) -> dict[str, str]:
    """What a node holds in mid-run: files, environment, what is open; then the run ends well."""
    site.start_node("walled", engine_address, url=gate.url)
    site.wait_for(
        "select last_seen_at from nodes_node", lambda rows: rows != [(None,)], within=WITHIN
    )
    entry = site.entry_of_image(archive_of(f"sleep 3; {COPY} # walls"))
    site.wait_for_run(entry, "purpose = 'test' and stage = 'running'")
    process = site.nodes["walled"].pid("walled")
    held = {
        str(path): path.read_bytes().decode(errors="replace")
        for path in (site.folder / "walled").rglob("*")
        if path.is_file()
    }
    held["environment"] = Path(f"/proc/{process}/environ").read_text()
    held["command"] = Path(f"/proc/{process}/cmdline").read_text()
    held["open files"] = "\n".join(_targets(Path(f"/proc/{process}/fd")))
    site.wait_for_state(entry, "scored")
    held["log"] = (site.folder / "logs" / "walled.log").read_text()
    return held


def test_an_idle_node_begins_at_once_what_comes(after_a_run: dict[str, str], site: Site) -> None:
    [(seconds,)] = site.rows(
        "select extract(epoch from min(r.started_at) - min(e.created_at)) from nodes_run r "
        "join submissions_entry e on e.id = r.entry_id"
    )

    assert seconds < 5


def test_what_a_node_holds_has_no_reference_and_no_annotation(
    after_a_run: dict[str, str], site: Site
) -> None:
    # The database and the storage hold them, or the test would show nothing.
    assert _is_stored(site)

    found = [
        (place, word)
        for place, text in after_a_run.items()
        for word in (*SENTINELS, SECRET, site.environment["DATABASE_URL"], "/media/")
        if word in text
    ]

    assert found == []
    assert site.environment["BROKER_URL"] not in after_a_run["environment"]


def test_what_passes_between_node_and_platform_has_none_either(
    after_a_run: dict[str, str], gate: Gate
) -> None:
    paths = {one.path.partition("?")[0].rsplit("/", 1)[1] for one in gate.exchanges}
    assert paths >= {"me", "claim", "image", "heartbeat", "hypotheses", "finish"}
    assert b"take the pill at night" in b"".join(one.answer for one in gate.asked("claim"))

    passed = [one.body + one.answer + repr(one.headers).encode() for one in gate.exchanges]

    assert [word for word in SENTINELS if any(word.encode() in one for one in passed)] == []


def test_a_nodes_token_opens_nothing_but_the_nodes_protocol(
    after_a_run: dict[str, str], site: Site
) -> None:
    token = _token(after_a_run)
    [(submission,)] = site.rows("select max(id) from submissions_submission")
    [(entry,)] = site.rows("select max(entry_id) from nodes_run")
    paths = [
        "/admin/", "/submissions/", f"/submissions/{submission}/", f"/entries/{entry}/",
        f"/entries/{entry}/hypotheses.txt", "/tasks/trial/dev/submit", "/account/",
    ]  # fmt: skip

    for path in paths:
        assert _get(site, path, token) == _get(site, path, ""), path
    assert _get(site, "/nodes/v1/me", token)[0] == 200
    assert _get(site, "/nodes/v1/me", token + "x")[0] == 401


def test_a_nodes_broker_reaches_no_platform_worker(
    after_a_run: dict[str, str], site: Site, nodes_broker: str
) -> None:
    log = site.folder / "logs" / "worker.log"
    before = log.read_text().count("received")
    server = nodes_broker.rpartition("/")[0]

    for database in range(16):
        with Celery(broker=f"{server}/{database}", set_as_current=False) as client:
            for queue in ("checks", "celery", "images", "run.cpu", "config"):
                client.send_task("submissions.score", args=[1], queue=queue, ignore_result=True)
            client.control.broadcast("shutdown")
            client.control.broadcast("pool_restart", arguments={"reload": True})
    time.sleep(3)

    assert log.read_text().count("received") == before
    site.children.check()  # all of the platform's processes run
    site.nodes["walled"].check()  # and the node, which was told a task that it does not know


@pytest.mark.parametrize("broker", ["BROKER_URL", "NODES_BROKER_URL"])
def test_nobody_shuts_a_worker_down_through_a_broker(
    after_a_run: dict[str, str], site: Site, broker: str
) -> None:
    with Celery(broker=site.environment[broker], set_as_current=False) as client:
        replies = client.control.ping(timeout=2)
        client.control.shutdown()
    time.sleep(2)

    assert replies == []
    site.children.check()
    site.nodes["walled"].check()


def _targets(folder: Path) -> Iterator[str]:
    for link in folder.iterdir():
        try:
            yield os.readlink(link)
        except OSError:  # closed meanwhile
            continue


def _is_stored(site: Site) -> bool:
    files = (path for path in site.folder.rglob("*") if path.is_file())
    texts = [path.read_bytes() for path in files if "walled" not in str(path)]
    return all(any(word.encode() in text for text in texts) for word in SENTINELS)


def _token(held: dict[str, str]) -> str:
    pairs = (one.partition("=") for one in held["environment"].split("\0"))
    return next(value for name, _, value in pairs if name == "NODE_TOKEN")


def _get(site: Site, path: str, token: str) -> tuple[int, str]:
    """Return how an address answers: its status, and where it ends."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(site.url + path, headers=headers), timeout=30
        ) as answer:
            return answer.status, answer.url
    except urllib.error.HTTPError as error:
        return error.code, error.url
