"""A node in trouble, an image that no engine takes, two processes with one token: all at once."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.archives import SavedImage, docker_manifest, link, member, tar
from tests.containers import COPY, Images
from tests.e2e.site import Site
from tests.fake_platform import wait_for

WITHIN = 120  # seconds
# GNU's format 1.0: the map of the holes begins the content.
SPARSE = {
    "GNU.sparse.major": "1", "GNU.sparse.minor": "0",
    "GNU.sparse.name": "holes", "GNU.sparse.realsize": "4096",
}  # fmt: skip
LEFT = 50_000  # bytes: room for a word, for no image


@pytest.fixture(scope="module")
def site(make_small_site: Callable[..., Site]) -> Site:
    site = make_small_site()
    site.start_worker()
    site.start_sweeper()
    return site


@pytest.fixture
def small_disk(site: Site) -> Iterator[Path]:
    """The folder of the node `sick`, on a disk of 8 MB that is full."""
    path = site.folder / "sick"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", path], check=True)
    (path / "filler").write_bytes(bytes(shutil.disk_usage(path).free - LEFT))
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


@pytest.fixture
def bad_archive(tmp_path: Path) -> Path:
    """An image that intake takes and no engine loads: a sparse file's map is not one."""
    program = shutil.which("busybox")
    assert program is not None
    layer = tar(
        member("bin/busybox", Path(program).read_bytes(), mode=0o755),
        link("bin/sh", "busybox"), link("bin/sed", "busybox"),
        member("GNUSparseFile.0/holes", b"no map of holes\n", pax_headers=SPARSE),
    )  # fmt: skip
    saved = SavedImage([layer], {"Cmd": ["sh", "-c", COPY], "User": "1000"})
    manifest = [docker_manifest("config.json", ["layer.tar"], tags=None)]
    path = tmp_path / "bad.tar"
    path.write_bytes(
        tar(
            member("layer.tar", layer),
            member("config.json", saved.config),
            member("manifest.json", json.dumps(manifest).encode()),
        )
    )
    return path


def test_everything_else_is_scored_and_each_fault_is_told_where_it_belongs(
    site: Site, small_disk: Path, bad_archive: Path, archive_of: Callable[..., Path],
    engine_address: str, images: Images,
) -> None:  # fmt: skip
    good = [site.entry_of_image(archive_of(f"{COPY} # sick nodes {n}")) for n in range(2)]
    site.start_node("sick", engine_address)
    wait(site, "failing_reason like '%NODE_STATE_DIR%' from nodes_node where name = 'sick'")
    bad = site.entry_of_image(bad_archive)
    good += [site.entry_of_image(archive_of(f"{COPY} # sick nodes {n}")) for n in (2, 3)]

    site.start_node("well", engine_address)
    for entry in good:
        site.wait_for_state(entry, "scored")
    site.wait_for_state(bad, "rejected")
    assert [run[2] for run in site.runs_of(bad)] == ["image_unavailable", "crashed"]
    [(reason,)] = site.rows(f"select reason from submissions_entry where id = {bad}")
    assert "A machine tried it 2 times, and ran another image next." in reason
    assert [run for run in site.runs_of(good[1]) if run[2] != "ok"] == []
    wait(site, "failing_since is null and failures = 0 from nodes_node where name = 'well'")

    (small_disk / "filler").unlink()
    wait(site, "failing_since is null and failures = 0 from nodes_node where name = 'sick'")

    # A second process with its token is refused and told of the first; a restart is not.
    first = site.nodes["sick"].pid("sick")
    site.start_node("copy", engine_address, NODE_TOKEN=site.tokens["sick"])
    log = site.folder / "logs" / "copy.log"
    wait_for(lambda: f"process {first} on " in log.read_text(), WITHIN)
    site.nodes["sick"].kill("sick")
    site.start_node("sick", engine_address)
    restarted = site.nodes["sick"].pid("sick")
    wait(site, f"process_pid = {restarted} from nodes_node where name = 'sick'")
    site.nodes["copy"].end("copy", within=20)
    site.nodes["sick"].end("sick", within=20)
    wait(site, "process_id = '' from nodes_node where name = 'sick'")
    site.nodes["well"].stop()
    assert images.client.images(filters={"label": "terminarium.proof"}) == []


def wait(site: Site, condition: str) -> None:
    """Wait until the one row that is selected is as it should be."""
    site.wait_for(f"select {condition}", lambda rows: rows in ([(True,)], [(1,)]), within=WITHIN)
