"""Names in any script: how they are written, compared, put into addresses."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.forms import CharField

from accounts import names


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Lexica \t at\nwork ", "Lexica at work"),
        ("Cafe\u0301", "Café"),  # composed
        ("北京\u3000大学", "北京 大学"),  # the ideographic space, too
        ("ＡＢＣ", "ＡＢＣ"),  # wide letters are how they want it
    ],
)
def test_a_name_is_tidied_and_nothing_more(typed, kept):
    assert names.tidy(typed) == kept


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lexica", "LEXICA"),
        ("École", "école"),
        ("ＡＢＣ", "abc"),
        ("Straße", "STRASSE"),
        ("Команда", "команда"),
        ("two  spaces", "Two spaces"),
        ("Lex\u200bica", "Lexica"),  # a space without width
        ("Lex\u00adica", "Lexica"),  # a hyphen that only shows at the end of a line
        ("Аррle", "apple"),  # the first three are Cyrillic
        ("ВЕРА", "BEPA"),  # all four
        ("Οmega", "omega"),  # a Greek capital
        ("ΚΙΜ", "Kim"),
        ("Lex\u3164ica", "Lexica"),  # a filler, which counts as a letter
    ],
)
def test_what_a_reader_takes_for_one_name_has_one_key(one, other):
    assert names.make_key(one) == names.make_key(other)


@pytest.mark.parametrize(
    "name",
    [
        "Lexicа",  # the last letter is Cyrillic
        "Ѕhinar MT",  # the first is
        "GΟOD",  # a Greek O
        "team-раris",
        "Ваbеl",
    ],
)
def test_a_word_of_two_scripts_that_look_alike_is_refused(name):
    with pytest.raises(ValidationError, match="looks like a letter of another script"):
        names.check_name(name)


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("pаrticipant", "U+0430"),  # the a is Cyrillic
        ("Вlue Teapots", "U+0412"),
        ("Комaнда", "U+0061"),  # the first a is Latin
        ("GΟOD", "U+039F"),
    ],
)
def test_the_odd_letter_is_named(name, letter):
    with pytest.raises(ValidationError, match=re.escape(f"({letter})")):
        names.check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "Команда X",  # two words, two scripts
        "λ-MT",
        "東京MT翻訳チーム",
        "서울大 MT",
        "Müller & Søn",
        "α-Team №1",
        "hi-हिन्दी",
        "ทีมแปล",
        "🚀 Team ❤\ufe0f",
        "Đội dịch thuật",
    ],
)
def test_an_honest_name_in_any_script_is_taken(name):
    names.check_name(names.tidy(name))


@pytest.mark.parametrize("name", ["Z" + "\u0301\u0323" * 5, "a" + "\u0300" * 9])
def test_marks_without_end_are_refused(name):
    with pytest.raises(ValidationError, match="too many marks"):
        names.check_name(name)


def test_different_names_have_different_keys():
    assert len({names.make_key(name) for name in ("Lexica", "Lexika", "北京", "東京")}) == 4


@pytest.mark.parametrize(
    ("name", "taken", "slug"),
    [
        ("Lexica & Friends", set(), "lexica-friends"),
        ("北京大学", set(), "北京大学"),
        ("서울 팀", set(), "서울-팀"),
        ("Команда №1", set(), "команда-no1"),
        ("Lexica", {"lexica"}, "lexica-2"),
        ("Lexica", {"lexica", "lexica-2"}, "lexica-3"),
        ("!!!", set(), "team"),
        ("!?", {"team"}, "team-2"),
        ("Found", set(), "found-2"),
        ("x" * 100, {"x" * 80}, "x" * 80 + "-2"),
    ],
)
def test_a_slug_comes_from_the_name_in_its_own_script(name, taken, slug):
    assert names.make_slug(name, taken) == slug


@pytest.mark.parametrize(
    "hidden",
    [
        "\u202e",
        "\u2066",
        "\u200f",
        "\x07",
        "\x00",
        "\u3164",
        "\u2800",
        "\ufe01",
        "\U000e0041",
        "\ue000",
    ],
)
def test_letters_that_nobody_sees_are_refused_by_their_number(hidden):
    with pytest.raises(ValidationError, match=f"U\\+{ord(hidden):04X}"):
        names.check_name(f"Lex{hidden}ica")


@pytest.mark.parametrize("name", ["\u200b", "\u200d\u2060", "\u00ad \ufeff", "\u0301"])
def test_a_name_of_nothing_but_what_nobody_sees_is_refused(name):
    with pytest.raises(ValidationError, match="This name cannot be seen"):
        names.check_name(name)


def test_joiners_that_some_scripts_need_are_not_refused():
    names.check_name("می\u200cخواهم")


@pytest.mark.parametrize("name", ["kim", "김철수", "o.brien+mt", "a_b-c"])
def test_user_names_come_in_any_script(name):
    for validate in names.USERNAME_VALIDATORS:
        validate(name)


@pytest.mark.parametrize("name", ["kim@example.org", "kim lee", "kim\n", "a/b", "", "x" * 41])
def test_a_user_name_is_neither_an_address_nor_endless(name):
    field = CharField(validators=names.USERNAME_VALIDATORS, strip=False)

    with pytest.raises(ValidationError):
        field.clean(name)
