"""The upload page of container images, where it takes an image in a registry as well."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from submissions.models import Submission
from submissions.pipeline.tasks import fetch_image
from tests.archives import SavedImage
from tests.integration.registry_server import Answer, serving

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("takes_images")]

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
REFERENCE = f"ghcr.io/team/system@{DIGEST}"
ARCHIVE = SimpleUploadedFile("marian.tar", b"an archive")


@pytest.fixture(autouse=True)
def _registries(settings):
    settings.IMAGE_REGISTRIES = ["ghcr.io", "docker.io"]


@pytest.fixture
def address(test_set):
    return reverse("submit-image", args=["spring", "test"])


@pytest.fixture
def form(team):
    """Return a function that fills the form in; None leaves a field out."""

    def fill(**fields):
        usual = {
            "team": team.pk,
            "reference": REFERENCE,
            "system": "Marian",
            "terminology_use": "training",
            "needs_gpu": "on",
            "end": "end",
        }
        return {key: value for key, value in (usual | fields).items() if value is not None}

    return fill


def test_a_reference_is_stored_announced_and_shown(alices, address, form, messages, alice):
    with messages() as sent:
        response = alices.post(address, form(reference=f"  {REFERENCE}\n"))

    submission = Submission.objects.get()
    assert response.status_code == 302
    assert response.headers["Location"] == f"/submissions/{submission.pk}/"
    assert (submission.member, submission.kind) == (alice, "image")
    assert submission.image_reference == REFERENCE
    assert submission.needs_gpu
    assert not submission.files.exists()
    assert sent == [("submissions.fetch_image", submission.pk)]
    page = alices.get(submission.get_absolute_url())
    assert f"<code>{REFERENCE}</code>" in page.text
    assert "waits for a worker, which fetches the image" in page.text


def test_the_page_names_the_registries(alices, address):
    page = alices.get(address)

    assert 'name="reference"' in page.text
    assert "We fetch from ghcr.io, docker.io." in page.text


def test_the_guide_of_the_task_tells_of_it_where_it_is_possible(client, test_set, settings):
    guide = reverse("task-how-to-submit", args=["spring"])

    with_registries = client.get(guide)
    settings.IMAGE_REGISTRIES = []

    assert "docker push ghcr.io/my-team/my-system" in with_registries.text
    assert "docker push" not in client.get(guide).text


def test_without_registries_there_is_no_such_field(alices, address, form, settings):
    settings.IMAGE_REGISTRIES = []

    page, sent = alices.get(address), alices.post(address, form())

    assert "registry" not in page.text
    assert 'name="reference"' not in page.text
    assert sent.status_code == 422
    assert "Choose the archive that docker save has written." in sent.text
    assert not Submission.objects.exists()


BOTH = "There is an archive as well, and one image at a time is taken. Empty this field"


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        # Neither, or both; asked before the upload as well.
        ({"reference": None}, "archive", "has written, or name an image in a registry below."),
        ({"reference": " "}, "archive", "has written, or name an image in a registry below."),
        ({"archive": ARCHIVE}, "reference", BOTH),
        ({"announced": 10}, "reference", BOTH),
        # What a reference has to be.
        ({"reference": "ghcr.io/team/system:v1"}, "reference", "names no digest"),
        ({"reference": f"team/system@{DIGEST}"}, "reference", "names no registry"),
        ({"reference": f"ghcr.io/Team@{DIGEST}"}, "reference", "not one that registries take"),
        ({"reference": "x" * 501}, "reference", "at most 500 characters"),
        ({"reference": f"ghcr.io/\0@{DIGEST}"}, "reference", "Null characters"),
        (
            {"reference": f"quay.io/team/system@{DIGEST}"},
            "reference",
            "not fetched from quay.io, but from docker.io, ghcr.io. Push it there.",
        ),
        ({"reference": f"127.0.0.1:80/x@{DIGEST}"}, "reference", "not fetched from 127.0.0.1:80"),
        # A form that was cut off may have lost its boxes.
        ({"end": None}, "reference", "was interrupted"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(alices, address, form, fields, field, message):
    ARCHIVE.seek(0)

    response = alices.post(address, form(**fields))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert message in response.context["form"].errors[field][0]
    assert message in response.text
    assert not Submission.objects.exists()


def test_an_archive_is_taken_as_before(alices, address, form):
    ARCHIVE.seek(0)

    response = alices.post(address, form(reference="", archive=ARCHIVE))

    assert response.status_code == 302
    assert Submission.objects.get().image_reference == ""


def test_it_counts_as_a_try(alices, address, form, settings):
    settings.IMAGE_TRIES = 2
    statuses = [alices.post(address, form(system=f"{number}")).status_code for number in range(3)]

    assert statuses == [302, 302, 422]
    assert Submission.objects.count() == 2


@pytest.mark.parametrize("person", ["visitor", "charlie", "organiser"])
def test_nobody_names_an_image_for_a_foreign_team(client, request, address, form, person):
    if person != "visitor":
        client.force_login(request.getfixturevalue(person))

    response = client.post(address, form())

    assert response.status_code == (302 if person == "visitor" else 422)
    assert not Submission.objects.exists()


def test_a_closed_phase_takes_none(alices, address, form, close_phase):
    close_phase()

    response = alices.post(address, form())

    assert response.status_code == 422
    assert not Submission.objects.exists()


def test_an_earlier_one_fills_the_form_in(alices, address, form):
    alices.post(address, form())

    page = alices.get(f"{address}?again={Submission.objects.get().pk}")

    assert f'value="{REFERENCE}"' in page.text
    assert "A fixed image has a new digest: enter the new reference." in page.text


# The submission's page ------------------------------------------------------------------------


@pytest.fixture
def submission(alices, address, form):
    """A submission that waits for a worker."""
    alices.post(address, form())
    return Submission.objects.get()


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"claimed_by": "a", "fetched": 43}, "43% fetched"),
        ({"claimed_by": "a", "fetched": 43, "attempts": 2}, "its registry (attempt 2)."),
        ({"claimed_by": "a", "fetched": 100}, "A worker is reading your image"),
        ({"reason": "It rained."}, "It rained. It is tried again by itself."),
        ({"state": "failed", "reason": "It rained."}, "It rained."),
    ],
)
def test_its_page_says_how_far_it_is(alices, submission, columns, words):
    Submission.objects.update(**columns)

    assert words in alices.get(submission.get_absolute_url()).text


def test_its_page_changes_while_it_is_fetched(alices, submission):
    Submission.objects.update(claimed_by="a", fetched=10)
    first = alices.get(submission.get_absolute_url()).context["seen"]
    Submission.objects.update(fetched=11)

    assert alices.get(submission.get_absolute_url()).context["seen"] != first


def test_organisers_see_the_reference_and_strangers_nothing(client, request, submission):
    client.force_login(request.getfixturevalue("operator"))
    admin = client.get(reverse("admin:submissions_submission_change", args=[submission.pk]))
    client.force_login(request.getfixturevalue("organiser"))
    page = client.get(submission.get_absolute_url())
    client.force_login(request.getfixturevalue("charlie"))

    assert REFERENCE in admin.text
    assert REFERENCE in page.text
    assert client.get(submission.get_absolute_url()).status_code == 404


def test_a_refused_one_is_shown_with_its_problem(alices, address, form, settings):
    with serving() as server:
        settings.IMAGE_REGISTRIES = [server.host]
        settings.IMAGE_REGISTRIES_ON_LOOPBACK = True
        reference = server.put(SavedImage())
        server.answers = {path: Answer(status=404) for path in server.answers}
        alices.post(address, form(reference=reference))
        submission = Submission.objects.get()
        fetch_image.apply(args=[submission.pk], task_id="task-1")

    page = alices.get(submission.get_absolute_url())

    assert "has no such image for everybody (status 404)" in page.text
    assert f'<span class="file-name">{reference}</span>' in page.text
    assert f"?again={submission.pk}" in page.text
