"""A broker that is away, full, read-only or impatient: no worker ends, uploads succeed."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.archives import SavedImage, podman, tar
from tests.e2e.session import post, session_of
from tests.e2e.site import Site
from tests.integration.samples import PERFECT, REFERENCE, SOURCE, as_text, count_scores
from tests.services.known import Redis
from tests.services.middlemen import RabbitMQ

WITHIN = 90  # seconds
CONSUMER_TIMEOUT = 2  # seconds
TIMED_OUT = "delivery acknowledgement on channel"
FIELDS = {"terminology_use": "inference", "is_constrained": "on", "wants_primary": "on"}


@contextmanager
def folder_for_a_service() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="terminarium-broker-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def start(site: Site, worker: str, *, tasks_at_once: int) -> None:
    (site.folder / "source.sgm").write_text(SOURCE)
    (site.folder / "reference.sgm").write_text(REFERENCE)
    site.import_test_set(site.folder / "source.sgm", site.folder / "reference.sgm")
    site.allow_images()
    site.start_web()
    site.start_worker(worker, tasks_at_once=tasks_at_once)
    site.start_sweeper()


def upload(site: Site, session: str, system: str) -> None:
    files = {"ours.en-fr.txt": as_text((*PERFECT[:3], f"la fièvre et la toux , {system} ."))}
    fields = FIELDS | {"team": "1", "system": system}
    assert post(site, session, "/tasks/trial/dev/submit", fields, files) == 302


def own(columns: str) -> str:
    return f"select {columns} from submissions_entry where kind = 'system'"


def wait_until_scored(site: Site, count: int) -> None:
    site.wait_for(own("state"), lambda rows: rows == [("scored",)] * count, within=WITHIN)
    site.children.check()  # nothing has ended
    scores = site.rows(
        "select count(*) from submissions_score join submissions_entry on entry_id = "
        "submissions_entry.id where kind = 'system' group by entry_id"
    )
    assert scores == [(count_scores(),)] * count


# Redis ------------------------------------------------------------------------------------


@pytest.fixture
def broker(require_service: Callable[[str], str]) -> Iterator[Redis]:
    """Return a Redis that has been started and that nobody else uses."""
    require_service("redis")
    service = Redis()
    with folder_for_a_service() as folder:
        try:
            service.start(folder)
            yield service
        finally:
            service.stop()


def address_of(broker: Redis) -> str:
    return f"redis://127.0.0.1:{broker.port}/0"


def client_of(broker: Redis) -> redis.Redis:
    return redis.Redis(port=broker.port)


@contextmanager
def full(broker: Redis) -> Iterator[None]:
    client = client_of(broker)
    client.config_set("maxmemory", "1")
    yield
    client.config_set("maxmemory", "0")


@contextmanager
def a_replica_of_nobody(broker: Redis) -> Iterator[None]:
    client = client_of(broker)
    client.replicaof("127.0.0.1", "1")
    yield
    client.replicaof("no", "one")


@contextmanager
def without_the_replicas_that_it_needs(broker: Redis) -> Iterator[None]:
    client = client_of(broker)
    client.config_set("min-replicas-to-write", "1")
    yield
    client.config_set("min-replicas-to-write", "0")


@contextmanager
def without_the_right_to_write(broker: Redis) -> Iterator[None]:
    client = client_of(broker)
    client.acl_setuser("default", enabled=True, commands=["-lpush", "-brpop", "-eval"])
    yield
    client.acl_setuser("default", enabled=True, categories=["+@all"])


@contextmanager
def away(broker: Redis) -> Iterator[None]:
    folder = broker.log.parent
    broker.kill()
    yield
    broker.start(folder)


@contextmanager
def silent(broker: Redis) -> Iterator[None]:
    client_of(broker).client_pause(30_000)  # milliseconds
    yield
    client_of(broker).client_unpause()


FAULTS = [
    full,
    a_replica_of_nobody,
    without_the_replicas_that_it_needs,
    without_the_right_to_write,
    away,
    silent,
]


def test_whatever_is_wrong_with_redis_uploads_succeed_and_the_worker_goes_on(
    make_site: Callable[..., Site], broker: Redis
) -> None:
    site = make_site(BROKER_URL=address_of(broker), NODES_BROKER_URL="", FAULT="waits")
    start(site, "tests.e2e.faulty_worker", tasks_at_once=1)  # one that hangs would be missed
    site.let_go()
    session = session_of(site, "alice")
    site.wait_until(lambda: "ready." in site.log("worker"), within=WITHIN)

    for number, fault in enumerate(FAULTS, start=1):
        with fault(broker):
            before = len(site.log("worker"))
            upload(site, session, fault.__name__)
            # Most faults reach the idle worker: it has said so, or a second or two have passed.
            deadline = time.monotonic() + 2
            while len(site.log("worker")) == before and time.monotonic() < deadline:
                time.sleep(0.1)
        wait_until_scored(site, number)

    # Busy: what it has worked out it records, and acknowledges on a connection that is gone.
    (site.folder / "faults.log.go").unlink()
    begun = site.fault_count()
    upload(site, session, "Under way")
    site.wait_until(lambda: site.fault_count() > begun, within=WITHIN)
    with away(broker):
        site.let_go()
        wait_until_scored(site, len(FAULTS) + 1)
        site.wait_until(lambda: "Cannot connect to redis" in site.log("worker"), within=WITHIN)
    upload(site, session, "Afterwards")
    wait_until_scored(site, len(FAULTS) + 2)


# RabbitMQ ---------------------------------------------------------------------------------


@pytest.fixture
def rabbitmq(require_service: Callable[[str], str]) -> Iterator[str]:
    """Return the address of a RabbitMQ that waits for no acknowledgement."""
    require_service("rabbitmq")
    service = RabbitMQ(consumer_timeout=CONSUMER_TIMEOUT)
    with folder_for_a_service() as folder:
        try:
            yield service.start(folder)
        finally:
            service.stop()


def test_rabbitmqs_timeout_ends_no_worker_and_long_tasks_do_not_meet_it(
    make_site: Callable[..., Site], rabbitmq: str
) -> None:
    site = make_site(BROKER_URL=rabbitmq, NODES_BROKER_URL="", FAULT="waits")
    start(site, "tests.e2e.faulty_worker", tasks_at_once=2)
    session = session_of(site, "alice")

    # Its address is wrong, or it is away: who uploads does not wait for it.
    site.environment["BROKER_URL"] = "amqp://guest:guest@127.0.0.1:1//"
    (site.folder / "ours.txt").write_bytes(as_text(PERFECT))
    started = time.monotonic()
    site.submit(1, site.folder / "ours.txt", system="Alone")
    assert time.monotonic() - started < 30  # with the start of Django; kombu tried for ever
    site.environment["BROKER_URL"] = rabbitmq
    site.let_go()
    wait_until_scored(site, 1)
    (site.folder / "faults.log.go").unlink()

    # A scoring, which acknowledges when it ends. It waits until the channel has been closed.
    upload(site, session, "Slow")
    site.wait_until(lambda: TIMED_OUT in site.log("worker"), within=WITHIN)
    site.let_go()
    wait_until_scored(site, 2)

    # The check of an image, which acknowledges when it begins.
    (site.folder / "faults.log.go").unlink()
    begun = site.fault_count()
    archive = site.folder / "image.tar"
    archive.write_bytes(tar(*podman(SavedImage())))
    submission = site.submit_image(archive)
    site.wait_until(lambda: site.fault_count() > begun, within=WITHIN)
    timeouts = site.log("worker").count(TIMED_OUT)
    time.sleep(2 * CONSUMER_TIMEOUT)  # nothing is to happen
    assert site.log("worker").count(TIMED_OUT) == timeouts

    # Its worker is killed. The broker knows nothing of it any more: the rows do.
    site.children.kill("worker")
    site.rows(
        "update submissions_submission set claimed_at = claimed_at - interval '2 hours' "
        f"where id = {submission} returning id"
    )
    site.let_go()
    site.start_worker("tests.e2e.faulty_worker", tasks_at_once=2)
    site.wait_for(
        f"select state, attempts from submissions_submission where id = {submission}",
        lambda rows: rows == [("accepted", 2)],
        within=WITHIN,
    )
