"""The upload page of container images."""

from __future__ import annotations

import errno
import tracemalloc
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from files.incoming import IncomingFile, NoRoom
from files.models import StoredFile
from sharedtasks.models import Phase
from submissions.models import Entry, Submission
from submissions.pages.views import submitting_image
from submissions.services import image_tries
from submissions.states import SubmissionState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("takes_images")]

KEPT_IN_MEMORY = 2_621_440  # bytes of an upload, by Django's own setting


@pytest.fixture
def address(test_set):
    return reverse("submit-image", args=["spring", "test"])


@pytest.fixture
def form(team):
    """Return a function that fills the form in; None leaves a field out."""

    def fill(**fields):
        usual = {
            "team": team.pk,
            "archive": SimpleUploadedFile("marian.tar.gz", b"an archive"),
            "system": "Marian",
            "description": "A transformer.",
            "terminology_use": "training",
            "is_constrained": "on",
            "wants_primary": "on",
            "needs_gpu": "on",
            "end": "end",
        }
        return {key: value for key, value in (usual | fields).items() if value is not None}

    return fill


@pytest.fixture
def question(form):
    """Return a function that fills in what is asked before the upload."""
    return lambda **fields: form(**({"archive": None, "announced": 10} | fields))


@pytest.fixture
def make_image_submission(alice, team, phase):
    """Note an image of the team's, sent so many hours ago, without its file."""

    def make(hours=1, state="refused", team=team, phase=phase, entries=()):
        # Only accepted ones have entries; their image does not matter here.
        submission = Submission.objects.create(
            team=team,
            member=alice,
            phase=phase,
            kind="image",
            system="Old",
            state=state,
            created_at=timezone.now() - timedelta(hours=hours),
        )
        for test_set, entry_state in zip(phase.test_sets.all(), entries, strict=False):
            Entry.objects.create(
                submission=submission,
                team=team,
                test_set=test_set,
                system="Old",
                state=entry_state,
                hypotheses=StoredFile.objects.first(),
            )
        return submission

    return make


def test_an_upload_is_stored_announced_and_shown(alices, address, form, messages, alice):
    with messages() as sent:
        response = alices.post(address, form())

    submission = Submission.objects.get()
    assert response.status_code == 302
    assert response.headers["Location"] == f"/submissions/{submission.pk}/"
    assert (submission.member, submission.system, submission.kind) == (alice, "Marian", "image")
    assert (submission.description, submission.terminology_use) == ("A transformer.", "training")
    assert submission.needs_gpu
    assert submission.is_constrained
    assert submission.wants_primary
    assert [file.name for file in submission.files.all()] == ["marian.tar.gz"]
    assert sent == [("submissions.check_image", submission.pk)]


def test_boxes_that_are_not_ticked_are_no(alices, address, form):
    alices.post(address, form(is_constrained=None, wants_primary=None, needs_gpu=None))

    submission = Submission.objects.get()
    assert not submission.is_constrained
    assert not submission.wants_primary
    assert not submission.needs_gpu


@pytest.mark.parametrize("person", ["visitor", "charlie", "organiser"])
def test_nobody_sends_an_image_for_a_foreign_team(client, request, address, form, person):
    if person != "visitor":
        client.force_login(request.getfixturevalue(person))

    response = client.post(address, form())

    assert response.status_code == (302 if person == "visitor" else 422)
    assert not Submission.objects.exists()


def test_both_pages_lead_to_each_other_where_images_are_taken(alices, address, phase):
    outputs = reverse("submit", args=["spring", "test"])
    with_images = alices.get(outputs)
    image_page = alices.get(address)
    Phase.objects.update(takes_images=False)

    assert f'href="{address}"' in with_images.text
    assert f'href="{outputs}"' in image_page.text
    assert f'href="{address}"' not in alices.get(outputs).text


def test_a_phase_that_takes_no_images_says_so(alices, address, form):
    Phase.objects.update(takes_images=False)

    page, sent = alices.get(address), alices.post(address, form())

    assert page.status_code == 200
    assert "Test phase takes no container images." in page.text
    assert 'type="file"' not in page.text
    assert sent.status_code == 422
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"archive": None}, "Choose the archive that docker save has written."),
        ({"archive": SimpleUploadedFile("a.tar", b"")}, "This file is empty."),
        ({"archive": SimpleUploadedFile("n" * 201, b"a")}, "to at most 200 characters"),
        ({"system": None}, "Give your system a name."),
        ({"system": "x" * 61}, "at most 60 characters"),
        ({"system": "Mar\u202enai"}, "invisible character (U+202E)"),
        ({"description": "x" * 2001}, "at most 2000 characters"),
        ({"terminology_use": None}, "Say when your system used the terminology."),
        ({"team": 10**9}, "You are not a member of this team."),
    ],
)
def test_an_invalid_form_is_422_and_says_why(alices, address, form, fields, message):
    response = alices.post(address, form(**fields))

    assert response.status_code == 422
    assert message in response.text
    assert not Submission.objects.exists()


# What is asked before an upload ------------------------------------------------------------


def test_a_good_form_is_told_to_go_on_and_nothing_is_stored(alices, address, question):
    response = alices.post(address, question())

    assert (response.status_code, response.content) == (204, b"")
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"announced": 0}, "This file is empty."),
        ({"announced": 25 * 1024**3 + 1}, "the most we take is 25.0\xa0GB"),
        ({"announced": 10**40}, "Choose the archive once more"),
        ({"announced": "many"}, "Choose the archive once more"),
        ({"system": "Mar\u202enai"}, "invisible character (U+202E)"),
        ({"system": None}, "Give your system a name."),
    ],
)
def test_what_would_be_refused_after_the_upload_is_refused_before_it(
    alices, address, question, fields, message
):
    response = alices.post(address, question(**fields))

    assert response.status_code == 422
    assert message in response.text


def test_a_disk_without_room_is_said_before_the_upload(alices, address, question, settings):
    settings.MIN_FREE_BYTES = 2**62

    response = alices.post(address, question())

    assert response.status_code in (422, 507)
    assert "We have no room for your upload at the moment" in response.text


def test_room_is_asked_for_all_that_is_announced(alices, address, question, monkeypatch):
    asked = []
    monkeypatch.setattr("submissions.pages.forms.images.require_room", asked.append)

    alices.post(address, question(announced=10**9))

    assert asked == [10**9]


# What is refused before it is read ----------------------------------------------------------


@pytest.fixture
def unread(monkeypatch):
    """Fail if a body is read into a file."""

    def refuse(*_, **__):
        raise AssertionError("the body was read")

    monkeypatch.setattr(IncomingFile, "write", refuse)


def large():
    return SimpleUploadedFile("large.tar", b"x" * (KEPT_IN_MEMORY + 1))


@pytest.mark.usefixtures("unread")
def test_a_disk_without_room_refuses_before_it_reads(alices, address, form, settings):
    settings.MIN_FREE_BYTES = 2**62

    response = alices.post(address, form(archive=large()))

    assert response.status_code == 507
    assert "We have no room for your upload at the moment" in response.text
    assert response.headers["Connection"] == "close"
    assert not Submission.objects.exists()


@pytest.mark.usefixtures("unread")
def test_a_closed_phase_refuses_before_it_reads(alices, address, form, close_phase):
    close_phase()

    response = alices.post(address, form(archive=large()))

    assert response.status_code == 422
    assert "takes no submissions at the moment" in response.text
    assert response.headers["Connection"] == "close"


@pytest.mark.usefixtures("unread")
def test_who_is_signed_out_or_in_no_team_sends_nothing(client, organiser, address, form):
    signed_out = client.post(address, form(archive=large()))
    client.force_login(organiser)
    without_team = client.post(address, form(archive=large()))

    assert signed_out.status_code == 302
    assert without_team.status_code == 422
    assert "You are not in a team yet." in without_team.text


@pytest.mark.usefixtures("unread")
def test_an_archive_far_above_the_limit_is_not_even_read(alices, address, form, settings):
    settings.MAX_BODY_BYTES, settings.MAX_IMAGE_BODY_BYTES = 1000, 2000

    response = alices.post(address, form(archive=large()))

    assert response.status_code == 413
    assert "25.0\xa0GB" in response.text
    assert "Leave out of the image what it does not need to run." in response.text
    assert response.headers["Connection"] == "close"


def test_other_addresses_keep_their_limit(alices, address, form, settings, test_set):
    settings.MAX_BODY_BYTES, settings.MAX_IMAGE_BODY_BYTES = 1000, 10**7
    outputs = {"team": "1", "file": SimpleUploadedFile("a.txt", b"x" * 2000)}

    of_outputs = alices.post(reverse("submit", args=["spring", "test"]), outputs)
    outputs["file"].seek(0)
    of_nothing = alices.post("/nothing", outputs)
    of_image = alices.post(address, form(archive=SimpleUploadedFile("a.tar", b"x" * 2000)))

    assert (of_outputs.status_code, of_nothing.status_code) == (413, 413)
    assert "64.0\xa0MB" in of_outputs.text
    assert of_image.status_code == 302


def test_a_form_from_elsewhere_is_refused_and_leaves_nothing(
    client, alice, address, form, settings
):
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(alice)

    response = strict.post(address, form(archive=large()))

    assert response.status_code == 419
    assert not Submission.objects.exists()
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


# While it is read ---------------------------------------------------------------------------


class Body:
    """A form whose file is nowhere: zeros between its head and its tail."""

    BOUNDARY = "a-boundary"
    break_after = None  # bytes of the file

    def __init__(self, fields, size):
        parts = [
            f'--{self.BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
            if name != "end"
        ]
        file = 'Content-Disposition: form-data; name="archive"; filename="large.tar"'
        self._head = ("".join(parts) + f"--{self.BOUNDARY}\r\n{file}\r\n\r\n").encode()
        end = 'Content-Disposition: form-data; name="end"\r\n\r\nend' if "end" in fields else ""
        self._tail = f"\r\n--{self.BOUNDARY}\r\n{end}\r\n--{self.BOUNDARY}--\r\n".encode()
        self._zeros = self.size = size
        self.length = len(self._head) + size + len(self._tail)

    def read(self, size):
        if self._head:
            piece, self._head = self._head[:size], self._head[size:]
            return piece
        if self._zeros:
            count = min(size, self._zeros)
            self._zeros -= count
            if self.break_after and self.size - self._zeros > self.break_after:
                raise OSError("Connection reset by peer")
            return bytes(count)
        piece, self._tail = self._tail[:size], self._tail[size:]
        return piece

    readline = read  # only asked for behind the end

    def environment(self):
        return {
            "content_type": f"multipart/form-data; boundary={self.BOUNDARY}",
            "wsgi.input": self,
            "CONTENT_LENGTH": str(self.length),
        }


def test_a_disk_that_fills_up_meanwhile_is_said_and_nothing_stays(
    alices, address, form, monkeypatch, settings
):
    def fill_up(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(IncomingFile, "write", fill_up)

    response = alices.post(address, form(archive=large()))

    assert response.status_code == 507
    assert str(NoRoom()) in response.text
    assert not Submission.objects.exists()
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


def test_a_connection_that_breaks_off_leaves_nothing(alices, address, form, settings):
    body = Body(form(archive=None), 10**7)
    body.break_after = 5 * 10**6

    response = alices.generic("POST", address, b"not this", **body.environment())

    assert response.status_code == 422  # to nobody
    assert not Submission.objects.exists()
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


def test_a_body_that_is_cut_off_is_not_taken_for_a_whole_one(alices, address, form, settings):
    body = Body(form(archive=None, end=None), 10**7)
    body.length += 10**7  # which the server gives up waiting for

    response = alices.generic("POST", address, b"not this", **body.environment())

    assert response.status_code == 422
    assert "The upload was interrupted, and nothing was stored." in response.text
    assert not Submission.objects.exists()
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


def test_an_archive_above_the_limit_of_files_is_422(alices, address, form, settings):
    settings.MAX_IMAGE_BYTES = 5

    response = alices.post(address, form())

    assert response.status_code == 422
    assert "The file is larger than 5 bytes, the most we take." in response.text


@pytest.mark.slow
def test_memory_stays_small_while_an_archive_is_uploaded(alices, address, form, settings):
    size = 200 * 1024 * 1024
    body = Body(form(archive=None), size)
    tracemalloc.start()
    try:
        response = alices.generic("POST", address, b"not this", **body.environment())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert response.status_code == 302
    assert Submission.objects.get().files.get().file.size == size
    assert peak < 20 * 1024 * 1024


# Tries ---------------------------------------------------------------------------------------


def test_a_team_has_so_many_tries_within_a_day(
    alices, address, form, question, make_image_submission, settings
):
    settings.IMAGE_TRIES = 3
    for hours in (30, 23, 22, 1):
        make_image_submission(hours)
    at = timezone.now() + timedelta(hours=1)

    for fields in (form(), question()):
        response = alices.post(address, fields)
        assert response.status_code == 422
        assert "Lexica has sent 3 images for Test phase within 24 hours" in response.text
        assert f"{at:%H}:" in response.text
    assert Submission.objects.count() == 4


@pytest.mark.parametrize(
    ("state", "entries", "counts"),
    [
        ("refused", [], True),
        ("checking", [], True),  # so many at once can all fail
        ("failed", [], False),  # our fault
    ],
)
def test_what_counts_as_a_try(
    make_image_submission, settings, team, phase, test_set, state, entries, counts
):
    settings.IMAGE_TRIES = 1
    make_image_submission(state=state, entries=entries)

    assert (image_tries.find_next_time(team, phase) is not None) == counts


def test_other_teams_and_phases_and_outputs_do_not_count(
    make_image_submission, make_submission, settings, team, other_team, phase, shared_task
):
    settings.IMAGE_TRIES = 1
    later = Phase.objects.create(
        state="announced",
        shared_task=shared_task,
        slug="later",
        name="Later",
        opens_at=phase.opens_at,
    )
    make_image_submission(team=other_team)
    make_image_submission(phase=later)
    make_submission(b"x\n", state=SubmissionState.REFUSED)

    assert image_tries.find_next_time(team, phase) is None


def test_another_team_of_the_same_member_may_still_send(
    alices, alice, other_team, address, form, make_image_submission, settings
):
    settings.IMAGE_TRIES = 1
    Membership.objects.create(team=other_team, user=alice)
    make_image_submission()

    refused = alices.post(address, form())
    taken = alices.post(address, form(team=other_team.pk))

    assert (refused.status_code, taken.status_code) == (422, 302)


# The deadline ---------------------------------------------------------------------------------


def test_an_archive_that_is_there_in_whole_after_the_end_is_refused(
    alices, address, form, close_phase, monkeypatch
):
    require_acceptance = submitting_image._require_acceptance

    def then_close(request, phase):
        require_acceptance(request, phase)
        close_phase()

    monkeypatch.setattr(submitting_image, "_require_acceptance", then_close)

    response = alices.post(address, form())

    assert response.status_code == 422
    assert not Submission.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_the_upload_takes_forms_alone(alices, address, method):
    assert getattr(alices, method)(address).status_code == 405


@pytest.mark.parametrize("path", ["/tasks/spring/dev/submit-image", "/tasks/a/test/submit-image"])
def test_an_unknown_phase_takes_no_image(alices, test_set, path):
    assert alices.get(path).status_code == 404
    assert alices.post(path).status_code == 404


def test_an_earlier_image_fills_the_form_in(alices, address, form):
    alices.post(address, form())
    earlier = Submission.objects.get()

    response = alices.get(f"{address}?again={earlier.pk}")

    initial = response.context["form"].initial
    assert (initial["system"], initial["needs_gpu"]) == ("Marian", True)
    assert f'Filled in from <a href="{earlier.get_absolute_url()}">' in response.text
