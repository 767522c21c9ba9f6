"""What probes and monitoring ask for, heartbeats, the storage's marker, and well-known files."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection
from django.utils import timezone

from accounts import system_checks as account_checks
from files import marker
from files import system_checks as file_checks
from files.models import StorageMarker
from health import beating, monitoring, presence
from health.beating import Beating
from health.models import Heartbeat
from health.monitoring import Recent
from health.worker import Heartbeats
from submissions import work
from tests.fake_platform import wait_for

pytestmark = pytest.mark.django_db

PROBES = ["/healthz", "/readyz", "/healthz/all"]
WORKERS = [f"worker for {queue}" for queue in ("boards", "celery", "checks", "images", "ranges")]


@pytest.fixture(autouse=True)
def _asks_anew():
    for recent in (monitoring.readiness, monitoring.everything):
        recent.forget()


@pytest.fixture
def site():
    """A site of which everything is there."""
    marker.mark()
    for part in ("web", "sweeper", *WORKERS):
        presence.beat(part)


def broken(*_args, **_options):
    raise OperationalError("the server closed the connection; password=secret")


# Probes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", PROBES)
@pytest.mark.parametrize("host", ["127.0.0.1:8000", "10.1.2.3", "web-7c9f", "evil.example"])
def test_a_probe_comes_by_whatever_name_and_gets_no_cookie(client, alice, site, address, host):
    client.force_login(alice)

    answer = client.get(address, headers={"Host": host})

    assert (answer.status_code, answer.json()) == (200, {"ok": True, "missing": []})
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Vary" not in answer.headers


@pytest.mark.parametrize("address", PROBES)
@pytest.mark.parametrize("method", ["post", "put", "delete", "options", "patch"])
def test_a_probe_only_reads(client, address, method):
    assert getattr(client, method)(address).status_code == 405


def test_the_process_answers_without_a_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("address", ["/healthz/", "/healthzz", "/readyz/x", "/healthz/all/"])
def test_other_addresses_are_no_probes(client, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ["/readyz", "/healthz/all"])
def test_a_database_that_is_away_is_named_and_nothing_secret_is_told(
    client, site, monkeypatch, address
):
    monkeypatch.setattr(marker.StorageMarker, "objects", SimpleNamespace(values_list=broken))
    monkeypatch.setattr(monitoring.connection, "close", lambda: None)  # the test's own

    answer = client.get(address)

    assert answer.status_code == 503
    assert answer.json() == {"ok": False, "missing": ["database"]}


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, InternalError, DatabaseError])
def test_a_database_is_away_whatever_its_driver_calls_that(client, site, monkeypatch, error):
    def fail(*_args, **_options):
        raise error("connection already closed")

    monkeypatch.setattr(marker.StorageMarker, "objects", SimpleNamespace(values_list=fail))
    monkeypatch.setattr(monitoring.connection, "close", lambda: None)  # the test's own

    assert client.get("/readyz").json() == {"ok": False, "missing": ["database"]}


@pytest.mark.parametrize(
    ("role", "part"),
    [
        ("", "web"), ("nodes", "web"), ("pages", "web for pages"),
        ("uploads", "web for uploads"), ("a-role_2", "web for a-role_2"),
    ],
)  # fmt: skip
def test_a_web_server_beats_as_its_role(settings, monkeypatch, role, part):
    begun = []
    settings.WEB_ROLE = role
    monkeypatch.setattr(
        beating, "Beating", lambda parts: begun.append(parts) or SimpleNamespace(start=list)
    )
    monkeypatch.setattr(beating.os, "register_at_fork", lambda **_: None)

    beating.beat_as_web()

    assert begun == [[part]]


@pytest.mark.parametrize("part", ["web for pages", "web for uploads", "web"])
def test_only_a_web_server_for_nodes_makes_an_absence_that_leases_depend_on(part):
    for one in ("web", "web for pages", "web for uploads"):
        presence.beat(one)
    Heartbeat.objects.filter(part=part).update(at=timezone.now() - timedelta(seconds=300))
    presence.beat(part)

    long_ago = timezone.now() - timedelta(seconds=3600)
    assert bool(presence.absences_since(long_ago, timezone.now())) == (part == "web")


@pytest.mark.parametrize("content", [None, "", "0" * 32, "a" * 10_000, "\N{SNOWMAN}"])
def test_another_storage_is_not_ready(client, site, settings, content):
    path = settings.MEDIA_ROOT / marker.NAME
    path.unlink()
    if content is not None:
        path.write_text(content)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["missing"]) == (503, ["storage"])
    assert str(settings.MEDIA_ROOT) not in answer.text
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("part", "seconds", "is_missing"),
    [
        ("sweeper", 50, False),
        ("sweeper", 61, True),
        ("sweeper", None, True),
        ("worker for celery", 61, True),
        ("worker for images", 59, False),
        ("worker for images", 3600, True),
        ("worker for images", None, True),
        ("web", 50, False),
        ("web", 600, True),  # the one that answers nodes: another one answers this question
        ("web", 90_000, False),  # taken away for good
        ("web", None, False),
        ("web for pages", 61, True),
        ("web for uploads", 59, False),
        ("web for a_role-of-yours", 3600, True),
        ("web for pages", 90_000, False),
    ],
)
def test_monitoring_names_what_was_not_heard_of(client, site, part, seconds, is_missing):
    presence.beat(part)
    rows = Heartbeat.objects.filter(part=part)
    if seconds is None:
        rows.delete()
    else:
        rows.update(at=timezone.now() - timedelta(seconds=seconds))

    answer = client.get("/healthz/all")

    assert answer.json()["missing"] == [part] * is_missing
    assert answer.status_code == (503 if is_missing else 200)


def test_monitoring_names_everything_that_is_missing(client, monkeypatch):
    monkeypatch.setattr(work, "is_broker_up", lambda: False)
    marker.mark()

    assert client.get("/healthz/all").json()["missing"] == ["broker", "sweeper", *WORKERS]


def test_a_rare_sweep_is_waited_for(client, site, settings):
    settings.SWEEP_INTERVAL = 120
    at = timezone.now() - timedelta(seconds=200)
    Heartbeat.objects.filter(part="sweeper").update(at=at)

    assert client.get("/healthz/all").status_code == 200


def test_whoever_asks_often_costs_one_look(client, site, monkeypatch):
    asked = []
    monkeypatch.setattr(work, "is_broker_up", lambda: asked.append(1) or True)

    statuses = {client.get("/healthz/all").status_code for _ in range(50)}

    assert (statuses, len(asked)) == ({200}, 1)


def test_while_one_looks_the_others_are_not_held_up():
    release, looks = threading.Event(), []

    def look():
        looks.append(1)
        if len(looks) > 1:
            release.wait(10)
        return len(looks)

    recent = Recent(look, seconds=0)
    assert recent.get() == 1
    slow = threading.Thread(target=recent.get)
    slow.start()
    wait_for(lambda: len(looks) == 2)

    assert [recent.get() for _ in range(100)] == [1] * 100
    release.set()
    slow.join(10)
    assert len(looks) == 2


# Organisers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "reads"), [("visitor", 0), ("alice", 0), ("organiser", 1), ("operator", 1)]
)
def test_organisers_alone_read_what_is_missing_on_the_status_page(as_role, site, role, reads):
    Heartbeat.objects.filter(part="worker for images").delete()
    Heartbeat.objects.filter(part="sweeper").delete()

    page = as_role(role).get("/status").text

    assert page.count("no sign of life from sweeper, worker for images.") == reads


def test_organisers_read_that_all_is_there(client, organiser, site):
    client.force_login(organiser)

    page = client.get("/status").text

    assert "database, storage, broker, sweeper and workers answer" in page


# Heartbeats ------------------------------------------------------------------------------------


@pytest.fixture
def start_beating(transactional_db, require_service, settings):
    """Return a function that starts a thread which beats all the time."""
    require_service("postgresql")  # an SQLite in memory is locked for other threads
    settings.NODE_LEASE = 0.2
    started = []

    def start(*args, **options):
        started.append(Beating(*args, **options))
        started[-1].start()
        return started[-1]

    yield start
    for thread in started:
        thread.stop()
        thread._thread.join(10)


def test_a_thread_beats_and_goes_on_after_a_database_that_was_away(
    start_beating, monkeypatch, caplog
):
    real, left = presence.beat, [OperationalError("away"), OSError("reset"), None, ValueError()]

    def beat(part):
        if left and (error := left.pop(0)):
            raise error
        real(part)

    monkeypatch.setattr(beating.presence, "beat", beat)
    start_beating(["web"])

    wait_for(lambda: not left and Heartbeat.objects.filter(part="web").exists())
    first = Heartbeat.objects.get().at
    wait_for(lambda: Heartbeat.objects.get().at > first)
    assert caplog.text.count("no heartbeat is written") == 2  # once for each absence


def test_a_worker_whose_storage_goes_away_is_ended(start_beating, settings, caplog):
    marker.mark()
    ended = threading.Event()
    thread = start_beating(WORKERS, find_fault=marker.find_fault, on_fault=ended.set)
    wait_for(lambda: Heartbeat.objects.count() == len(WORKERS))

    (settings.MEDIA_ROOT / marker.NAME).unlink()

    assert ended.wait(10)
    thread._thread.join(10)
    assert not thread._thread.is_alive()
    assert "is not the storage of this site" in caplog.text


@pytest.mark.parametrize("content", [None, "another", ""])
def test_a_worker_with_another_storage_does_not_start(settings, caplog, monkeypatch, content):
    marker.mark()
    path = settings.MEDIA_ROOT / marker.NAME
    path.unlink()
    if content is not None:
        path.write_text(content)
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own

    with pytest.raises(SystemExit) as ended:
        Heartbeats(None).start(None)

    assert ended.value.code == 1
    assert "manage.py mark_storage" in caplog.text
    assert not Heartbeat.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_processes_that_come_back_write_one_absence(require_service, at_once):
    require_service("postgresql")
    at_once(4, lambda _: presence.beat("web"))
    Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=100))

    at_once(8, lambda _: presence.beat("web"))

    assert presence.Absence.objects.count() == 1
    assert Heartbeat.objects.count() == 1


# The marker ------------------------------------------------------------------------------------


def test_a_new_site_is_marked_once_and_never_again_by_itself(settings):
    StorageMarker.objects.all().delete()
    marker.mark_new_site()
    path = settings.MEDIA_ROOT / marker.NAME
    assert marker.find_fault() == ""

    path.unlink()
    marker.mark_new_site()  # migrate on a machine without the mount

    assert "is missing" in marker.find_fault()


def test_a_restored_storage_is_marked_by_hand(settings):
    marker.mark()
    text = StorageMarker.objects.get().text
    (settings.MEDIA_ROOT / marker.NAME).write_text("of the site that the backup is of")
    output = StringIO()

    call_command("mark_storage", stdout=output)

    assert marker.find_fault() == ""
    assert StorageMarker.objects.get().text == text
    assert str(settings.MEDIA_ROOT) in output.getvalue()


def test_a_site_without_a_marker_is_told_to_migrate():
    StorageMarker.objects.all().delete()

    assert "manage.py migrate" in marker.find_fault()


# check --deploy --------------------------------------------------------------------------------


def ids(messages):
    return [message.id for message in messages]


def test_the_check_knows_of_another_storage(settings, monkeypatch):
    marker.mark()
    assert ids(file_checks.storage_is_shared(None)) == []

    (settings.MEDIA_ROOT / marker.NAME).write_text("another")
    assert ids(file_checks.storage_is_shared(None)) == ["files.E001"]

    monkeypatch.setattr(file_checks.marker, "find_fault", broken)
    assert ids(file_checks.storage_is_shared(None)) == ["files.W001"]


@pytest.mark.parametrize(
    ("backend", "is_there", "found"),
    [
        ("whitenoise.storage.CompressedManifestStaticFilesStorage", False, ["files.E002"]),
        ("whitenoise.storage.CompressedManifestStaticFilesStorage", True, []),
        ("django.contrib.staticfiles.storage.ManifestStaticFilesStorage", False, ["files.E002"]),
        ("django.contrib.staticfiles.storage.StaticFilesStorage", False, []),
    ],
)
def test_the_check_knows_of_a_missing_manifest(settings, backend, is_there, found):
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": backend}}
    if is_there:
        (settings.STATIC_ROOT / "staticfiles.json").write_text("{}")

    assert ids(file_checks.static_files_are_collected(None)) == found


@pytest.mark.parametrize(
    ("sender", "is_warned"),
    [
        ("Terminarium <noreply@localhost>", True),
        ("noreply@localhost.localdomain", True),
        ("root@LOCALHOST.", True),
        ("noreply", True),
        ("", True),
        ("x@127.0.0.1", True),
        ("x@[127.0.0.1]", True),
        ("x@mailhost.local", True),
        ("Terminarium <noreply@terminarium.example>", False),
        ("Übersetzung <noreply@mt.uni-bonn.de>", False),
    ],
)
def test_the_check_knows_of_a_sender_on_this_machine(settings, sender, is_warned):
    settings.EMAIL_DELIVERY = "smtp"
    settings.DEFAULT_FROM_EMAIL = sender
    assert ids(account_checks.mails_come_from_a_real_address(None)) == ["accounts.W003"] * is_warned

    settings.EMAIL_DELIVERY = "folder"
    assert account_checks.mails_come_from_a_real_address(None) == []


# Well-known files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "kind", "begins"),
    [
        ("/robots.txt", "text/plain; charset=utf-8", b"User-agent: *\n"),
        ("/favicon.ico", "image/x-icon", b"\0\0\1\0"),
        ("/.well-known/security.txt", "text/plain; charset=utf-8", b"Contact: mailto:"),
    ],
)
def test_well_known_files_are_there(client, address, kind, begins):
    answer = client.get(address)

    content = b"".join(answer) if answer.streaming else answer.content
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    assert content.startswith(begins)
    assert not answer.cookies
    assert client.post(address).status_code == 405


@pytest.mark.parametrize(
    ("contact", "line"),
    [
        ("", "Contact: mailto:noreply@terminarium.example"),
        ("security@uni.example", "Contact: mailto:security@uni.example"),
        ("https://uni.example/report", "Contact: https://uni.example/report"),
        ("tel:+49-228-1", "Contact: tel:+49-228-1"),
    ],
)
def test_security_txt_names_a_contact_and_never_expires(client, settings, contact, line):
    settings.SECURITY_CONTACT = contact
    settings.DEFAULT_FROM_EMAIL = "Terminarium <noreply@terminarium.example>"

    lines = client.get("/.well-known/security.txt").text.splitlines()

    assert lines[0] == line
    expires = datetime.strptime(lines[1], "Expires: %Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=90) < expires - timezone.now() < timedelta(days=365)


@pytest.mark.parametrize("page", ["/", "/tasks/spring/", "/status"])
def test_robots_may_read_public_pages(client, test_set, page):
    lines = client.get("/robots.txt").text.splitlines()

    refused = [line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow")]
    assert not [path for path in refused if page.startswith(path)]
    assert "/admin/" in refused
