"""Both readers of environment variables are one: with and without blanks that count."""

from __future__ import annotations

import pytest

from evaluator.environment import Environment


def reader(*, blank_is_unset=True, **variables):
    return Environment(variables, LookupError, blank_is_unset=blank_is_unset)


@pytest.mark.parametrize(
    ("kind", "options", "given", "expected"),
    [
        ("text", ("a",), " b ", "b"),
        ("boolean", (True,), " off ", False),
        ("integer", (5,), " 6 ", 6),
        ("count", (), "999999", 999_999),
        ("size", (), "3tb", 3 * 1024**4),
        ("size", (), "12 ", 12),
        ("seconds", (2.0,), "1e-3", 0.001),
        ("choice", ("a", ["a", "b"]), "b\n", "b"),
        ("words", ("x",), " y,z ", ["y", "z"]),
        ("secret", ("s",), " t ", "t"),
    ],
)
def test_blank_is_unset_where_the_reader_says_so(kind, options, given, expected):
    default = getattr(reader(), kind)("X", *options)

    assert getattr(reader(X=" \t"), kind)("X", *options) == default
    assert getattr(reader(X=given), kind)("X", *options) == expected


@pytest.mark.parametrize("blank", ["", " "])
def test_blank_counts_elsewhere(blank):
    env = reader(X=blank, blank_is_unset=False)

    assert env.text("X", "default") == env.secret("X", "default") == blank
    assert env.boolean("X", True) is False
    with pytest.raises(LookupError, match="write a whole number"):
        env.integer("X", 3)


@pytest.mark.parametrize(
    ("kind", "options", "value", "words"),
    [
        ("boolean", (True,), "nein", "X is 'nein'; write true or false."),
        ("integer", (5,), "5.0", "X is '5.0'; write a whole number."),
        ("integer", (5,), "-1", "X is -1; the smallest allowed value is 0."),
        ("count", (), "1000000", "X is '1000000'; write a whole number above 0."),
        ("size", (), "3PB", "X is '3PB'; write bytes, such as 200G or 214748364800."),
        ("seconds", (2.0,), "a day", "X is 'a day'; write a number of seconds."),
        ("seconds", (2.0,), "0", "X is '0'; write a positive number of seconds."),
        ("choice", ("a", ["a", "b"]), "c", "X is 'c'; choose one of a, b."),
    ],
)
def test_every_fault_names_the_variable_and_the_remedy(kind, options, value, words):
    with pytest.raises(LookupError) as raised:
        getattr(reader(X=value), kind)("X", *options)

    assert raised.value.args == (words,)


def test_no_length_of_time_may_be_meant():
    assert reader(X="0").seconds("X", 2.0, may_be_zero=True) == 0
    for value in ("-0.1", "inf", "nan", "soon"):
        with pytest.raises(LookupError, match=r"write a number of seconds, 0 or more\."):
            reader(X=value).seconds("X", 2.0, may_be_zero=True)


def test_what_to_write_is_told_where_it_is_known():
    with pytest.raises(LookupError, match=r"X is not set\. Write into it the port: 25"):
        reader().text("X", what="the port: 25")
    with pytest.raises(LookupError) as raised:
        reader().secret("X")
    assert raised.value.args == ("The environment variable X is not set.",)
