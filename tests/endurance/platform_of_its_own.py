"""A whole platform whose every service may be killed, databases and engine too."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.containers import COPY, Images
from tests.e2e.site import Site
from tests.integration.samples import REFERENCE, SOURCE
from tests.services.containers import Docker
from tests.services.installing import ensure
from tests.services.known import PostgreSQL, Redis
from tests.services.service import ServiceError

SHORT = {  # seconds: what a kill costs is waited for, many times
    "SWEEP_INTERVAL": "1",
    "CHECKING_DWELL": "20",
    "SCORING_DWELL": "20",
    "IMAGE_CHECKING_DWELL": "20",
    "NODE_LEASE": "6",
    "NODE_HEARTBEAT": "1",
}
NODE = "cpu-1"


@dataclass(frozen=True, slots=True)
class Service:
    """How one of the services is killed, and started as its supervisor would."""

    kill: Callable[[], None]
    start: Callable[[], object]
    has_ended: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Platform:
    """The running platform and what may be done to it."""

    site: Site
    services: dict[str, Service]
    make_archive: Callable[[int], bytes]


@contextlib.contextmanager
def running() -> Iterator[Platform]:
    """Start everything, with a test set of four segments in a phase that takes images."""
    database, broker, engine = PostgreSQL(is_durable=True), Redis(), Docker()
    if ensure([database, broker, engine]) != [database, broker, engine]:
        raise ServiceError("PostgreSQL, Redis and a Docker engine are needed")
    folder = Path(tempfile.mkdtemp(prefix="terminarium-endurance-"))
    folder.chmod(0o711)  # PostgreSQL's user has to pass through
    folders = {service: folder / service.name for service in (database, broker, engine)}
    for own in folders.values():
        own.mkdir()
    site = None
    try:
        addresses = {service: service.start(own) for service, own in folders.items()}
        archives = _archives(addresses[engine])
        site = _site(folder / "site", addresses[database], addresses[broker])
        site.start_web()
        site.start_worker(tasks_at_once=2)
        site.start_sweeper()
        site.start_node(NODE, addresses[engine])
        children, node = site.children, site.nodes[NODE]
        services = {
            "web": Service(
                lambda: children.kill("server"),
                site.serve,
                lambda: children.has_ended("server"),
            ),
            "worker": Service(
                lambda: children.kill("worker"),
                site.start_worker,
                lambda: children.has_ended("worker"),
            ),
            "sweeper": Service(
                lambda: children.kill("sweeper"),
                site.start_sweeper,
                lambda: children.has_ended("sweeper"),
            ),
            "node": Service(
                lambda: node.kill(NODE),
                lambda: site.start_node(NODE, addresses[engine]),
                lambda: node.has_ended(NODE),
            ),
        } | {
            service.name: Service(
                service.kill,
                lambda service=service: service.start(folders[service]),
                lambda service=service: service.has_ended(),
            )
            for service in (database, broker, engine)
        }
        yield Platform(site, services, archives)
    finally:
        if site is not None:
            site.stop()
        for service in (engine, broker, database):
            service.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _site(folder: Path, database: str, broker: str) -> Site:
    site = Site(
        folder,
        {
            "DATABASE_URL": database,
            "BROKER_URL": broker,
            "NODES_BROKER_URL": broker.rsplit("/", 1)[0] + "/1",
            **SHORT,
        },
    )
    source, reference = site.folder / "source.sgm", site.folder / "reference.sgm"
    source.write_text(SOURCE)
    reference.write_text(REFERENCE)
    site.import_test_set(source, reference)
    site.allow_images()
    return site


def _archives(engine: str) -> Callable[[int], bytes]:
    images = Images(engine)

    def make(number: int) -> bytes:
        return images.archive(f"{COPY} # {number}")[1]

    return make
