"""From the archive of an image to entries that wait."""

from __future__ import annotations

import gzip
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from evaluator.container.archives import check_archive
from files import storage
from files.models import StoredFile
from images import intake
from images.models import Image
from submissions import work
from submissions.models import Entry, Submission
from submissions.pipeline import sweeper
from submissions.pipeline.checking import images as checking
from submissions.pipeline.tasks import check_image
from submissions.services import sending
from submissions.states import EntryState, SubmissionState
from tests.archives import LAYOUTS, SavedImage, member, old_docker, tar

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("takes_images")]

ARCHIVE = tar(*old_docker(SavedImage()))


@pytest.fixture
def send(alice, team, phase, test_set):
    """Send an image through the service."""

    def send(
        archive=ARCHIVE, *, team=team, member=alice, system="Marian", name="marian.tar", **more
    ):
        planned = sending.PlannedImage(
            team=team,
            member=member,
            phase=phase,
            system=sending.SystemDescription(name=system),
            **more,
        )
        upload = sending.NamedStream(io.BytesIO(archive), name)
        return sending.submit_image(planned=planned, archive=upload)

    return send


def checked(submission, task_id="task-1"):
    check_image.apply(args=[submission.pk], task_id=task_id)
    submission.refresh_from_db()
    return submission


def messages_of(submission):
    return [problem.message for problem in submission.problems.all()]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_becomes_the_same_image(send, layout, packed):
    archive = tar(*LAYOUTS[layout](SavedImage()))
    submission = checked(send(gzip.compress(archive) if packed else archive))

    image = Image.objects.get()
    assert (submission.state, submission.image) == (SubmissionState.ACCEPTED, image)
    assert (image.digest, image.layers, image.runs_as) == (SavedImage().id, 1, "1000")
    with storage.open_file(image.archive) as stream:
        kept = check_archive(stream)
        stream.seek(0)
        assert b"repositories" not in stream.read()
    assert (kept.image.id, kept.unpacked_bytes) == (image.digest, image.unpacked)


def test_it_makes_an_entry_for_each_test_set_that_is_wanted(send, make_test_set, test_set):
    newer = make_test_set(version=2)
    other = make_test_set(target_language="zh", mode="noterm")

    submission = checked(send(wants_primary=True, needs_gpu=True))

    entries = submission.entries.all()
    assert {entry.test_set for entry in entries} == {newer, other}
    assert {entry.state for entry in entries} == {EntryState.WAITING}
    assert {entry.system for entry in entries} == {"Marian"}
    assert {entry.changes.get().reason for entry in entries} == {"the image was checked"}
    assert not any(entry.is_primary or entry.hypotheses for entry in entries)


def test_the_upload_is_let_go_and_the_image_stays(send, monkeypatch):
    submission = send()
    upload = submission.files.get().file

    checked(submission)
    monkeypatch.setattr(storage, "UNUSED_FOR", storage.UNUSED_FOR - storage.LET_GO_AFTER)
    storage.collect_garbage()

    assert not submission.files.exists()
    assert not StoredFile.objects.filter(pk=upload.pk).exists()
    assert submission.verdicts.get().file == "marian.tar"
    with storage.open_file(Image.objects.get().archive) as stream:
        assert check_archive(stream).image.id == SavedImage().id


def test_the_same_image_is_kept_once_whoever_sends_it(send, charlie, other_team):
    first = checked(send())
    second = checked(
        send(gzip.compress(ARCHIVE), team=other_team, member=charlie, system="Ours"), "task-2"
    )

    assert Image.objects.count() == 1
    assert first.image == second.image
    assert messages_of(second) == []  # nothing of another team is told


def test_the_same_image_of_the_same_team_is_a_warning(send):
    first = checked(send())
    second = checked(send(gzip.compress(ARCHIVE), system="Again"), "task-2")

    assert second.state == SubmissionState.ACCEPTED
    [message] = messages_of(second)
    assert message.startswith("This is, to the letter, the image of Marian, which your team sent")
    assert f"(submission {first.pk})" in message
    assert second.verdicts.get().warnings == 1


def test_a_user_that_is_not_kept_is_noted(send):
    image = SavedImage(settings={"User": "root", "Cmd": ["/bin/system"]})

    submission = checked(send(tar(*old_docker(image))))

    assert submission.image.runs_as == "65534:65534"
    assert (
        "The image's USER is 'root': the platform runs it as 65534:65534."
        in messages_of(submission)[0]
    )


HOSTILE = {
    "no archive": (b"FROM debian\n" * 100, "Dockerfile"),
    "nothing in it": (b"\0" * 10240, ""),
    "cut off": (ARCHIVE[: len(ARCHIVE) // 2], ""),
    "a file system": (tar(member("bin/sh", b"x"), member("etc/passwd", b"x")), "docker save"),
    "another platform": (
        tar(*old_docker(SavedImage(more={"architecture": "arm64"}))),
        "--platform linux/amd64",
    ),
    "no command": (tar(*old_docker(SavedImage(settings={}))), "CMD"),
    "a path outside": (tar(*old_docker(SavedImage()), member("../../etc/passwd", b"x")), ""),
    "another layer": (ARCHIVE.replace(b"#!/bin/sh", b"#!/bin/zz"), ""),
    "NUL and surrogates in a name": (tar(member("\udcff.json", b"{")), ""),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_is_refused_with_a_reason(send, settings, what):
    archive, words = HOSTILE[what]
    submission = checked(send(archive))

    assert submission.state == SubmissionState.REFUSED
    assert submission.reason.endswith("found; nothing was run.")
    assert submission.problems_total >= 1
    assert submission.verdicts.get().is_refused
    assert any(words in message for message in messages_of(submission))
    assert not Image.objects.exists()
    assert not Entry.objects.exists()
    assert not submission.files.exists()
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


def test_what_unpacks_to_too_much_is_refused(send, settings):
    settings.MAX_UNPACKED_IMAGE_BYTES = 10**6
    bomb = SavedImage((tar(member("zeros", bytes(2 * 10**6))),))

    submission = checked(send(gzip.compress(tar(*old_docker(bomb)))))

    assert submission.state == SubmissionState.REFUSED
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


def test_a_quarantined_image_is_refused_with_the_reason(send):
    first = checked(send())
    Image.objects.update(quarantined_at=timezone.now(), nodes_lost=3)

    submission = checked(send(system="Again"), "task-2")

    assert submission.state == SubmissionState.REFUSED
    assert submission.image is None
    assert "3 machines of ours fell silent while running it" in messages_of(submission)[0]
    assert Entry.objects.filter(submission=first).exists()


def test_a_phase_says_what_it_wants_when_the_image_is_checked(send, make_test_set):
    submission = send()
    make_test_set(target_language="ko")

    assert checked(submission).entries.count() == 2


# Twice, and killed half-way -----------------------------------------------------------------


def test_a_second_delivery_changes_nothing(send):
    submission = send()
    for task_id in ("task-1", "task-1", "task-2"):
        checked(submission, task_id)

    assert submission.entries.count() == 1
    assert submission.verdicts.count() == 1


def test_what_fails_on_our_side_is_tried_again_and_then_failed(send, monkeypatch):
    submission = send()

    def fail(*_, **__):
        raise OSError("the disk is gone")

    monkeypatch.setattr(intake, "write_canonical", fail)
    for attempt in range(work.MAX_ATTEMPTS):
        with pytest.raises(OSError, match="the disk is gone"):
            check_image.apply(args=[submission.pk], task_id=f"task-{attempt}", throw=True)
    work.give_up_if_exhausted(Submission, submission.pk)

    submission.refresh_from_db()
    assert submission.state == SubmissionState.FAILED
    assert submission.files.count() == 1  # for another attempt, should an organiser want one


def test_who_lost_the_claim_writes_nothing(send):
    submission = work.claim(Submission, send().pk, owner="slow")
    judged = checking.judge(submission, owner="slow")
    work.release(submission, owner="slow")
    work.claim(Submission, submission.pk, owner="quick")

    with pytest.raises(work.NoLongerOurs):
        checking.conclude(submission, judged, owner="slow")

    submission.refresh_from_db()
    assert (submission.state, submission.image) == (SubmissionState.CHECKING, None)
    assert not submission.verdicts.exists()
    assert submission.files.count() == 1


def test_an_image_may_be_checked_for_longer_than_files(send, make_submission, settings):
    settings.CHECKING_DWELL, settings.IMAGE_CHECKING_DWELL = 600, 3600
    image, files = send(), make_submission()
    for submission, minutes in ((image, 30), (files, 30)):
        work.claim(Submission, submission.pk, owner="hung")
        at = timezone.now() - timedelta(minutes=minutes)
        Submission.objects.filter(pk=submission.pk).update(claimed_at=at)

    assert sweeper.sweep().released == 1
    assert Submission.objects.get(pk=image.pk).claimed_by == "hung"

    Submission.objects.filter(pk=image.pk).update(claimed_at=timezone.now() - timedelta(hours=2))
    assert sweeper.sweep().released == 1


def test_the_disk_is_left_some_room_while_an_image_is_written(send, settings, monkeypatch):
    submission = send()
    settings.MIN_FREE_BYTES = 2**62
    monkeypatch.setattr("files.incoming.LOOK_EVERY", 100)

    checked(submission)

    assert submission.state == SubmissionState.CHECKING  # to be tried again
    assert submission.attempts == 1
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


@pytest.mark.usefixtures("on_postgresql")
@pytest.mark.django_db(transaction=True)
def test_two_uploads_of_one_image_at_once_make_one_image_and_one_file(send, at_once):
    submissions = [send(system="A"), send(gzip.compress(ARCHIVE), system="B")]

    at_once(2, lambda number: checked(submissions[number], f"task-{number}"))

    assert Image.objects.count() == 1
    assert {one.state for one in Submission.objects.all()} == {SubmissionState.ACCEPTED}
    assert StoredFile.objects.filter(image_of__isnull=False).count() == 1
    assert Entry.objects.count() == 2


@pytest.mark.usefixtures("on_postgresql")
@pytest.mark.django_db(transaction=True)
def test_of_two_images_at_once_only_as_many_are_taken_as_there_are_tries(send, at_once, settings):
    settings.IMAGE_TRIES = 2
    send()

    def try_to_send(number):
        try:
            return bool(send(system=f"{number}"))
        except sending.ValidationError:
            return False

    assert sorted(at_once(2, try_to_send)) == [False, True]
    assert Submission.objects.count() == 2


def test_a_blind_phase_shows_nothing_of_it(client, send, phase, test_set):
    phase.kind, phase.board_at, phase.team_names_at = "blind", None, None
    phase.save()
    checked(send(system="Hidden system"))

    for address in ("/", reverse("shared-task", args=["spring"]), test_set.get_absolute_url()):
        response = client.get(address)
        assert "Hidden system" not in response.text
        assert SavedImage().id[7:19] not in response.text
