"""Every address, as every role, and by every wrong method; accounts' in test_account_access.py."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

import leaderboard.urls
import sharedtasks.urls
import submissions.pages.urls
from tests.integration.conftest import ROLES
from tests.integration.release_rows import release_row
from tests.integration.task_addresses import EVERYBODY
from tests.integration.task_addresses import OPEN as TASK_ADDRESSES

pytestmark = pytest.mark.django_db

# Status by role, in the order of ROLES: visitor, alice (owner of a team), bob (its member), charlie
# (stranger), owner of the task, organiser, observer, organiser of another task, staff.
SIGNED_IN = (302, *(200,) * 8)
OF_A_TEAM = (302, 200, 200, 404, 200, 200, 200, 404, 404)
CHANGING = (302, 200, 200, 404, 200, 200, 403, 404, 404)
BY_POST = (405,) * 9
GET = {
    "home": EVERYBODY,
    "board": EVERYBODY,
    "board-json": EVERYBODY,
    "board-csv": EVERYBODY,
    "board-latex": EVERYBODY,
    "release": EVERYBODY,
    "release-json": EVERYBODY,
    "release-bibtex": EVERYBODY,
    "phase-outputs": (404, 200, 200, 404, 200, 200, 200, 404, 404),  # before `outputs_at`
    "shared-task": EVERYBODY,
    "submit": SIGNED_IN,
    "submit-image": SIGNED_IN,
    "submissions": SIGNED_IN,
    "submission": OF_A_TEAM,
    "submission-file": OF_A_TEAM,
    "submission-problems": OF_A_TEAM,
    "entry": OF_A_TEAM,
    "entry-text": OF_A_TEAM,
    "entry-jsonl": OF_A_TEAM,
    "withdraw": CHANGING,
    "cancel": CHANGING,
    # What these do for whom, test_entry_actions.py says.
    "make-primary": BY_POST,
    "make-contrastive": BY_POST,
    # And test_requeueing.py of these.
    "requeue-entry": BY_POST,
    "requeue-submission": BY_POST,
    "choose-system": BY_POST,  # test_choosing_a_system.py
}
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')  # another one each time
ACTIONS = {"withdraw", "cancel", "make-primary", "make-contrastive", "requeue-entry"}
TAKES_POST = {"submit", "submit-image", "requeue-submission", "choose-system", *ACTIONS}
SECRET = [name for name, statuses in GET.items() if statuses[3] == 404]


@pytest.fixture
def entry(make_scored_entry, build_board, phase):
    entry = make_scored_entry(system="Marian")
    build_board()
    release_row(phase)
    return entry


@pytest.fixture
def address(entry):
    """Return a function from an address's name to the address."""
    board = ["spring", "test", "en-fr"]
    arguments = {
        **dict.fromkeys(["board", "board-json", "board-csv", "board-latex"], board),
        **{name: [*board[:2], 1] for name in ("release", "release-json", "release-bibtex")},
        "phase-outputs": ["spring", "test"],
        "shared-task": ["spring"],
        "submit": ["spring", "test"],
        "submit-image": ["spring", "test"],
        "submission": [entry.submission_id],
        "submission-file": [entry.submission_id, 0],
        "submission-problems": [entry.submission_id],
        "requeue-submission": [entry.submission_id],
        "choose-system": [entry.submission_id, 0],
    }
    of_entry = {"entry", "entry-text", "entry-jsonl"}
    arguments |= {name: [entry.pk] for name in of_entry | ACTIONS}
    return lambda name: reverse(name, args=arguments.get(name))


def test_no_address_is_missing_here():
    modules = (leaderboard.urls, sharedtasks.urls, submissions.pages.urls)
    names = {path.name for module in modules for path in module.urlpatterns}
    assert names == GET.keys() | TASK_ADDRESSES.keys()


def test_each_role_gets_what_it_may_see(address, as_role, client):
    statuses = dict.fromkeys(GET, ())
    for role in ROLES:
        client.logout()
        for name in GET:
            response = as_role(role).get(address(name))
            b"".join(response)  # a file that is not read to its end stays open
            statuses[name] += (response.status_code,)

    assert statuses == GET


def test_a_visitor_is_asked_to_sign_in_and_comes_back(address, client):
    for name in [name for name, statuses in GET.items() if statuses[0] == 302]:
        response = client.get(address(name))

        assert response.headers["Location"] == f"/account/sign-in?next={address(name)}"


@pytest.mark.parametrize("role", ["charlie", "outsider"])
def test_who_may_not_know_can_not_tell_what_exists(role, address, entry, as_role):
    client = as_role(role)

    for name in SECRET:
        secret = client.get(address(name))
        # Both keys are the first number in their addresses.
        absent = client.get(re.sub(r"/\d+/", f"/{10**9}/", address(name), count=1))

        assert secret.status_code == absent.status_code == 404, name
        assert TOKEN.sub("", secret.text) == TOKEN.sub("", absent.text), name
        assert b"Marian" not in secret.content, name


@pytest.mark.parametrize("name", ["submission", "entry"])
def test_a_stranger_can_not_poll_either(name, address, as_role):
    response = as_role("charlie").get(address(name), headers={"HX-Request": "true"})

    assert response.status_code == 404


@pytest.mark.parametrize("name", ["submission", "entry"])
def test_a_page_whose_session_has_ended_is_asked_for_anew(name, address, client):
    response = client.get(address(name), headers={"HX-Request": "true"})

    # A redirect would be followed unseen, and the sign-in page stand within the page.
    assert (response.status_code, response.headers["HX-Refresh"]) == (200, "true")
    assert response.content == b""


def test_what_is_for_reading_takes_nothing_else(address, as_role):
    client = as_role("alice")

    for name in sorted(GET.keys() - TAKES_POST):
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(address(name)).status_code == 405, (name, method)


def test_the_upload_takes_forms_alone(address, as_role):
    client = as_role("alice")

    for method in ("put", "patch", "delete"):
        assert getattr(client, method)(address("submit")).status_code == 405, method


def test_head_is_answered_like_get(address, as_role):
    client = as_role("alice")

    for name in sorted(GET.keys() - {"make-primary", "make-contrastive"}):
        head, get = client.head(address(name)), client.get(address(name))

        assert head.status_code == get.status_code, name
        assert b"".join(head) == b"", name
        b"".join(get)  # read to its end, it is closed as well


@pytest.mark.parametrize("role", ["charlie", "visitor"])
def test_nobody_submits_for_a_foreign_team(role, address, as_role, team, test_set, entry):
    data = {
        "team": team.pk,
        "test_set": test_set.pk,
        "file": SimpleUploadedFile("a.txt", b"a\n"),
        "system": "Marian",
        "terminology_use": "inference",
    }

    response = as_role(role).post(address("submit"), data)

    assert response.status_code == (302 if role == "visitor" else 422)
    assert not team.submissions.exclude(pk=entry.submission_id).exists()


@pytest.mark.parametrize(
    "path",
    [
        "/boards/spring/test/en-de",
        "/boards/spring/dev/en-fr",
        "/boards/autumn/test/en-fr",
        "/boards/spring/test/en-fr.v2",
        "/tasks/autumn/",
        "/nothing",
    ],
)
def test_what_does_not_exist_is_a_page_that_says_so(client, test_set, path):
    response = client.get(path)

    assert response.status_code == 404
    assert "Page not found" in response.text


@pytest.mark.parametrize("path", ["/tasks/spring/dev/submit", "/tasks/autumn/test/submit"])
def test_an_unknown_phase_takes_no_upload(client, alice, test_set, path):
    client.force_login(alice)

    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404
