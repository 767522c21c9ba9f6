"""`manage.py sweep`: the sweeper's process."""

from __future__ import annotations

import signal
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from config.management.commands import sweep as command
from files import marker, storage
from files.models import StoredFile
from health.models import Absence, Heartbeat

# The command closes connections that have had their time; inside a test's transaction that breaks.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _storage(db):
    marker.mark()


@pytest.fixture
def sweeps(settings, monkeypatch):
    """Replace the sweeps by the given steps; after the last one the process is told to stop."""
    settings.SWEEP_INTERVAL = 0.01
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def prepare(*steps, told=signal.SIGTERM):
        done, left = [], list(steps)

        def sweep():
            step = left.pop(0)
            done.append(step)
            if not left:
                signal.raise_signal(told)
            if isinstance(step, Exception):
                raise step

        monkeypatch.setattr(command, "sweep", sweep)
        return done

    yield prepare
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_once_says_what_was_done(make_submission):
    make_submission(announce_next_at=timezone.now() - timedelta(seconds=1))
    output = StringIO()

    call_command("sweep", once=True, stdout=output)

    assert "announced=1" in output.getvalue()


def test_an_idle_site_is_asked_little(django_assert_max_num_queries):
    """A sweep comes every few seconds, and nearly always there is nothing to do."""
    with django_assert_max_num_queries(12):
        call_command("sweep", once=True, stdout=StringIO())


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_sweeps_until_it_is_told_to_stop(sweeps, told):
    done = sweeps("first", "second", "third", told=told)

    call_command("sweep")

    assert done == ["first", "second", "third"]


@pytest.mark.parametrize("error", [OperationalError("no database"), OSError("no storage")])
def test_a_database_that_is_away_does_not_end_it(sweeps, error):
    done = sweeps(error, "second")

    call_command("sweep")

    assert done == [error, "second"]


def test_a_bug_in_one_step_is_logged_and_ends_nothing(sweeps, caplog):
    done = sweeps(ZeroDivisionError(), "second")

    call_command("sweep")

    assert len(done) == 2
    assert "a step of the sweep failed" in caplog.text


def test_it_beats_and_notes_that_it_was_away(sweeps):
    since = timezone.now() - timedelta(minutes=5)
    Heartbeat.objects.create(part="sweeper", at=since)
    sweeps("first")

    call_command("sweep")

    assert Absence.objects.get().since == since
    assert Heartbeat.objects.get().at > since


@pytest.mark.parametrize("once", [True, False])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "is missing"),
        ("0" * 32, "the storage of another site"),
        ("", "the storage of another site"),
        ("\N{SNOWMAN}" * 1000, "the storage of another site"),
    ],
)
def test_it_refuses_a_folder_that_is_not_the_sites_storage(settings, once, content, words):
    path = settings.MEDIA_ROOT / marker.NAME
    path.unlink()
    if content is not None:
        path.write_text(content)

    with pytest.raises(CommandError, match=words):
        call_command("sweep", once=once, stdout=StringIO())


def test_a_storage_that_is_gone_later_ends_it(sweeps, settings, monkeypatch):
    done = sweeps("first", "second", "third")
    monkeypatch.setattr(command.boards, "rebuild_stale", (settings.MEDIA_ROOT / marker.NAME).unlink)

    with pytest.raises(CommandError, match="is missing"):
        call_command("sweep")

    assert done == ["first"]


def test_it_collects_garbage(sweeps):
    storage.put(BytesIO(b"nobody's"), max_bytes=100)
    StoredFile.objects.update(used_at=timezone.now() - timedelta(days=2))
    sweeps("first")

    call_command("sweep")

    assert not StoredFile.objects.exists()
