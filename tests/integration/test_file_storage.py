"""Files by their content: stored once, removed when nothing refers to them."""

from __future__ import annotations

import os
import shutil
import time
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.utils import timezone

from files import storage
from files.incoming import LEFT_AFTER, IncomingFile, NoRoom, remove_leftovers, require_room
from files.models import StoredFile
from sharedtasks import models

pytestmark = pytest.mark.django_db

DIGEST = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"  # sha256sum of "foo"


def put(content, *, max_bytes=1000):
    return storage.put(BytesIO(content), max_bytes=max_bytes)


def let_pass(days):
    StoredFile.objects.update(used_at=timezone.now() - timedelta(days=days))


def test_what_is_put_in_comes_out():
    file = put(b"foo")

    with storage.open_file(file) as stream:
        assert stream.read() == b"foo"
    assert (file.sha256, file.size) == (DIGEST, 3)
    assert file.key.startswith(f"2c/{DIGEST}-")


def test_a_stream_is_read_from_its_start():
    stream = BytesIO(b"foo")
    stream.seek(2)

    assert storage.put(stream, max_bytes=1000).sha256 == DIGEST


def test_equal_bytes_are_stored_once():
    first, second = put(b"foo"), put(b"foo")

    assert first == second
    assert len(default_storage.listdir("2c")[1]) == 1


def test_a_second_upload_counts_as_use():
    put(b"foo")
    let_pass(days=2)

    again = put(b"foo")

    assert timezone.now() - again.used_at < timedelta(minutes=1)


@pytest.mark.parametrize("size", [0, 1, 3 * storage.CHUNK + 1])
def test_any_size_up_to_the_limit_is_taken(size):
    file = put(b"x" * size, max_bytes=size)

    assert file.size == default_storage.size(file.key) == size


def test_one_byte_too_many_is_refused_and_leaves_nothing():
    with pytest.raises(storage.FileTooLarge, match="larger than 1,000 bytes"):
        put(b"x" * 1001, max_bytes=1000)

    assert not StoredFile.objects.exists()


def test_an_old_file_that_nothing_refers_to_is_removed():
    file = put(b"foo")
    let_pass(days=2)

    assert storage.collect_garbage() == 1

    assert not StoredFile.objects.exists()
    assert not default_storage.exists(file.key)


def test_a_recent_file_is_kept_as_its_row_may_be_on_the_way():
    file = put(b"foo")

    assert storage.collect_garbage() == 0

    assert default_storage.exists(file.key)


def test_whatever_is_referred_to_is_kept(make_scored_entry):
    entry = make_scored_entry()
    let_pass(days=400)

    assert storage.collect_garbage() == 0

    # Upload, hypotheses, statistics, a test set's source, reference and downloads.
    assert StoredFile.objects.count() == 5 + models.TestSetDownload.objects.count()
    assert all(default_storage.exists(file.key) for file in StoredFile.objects.all())
    assert len({score.statistics for score in entry.scores.all()} - {None}) == 1


def test_a_file_lives_as_long_as_its_last_reference(make_submission):
    submission, other = make_submission(b"foo"), make_submission(b"foo")
    let_pass(days=2)

    submission.delete()
    assert storage.collect_garbage() == 0
    other.delete()
    assert storage.collect_garbage() == 1


def test_one_round_removes_a_limited_number(monkeypatch):
    monkeypatch.setattr(storage, "COLLECT_AT_MOST", 2)
    for content in (b"a", b"b", b"c"):
        put(content)
    let_pass(days=2)

    assert [storage.collect_garbage() for _ in range(3)] == [2, 1, 0]


# Several at once --------------------------------------------------------------------------


def content(file):
    with storage.open_file(file) as stream:
        return stream.read()


def test_several_files_are_stored_in_their_order_equal_ones_once(db):
    old = storage.put(BytesIO(b"old"), max_bytes=100)

    kept = storage.put_all(
        [BytesIO(body) for body in (b"new", b"old", b"other", b"new")], max_bytes=100
    )

    assert kept[1] == old
    assert kept[0] == kept[3]
    assert [content(file) for file in kept] == [b"new", b"old", b"other", b"new"]
    assert StoredFile.objects.count() == 3


def test_a_limit_is_of_all_files_together_and_nothing_stays(db):
    with pytest.raises(storage.FileTooLarge):
        storage.put_all([BytesIO(b"12345"), BytesIO(b"678901")], max_bytes=10)

    assert not StoredFile.objects.exists()
    assert default_storage.listdir("") == (["incoming"], [])


def test_bytes_that_come_by_another_upload_meanwhile_are_kept_once(db, monkeypatch):
    save = storage._save

    def save_too_late(stream, sha256, size):
        file = save(stream, sha256, size)
        monkeypatch.setattr(storage, "_save", save)
        storage.put(BytesIO(b"first"), max_bytes=100)
        return file

    monkeypatch.setattr(storage, "_save", save_too_late)
    kept = storage.put_all([BytesIO(b"first"), BytesIO(b"second")], max_bytes=100)

    assert [content(file) for file in kept] == [b"first", b"second"]
    folders, _ = default_storage.listdir("")
    assert sum(len(default_storage.listdir(folder)[1]) for folder in folders) == 2


def test_several_files_take_few_queries(db, django_assert_max_num_queries):
    streams = [BytesIO(str(number).encode()) for number in range(20)]

    with django_assert_max_num_queries(5):  # two of them begin and end a savepoint
        storage.put_all(streams, max_bytes=100)


def test_an_upload_in_a_temporary_file_is_moved_not_copied(db):
    upload = TemporaryUploadedFile("a.txt", "text/plain", 0, None)
    upload.write(b"an upload")
    upload.flush()
    before = Path(upload.temporary_file_path())

    kept = storage.put(upload, max_bytes=100)
    upload.close()  # as Django does at the request's end

    assert not before.exists()
    assert content(kept) == b"an upload"


# What comes in large -----------------------------------------------------------------------


def incoming(content=b"foo"):
    file = IncomingFile("large.bin")
    for byte in content:
        file.write(bytes([byte]))
    return file


def test_what_was_written_beside_the_storage_is_moved_and_not_read_again(monkeypatch):
    source = incoming()
    place = Path(source.temporary_file_path())
    inode = place.stat().st_ino
    monkeypatch.setattr(IncomingFile, "read", None)

    file = storage.put(source, max_bytes=3)

    assert (file.sha256, file.size) == (DIGEST, 3)
    assert Path(default_storage.path(file.key)).stat().st_ino == inode
    assert not place.exists()
    source.close()


def test_what_was_written_in_another_order_is_read_for_its_digest():
    with IncomingFile("large.bin") as source:
        source.write(b"xoo")
        source.seek(0)
        source.write(b"f")
        source.seek(3)

        file = storage.put(source, max_bytes=3)

    assert (file.sha256, file.size) == (DIGEST, 3)


def test_what_is_stored_already_or_too_large_leaves_no_temporary_file(settings):
    put(b"foo")
    with incoming() as again, incoming(b"four") as too_large:
        storage.put(again, max_bytes=3)
        with pytest.raises(storage.FileTooLarge):
            storage.put(too_large, max_bytes=3)

    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


def test_a_disk_that_is_too_full_takes_nothing_more(settings):
    free = shutil.disk_usage(settings.FILE_UPLOAD_TEMP_DIR).free
    settings.MIN_FREE_BYTES = free // 2

    require_room(free // 4)
    with pytest.raises(NoRoom, match="We have no room for your upload at the moment"):
        require_room(free)


def test_only_uploads_that_were_broken_off_are_removed(settings):
    old, new = (settings.FILE_UPLOAD_TEMP_DIR / name for name in ("old.upload", "new.upload"))
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 2 * LEFT_AFTER,) * 2)

    assert remove_leftovers() == 1
    assert [path.name for path in settings.FILE_UPLOAD_TEMP_DIR.iterdir()] == ["new.upload"]


def test_what_is_let_go_is_collected_within_minutes_and_not_at_once(monkeypatch):
    file = put(b"foo")
    storage.let_go(file)
    at_once = storage.collect_garbage()
    monkeypatch.setattr(storage, "UNUSED_FOR", storage.UNUSED_FOR - storage.LET_GO_AFTER)

    assert (at_once, storage.collect_garbage()) == (0, 1)


def test_what_comes_again_meanwhile_is_not_let_go(monkeypatch):
    file = put(b"foo")
    put(b"foo")
    storage.let_go(file)
    monkeypatch.setattr(storage, "UNUSED_FOR", timedelta(hours=1))

    assert storage.collect_garbage() == 0
