"""Warnings about files that fit but look like a mistake."""

from __future__ import annotations

import dataclasses

import pytest

from evaluator import Hypotheses, Segment, TestSet
from evaluator.checking.review import find_identical, find_warnings
from evaluator.checking.shifted import Shift, find_shift

DRUGS = ["Aspirin", "Ibuprofen", "Codeine", "Heparin", "Insulin"]


def source(number: int) -> str:
    drug = DRUGS[number % 5]
    return f"Patient {number + 100} received {number * 7 + 3} mg of {drug} this morning, at home."


def translation(number: int) -> str:
    drug = DRUGS[number % 5]
    return f"Le patient {number + 100} a reçu {number * 7 + 3} mg de {drug} ce matin, chez lui."


def make_test_set(segments: int = 120, **changes) -> TestSet:
    made = tuple(
        Segment(str(n + 1), "ward", source(n), (translation(n),), (), ((),))
        for n in range(segments)
    )
    return dataclasses.replace(TestSet("en", "fr", made, "raw"), **changes)


def hypotheses(texts) -> Hypotheses:
    return Hypotheses(tuple(texts), tuple(range(1, len(texts) + 1)), "ours.txt")


def messages(texts, **changes) -> list[str]:
    return [str(problem) for problem in find_warnings(hypotheses(texts), make_test_set(**changes))]


GOOD = [translation(n) for n in range(120)]


def test_a_good_file_gets_no_warning():
    assert messages(GOOD) == []


def test_an_empty_hypothesis_is_named_with_its_line_and_segment():
    [message] = messages([*GOOD[:7], " \u00a0", *GOOD[8:]])

    assert message.startswith("ours.txt:8: segment 8: The hypothesis is empty")


def test_entities_are_named_unless_the_source_has_them():
    texts = [*GOOD[:3], "Le dosage &amp; le reste", "C&#39;est &eacute;crit", *GOOD[5:]]

    found = messages(texts)

    assert [message.split(":")[1] for message in found] == ["4", "5"]
    assert all("Write the character itself" in message for message in found)


def test_a_source_with_an_entity_excuses_the_hypothesis():
    given = make_test_set()
    odd = dataclasses.replace(given.segments[0], source="Write &amp; for the sign.")
    given = dataclasses.replace(given, segments=(odd, *given.segments[1:]))

    found = find_warnings(hypotheses(["Écrivez &amp; pour le signe.", *GOOD[1:]]), given)

    assert found == ()


def test_copied_sources_are_counted_and_the_language_is_noticed():
    found = messages([source(n) for n in range(120)])

    assert any("120 of 120 hypotheses are their source" in message for message in found)
    assert any("looks like language 'en'" in message for message in found)


def test_a_few_copies_are_no_warning():
    texts = [source(n) if n < 20 else translation(n) for n in range(120)]

    assert messages(texts) == []


def test_another_language_than_the_target_is_named():
    text = "Der Patient hat heute Morgen zu Hause seine Tabletten genommen und fühlt sich besser."

    found = messages([text] * 12, segments=12)

    assert found[:1] == [
        "ours.txt: The file looks like language 'de'; the test set is translated into 'fr'. "
        "Check that this is the right file."
    ]


def test_a_short_file_is_not_guessed_at():
    assert messages(["Guten Tag"], segments=1) == []


@pytest.mark.parametrize(
    ("texts", "direction"),
    [
        # A line is missing: each later hypothesis stands one place too early.
        ([*GOOD[:60], *GOOD[61:], "fin"], "1 segment later"),
        # A line too many: each later hypothesis stands one place too late.
        ([*GOOD[:60], "de trop", *GOOD[60:119]], "1 segment earlier"),
        # Two are missing.
        ([*GOOD[:60], *GOOD[62:], "fin", "fin"], "2 segments later"),
    ],
)
def test_a_shifted_order_is_noticed_near_where_it_begins(texts, direction):
    [message] = messages(texts)

    assert direction in message
    line = int(message.split(":")[1])
    assert abs(line - 61) <= 1


def test_lengths_alone_show_a_shifted_order():
    # Nothing that both texts hold: no numerals, other letters.
    lengths = [5 + (n * 37) % 83 for n in range(200)]
    sources = ["a " * length for length in lengths]
    texts = ["б" * length for length in lengths]

    assert find_shift(sources, texts) is None
    assert find_shift(sources, [*texts[:90], *texts[91:], "б"]) == Shift(90, 1)
    assert find_shift(sources, [*texts[:90], "б", *texts[90:-1]]) == Shift(91, -1)


@pytest.mark.parametrize(
    ("form", "mark", "looks"),
    [
        ("raw", " ,", "tokenised"),  # spaces before commas in a raw test set
        ("tokenised", ",", "raw"),  # none in a tokenised one
    ],
)
def test_another_text_form_is_noticed(form, mark, looks):
    texts = [text.replace(",", mark).replace("lui.", f"lui{mark[:-1]}.") for text in GOOD]

    [message] = messages(texts, text_form=form)

    assert f"The text looks {looks}; the test set is {form}" in message


def test_a_hundred_lines_are_named_and_the_rest_is_counted():
    found = messages([""] * 120)

    assert len(found) == 101
    assert "20 more segments" in found[-1]


def test_references_change_no_warning():
    # A message that depended on a reference would leak it.
    texts = ["", *[source(n) for n in range(1, 60)], *GOOD[61:], "&amp;"]
    given = make_test_set()
    swapped = [
        dataclasses.replace(segment, references=("tout autre chose",)) for segment in given.segments
    ]

    found = find_warnings(hypotheses(texts), given)

    assert found
    assert found == find_warnings(
        hypotheses(texts), dataclasses.replace(given, segments=tuple(swapped))
    )


def test_identical_files_are_named_in_pairs():
    files = [
        dataclasses.replace(hypotheses(GOOD), name=name)
        for name in ("ours.en-fr.txt", "ours.en-fr.noterm.txt")
    ]

    [problem] = find_identical([*files, hypotheses(GOOD[:-1])])

    assert str(problem).startswith("ours.en-fr.noterm.txt: The hypotheses are those of ours.en-fr.")
