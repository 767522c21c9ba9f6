"""What a run on a node costs beside a bare `docker run -i`, and how long a node is idle."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evaluator.container.inputs import Disguise, SystemInput
from tests.conftest import give_up
from tests.containers import COPY, Images
from tests.e2e.site import Site

SENTENCES = [f"This is sentence {number}." for number in range(2000)]
ROUNDS = 3  # the best of them counts: the machine may be busy
QUEUE = 20  # entries
SUBMISSIONS = 60  # that a team may send here
SECONDS = "extract(epoch from ended_at - started_at)"

pytestmark = pytest.mark.bench


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site], engine_address: str) -> Site:
    """A test set of the size of TICO-19's, and a node."""
    site = make_site(IMAGE_TRIES=str(SUBMISSIONS))
    rows = (f"s{number}\t{text}\t{text}" for number, text in enumerate(SENTENCES))
    file = site.folder / "bench.tsv"
    file.write_text("\n".join(["id\tsource\treference", *rows]) + "\n")
    site.manage(
        "import_test_set", "--create",
        "--shared-task", "bench", "--phase", "dev", "--language-pair", "en-fr",
        "--source", str(file),
    )  # fmt: skip
    site.announce("bench")
    site.allow_images()
    site.start_web()
    site.start_worker()
    site.start_sweeper()
    return site


@pytest.fixture
def seconds(
    site: Site, archive_of: Callable[..., Path], engine_address: str, session_images: Images
) -> Callable[[str], tuple[float, float]]:
    """Return a function that measures both ways on a script: (claim to finish, docker run)."""
    if shutil.which("docker") is None:
        give_up("needs the docker command")

    segments = [SystemInput("d", text, (), text) for text in SENTENCES]

    def bare(image: str) -> float:
        started = time.perf_counter()
        subprocess.run(
            ["docker", "run", "-i", "--rm", "--network", "none", image],
            input=b"".join(Disguise(segments).chunks()),
            env=os.environ | {"DOCKER_HOST": engine_address},
            stdout=subprocess.PIPE,
            check=True,
        )
        return time.perf_counter() - started

    def on_node(archive: Path) -> float:
        entry = site.entry_of_image(archive)
        site.wait_for_state(entry, "scored")
        [(took,)] = site.rows(
            f"select {SECONDS} from nodes_run where entry_id = {entry} and purpose = 'test'"
        )
        return float(took)

    def measured(script: str) -> tuple[float, float]:
        archive = archive_of(script)
        if "bench" not in site.nodes:
            site.start_node("bench", engine_address)
        on_node(archive)  # the smoke run, and the image comes to the node
        ours = min(on_node(archive) for _ in range(ROUNDS))
        image = session_images.make(script)
        theirs = min(bare(image) for _ in range(ROUNDS))
        print(f"\nclaim to finish {ours:.2f} s, docker run {theirs:.2f} s")
        return ours, theirs

    return measured


def test_a_system_that_works_for_five_seconds_takes_hardly_longer(
    seconds: Callable[[str], tuple[float, float]],
) -> None:
    ours, bare = seconds(f"sleep 5; {COPY}")

    assert ours <= 1.15 * bare


def test_a_system_that_does_nothing_takes_half_a_second_more(
    seconds: Callable[[str], tuple[float, float]],
) -> None:
    ours, bare = seconds(COPY)

    assert ours <= bare + 0.5


def test_a_node_is_never_idle_for_long_while_something_waits(
    site: Site, archive_of: Callable[..., Path], engine_address: str
) -> None:
    archive = archive_of(f"sleep 0.2; {COPY}")
    if "bench" in site.nodes:
        site.nodes["bench"].stop()
    entries = [site.entry_of_image(archive) for _ in range(QUEUE)]

    site.start_node("bench", engine_address)
    for entry in entries:
        site.wait_for_state(entry, "scored")

    first = min(entries)
    gaps = site.rows(
        "select extract(epoch from started_at - lag(ended_at) over (order by started_at)) "
        f"from nodes_run where entry_id >= {first} order by started_at"
    )
    idle = [float(gap) for (gap,) in gaps if gap is not None]
    print(f"\n{len(gaps)} runs; idle for at most {max(idle):.2f} s between two")
    assert len(gaps) == QUEUE + 1  # and one smoke run
    assert max(idle) <= 2
