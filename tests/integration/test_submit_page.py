"""The upload page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from files import storage
from sharedtasks.models import Phase
from submissions import work
from submissions.models import Submission
from tests.integration.samples import PERFECT, as_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(test_set):
    return reverse("submit", args=["spring", "test"])


@pytest.fixture
def form(team, test_set):
    """Return a function that fills the form in; None leaves a field out."""

    def fill(**fields):
        usual = {
            "team": team.pk,
            "test_set": test_set.pk,
            "file": SimpleUploadedFile("output.txt", as_text(PERFECT)),
            "system": "Marian",
            "description": "A transformer.",
            "terminology_use": "training",
            "is_constrained": "on",
            "wants_primary": "on",
        }
        return {key: value for key, value in (usual | fields).items() if value is not None}

    return fill


def test_the_form_offers_the_members_teams_and_the_newest_test_sets(
    alices, address, team, other_team, phase, make_test_set, shared_task
):
    make_test_set(version=2)
    make_test_set(mode="noterm")
    later = type(phase).objects.create(
        shared_task=shared_task, slug="later", name="Later", opens_at=phase.closes_at
    )
    make_test_set(phase=later, version=3)

    form = alices.get(address).context["form"]

    assert [str(label) for _, label in form.fields["team"].choices][1:] == ["Lexica"]
    assert [str(label) for _, label in form.fields["test_set"].choices] == [
        "As the file names say",
        "English → French (en-fr.v2)",
        "English → French (en-fr.noterm)",
    ]


def test_an_upload_is_stored_announced_and_shown(alices, address, form, messages, alice):
    with messages() as sent:
        response = alices.post(address, form())

    submission = Submission.objects.get()
    assert response.status_code == 302
    assert response.headers["Location"] == f"/submissions/{submission.pk}/"
    assert (submission.member, submission.system) == (alice, "Marian")
    assert (submission.description, submission.terminology_use) == ("A transformer.", "training")
    assert submission.is_constrained
    assert submission.wants_primary
    assert [file.name for file in submission.files.all()] == ["output.txt"]
    assert sent == [("submissions.check", submission.pk)]


def test_boxes_that_are_not_ticked_are_no(alices, address, form):
    alices.post(address, form(is_constrained=None, wants_primary=None))

    submission = Submission.objects.get()
    assert not submission.is_constrained
    assert not submission.wants_primary


def test_a_team_mate_submits_too(client, bob, address, form):
    client.force_login(bob)

    response = client.post(address, form())

    assert response.status_code == 302
    assert Submission.objects.get().member == bob


def test_a_large_upload_comes_through_whole(alices, address, form):
    content = b"x" * 3_000_000  # above what Django keeps in memory

    alices.post(address, form(file=SimpleUploadedFile("large.txt", content)))

    with storage.open_file(Submission.objects.get().files.get().file) as stream:
        assert stream.read() == content


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"file": None}, "Choose the files with your system&#x27;s outputs."),
        ({"file": SimpleUploadedFile("empty.txt", b"")}, "This file is empty."),
        ({"file": SimpleUploadedFile("n" * 201, b"a")}, "to at most 200 characters"),
        ({"system": None}, "Give your system a name."),
        ({"system": "   "}, "Give your system a name."),
        ({"system": "x" * 61}, "at most 60 characters"),
        ({"system": "a\0b"}, "Null characters are not allowed."),
        ({"system": "Mar\u202enai"}, "invisible character (U+202E)"),
        ({"system": "\u200b"}, "This name cannot be seen."),
        ({"description": "x" * 2001}, "at most 2000 characters"),
        ({"terminology_use": "never"}, "never is not one of the available choices"),
        ({"terminology_use": None}, "Say when your system used the terminology."),
        ({"test_set": 10**9}, "not one of the available choices"),
        ({"team": 10**9}, "You are not a member of this team."),
        ({"team": 10**30}, "You are not a member of this team."),
        ({"team": "x"}, "You are not a member of this team."),
    ],
)
def test_an_invalid_form_is_422_and_says_why(alices, address, form, fields, message):
    response = alices.post(address, form(**fields))

    assert response.status_code == 422
    assert message in response.text
    assert not Submission.objects.exists()


def test_an_empty_form_is_422(alices, address):
    response = alices.post(address)

    assert response.status_code == 422
    assert "Give your system a name." in response.text


def test_what_was_typed_is_kept_beside_its_error(alices, address, form):
    response = alices.post(address, form(file=None, description="<b>ours</b>"))

    assert "&lt;b&gt;ours&lt;/b&gt;" in response.text


def test_a_closed_phase_says_so(alices, address, close_phase):
    close_phase()

    response = alices.get(address)

    assert response.status_code == 200
    assert "Test phase takes no submissions at the moment." in response.text
    assert 'type="file"' not in response.text


def test_a_form_that_comes_after_the_end_is_refused(alices, address, form, close_phase):
    close_phase()

    response = alices.post(address, form())

    assert response.status_code == 422
    assert "takes no submissions at the moment" in response.text
    assert not Submission.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_in_no_team_is_told_whom_to_ask(client, organiser, address, form, method):
    client.force_login(organiser)

    response = getattr(client, method)(address, form() if method == "post" else None)

    assert response.status_code == (422 if method == "post" else 200)
    assert "You are not in a team yet." in response.text
    assert not Submission.objects.exists()


def test_a_file_above_the_limit_is_422(alices, address, form, settings):
    settings.MAX_UPLOAD_BYTES = 10

    response = alices.post(address, form())

    assert response.status_code == 422
    assert "The file is larger than 10 bytes, the most we take." in response.text


def test_a_request_far_above_the_limit_is_not_even_read(alices, address, form, settings):
    settings.MAX_UPLOAD_BYTES = 64 * 1024 * 1024
    settings.MAX_BODY_BYTES = 1000

    response = alices.post(address, form(file=SimpleUploadedFile("a.txt", b"x" * 2000)))

    assert response.status_code == 413
    assert "This file is too large" in response.text
    assert "64.0\xa0MB" in response.text
    assert response.headers["Connection"] == "close"
    assert not Submission.objects.exists()


@pytest.mark.parametrize("length", ["", "-1", "many", "９", "9" * 5000])
def test_a_strange_length_breaks_nothing(client, db, length):
    response = client.get("/", CONTENT_LENGTH=length)

    assert response.status_code in {200, 413}


def test_an_upload_survives_a_broker_that_is_down(
    alices, address, form, monkeypatch, django_capture_on_commit_callbacks
):
    def refuse(*_, **__):
        raise work.OperationalError("Connection refused")

    monkeypatch.setattr(work.current_app, "send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        response = alices.post(address, form())

    assert response.status_code == 302
    assert Submission.objects.count() == 1


def test_a_form_from_elsewhere_is_refused(client, alice, address, form):
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(alice)

    response = strict.post(address, form())

    assert response.status_code == 419
    assert "Nothing was stored" in response.text
    assert not Submission.objects.exists()


# Several files ----------------------------------------------------------------------------


def file(name, body=b"a\n"):
    return SimpleUploadedFile(name, body)


def test_several_files_are_one_submission(alices, address, form):
    files = [file("a.en-fr.txt"), file("b.zip", b"PK\x03\x04"), file("c.txt")]

    response = alices.post(address, form(file=files, test_set=None))

    submission = Submission.objects.get()
    assert response.status_code == 302
    assert [one.name for one in submission.files.all()] == ["a.en-fr.txt", "b.zip", "c.txt"]
    assert submission.test_set is None


def test_which_of_several_files_is_wrong_is_said_by_name(alices, address, form):
    files = [file("a.en-fr.txt"), file("b.en-ru.txt", b""), file("n" * 201)]

    response = alices.post(address, form(file=files, test_set=None))

    assert response.status_code == 422
    assert "b.en-ru.txt is empty." in response.text
    assert "has too long a name. Shorten it to at most 200 characters." in response.text
    assert "a.en-fr.txt" not in response.text


def test_one_test_set_for_several_files_is_refused(alices, address, form):
    response = alices.post(address, form(file=[file("a.txt"), file("b.txt")]))

    assert response.status_code == 422
    assert "Several files can&#x27;t all be for this one test set." in response.text


@pytest.mark.parametrize(
    ("count", "status", "message"),
    [
        (60, 302, ""),
        (61, 422, "These are 61 files; at most 60 can be sent at once. Put them into a zip."),
        (101, 400, "at most 60 can be sent at once. Put them into a zip"),  # Django's own limit
    ],
)
def test_sixty_files_at_most(alices, address, form, count, status, message):
    files = [file(f"{number}.txt") for number in range(count)]

    response = alices.post(address, form(file=files, test_set=None))

    assert response.status_code == status
    assert message in response.text


def test_all_files_together_have_one_limit(alices, address, form, settings):
    settings.MAX_UPLOAD_BYTES = 10
    files = [file("a.txt", b"123456"), file("b.txt", b"123456")]

    response = alices.post(address, form(file=files, test_set=None))

    assert response.status_code == 422
    assert "Together, The file is larger" not in response.text
    assert "The files together are larger than 10 bytes, the most we take." in response.text


def test_the_answer_opens_no_file(alices, address, form, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("opened")

    monkeypatch.setattr(storage, "open_file", refuse)

    assert alices.post(address, form()).status_code == 302


# Several teams ----------------------------------------------------------------------------


@pytest.fixture
def alice_in_both(alice, other_team):
    Membership.objects.create(team=other_team, user=alice)


@pytest.mark.usefixtures("alice_in_both")
def test_the_team_is_chosen_by_the_address(alices, address, team, other_team):
    first = alices.get(address)
    chosen = alices.get(f"{address}?team=lexica")
    unknown = alices.get(f"{address}?team=nobody")

    assert first.context["team"] == unknown.context["team"] == other_team  # Babel, by name
    assert chosen.context["team"] == team
    assert f'name="team" value="{team.pk}"' in chosen.text
    assert '<a href="?team=babel">Babel</a>' in chosen.text


@pytest.mark.usefixtures("alice_in_both")
def test_the_form_says_whose_it_is_whatever_the_address_says(alices, address, form, other_team):
    alices.post(f"{address}?team=lexica", form(team=other_team.pk))

    assert Submission.objects.get().team == other_team


@pytest.mark.usefixtures("alice_in_both")
def test_an_invalid_form_keeps_its_team(alices, address, form, team):
    response = alices.post(address, form(team=team.pk, system=""))

    assert response.context["team"] == team


def test_who_is_in_one_team_chooses_nothing(alices, address):
    response = alices.get(address)

    assert "Submitting for <strong>Lexica</strong>." in response.text
    assert "?team=" not in response.text


# When there is nothing to send ------------------------------------------------------------


def test_a_phase_that_is_not_open_yet_says_when_it_opens(alices, address, form, phase):
    opens_at = timezone.now() + timedelta(days=2, minutes=1)
    Phase.objects.filter(pk=phase.pk).update(
        opens_at=opens_at, closes_at=opens_at + timedelta(days=1)
    )

    page, sent = alices.get(address), alices.post(address, form())

    assert f"It opens on {opens_at.day} {opens_at:%b %Y, %H:%M} UTC, in 2\xa0days." in page.text
    assert sent.status_code == 422
    assert not Submission.objects.exists()


def test_a_phase_without_test_sets_says_so(alices, phase, alice, team):
    response = alices.get(reverse("submit", args=["spring", "test"]))

    assert "Test phase has no test sets yet." in response.text
