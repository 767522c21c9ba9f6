"""Uploads around a closing, during a pause, and for a team that was granted more time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from audit.recording import Actor
from config.arrival_times import KEY
from sharedtasks.models import Extension, Phase
from sharedtasks.services import phases
from submissions.models import ImagePermission, Submission
from tests.integration.samples import PERFECT, as_text

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
PAUSED = "Submissions to Test phase are paused: Storage is being moved."


@pytest.fixture
def address(test_set):
    return reverse("submit", args=["spring", "test"])


@pytest.fixture
def image_address(test_set):
    return reverse("submit-image", args=["spring", "test"])


@pytest.fixture
def form(team, test_set):
    """Return a function that fills the form of outputs in."""
    return lambda **fields: (
        {
            "team": team.pk,
            "test_set": test_set.pk,
            "file": SimpleUploadedFile("output.txt", as_text(PERFECT)),
            "system": "Marian",
            "terminology_use": "training",
        }
        | fields
    )


@pytest.fixture
def closed(phase):
    """Return a function that closes the phase some minutes ago, with a grace time."""

    def close(ago, *, grace=0, **columns):
        Phase.objects.filter(pk=phase.pk).update(
            closes_at=timezone.now() - ago, grace_minutes=grace, **columns
        )
        phase.refresh_from_db()

    return close


@pytest.mark.parametrize(
    ("began", "grace", "is_taken"),
    [(6 * MINUTE, 20, True), (4 * MINUTE, 20, False), (6 * MINUTE, 0, False),
     (6 * MINUTE, 3, False)],
)  # fmt: skip
def test_an_upload_that_began_before_the_closing_counts_within_the_grace_time(
    alices,
    address,
    form,
    closed,
    began,
    grace,
    is_taken,
):
    closed(5 * MINUTE, grace=grace)

    response = alices.post(address, form(), **{KEY: timezone.now() - began})

    assert response.status_code == (302 if is_taken else 422)
    assert Submission.objects.count() == is_taken


def test_a_client_cannot_say_when_its_upload_began(alices, address, form, closed):
    closed(5 * MINUTE, grace=20)
    long_ago = str(timezone.now() - 6 * MINUTE)

    response = alices.post(
        address,
        form(begun_at=long_ago),
        headers={"Terminarium.Begun-At": long_ago, "terminarium-begun-at": long_ago},
    )

    assert response.status_code == 422


def test_the_overview_says_what_the_grace_time_means(client, phase):
    Phase.objects.update(grace_minutes=20)

    text = " ".join(client.get("/tasks/spring/").text.split())

    assert "an upload must begin before the closing time and end within 20 minutes." in text


# Images: the permission is the beginning ---------------------------------------------------


@pytest.fixture
def send(alices, image_address, team, takes_images):
    """Ask for an image, or send it, as the page's script does."""

    def send(*, asks=False, token="1" * 32, system="Marian"):
        sent = {"form_token": token, "team": team.pk, "system": system, "end": "end"}
        sent["terminology_use"] = "training"
        if asks:
            sent["announced"] = len(b"an archive")
        else:
            sent["archive"] = SimpleUploadedFile("marian.tar.gz", b"an archive")
        return alices.post(f"{image_address}?form={token}", sent)

    return send


def ask_in_time(send, closed, grace=20, ago=5 * MINUTE):
    """Ask while the phase is open, then close it as if that had been a while ago."""
    assert send(asks=True).status_code == 204
    ImagePermission.objects.update(asked_at=timezone.now() - ago - MINUTE)
    closed(ago, grace=grace)


def test_an_image_that_was_asked_for_in_time_may_begin_later(send, closed):
    ask_in_time(send, closed)

    assert send().status_code == 302

    submission = Submission.objects.get()
    assert submission.begun_at == ImagePermission.objects.get().asked_at


@pytest.mark.parametrize(
    "other", [{"token": "2" * 32}, {"system": "Another"}], ids=["another form", "another name"]
)
def test_only_the_image_that_was_asked_for_may(send, closed, other):
    ask_in_time(send, closed)

    assert send(**other).status_code == 422
    assert not Submission.objects.exists()


@pytest.mark.parametrize(("grace", "ago"), [(0, 5 * MINUTE), (4, 5 * MINUTE)])
def test_a_permission_lasts_no_longer_than_the_grace_time(send, closed, grace, ago):
    ask_in_time(send, closed, grace=grace, ago=ago)

    assert send().status_code == 422


def test_asking_once_more_keeps_the_first_time_and_one_row(send, closed):
    ask_in_time(send, closed)
    asked_at = ImagePermission.objects.get().asked_at

    assert send(asks=True).status_code == 204

    assert ImagePermission.objects.get().asked_at == asked_at


def test_nobody_asks_after_the_closing(send, closed):
    closed(5 * MINUTE, grace=20)

    assert send(asks=True).status_code == 422
    assert not ImagePermission.objects.exists()


# Pauses -----------------------------------------------------------------------------------


def test_a_pause_refuses_uploads_with_its_reason_until_it_ends(
    alices,
    address,
    form,
    phase,
    client,
):
    actor = Actor.of_command("test")
    phases.pause(actor=actor, phase=phase, reason="Storage is  being moved.")

    refused = alices.post(address, form())
    assert refused.status_code == 422
    assert PAUSED in refused.text
    assert PAUSED in alices.get(address).text
    assert "are paused: Storage is being moved." in client.get("/tasks/spring/").text
    # What was under way may end.
    begun = {KEY: timezone.now() - MINUTE}
    assert alices.post(address, form(), **begun).status_code == 302

    phases.resume(actor=actor, phase=phase)
    assert alices.post(address, form(system="Later")).status_code == 302


# More time for a team ---------------------------------------------------------------------


def test_one_team_may_submit_until_a_stated_time(
    client,
    address,
    form,
    closed,
    phase,
    team,
    alice,
    charlie,
    other_team,
):
    closed(5 * MINUTE)
    until = timezone.now() + timedelta(hours=1)
    phases.extend(
        actor=Actor.of_command("test"), phase=phase, team=team, until=until, reason="An outage."
    )

    client.force_login(alice)
    assert f"until {until:%-d %b %Y, %H:%M} UTC" in client.get(address).text
    assert client.post(address, form()).status_code == 302
    client.force_login(charlie)
    response = client.post(address, form(team=other_team.pk))
    assert "takes no submissions at the moment" in response.text

    Extension.objects.update(until=timezone.now() - MINUTE)
    client.force_login(alice)
    assert client.post(address, form(system="Later")).status_code == 422
