"""Warnings about hypotheses that fit the test set but look like a mistake.

They look at the hypotheses and the sources alone: nothing that a participant is told may depend
on a reference, which may be secret still.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html.entities import html5
from itertools import combinations

from evaluator.checking.bounds import FACTOR, NOTABLE, is_notable
from evaluator.checking.leftovers import find_leftovers
from evaluator.checking.shifted import find_shift
from evaluator.checking.text_language import find_other_language
from evaluator.normalise import primary
from evaluator.types import Hypotheses, Problem, TestSet

LISTED = 100  # warnings of one kind that name their segment; the rest is counted
COPIES = 0.3  # share of segments from which copied sources are worth a warning
SURE_AT = 20  # places of punctuation that show how a text is written
ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
SPACED = re.compile(r"(?<=\S)[ \u00a0][,.，。](?=\s|$)")
ATTACHED = re.compile(r"(?<=[^\s\d.,])[,.，。](?=\s|$)")
Check = Callable[[Hypotheses, TestSet], list[Problem]]


def warnings(hypotheses: Hypotheses, test_set: TestSet) -> tuple[Problem, ...]:
    """Return warnings with line and remedy, or ().

    Unusual ways in which the file was read, empty hypotheses, copied sources,
    another language than the target's, an order that looks shifted, left-overs of pipelines,
    texts much longer than their sources, entities, another text form than the test set's. Each
    looks at the whole file in time linear in its length.
    """
    found = (problem for check in CHECKS for problem in check(hypotheses, test_set))
    return (*hypotheses.notes, *found)


def identical(files: Sequence[Hypotheses]) -> tuple[Problem, ...]:
    """Warn of each pair of files with the same texts, as for two pairs or modes of one system."""
    return tuple(
        Problem(
            "warning",
            f"The hypotheses are those of {first.name} to the letter. Check whether one of the "
            "two files was sent in the other's place.",
            file=second.name,
        )
        for first, second in combinations(files, 2)
        if first.texts == second.texts
    )


def _empty(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    message = (
        "The hypothesis is empty; it counts as a translation without a word. "
        "Check whether your system should have written one."
    )
    return _each(hypotheses, test_set, message, lambda text, _: not text.split())


def _entities(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    message = (
        "The hypothesis holds an entity such as &amp; that its source does not. "
        "Write the character itself: entities are scored letter by letter."
    )
    return _each(
        hypotheses,
        test_set,
        message,
        lambda text, source: _has_entity(text) and not _has_entity(source),
    )


def _has_entity(text: str) -> bool:
    return "&" in text and any(
        name.startswith("#") or f"{name};" in html5 for name in ENTITY.findall(text)
    )


def _long(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    message = (
        f"The text is longer than {FACTOR} times its source plus {NOTABLE:,} bytes. Check whether "
        "the system repeats itself."
    )
    return _each(hypotheses, test_set, message, is_notable)


def _left_over(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    sources = [segment.source for segment in test_set.segments]
    language = primary(test_set.target_language)
    return [
        Problem(
            "warning",
            leftover.message,
            _line(hypotheses, leftover.first),
            test_set.segments[leftover.first].id,
            hypotheses.name,
        )
        for leftover in find_leftovers(hypotheses.texts, sources, language)
    ]


def _copied(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    copies = sum(
        bool(text.split()) and text.split() == segment.source.split()
        for text, segment in zip(hypotheses.texts, test_set.segments, strict=True)
    )
    if copies == 0 or copies < COPIES * len(test_set.segments):
        return []
    return [
        _of_file(
            hypotheses,
            f"{copies:,} of {len(test_set.segments):,} hypotheses are their source, word by word. "
            "Check that the file holds translations.",
        )
    ]


def _other_language(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    # Over the whole file: single sentences mislead an identifier.
    target = primary(test_set.target_language)
    found = find_other_language(hypotheses.texts, target)
    if found is None:
        return []
    return [
        _of_file(
            hypotheses,
            f"The file looks like language {found!r}; the test set is translated into "
            f"{target!r}. Check that this is the right file.",
        )
    ]


def _shifted(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    sources = [segment.source for segment in test_set.segments]
    shift = find_shift(sources, hypotheses.texts)
    if shift is None:
        return []
    segment = test_set.segments[shift.start]
    direction = "later" if shift.offset > 0 else "earlier"
    places = f"{abs(shift.offset)} segment{'s' if abs(shift.offset) > 1 else ''}"
    return [
        Problem(
            "warning",
            f"From about here on, hypotheses look like translations of the sources {places} "
            f"{direction}. Look for a line that is missing, or one too many, before this one.",
            _line(hypotheses, shift.start),
            segment.id,
            hypotheses.name,
        )
    ]


def _text_form(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    spaced = sum(len(SPACED.findall(text)) for text in hypotheses.texts)
    attached = sum(len(ATTACHED.findall(text)) for text in hypotheses.texts)
    if spaced + attached < SURE_AT:
        return []
    form = "tokenised" if spaced > attached else "raw"
    if form == test_set.text_form:
        return []
    remedy = {
        "tokenised": "Send the tokens as in the source, with spaces around punctuation.",
        "raw": "Send plain text, as people write it.",
    }[test_set.text_form]
    return [
        _of_file(
            hypotheses,
            f"The text looks {form}; the test set is {test_set.text_form}, "
            f"and scores depend on it. {remedy}",
        )
    ]


CHECKS: tuple[Check, ...] = (
    _other_language,
    _copied,
    _shifted,
    _text_form,
    _left_over,
    _long,
    _empty,
    _entities,
)


def _each(
    hypotheses: Hypotheses, test_set: TestSet, message: str, is_odd: Callable[[str, str], bool]
) -> list[Problem]:
    odd = [
        position
        for position, (text, segment) in enumerate(
            zip(hypotheses.texts, test_set.segments, strict=True)
        )
        if is_odd(text, segment.source)
    ]
    problems = [
        Problem(
            "warning",
            message,
            _line(hypotheses, position),
            test_set.segments[position].id,
            hypotheses.name,
        )
        for position in odd[:LISTED]
    ]
    if len(odd) > LISTED:
        more = f"The same holds for {len(odd) - LISTED:,} more segments. {message}"
        problems.append(_of_file(hypotheses, more))
    return problems


def _of_file(hypotheses: Hypotheses, message: str) -> Problem:
    return Problem("warning", message, file=hypotheses.name)


def _line(hypotheses: Hypotheses, position: int) -> int | None:
    return hypotheses.lines[position] if hypotheses.lines else None
