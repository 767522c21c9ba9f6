"""A system that needs a GPU runs on a node with one, and nowhere else; or it waits, saying why."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.containers import COPY, Images
from tests.e2e.session import COOKIE, session_of
from tests.e2e.site import Site
from tests.services.containers import Docker

REASON = "No GPU node is there at the moment. Those without a GPU can't run this system."
WITHIN = 60  # seconds


@pytest.fixture(scope="module")
def site(make_small_site: Callable[..., Site]) -> Site:
    site = make_small_site(NODE_LEASE="10")
    site.start_worker()
    site.start_sweeper()
    return site


@pytest.fixture
def gpu_engine(
    tmp_path_factory: pytest.TempPathFactory, require_service: Callable[[str], str]
) -> Iterator[str]:
    """An engine that takes requests for GPUs; it has none."""
    require_service("docker")
    engine = Docker(has_gpus=True)
    try:
        yield engine.start(tmp_path_factory.mktemp("engine"))
    finally:
        engine.stop()


def test_it_waits_for_a_node_with_a_gpu_and_runs_there_alone(
    site: Site, archive_of: Callable[..., Path], engine_address: str, gpu_engine: str,
    context: BrowserContext,
) -> None:  # fmt: skip
    site.start_node("cpu-1", engine_address)
    needs_gpu = site.entry_of_image(archive_of(f"sleep 2; {COPY} # gpu"), needs_gpu=True)
    needs_none = site.entry_of_image(archive_of(f"{COPY} # cpu"))
    site.wait_for_state(needs_none, "scored")  # it came later: the other one is not in its way

    assert site.runs_of(needs_gpu) == []
    context.add_cookies([{"name": COOKIE, "value": session_of(site, "alice"), "url": site.url}])
    page = context.new_page()
    page.goto(f"{site.url}/entries/{needs_gpu}/")
    expect(page.locator("#runs .why-not")).to_contain_text(REASON)
    page.goto(f"{site.url}/status")
    expect(page.get_by_text(REASON)).to_be_visible()

    site.start_node("gpu-1", gpu_engine, NODE_GPUS="GPU-7")
    asked = device_requests(gpu_engine)
    site.wait_for_state(needs_gpu, "scored")

    assert asked == [("nvidia", ["GPU-7"], [["gpu", "compute", "utility"]])]
    nodes = "from nodes_run r join nodes_node n on n.id = r.node_id where r.entry_id ="
    where = f"select distinct n.name, r.gpus::text {nodes}"
    assert site.rows(f"{where} {needs_gpu}") == [("gpu-1", '["GPU-7"]')]
    assert site.rows(f"{where} {needs_none}") == [("cpu-1", "[]")]


def test_without_a_request_a_gpu_stays_unseen(
    site: Site, archive_of: Callable[..., Path], gpu_engine: str
) -> None:
    for node in site.nodes.values():
        node.stop()
    site.start_node("gpu-2", gpu_engine, NODE_GPUS="GPU-7")
    entry = site.entry_of_image(archive_of(f"sleep 2; {COPY} # none"))

    assert device_requests(gpu_engine) == []
    site.wait_for_state(entry, "scored")


def device_requests(address: str) -> list[tuple[str, list[str], list[list[str]]]]:
    """Return what the next container that runs in an engine has asked for."""
    engine = Images(address)
    deadline = time.monotonic() + WITHIN
    while not (found := engine.client.containers()):
        assert time.monotonic() < deadline, "nothing runs"
        time.sleep(0.05)
    host = engine.client.inspect_container(found[0]["Id"])["HostConfig"]
    engine.client.close()
    requests = host["DeviceRequests"] or []
    return [(one["Driver"] or "nvidia", one["DeviceIDs"], one["Capabilities"]) for one in requests]
