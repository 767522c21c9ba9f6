"""From an image in a registry to entries that wait."""

from __future__ import annotations

import time
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from evaluator.container.registries import parse_reference
from images.models import Image
from submissions import work
from submissions.models import Entry, Submission
from submissions.pipeline import sweeper
from submissions.pipeline.checking import images as checking
from submissions.pipeline.tasks import check_image, fetch_image
from submissions.services import sending
from submissions.states import EntryState, SubmissionState
from tests.archives import SavedImage, digest, member, old_docker, tar
from tests.integration.registry_server import Answer, push, serving

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("takes_images")]

IMAGE = SavedImage((tar(member("a", b"a" * 5000)), tar(member("b")), tar(member("a", b"a" * 5000))))
AWAY = "The registry {} did not send the whole image."


@pytest.fixture
def allow(settings):
    """Return a function that allows a registry on loopback."""

    def allow(host):
        settings.IMAGE_REGISTRIES = [host]
        settings.IMAGE_REGISTRIES_ON_LOOPBACK = True

    return allow


@pytest.fixture
def server(allow):
    """A registry that does what a test says."""
    with serving() as server:
        allow(server.host)
        yield server


@pytest.fixture
def send(alice, team, phase, test_set):
    """Send an image by its reference through the service."""

    def send(reference, *, system="Marian", **more):
        planned = sending.PlannedImage(
            team=team,
            member=alice,
            phase=phase,
            system=sending.SystemDescription(name=system),
            **more,
        )
        return sending.submit_image_by_reference(
            planned=planned, reference=parse_reference(reference)
        )

    return send


def checked(submission, task_id="task-1", **options):
    fetch_image.apply(args=[submission.pk], task_id=task_id, **options)
    submission.refresh_from_db()
    return submission


def messages_of(submission):
    return [problem.message for problem in submission.problems.all()]


def test_an_image_that_was_pushed_to_a_registry_makes_entries(
    require_service, allow, send, settings
):
    host = require_service("registry")
    allow(host)
    reference = push(host, IMAGE)

    submission = checked(send(reference, needs_gpu=True))

    image = Image.objects.get()
    assert (submission.state, submission.image) == (SubmissionState.ACCEPTED, image)
    assert (image.digest, image.layers) == (IMAGE.id, 3)
    assert (submission.image_reference, submission.fetched) == (reference, 100)
    assert submission.verdicts.get().file == reference
    assert [entry.state for entry in submission.entries.all()] == [EntryState.WAITING]
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


def test_it_is_the_same_image_as_its_archive_would_be(server, send, alice, team, phase):
    checked(send(server.put(IMAGE)))
    planned = sending.PlannedImage(team, alice, phase, sending.SystemDescription("Archive"))
    upload = sending.NamedStream(BytesIO(tar(*old_docker(IMAGE))), "marian.tar")
    archive = sending.submit_image(planned=planned, archive=upload)
    check_image.apply(args=[archive.pk], task_id="task-2")

    assert Image.objects.count() == 1
    assert "This is, to the letter, the image of Marian" in messages_of(archive)[0]


def test_what_is_sent_is_noted_and_announced_and_nobody_is_asked(server, send, messages):
    reference = server.put(IMAGE)

    with messages() as sent:
        submission = send(f"docker://{reference.replace('@', ':v1@')}")

    assert (submission.image_reference, submission.kind) == (reference, "image")
    assert sent == [("submissions.fetch_image", submission.pk)]
    assert submission.changes.get().reason == "sent by its reference"
    assert server.asked == []


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (SavedImage(more={"architecture": "arm64"}), "built for linux/arm64"),
        (SavedImage(settings={}), "neither an ENTRYPOINT nor a CMD"),
        # What is found behind the fetching: a layer that holds no archive.
        (SavedImage((b"no archive" * 100,)), ""),
    ],
)
def test_an_image_that_can_not_be_run_is_refused_with_its_problems(server, send, image, words):
    submission = checked(send(server.put(image)))

    assert submission.state == SubmissionState.REFUSED
    assert submission.reason == "1 problem found; nothing was run."
    assert words in messages_of(submission)[0]
    assert submission.verdicts.get().is_refused
    assert not Image.objects.exists()
    assert not Entry.objects.exists()


def test_an_image_that_is_not_there_is_refused_with_the_remedy(server, send):
    submission = checked(send(f"{server.host}/no/such@{digest(b'x')}"))

    assert submission.state == SubmissionState.REFUSED
    assert "Check name and digest, and make it public." in messages_of(submission)[0]


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://[", "names no valid https:// address for the blob"),
        ("https://\x1bc.x/", "The blob's server �c.x has no valid name or port"),
        ("https://h.example:99999/", "h.example:99999 has no valid name or port"),
        ("", "sends us on (status 307) without an address"),
    ],
)
def test_an_answer_that_leads_nowhere_is_refused_and_not_asked_for_again(
    server, send, location, words
):
    reference = server.put(IMAGE)
    for path in layers(server):
        server.answers[path] = Answer(b"", 307, {"Location": location})

    submission = checked(send(reference))

    assert submission.state == SubmissionState.REFUSED
    assert words in messages_of(submission)[0]


def test_a_registry_that_is_not_allowed_any_more_is_not_asked(server, send, settings):
    submission = send(server.put(IMAGE))
    settings.IMAGE_REGISTRIES = ["ghcr.io"]

    checked(submission)

    assert submission.state == SubmissionState.REFUSED
    assert "but from ghcr.io. Push it there." in messages_of(submission)[0]
    assert server.asked == []


def test_an_image_above_the_limit_of_archives_is_not_fetched(server, send, settings):
    settings.MAX_IMAGE_BYTES = 100

    submission = checked(send(server.put(IMAGE)))

    assert submission.state == SubmissionState.REFUSED
    assert messages_of(submission)[0].endswith("is the limit. Make the image smaller.")


# A registry that does not answer, or slowly -------------------------------------------------


def make_slow(server):
    """Let every blob but the configuration come in drops, without end."""

    def drops():
        for _ in range(600):
            yield b"x"
            time.sleep(0.05)

    for path in layers(server):
        server.answers[path] = Answer(drops())


def layers(server):
    """Return the paths of what is fetched once the configuration is known."""
    return [path for path in server.answers if "/blobs/" in path and IMAGE.id not in path]


def test_a_registry_in_trouble_is_asked_again_and_then_it_failed_with_the_reason(server, send):
    reference = server.put(IMAGE)
    submission = send(reference)
    for path in layers(server):
        server.answers[path] = Answer(status=503)

    for attempt in range(work.MAX_ATTEMPTS):
        with pytest.raises(checking.NotFetchedError):
            checked(submission, f"task-{attempt}", throw=True)
        submission.refresh_from_db()
        assert submission.state == SubmissionState.CHECKING
        assert submission.reason == AWAY.format(server.host)
        assert submission.claimed_by == ""
    Submission.objects.update(announce_next_at=timezone.now())
    swept = sweeper.sweep()

    submission.refresh_from_db()
    assert swept.failed == 1
    assert submission.state == SubmissionState.FAILED
    assert submission.reason == (
        f"{AWAY.format(server.host)} That was the last of 3 attempts. You can send it again."
    )
    assert not Image.objects.exists()


def test_the_reason_of_an_attempt_ends_with_the_next_one(server, send):
    submission = send(server.put(IMAGE))
    work.claim(Submission, submission.pk, owner="first")
    work.release(submission, owner="first", reason="It was raining.")

    claimed = work.claim(Submission, submission.pk, owner="second")

    assert (claimed.reason, claimed.attempts) == ("", 2)


def test_a_registry_that_comes_back_costs_nothing(server, send):
    reference = server.put(IMAGE)
    submission = send(reference)
    answers = dict(server.answers)
    server.answers.clear()
    server.answers |= {path: Answer(status=500) for path in answers}
    checked(submission)
    server.answers |= answers

    checked(submission, "task-2")

    assert (submission.state, submission.reason) == (SubmissionState.ACCEPTED, "")
    assert submission.attempts == 2


def test_a_fetch_that_takes_too_long_ends_and_leaves_nothing(server, send, settings):
    settings.IMAGE_FETCH_TIME = 1
    submission = send(server.put(IMAGE))
    make_slow(server)
    started = time.monotonic()

    checked(submission)

    assert time.monotonic() - started < 5
    assert (submission.state, submission.claimed_by) == (SubmissionState.CHECKING, "")
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


def test_a_submission_that_is_somebody_elses_is_fetched_no_further(
    server, send, settings, monkeypatch
):
    monkeypatch.setattr(checking, "TELL_EVERY", 0)
    submission = work.claim(Submission, send(server.put(IMAGE)).pk, owner="slow")
    work.release(submission, owner="slow")
    work.claim(Submission, submission.pk, owner="quick")

    with pytest.raises(work.NoLongerOurs):
        checking.judge(submission, owner="slow")

    submission.refresh_from_db()
    blobs = [path for path, _ in server.asked if "/blobs/" in path]
    assert len(blobs) == 2  # its configuration, and one layer of two
    assert (submission.fetched, submission.claimed_by) == (0, "quick")
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


def test_how_much_is_fetched_is_told_meanwhile(server, send, monkeypatch):
    monkeypatch.setattr(checking, "TELL_EVERY", 0)
    shares = []
    select_held = work.select_held

    def spy(row, *, owner):
        shares.append(Submission.objects.get(pk=row.pk).fetched)
        return select_held(row, owner=owner)

    monkeypatch.setattr(work, "select_held", spy)

    submission = checked(send(server.put(IMAGE)))

    assert submission.fetched == 100
    assert shares == sorted(shares)
    assert any(0 < share < 100 for share in shares)


def test_a_disk_without_room_is_our_fault(server, send, settings, monkeypatch):
    submission = send(server.put(IMAGE))
    settings.MIN_FREE_BYTES = 2**62
    monkeypatch.setattr("files.incoming.LOOK_EVERY", 100)

    checked(submission)

    assert (submission.state, submission.reason) == (SubmissionState.CHECKING, "")
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


def test_its_worker_may_hold_it_for_as_long_as_fetching_and_checking_take(server, send, settings):
    submission = send(server.put(IMAGE))
    work.claim(Submission, submission.pk, owner="slow")
    dwell = settings.IMAGE_CHECKING_DWELL + settings.IMAGE_FETCH_TIME

    for seconds, released in ((dwell - 60, 0), (dwell + 60, 1)):
        at = timezone.now() - timedelta(seconds=seconds)
        Submission.objects.filter(pk=submission.pk).update(claimed_at=at)
        assert sweeper.sweep().released == released


def test_its_task_ends_before_its_claim_and_after_its_fetch(settings):
    assert settings.IMAGE_FETCH_TIME < fetch_image.soft_time_limit < fetch_image.time_limit
    assert fetch_image.time_limit < settings.IMAGE_FETCHING_DWELL


def test_a_second_delivery_changes_nothing(server, send):
    submission = send(server.put(IMAGE))
    for task_id in ("task-1", "task-1", "task-2"):
        checked(submission, task_id)

    asked = [path for path, _ in server.asked]
    assert submission.entries.count() == 1
    assert len(asked) == len(set(asked))


# What the database forbids ------------------------------------------------------------------


@pytest.mark.parametrize(
    "columns",
    [
        {"fetched": 101},
        {"image_reference": "", "fetched": 1},
        {"kind": "outputs"},
        {"state": "accepted"},  # without its image
    ],
)
def test_the_database_refuses_what_makes_no_sense(server, send, columns):
    submission = send(server.put(IMAGE))

    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.filter(pk=submission.pk).update(**columns)
