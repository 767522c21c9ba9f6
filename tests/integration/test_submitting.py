"""The service that takes an upload."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from kombu.exceptions import OperationalError

from files import storage
from submissions import work
from submissions.models import Submission
from submissions.states import SubmissionState
from tests.integration.samples import PERFECT, as_text

pytestmark = pytest.mark.django_db


def test_it_stores_and_announces_and_opens_nothing(make_submission, messages, alice, phase):
    with messages() as sent:
        submission = make_submission(b"\0 no text at all", system="Marian", wants_primary=True)

    assert submission.state == SubmissionState.CHECKING
    assert (submission.phase, submission.member) == (phase, alice)
    assert (submission.system, submission.wants_primary) == ("Marian", True)
    assert submission.announcements == 1
    assert sent == [("submissions.check", submission.pk)]
    change = submission.changes.get()
    assert (change.old, change.new, change.actor) == ("", "checking", alice)
    with storage.open_file(submission.files.get().file) as stream:
        assert stream.read() == b"\0 no text at all"


def test_nothing_is_announced_before_the_transaction_is_through(
    make_submission, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        make_submission()

    assert len(callbacks) == 1


def test_what_is_rolled_back_is_not_announced(make_submission, messages):
    class Interruption(Exception):
        pass

    def submit_and_fail():
        with transaction.atomic():
            make_submission()
            raise Interruption

    with messages() as sent, pytest.raises(Interruption):
        submit_and_fail()

    assert sent == []


def test_a_closed_phase_takes_nothing(make_submission, close_phase):
    close_phase()

    with pytest.raises(ValidationError, match="Test phase takes no submissions at the moment"):
        make_submission()

    assert not Submission.objects.exists()


def test_only_members_submit_for_a_team(make_submission, charlie, team):
    with pytest.raises(ValidationError, match="You are not a member of Lexica"):
        make_submission(member=charlie, team=team)

    assert not Submission.objects.exists()


def test_an_organiser_is_no_member_either(make_submission, organiser):
    with pytest.raises(ValidationError, match="You are not a member"):
        make_submission(member=organiser)


def test_a_system_name_that_is_too_long_is_refused(make_submission):
    make_submission(system="x" * 60)

    with pytest.raises(ValidationError) as caught:
        make_submission(system="x" * 61)

    assert list(caught.value.message_dict) == ["system"]


def test_a_long_file_name_keeps_its_end(make_submission):
    submission = make_submission(file_name="x" * 300 + ".sgm")

    assert len(submission.files.get().name) == 200
    assert submission.files.get().name.endswith("x.sgm")


def test_a_file_that_is_too_large_is_refused(make_submission, settings):
    settings.MAX_UPLOAD_BYTES = 10

    with pytest.raises(ValidationError, match="larger than 10 bytes"):
        make_submission(b"x" * 11)


def test_the_same_file_may_be_sent_twice(make_submission):
    first, second = make_submission(), make_submission()

    assert first.files.get().file == second.files.get().file
    assert first != second


@pytest.mark.parametrize("error", [OperationalError("refused"), ConnectionRefusedError("refused")])
def test_an_upload_survives_a_broker_that_is_down(make_submission, messages, monkeypatch, error):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(work.current_app, "send_task", refuse)
    with messages() as sent:
        submission = make_submission()

    assert submission.state == SubmissionState.CHECKING
    assert sent == []


SEND_TWICE = """
import time, django
django.setup()
from submissions import work
started = time.monotonic()
for _ in range(2):  # the second finds another state of Celery's connection pool
    work.send("submissions.check", 1)
print(time.monotonic() - started)
"""


def test_an_upload_does_not_wait_for_a_broker_that_is_down(root):
    # A process of its own: the settings choose the broker's options when they are read.
    absent = {"BROKER_URL": "redis://127.0.0.1:1/0", "DJANGO_SETTINGS_MODULE": "config.settings"}

    sent = subprocess.run(
        [sys.executable, "-c", SEND_TWICE],
        cwd=root,
        env=os.environ | absent,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert sent.returncode == 0, sent.stderr
    assert sent.stderr.count("the broker took no message") == 2
    assert float(sent.stdout) < 2  # seconds; kombu's own default waits 6 for each


def test_every_thread_of_a_server_speaks_to_our_broker():
    # Celery's current application is a thread's own; gunicorn answers in threads.
    found = []
    thread = Thread(target=lambda: found.append(work.current_app.main))

    thread.start()
    thread.join()

    assert found == ["terminarium"]


def test_the_samples_are_what_the_other_tests_say(test_set):
    assert (test_set.segments, test_set.documents, test_set.required_terms) == (4, 2, 4)
    assert as_text(PERFECT).count(b"\n") == test_set.segments
