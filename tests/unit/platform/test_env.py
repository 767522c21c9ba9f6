"""Settings from the environment: every helper names the variable when it is wrong."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.fixture
def variable(monkeypatch):
    """Return a function that sets X."""
    monkeypatch.delenv("X", raising=False)
    monkeypatch.delenv("X_FILE", raising=False)
    return lambda value: monkeypatch.setenv("X", value)


def test_a_variable_beats_its_default(variable):
    assert env.text("X", "default") == "default"
    variable("given")
    assert env.text("X", "default") == env.text("X") == "given"


def test_a_variable_without_default_has_to_be_set(variable):
    with pytest.raises(ImproperlyConfigured, match="The environment variable X is not set"):
        env.text("X")


def test_an_empty_variable_is_set(variable):
    variable("")

    assert env.text("X", "default") == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("1", True), ("true", True), (" Yes ", True), ("ON", True)),
        *(("0", False), ("False", False), ("no", False), ("off", False), ("", False)),
    ],
)
def test_yes_and_no_have_many_spellings(variable, value, expected):
    variable(value)

    assert env.boolean("X", not expected) is expected


@pytest.mark.parametrize("default", [True, False])
def test_neither_yes_nor_no_is_the_default(variable, default):
    assert env.boolean("X", default) is default


@pytest.mark.parametrize("value", ["2", "maybe", "nein"])
def test_what_is_neither_yes_nor_no_is_refused(variable, value):
    variable(value)

    with pytest.raises(ImproperlyConfigured, match=f"X is '{value}'; write true or false"):
        env.boolean("X", False)


@pytest.mark.parametrize(("value", "expected"), [("7", 7), (" 7 ", 7), ("0", 0)])
def test_whole_numbers_are_read(variable, value, expected):
    assert env.integer("X", 3) == 3
    variable(value)
    assert env.integer("X", 3) == expected


@pytest.mark.parametrize("value", ["", "x", "1.5", "1e3", "64M"])
def test_what_is_no_whole_number_is_refused(variable, value):
    variable(value)

    with pytest.raises(ImproperlyConfigured, match=f"X is '{value}'; write a whole number"):
        env.integer("X", 3)


def test_a_number_below_the_smallest_allowed_is_refused(variable):
    variable("0")

    with pytest.raises(ImproperlyConfigured, match="X is 0; the smallest allowed value is 1"):
        env.integer("X", 3, minimum=1)


@pytest.mark.parametrize(("value", "expected"), [("15", 15.0), ("0.5", 0.5), ("1e3", 1000.0)])
def test_seconds_are_read(variable, value, expected):
    assert env.seconds("X", 2.5) == 2.5
    variable(value)
    assert env.seconds("X", 2.5) == expected


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "-inf", "x", "", "5s"])
def test_what_is_no_length_of_time_is_refused(variable, value):
    variable(value)

    with pytest.raises(ImproperlyConfigured, match=f"X is '{value}'; write a"):
        env.seconds("X", 2.5)


@pytest.mark.parametrize(
    ("value", "expected"), [("a,b", ["a", "b"]), (" a , ,b,", ["a", "b"]), ("", []), (",", [])]
)
def test_lists_are_written_with_commas(variable, value, expected):
    assert env.words("X", "d,e") == ["d", "e"]
    variable(value)
    assert env.words("X", "d,e") == expected


def test_a_secret_comes_from_its_variable(variable):
    variable("hush")

    assert env.secret("X") == "hush"


def test_a_secret_comes_from_a_file(variable, monkeypatch, tmp_path):
    path = tmp_path / "secret"
    path.write_text("hush\n")
    monkeypatch.setenv("X_FILE", str(path))

    assert env.secret("X", "default") == "hush"


def test_a_secret_in_two_places_is_refused(variable, monkeypatch, tmp_path):
    variable("hush")
    monkeypatch.setenv("X_FILE", str(tmp_path / "secret"))

    with pytest.raises(ImproperlyConfigured, match="Both X and X_FILE are set"):
        env.secret("X")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_can_not_be_read_is_named_and_not_shown(
    variable, monkeypatch, tmp_path, content
):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("X_FILE", str(path))

    with pytest.raises(ImproperlyConfigured, match=r"X_FILE names .*secret, which can't be read: "):
        env.secret("X", "default")


def test_a_secret_has_its_default_or_has_to_be_set(variable):
    assert env.secret("X", "default") == "default"
    with pytest.raises(ImproperlyConfigured, match="X is not set"):
        env.secret("X")
