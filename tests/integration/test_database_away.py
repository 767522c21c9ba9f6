"""A database that is away is 503 and a sentence; what is wrong with us stays 500."""

from __future__ import annotations

import pytest
from django.db import (
    DataError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    close_old_connections,
    connection,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from submissions import work

pytestmark = pytest.mark.django_db

AWAY = [
    OperationalError("connection failed: Connection refused"),
    OperationalError("the database system is starting up"),
    OperationalError("terminating connection due to administrator command"),
    OperationalError("remaining connection slots are reserved for superusers"),
    OperationalError("query_wait_timeout"),  # PgBouncer's
    InterfaceError("connection already closed"),
]
OURS = [ProgrammingError("no such table"), DataError("out of range"), ZeroDivisionError()]


@pytest.fixture
def visitor():
    """Answer with pages where Django's test client would raise."""
    return Client(raise_request_exception=False)


@pytest.fixture
def fail(monkeypatch):
    """Return a function that has every query fail with an error."""

    def fail(error):
        def cursor(*_):
            raise error

        monkeypatch.setattr(BaseDatabaseWrapper, "cursor", cursor)

    return fail


@pytest.mark.parametrize("error", AWAY, ids=str)
@pytest.mark.parametrize("path", ["/", "/status", "/boards/spring/test/en-fr"])
def test_a_page_asks_to_be_reloaded_while_the_database_is_away(visitor, fail, path, error):
    fail(error)

    response = visitor.get(path)

    assert response.status_code == 503
    assert "cannot reach our database" in response.text
    assert "Sign in" not in response.text  # they may be signed in already
    assert int(response.headers["Retry-After"]) > 0
    assert str(error) not in response.text


@pytest.mark.parametrize("path", ["/submissions/", "/account/", "/admin/"])
def test_also_where_the_session_is_looked_up_first(alices, fail, path):
    alices.raise_request_exception = False
    fail(AWAY[0])

    assert alices.get(path).status_code == 503


def test_a_node_is_told_to_ask_again(visitor, fail):
    fail(AWAY[0])

    answer = visitor.post("/nodes/v1/claim", headers={"Authorization": "Bearer x"})

    assert answer.status_code == 503


@pytest.mark.parametrize("error", OURS, ids=repr)
def test_any_other_error_stays_a_fault_of_ours(visitor, fail, error):
    fail(error)

    response = visitor.get("/")

    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text


def test_the_settings_outlive_a_restart_and_a_pool_of_transactions():
    settings = connection.settings_dict

    assert settings["CONN_HEALTH_CHECKS"] is True
    assert settings["DISABLE_SERVER_SIDE_CURSORS"] is True


# What was worked out -----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", AWAY, ids=str)
def test_a_result_waits_for_the_database(monkeypatch, error):
    monkeypatch.setattr(work, "DATABASE_AGAIN", 0)
    left = [error, error]

    def write():
        if left:
            raise left.pop()
        return "written"

    assert work.outlast(write) == "written"
    assert left == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", OURS, ids=repr)
def test_nothing_else_is_tried_twice(error):
    tries = []

    def write():
        tries.append(1)
        raise error

    with pytest.raises(type(error)):
        work.outlast(write)
    assert len(tries) == 1


@pytest.mark.django_db(transaction=True)
def test_it_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(work, "DATABASE_WITHIN", 0)

    def write():
        raise AWAY[0]

    with pytest.raises(OperationalError):
        work.outlast(write)
    close_old_connections()
