"""A team that nobody has verified, and a person, have one image at a time in the queue."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Team, User
from evaluator.container.registries import parse_reference
from sharedtasks.models import Phase
from submissions.models import Entry, Submission
from submissions.services import sending
from tests.integration.image_rows import image_row
from tests.integration.node_rows import waiting_entry

pytestmark = pytest.mark.django_db

REFERENCE = parse_reference(f"ghcr.io/team/system@sha256:{64 * 'a'}")


@pytest.fixture(autouse=True)
def _takes_images(test_set):
    Phase.objects.update(takes_images=True)
    test_set.phase.refresh_from_db()


@pytest.fixture
def make_team(db):
    """Return a function that makes a team that is not verified, with these members."""

    def make(name, *members, **columns):
        team = Team.objects.create(name=name, slug=name.lower(), **columns)
        for member in members:
            Membership.objects.create(team=team, user=member)
        return team

    return make


@pytest.fixture
def mallory(db):
    return User.objects.create_user("mallory", "mallory@tests.example", "a long pass phrase")


@pytest.fixture
def send(phase):
    """Return a function that sends an image by its reference."""

    def send(team, member, system="Marian"):
        planned = sending.PlannedImage(team, member, phase, sending.SystemDescription(name=system))
        return sending.submit_image_by_reference(planned=planned, reference=REFERENCE)

    return send


def end(submission, state, **columns):
    """Let an image's check and its entry end like this."""
    Submission.objects.filter(pk=submission.pk).update(state="accepted", image=image_row())
    return Entry.objects.create(
        submission=submission,
        team=submission.team,
        test_set=submission.phase.test_sets.get(),
        system="Marian",
        state=state,
        **columns,
    )


def test_eleven_teams_of_one_person_have_one_image(make_team, mallory, send):
    teams = [make_team(f"Team{number}", mallory) for number in range(11)]
    send(teams[0], mallory)

    for team in teams:
        with pytest.raises(ValidationError, match="Marian of Team0") as refused:
            send(team, mallory)
        assert "ask the organisers to verify your team" in str(refused.value)

    assert Submission.objects.count() == 1


def test_a_team_has_one_image_whoever_of_it_sends(make_team, mallory, charlie, send):
    team = make_team("Shared", mallory, charlie)
    send(team, mallory)

    with pytest.raises(ValidationError, match="one image at a time"):
        send(team, charlie)


def test_who_leaves_a_team_takes_the_image_along(make_team, mallory, charlie, send):
    first, second = make_team("First", mallory, charlie), make_team("Second", mallory)
    send(first, mallory)
    Membership.objects.filter(team=first, user=mallory).delete()

    with pytest.raises(ValidationError, match="one image at a time"):
        send(second, mallory)


@pytest.mark.parametrize("columns", [{"is_verified": True}, {"is_organisers": True}])
def test_teams_that_are_known_have_no_such_limit(make_team, mallory, send, columns):
    known, unknown = make_team("Known", mallory, **columns), make_team("Unknown", mallory)
    for _ in range(3):
        send(known, mallory)

    send(unknown, mallory)  # nor do their images count for another team
    send(known, mallory)

    assert Submission.objects.count() == 5


def test_other_people_are_not_held_up(make_team, mallory, charlie, other_team, send):
    send(make_team("Loud", mallory), mallory)

    send(other_team, charlie)

    assert Submission.objects.count() == 2


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_an_image_counts_until_it_has_left_the_nodes(make_team, mallory, send, state):
    team = make_team("Quiet", mallory)
    entry = end(send(team, mallory), state)
    with pytest.raises(ValidationError, match="one image at a time"):
        send(team, mallory)

    Entry.objects.filter(pk=entry.pk).update(state="cancelled")

    send(team, mallory)


@pytest.mark.parametrize("state", ["rejected", "failed", "cancelled", "scoring", "scored"])
def test_what_has_ended_does_not_count(make_team, mallory, send, state, stored_file):
    team = make_team("Quiet", mallory)
    end(send(team, mallory), state, hypotheses=stored_file)

    send(team, mallory)


@pytest.mark.parametrize("state", ["refused", "failed"])
def test_what_was_not_taken_does_not_count(make_team, mallory, send, state):
    team = make_team("Quiet", mallory)
    Submission.objects.filter(pk=send(team, mallory).pk).update(state=state)

    send(team, mallory)


def test_outputs_do_not_count(make_team, mallory, send, make_submission):
    team = make_team("Quiet", mallory)
    make_submission(team=team, member=mallory)

    send(team, mallory)


def test_the_page_says_so_before_an_upload(client, make_team, mallory, send, phase):
    team = make_team("Quiet", mallory)
    submission = send(team, mallory)
    client.force_login(mallory)
    address = reverse("submit-image", args=["spring", "test"])
    question = {"team": team.pk, "system": "Again", "announced": 10, "end": "end",
                "terminology_use": "training"}  # fmt: skip

    page = client.get(address).text
    refused = client.post(address, question)
    end(submission, "rejected")
    taken = client.post(address, question)

    assert (refused.status_code, taken.status_code) == (422, 204)
    for text in (page, refused.text):
        assert text.count("Quiet has not been verified yet") == 1
    assert "not been verified" not in client.get(address).text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("shape", ["one team", "eleven teams", "two members"])
def test_of_many_sent_at_once_one_is_taken(
    require_service, make_team, mallory, charlie, send, at_once, shape
):
    require_service("postgresql")
    assert connection.vendor == "postgresql"
    teams = [make_team(f"Team{number}", mallory, charlie) for number in range(8)]

    def try_to_send(number):
        team = teams[0 if shape == "one team" else number]
        member = charlie if shape == "two members" and number % 2 else mallory
        try:
            send(team, member)
        except ValidationError:
            return False
        return True

    assert sum(at_once(8, try_to_send)) == 1
    assert Submission.objects.count() == 1


def test_what_was_withdrawn_does_not_count(make_team, mallory, send):
    team = make_team("Quiet", mallory)
    end(send(team, mallory), "waiting", withdrawn_at=timezone.now())

    send(team, mallory)


def test_what_waits_of_verified_teams_does_not_count(test_set, team, alice, make_team, send):
    waiting_entry(test_set, team, alice)

    send(make_team("Second", alice), alice)


# A form that is sent twice ----------------------------------------------------------------

TOKEN = "0123456789abcdef" * 2
DIGEST = f"ghcr.io/team/system@sha256:{64 * 'a'}"


@pytest.fixture
def post(client, make_team, mallory, settings):
    """Return a function that sends the form of a team that is not verified."""
    settings.IMAGE_REGISTRIES = ["ghcr.io"]
    team = make_team("Quiet", mallory)
    client.force_login(mallory)

    def post(*, reference="", archive=b"", form_token=TOKEN, query="", sender=client, **fields):
        address = reverse("submit-image", args=["spring", "test"]) + query
        data = {"team": team.pk, "system": "Marian", "terminology_use": "inference",
                "end": "end", "form_token": form_token}  # fmt: skip
        if archive:
            data["archive"] = SimpleUploadedFile("system.tar", archive)
        return sender.post(address, data | {"reference": reference} | fields)

    return post


@pytest.mark.parametrize("tries", [20, 1])
@pytest.mark.parametrize(
    "sent",
    [
        {"reference": DIGEST},
        {"archive": b"x" * 100},
        {"archive": b"x" * 100_000, "query": f"?form={TOKEN}"},
    ],
)
def test_a_double_click_leads_to_what_was_stored(post, settings, sent, tries):
    settings.IMAGE_TRIES = tries

    first, second = post(**sent), post(**sent)

    assert (first.status_code, second.status_code) == (302, 302)
    assert first.headers["Location"] == second.headers["Location"]
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"form_token": "f" * 32},
        {"system": "Other"},
        {"reference": f"ghcr.io/team/system@sha256:{64 * 'b'}"},
        {"form_token": ""},
        {"reference": "", "announced": 1000},  # a question before an upload of hours
    ],
)
def test_another_image_in_the_same_form_has_to_wait(post, other):
    post(reference=DIGEST)

    refused = post(**{"reference": DIGEST, **other})

    assert refused.status_code == 422
    assert refused.text.count("Quiet has not been verified yet") == 1
    assert Submission.objects.count() == 1


def test_the_page_says_in_its_address_which_form_it_is(client, post):
    page = client.get(reverse("submit-image", args=["spring", "test"]) + "?again=1")

    token = page.context["form"]["form_token"].value()
    assert f'action="?again=1&amp;form={token}"' in page.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tries", [20, 1])
def test_of_a_form_sent_twice_at_once_both_are_told_of_it(
    require_service, make_team, mallory, phase, at_once, settings, tries
):
    require_service("postgresql")
    settings.IMAGE_TRIES = tries
    team = make_team("Quiet", mallory)
    planned = sending.PlannedImage(
        team, mallory, phase, sending.SystemDescription(name="Marian"), form_token=TOKEN
    )

    sent = at_once(
        4, lambda _: sending.submit_image_by_reference(planned=planned, reference=REFERENCE).pk
    )

    assert len(set(sent)) == 1
    assert Submission.objects.count() == 1
