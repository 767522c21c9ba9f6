"""Every address of a shared task: as every role, around its instants, and by wrong methods."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sharedtasks import evaluator_wheel
from sharedtasks.downloads import KINDS
from sharedtasks.models import Phase
from sharedtasks.policy import Thing
from tests.integration.conftest import ROLES
from tests.integration.task_addresses import BEFORE_OPENING, EVERYBODY, OPEN

pytestmark = pytest.mark.django_db

WHEEL = "terminarium-0.1.0-py3-none-any.whl"
NOT_OBSERVERS = (404, 404, 404, 404, 200, 200, 404, 404, 404)
REFERENCES = [kind.name for kind in KINDS.values() if kind.thing == Thing.REFERENCES]


@pytest.fixture(autouse=True)
def wheel(settings, tmp_path):
    """A built checker, as far as a view can tell."""
    settings.STATE_DIR = tmp_path
    evaluator_wheel.locate_folder().mkdir()
    (evaluator_wheel.locate_folder() / WHEEL).write_bytes(b"PK\x05\x06" + bytes(18))


@pytest.fixture
def address(test_set):
    """Return a function from an address's name to the address."""
    arguments = {
        "download": ["spring", "test", "en-fr", "source.txt"],
        "phase-archive": ["spring", "test"],
        "evaluator-wheel": [WHEEL],
    }
    return lambda name: reverse(name, args=arguments.get(name, ["spring"]))


@pytest.fixture
def statuses(client, request):
    """Return a function that asks for an address as every role."""
    people = {role: request.getfixturevalue(role) for role in ROLES[1:]}

    def ask(path):
        found = []
        for role in ROLES:
            client.logout()
            if role in people:
                client.force_login(people[role])
            response = client.get(path)
            b"".join(response)  # a file that is not read to its end stays open
            found.append(response.status_code)
        return tuple(found)

    return ask


@pytest.fixture
def move(phase):
    """Return a function that sets instants of the phase, in hours from now."""

    def move(**hours):
        now = timezone.now()
        instants = {name: now + timedelta(hours=value) for name, value in hours.items()}
        Phase.objects.filter(pk=phase.pk).update(**instants)

    return move


def test_each_role_gets_what_it_may_see(address, statuses):
    assert {name: statuses(address(name)) for name in OPEN} == OPEN


def test_each_role_before_the_phase_opens(address, statuses, move):
    move(opens_at=0.5)

    assert {name: statuses(address(name)) for name in OPEN} == BEFORE_OPENING


def test_each_role_after_the_deadline(address, statuses, close_phase):
    close_phase()

    assert {name: statuses(address(name)) for name in OPEN} == OPEN


@pytest.mark.parametrize("kind", REFERENCES)
@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (None, NOT_OBSERVERS),
        (0.5, NOT_OBSERVERS),
        (-0.5, EVERYBODY),
    ],
)
def test_references_wait_for_their_own_instant(kind, hours, expected, test_set, statuses, move):
    if hours is not None:
        move(references_at=hours)

    assert statuses(reverse("download", args=["spring", "test", "en-fr", kind])) == expected


def test_all_of_it_is_for_reading(address, client, alice):
    client.force_login(alice)

    for name in OPEN:
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(address(name)).status_code == 405, (name, method)


def test_what_somebody_signed_in_gets_is_for_no_shared_cache(address, client, alice):
    client.force_login(alice)

    for name in OPEN:
        response = client.get(address(name))

        assert "private" in response.headers["Cache-Control"], name
        b"".join(response)  # read to its end, it is closed as well


def test_head_is_answered_like_get(address, client):
    for name in OPEN:
        head, get = client.head(address(name)), client.get(address(name))

        assert head.status_code == get.status_code, name
        assert b"".join(head) == b"", name
        b"".join(get)  # read to its end, it is closed as well


@pytest.mark.parametrize(
    "path",
    [
        "/tasks/spring/test/data/en-fr/source.txt",
        "/tasks/spring/test/data/en-fr/references.tsv",
        "/tasks/spring/test/data.zip",
    ],
)
def test_nobody_can_tell_what_is_hidden_from_what_is_not_there(path, test_set, client, move):
    move(opens_at=0.5)

    hidden = client.get(path)
    absent = client.get("/nothing")

    assert hidden.status_code == absent.status_code == 404
    assert hidden.text == absent.text
    assert hidden.headers.keys() == absent.headers.keys()


@pytest.mark.parametrize(
    "path",
    [
        "/tasks/autumn/",
        "/tasks/autumn/rules",
        "/tasks/autumn/data",
        "/tasks/autumn/metrics",
        "/tasks/autumn/how-to-submit",
        "/tasks/autumn/test/data.zip",
        "/tasks/spring/dev/data.zip",
        "/tasks/spring/dev/data/en-fr/source.txt",
        "/tasks/spring/test/data/en-de/source.txt",
        "/tasks/spring/test/data/en-fr/source.exe",
        "/tasks/spring/test/data/en-fr/terms.tsv",  # the sample has no terminology
        "/evaluator/terminarium-9-py3-none-any.whl",
        "/evaluator/..%2Fterminarium.sqlite3",
    ],
)
def test_what_does_not_exist_is_a_page_that_says_so(client, test_set, path):
    response = client.get(path)

    assert response.status_code == 404
    assert "Page not found" in response.text


def test_a_phase_without_files_has_no_zip(client, phase):
    assert client.get("/tasks/spring/test/data.zip").status_code == 404


def test_without_a_built_checker_there_is_nothing_to_download(client, db, settings, tmp_path):
    settings.STATE_DIR = tmp_path / "other"

    assert client.get(f"/evaluator/{WHEEL}").status_code == 404
