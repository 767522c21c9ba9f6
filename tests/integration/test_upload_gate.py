"""What stands before every upload: its length, the room, the sender's turn and day."""

from __future__ import annotations

import errno
import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from files import storage, upload_slots
from files.gate import AGAIN_SOON
from files.incoming import IncomingFile, remove_leftovers
from files.models import StoredFile
from files.trouble import NoRoom, NotWritable
from sharedtasks.models import Phase
from submissions.models import Submission, SubmittedFile
from submissions.services import expiry, sending
from tests.conftest import give_up
from tests.integration.image_rows import image_row
from tests.integration.samples import PERFECT, as_text

pytestmark = pytest.mark.django_db

MB = 1024**2
LARGE = 3 * MB  # bytes; Django keeps less in memory
TOKEN = "0123456789abcdef" * 2

# Everything that people send with a file: the address's name, the field, a name for the file.
WAYS = {
    "outputs": ("submit", "file", "ours.en-fr.txt"),
    "an image": ("submit-image", "archive", "system.tar"),
    "a zip": ("submit", "file", "ours.zip"),
    "a corrected file": ("submit", "file", "better.en-fr.txt"),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, test_set: object, team: object) -> str:
    Phase.objects.update(takes_images=True)
    return str(request.param)


@pytest.fixture
def send(alices: Client, team: Any, test_set: object) -> Callable[..., Any]:
    """Return a function that sends a file in one of the ways."""

    def post(way: str, content: bytes = b"x", client: Client = alices, **fields: Any) -> Any:
        name, field, file = WAYS[way]
        data = {
            "team": team.pk,
            "system": "Marian",
            "terminology_use": "inference",
            "end": "end",
            field: SimpleUploadedFile(file, content),
        }
        address = reverse(name, args=["spring", "test"])
        query = "?again=1" if way == "a corrected file" else ""
        return client.post(address + query, data | fields)

    return post


def left(settings: Any) -> list[Path]:
    """Return every file below the storage's folder."""
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


# Room -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 70_000, LARGE])
def test_a_disk_without_room_answers_507_before_it_reads(
    send: Callable[..., Any], size: int, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Phase.objects.update(takes_images=True)
    settings.MIN_FREE_BYTES = 2**62
    before = len(left(settings))

    def refuse(*_: object) -> None:
        raise AssertionError("the body was read")

    monkeypatch.setattr(IncomingFile, "write", refuse)

    for way in WAYS:
        response = send(way, b"x" * size)
        assert response.status_code == 507
        assert str(NoRoom()) in response.text
    assert not Submission.objects.exists()
    assert len(left(settings)) == before


@pytest.mark.parametrize(
    ("number", "status", "sentence"),
    [
        (errno.ENOSPC, 507, str(NoRoom())),
        (errno.EDQUOT, 507, str(NoRoom())),
        (errno.EROFS, 503, str(NotWritable())),
        (errno.EACCES, 503, str(NotWritable())),
        (errno.EIO, 503, str(NotWritable())),
    ],
)
def test_a_disk_that_takes_nothing_is_said_and_nothing_stays(
    send: Callable[..., Any],
    number: int,
    status: int,
    sentence: str,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Phase.objects.update(takes_images=True)
    before = len(left(settings))

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(IncomingFile, "write", fail)
    monkeypatch.setattr(FileSystemStorage, "save", fail)

    for way, size in itertools.product(WAYS, (1, LARGE)):
        response = send(way, b"x" * size)
        assert response.status_code == status
        assert sentence in response.text
    assert not Submission.objects.exists()
    assert len(left(settings)) == before


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Callable[[], None]]:
    """Mount a disk of its own; yield a function that makes it read-only."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        give_up("may not mount a disk; the test above pretends one")
    try:
        yield (
            lambda: subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True) and None
        )
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="may not mount a disk; the test above pretends one")
def test_a_real_disk_that_is_full_or_read_only(
    send: Callable[..., Any], test_set: object, settings: Any, tmp_path: Path
) -> None:
    Phase.objects.update(takes_images=True)
    folder = tmp_path / "disk"
    folder.mkdir()
    settings.MEDIA_ROOT = folder
    settings.FILE_UPLOAD_TEMP_DIR = folder / "incoming"
    with small_disk(folder, 5 * MB) as make_read_only:
        settings.FILE_UPLOAD_TEMP_DIR.mkdir()
        taken = [send("outputs", os.urandom(2 * MB)).status_code for _ in range(4)]
        image = send("an image", os.urandom(4 * MB)).status_code
        files = left(settings)
        sizes = sorted(path.stat().st_size for path in files)
        settings.MIN_FREE_BYTES = 4 * MB
        with_reserve = send("outputs", b"x").status_code
        settings.MIN_FREE_BYTES = 0
        make_read_only()
        read_only = [send(way, b"y" * size).status_code for way in WAYS for size in (1, 50_000)]

    assert taken == [302, 302, 507, 507]
    assert (image, with_reserve) == (507, 507)
    assert sizes == [2 * MB, 2 * MB]
    assert read_only == [503] * 8
    assert Submission.objects.count() == 2


def test_files_written_before_the_disk_was_full_are_removed(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = FileSystemStorage.save

    def save_one(_self: object, key: str, content: Any) -> str:
        if left(settings):
            half = Path(settings.MEDIA_ROOT, key)
            half.parent.mkdir(exist_ok=True)
            half.write_bytes(b"written before the error")
            raise OSError(errno.ENOSPC, "No space left on device")
        return save(default_storage, key, content)

    monkeypatch.setattr(FileSystemStorage, "save", save_one)

    with pytest.raises(OSError, match="No space left"):
        storage.put_all([BytesIO(b"a"), BytesIO(b"b")], max_bytes=10)

    assert not StoredFile.objects.exists()
    assert left(settings) == []


def test_uploads_that_a_killed_process_left_are_swept(settings: Any) -> None:
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    for name, hours in (("old.upload", 2), ("older.upload.tar", 30), ("new.upload", 0.5)):
        (folder / name).write_bytes(b"half")
        at = timezone.now().timestamp() - hours * 3600
        os.utime(folder / name, (at, at))

    assert remove_leftovers() == 2
    assert [path.name for path in folder.iterdir()] == ["new.upload"]


# The length -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["submit", "submit-image", "teams", "sign-in"])
@pytest.mark.parametrize(
    "environment",
    [
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"HTTP_TRANSFER_ENCODING": "gzip, chunked"},
        {"CONTENT_TYPE": "multipart/form-data; boundary=x"},
    ],
)
def test_a_body_of_unknown_length_is_411(
    alice: Any, test_set: object, name: str, environment: dict[str, str]
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    address = reverse(name, args=["spring", "test"] if name.startswith("submit") else [])

    response = strict.generic("POST", address, b"", **environment)

    assert response.status_code == 411
    assert "does not say how long it is" in response.text


def test_a_node_reads_it_as_json(client: Client, db: None) -> None:
    response = client.generic("PUT", "/nodes/v1/runs/1/log", HTTP_TRANSFER_ENCODING="chunked")

    assert response.status_code == 411
    assert "Content-Length" in response.json()["error"]


# Whose turn it is -------------------------------------------------------------------------


def test_a_visitor_sends_nothing_large(client: Client, send: Callable[..., Any]) -> None:
    visitor = Client()

    response = send("outputs", b"x" * 100_000, client=visitor)

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/sign-in?next=/tasks/spring/test/")


@pytest.mark.parametrize("size", [0, 10, 60_000])
def test_a_visitor_who_waits_to_be_told_to_go_on_is_not(
    send: Callable[..., Any], size: int
) -> None:
    """Behind another server than ours: its thread would wait for the body."""
    visitor = Client(headers={"Expect": "100-continue"})

    response = send("outputs", b"x" * size, client=visitor)

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/sign-in?next=/tasks/spring/test/")


def test_so_many_uploads_of_a_person_at_a_time(
    send: Callable[..., Any], way: str, alice: Any, bob: Any, settings: Any
) -> None:
    settings.UPLOADS_AT_ONCE = 2
    held = [upload_slots.take_slot(alice.pk), upload_slots.take_slot(alice.pk)]
    bobs = Client()
    bobs.force_login(bob)

    refused = send(way, b"x" * 70_000)
    small, of_another = send(way, b"x"), send(way, b"y" * 70_000, client=bobs)
    held.pop().end()
    later = send(way, b"x" * 70_000)
    held.pop().end()

    assert refused.status_code == 429
    assert "You already have 2 uploads in progress" in refused.text
    assert refused.headers["Retry-After"] == str(AGAIN_SOON)
    assert [small.status_code, of_another.status_code, later.status_code] == [302] * 3


@pytest.mark.parametrize("end", ["killed", "refused", "done"])
def test_a_turn_ends_with_its_upload_however_that_ends(
    send: Callable[..., Any], alice: Any, settings: Any, test_set: object, end: str
) -> None:
    settings.UPLOADS_AT_ONCE = 1
    if end == "killed":
        child = os.fork()
        if not child:
            upload_slots.take_slot(alice.pk)
            os._exit(0)  # as a kill would: nothing is tidied up
        os.waitpid(child, 0)
    else:
        send("outputs", b"x" * 70_000, **({"system": ""} if end == "refused" else {}))

    slot = upload_slots.take_slot(alice.pk)

    assert slot is not None
    slot.end()


# A day's uploads --------------------------------------------------------------------------


@pytest.fixture
def sent_at(make_submission: Callable[..., Submission]) -> Callable[..., Submission]:
    """Note an upload of so many bytes, so many hours ago."""

    def make(hours: float, size: int = 1, **options: Any) -> Submission:
        at = timezone.now() - timedelta(hours=hours)
        return make_submission(os.urandom(size), created_at=at, **options)

    return make


@pytest.mark.parametrize(
    ("number", "room", "hours", "goes_on_in"),
    [
        (3, 10**9, [30, 23, 20, 1], 1),  # hours until the oldest within a day has passed
        (2, 10**9, [23, 20, 1], 4),
        (10, 8_500, [23, 20, 1], 1),  # 3 × 2,000 bytes, and the form around the next one
        (10, 6_500, [23, 20, 1], 4),
        (10, 10, [23, 20, 1], 23),  # one larger than a day's: when nothing is left
    ],
)
def test_a_person_goes_on_when_enough_of_the_day_has_passed(
    send: Callable[..., Any],
    sent_at: Callable[..., Submission],
    settings: Any,
    number: int,
    room: int,
    hours: list[float],
    goes_on_in: int,
) -> None:
    for ago in hours:
        sent_at(ago, 2_000)
    Phase.objects.update(takes_images=True)
    settings.UPLOADS_PER_DAY, settings.UPLOAD_BYTES_PER_DAY = number, room
    at = timezone.now() + timedelta(hours=goes_on_in)

    for way in WAYS:
        response = send(way, b"x" * 2_500)
        assert response.status_code == 429
        assert f"{at:%H}:" in response.text
        assert "You have reached the limit for uploads within 24 hours." in response.text
        assert 0 < goes_on_in * 3600 - int(response.headers["Retry-After"]) < 60
    assert Submission.objects.count() == len(hours)


def test_what_a_team_mate_has_sent_counts_for_the_team(
    send: Callable[..., Any],
    alice: Any,
    bob: Any,
    other_team: Any,
    sent_at: Callable[..., Submission],
    settings: Any,
) -> None:
    sent_at(1, member=bob)
    settings.UPLOADS_PER_DAY = 1

    of_the_team = send("outputs")
    Membership.objects.create(team=other_team, user=alice)
    still = send("outputs")
    of_the_other = send("outputs", team=other_team.pk)

    assert [of_the_team.status_code, still.status_code] == [429, 429]
    assert "Your team has reached the limit" in of_the_team.text
    assert "Lexica has reached the limit" in still.text
    assert of_the_other.status_code == 302


@pytest.mark.parametrize(
    ("columns", "room", "is_taken"),
    [
        ({"state": "checking"}, 25_500, False),  # it may have all that an image may
        ({"state": "checking"}, 45_000, True),
        ({"state": "accepted", "archive": 9_000}, 15_000, True),
        ({"state": "accepted", "archive": 9_000}, 8_000, False),
        ({"state": "refused"}, 8_000, True),
    ],
)
@pytest.mark.parametrize("reference", ["ghcr.io/team/system@sha256:" + 64 * "a", ""])
def test_images_count_by_what_is_kept_of_them(
    send: Callable[..., Any],
    team: Any,
    alice: Any,
    settings: Any,
    columns: dict[str, Any],
    room: int,
    is_taken: bool,
    reference: str,
) -> None:
    settings.MAX_IMAGE_BYTES = 25_000
    settings.UPLOAD_BYTES_PER_DAY = room
    columns = dict(columns)
    if not reference and columns["state"] == "checking":
        is_taken = True  # what was sent is a file, and counts as that
    image = None
    if (size := columns.pop("archive", 0)) != 0:
        image = image_row()
        StoredFile.objects.filter(pk=image.archive_id).update(size=size)
    Submission.objects.create(
        team=team, member=alice, phase=Phase.objects.get(), kind="image", system="Marian",
        image=image, image_reference=reference, **columns,
    )  # fmt: skip

    assert send("outputs", b"x" * 100).status_code == (302 if is_taken else 429)


def test_an_image_in_a_registry_is_announced_as_the_largest(
    send: Callable[..., Any], make_submission: Callable[..., Submission], settings: Any
) -> None:
    Phase.objects.update(takes_images=True)
    settings.IMAGE_REGISTRIES = ["ghcr.io"]
    settings.MAX_IMAGE_BYTES, settings.UPLOAD_BYTES_PER_DAY = 25_000, 26_000
    make_submission(b"x" * 2_000)
    reference = {"reference": f"ghcr.io/team/system@sha256:{64 * 'a'}", "archive": ""}

    assert send("an image", **reference).status_code == 429
    settings.UPLOAD_BYTES_PER_DAY = 28_000
    assert send("an image", **reference).status_code == 302


@pytest.mark.parametrize(("role", "status"), [("organiser", 302), ("outsider", 429)])
def test_commands_and_organisers_are_exempt(
    make_submission: Callable[..., Submission],
    request: pytest.FixtureRequest,
    role: str,
    status: int,
    team: Any,
    send: Callable[..., Any],
    settings: Any,
) -> None:
    settings.UPLOADS_PER_DAY = 1
    person = request.getfixturevalue(role)
    Membership.objects.create(team=team, user=person)
    browser = Client()
    browser.force_login(person)

    for _ in range(3):
        make_submission()  # as a command does

    assert send("outputs", client=browser).status_code == status
    assert send("outputs").status_code == 429


# Refused files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "days", "is_kept"),
    [
        ("refused", 31, False),
        ("refused", 29, True),
        ("accepted", 400, True),
        ("failed", 400, True),  # our fault: the organisers may look at it
        ("checking", 400, True),
    ],
)
def test_refused_files_are_kept_so_many_days(
    make_submission: Callable[..., Submission], alices: Client, state: str, days: int, is_kept: bool
) -> None:
    since = timezone.now() - timedelta(days=days)
    submission = make_submission(b"foo", state=state, state_since=since)
    StoredFile.objects.update(used_at=since)
    file = submission.files.get()

    assert expiry.remove_refused_files() == (not is_kept)
    storage.collect_garbage()

    answer = alices.get(reverse("submission-file", args=[submission.pk, file.position]))
    page = alices.get(submission.get_absolute_url())
    assert answer.status_code == (200 if is_kept else 404)
    assert page.status_code == 200
    assert file.name in page.text
    assert ("no longer stored" in page.text) == (not is_kept)
    assert ("Refused files are kept until" in page.text) == (state == "refused")
    if is_kept:
        b"".join(answer.streaming_content)
    else:
        assert not StoredFile.objects.filter(pk=file.file_id).exists()


def test_a_refused_file_that_was_accepted_elsewhere_stays(
    make_submission: Callable[..., Submission],
) -> None:
    since = timezone.now() - timedelta(days=400)
    make_submission(b"foo", state="refused", state_since=since)
    make_submission(b"foo", state="accepted")
    StoredFile.objects.update(used_at=since)

    expiry.remove_refused_files()
    storage.collect_garbage()

    assert SubmittedFile.objects.filter(file=None).count() == 1
    assert StoredFile.objects.filter(upload_of__submission__state="accepted").count() == 1


@pytest.mark.parametrize(
    ("verdicts", "kept"),
    [
        ([("a.txt", 0), ("b.txt", 2), ("c.zip/x.txt", 0)], ["a.txt", "c.zip"]),
        ([("a.txt", 1), ("b.txt", 0), ("c.zip/x.txt", 1), ("c.zip/y.txt", 3)], ["b.txt"]),
        ([("a.txt", 0), ("b.txt", 1), ("c.zip/x.txt", 1), ("c.zip/y.txt", 0)], ["a.txt", "c.zip"]),
        ([("a.txt", 0), ("c.zip", 1)], ["a.txt", "b.txt"]),  # of b.txt nothing is known
        ([("a.txt", 0), ("b.txt", 0), ("c.zip/x.txt", 0)], ["a.txt", "b.txt", "c.zip"]),
    ],
)
def test_refused_files_of_what_was_accepted_in_part_expire_too(
    make_submission: Callable[..., Submission],
    alices: Client,
    verdicts: list[tuple[str, int]],
    kept: list[str],
) -> None:
    names = ["a.txt", "b.txt", "c.zip"]
    files = [(name, name.encode()) for name in names]
    old, new = timezone.now() - timedelta(days=31), timezone.now() - timedelta(days=29)
    late, early = (
        make_submission(files=files, state="accepted", state_since=since) for since in (old, new)
    )
    for submission in (late, early):
        for position, (name, errors) in enumerate(verdicts):
            submission.verdicts.create(position=position, file=name, errors=errors)

    assert expiry.remove_refused_files() == len(names) - len(kept)

    left = [file.name for file in late.files.filter(file__isnull=False)]
    assert left == kept
    assert early.files.filter(file=None).count() == 0
    page = alices.get(early.get_absolute_url()).text
    assert ("Refused files are kept until" in page) == (kept != names)


# The same form twice ----------------------------------------------------------------------


def test_a_page_brings_a_token_of_its_own(alices: Client, way: str) -> None:
    address = reverse(WAYS[way][0], args=["spring", "test"])

    tokens = [alices.get(address).context["form"]["form_token"].value() for _ in range(2)]

    assert tokens[0] != tokens[1]
    assert f'name="form_token" value="{tokens[1]}"' not in alices.get(address).text
    assert 'type="hidden" name="form_token" value="' in alices.get(address).text


def test_a_form_sent_again_makes_one_submission(send: Callable[..., Any], way: str) -> None:
    first, second = (send(way, form_token=TOKEN) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    ("later", "content"),
    [
        ({"form_token": "f" * 32}, b"x"),  # the page was opened again
        ({"form_token": TOKEN}, b"another file"),  # from the browser's memory, with another file
        ({"form_token": TOKEN, "system": "Other"}, b"x"),
        ({"form_token": ""}, b"x"),
        ({"form_token": "no token of ours"}, b"x"),
    ],
)
def test_another_upload_is_another_submission(
    send: Callable[..., Any], later: dict[str, str], content: bytes
) -> None:
    send("outputs", b"x", form_token=TOKEN)
    second = send("outputs", content, **later)

    assert second.status_code == 302
    assert Submission.objects.count() == 2


def test_a_token_is_a_persons_own(send: Callable[..., Any], bob: Any) -> None:
    bobs = Client()
    bobs.force_login(bob)

    send("outputs", form_token=TOKEN)
    send("outputs", client=bobs, form_token=TOKEN)

    assert Submission.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_at_the_same_moment(
    require_service: Callable[[str], str],
    at_once: Callable[..., list[Any]],
    alice: Any,
    team: Any,
    test_set: Any,
) -> None:
    require_service("postgresql")

    def submit(_number: int) -> int:
        return sending.submit(
            team=team,
            member=alice,
            phase=test_set.phase,
            test_set=test_set,
            system=sending.SystemDescription(name="Marian"),
            wants_primary=False,
            files=[sending.NamedStream(BytesIO(as_text(PERFECT)), "ours.txt")],
            form_token=TOKEN,
        ).pk

    made = at_once(6, submit)

    assert len(set(made)) == 1
    assert Submission.objects.count() == 1
    assert SubmittedFile.objects.count() == 1
