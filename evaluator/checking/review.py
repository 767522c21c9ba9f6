"""Warnings about hypotheses that fit the test set but look like a mistake.

Only hypotheses and sources are compared: nothing that a participant is told may depend on a
reference, which may still be secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from html.entities import html5
from itertools import combinations
from typing import Protocol, cast

from evaluator.checking.alignment import FACTOR, count_bytes
from evaluator.checking.leftover_kinds import KINDS
from evaluator.checking.leftovers import find_leftovers
from evaluator.checking.shifted import find_shift
from evaluator.normalise import primary
from evaluator.types import Hypotheses, Problem, TestSet

LISTED = 100  # warnings of the same kind that name their segment; the rest is counted
NOTABLE = 2_000  # bytes; a longer text than 4 times its source and this gets a warning
COPIES = 0.3  # share of segments from which copied sources are worth a warning
SURE_AT = 20  # places of punctuation that show how a text is written
LETTERS_NEEDED = 200  # of a whole file; with fewer a guess of its language is worth nothing
SAMPLE = 20_000  # characters; with more no language looks different
RELATED = {"yue": "zh", "wuu": "zh", "nn": "no"}  # labels that a file may get in place of its own
IMPLAUSIBLE = 0.01  # probability of the expected language below which another is named
ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
SPACED = re.compile(r"(?<=\S)[ \u00a0][,.，。](?=\s|$)")
ATTACHED = re.compile(r"(?<=[^\s\d.,])[,.，。](?=\s|$)")
Check = Callable[[Hypotheses, TestSet], list[Problem]]


def find_warnings(hypotheses: Hypotheses, test_set: TestSet) -> tuple[Problem, ...]:
    """Return warnings with line and remedy, or ().

    Unusual ways in which the file was read, empty hypotheses, copied sources,
    another language than the target's, an order that looks shifted, left-overs of pipelines,
    texts much longer than their sources, entities, another text form than the test set's. Each
    looks at the whole file in time linear in its length.
    """
    if hypotheses.aside:
        from evaluator.checking.whole_documents import count_all_paragraphs, join_aside  # rare

        hypotheses = join_aside(hypotheses, test_set)
        test_set = count_all_paragraphs(test_set)
    problems = (problem for check in CHECKS for problem in check(hypotheses, test_set))
    return (*hypotheses.notes, *problems)


def find_identical(files: Sequence[Hypotheses]) -> tuple[Problem, ...]:
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


# Tests of a text and its source, with the warning if the text looks odd.
ODD_TEXTS: tuple[tuple[Callable[[str, str], bool], str], ...] = (
    (
        lambda text, source: (
            count_bytes(text) > NOTABLE
            and count_bytes(text) > FACTOR * count_bytes(source) + NOTABLE
        ),
        f"The text is longer than {FACTOR} times its source plus {NOTABLE:,} bytes. Check whether "
        "the system repeats itself.",
    ),
    (
        lambda text, _: not text.split(),
        "The hypothesis is empty; it counts as a translation without a word. "
        "Check whether your system should have written one.",
    ),
    (
        lambda text, source: "&" in text and _has_entity(text) and not _has_entity(source),
        "The hypothesis holds an entity such as &amp; that its source does not. "
        "Write the character itself: entities are scored letter by letter.",
    ),
)


def _find_odd_texts(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    problems = []
    for is_odd, message in ODD_TEXTS:
        pairs = zip(hypotheses.texts, test_set.segments, strict=True)
        odd = [n for n, (text, segment) in enumerate(pairs) if is_odd(text, segment.source)]
        problems += [_warn_of_text(hypotheses, test_set, n, message) for n in odd[:LISTED]]
        if len(odd) > LISTED:
            more = f"The same holds for {len(odd) - LISTED:,} more segments. {message}"
            problems.append(_warn_of_file(hypotheses, more))
    return problems


def _has_entity(text: str) -> bool:
    return any(name.startswith("#") or f"{name};" in html5 for name in ENTITY.findall(text))


def _find_leftovers(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    sources = [segment.source for segment in test_set.segments]
    language = primary(test_set.target_language)
    leftovers = find_leftovers(hypotheses.texts, sources, language, KINDS)
    return [
        _warn_of_text(hypotheses, test_set, leftover.first, leftover.message)
        for leftover in leftovers
    ]


def _find_copies(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    copies = sum(
        bool(text.split()) and text.split() == segment.source.split()
        for text, segment in zip(hypotheses.texts, test_set.segments, strict=True)
    )
    if copies == 0 or copies < COPIES * len(test_set.segments):
        return []
    return [
        _warn_of_file(
            hypotheses,
            f"{copies:,} of {len(test_set.segments):,} hypotheses are their source, word by word. "
            "Check that the file holds translations.",
        )
    ]


def _find_other_language(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    # Of all texts together: single sentences mislead an identifier.
    sample = ""
    for text in hypotheses.texts:
        sample += text[: SAMPLE - len(sample)] + "\n"
        if len(sample) >= SAMPLE:
            break
    if sum(map(str.isalpha, sample)) < LETTERS_NEEDED:
        return []
    target = primary(test_set.target_language)
    language = _guess_language(sample, target)
    if language == target:
        return []
    return [
        _warn_of_file(
            hypotheses,
            f"The file looks like language {language!r}; the test set is translated into "
            f"{target!r}. Check that this is the right file.",
        )
    ]


def _guess_language(sample: str, expected: str) -> str:
    """Return the likeliest language, as an ISO 639-1 code.

    It is the expected language if that is possible, or unknown to the model.
    """
    probabilities: dict[str, float] = {}
    for label, probability in _load_identifier().rank(sample):
        language = RELATED.get(label, label)
        probabilities[language] = probabilities.get(language, 0.0) + probability
    if probabilities.get(expected, 1.0) >= IMPLAUSIBLE:
        return expected
    return max(probabilities, key=lambda language: probabilities[language])


@lru_cache(maxsize=1)
def _load_identifier() -> _Identifier:
    # On first use: half a second that a command without checks need not pay.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return cast("_Identifier", LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True))


class _Identifier(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


def _find_shift(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
    sources = [segment.source for segment in test_set.segments]
    shift = find_shift(sources, hypotheses.texts)
    if shift is None:
        return []
    direction = "later" if shift.offset > 0 else "earlier"
    places = f"{abs(shift.offset)} segment{'s' if abs(shift.offset) > 1 else ''}"
    message = (
        f"From about here on, hypotheses look like translations of the sources {places} "
        f"{direction}. Look for a line that is missing, or one too many, before this one."
    )
    return [_warn_of_text(hypotheses, test_set, shift.start, message)]


def _find_other_text_form(hypotheses: Hypotheses, test_set: TestSet) -> list[Problem]:
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
        _warn_of_file(
            hypotheses,
            f"The text looks {form}; the test set is {test_set.text_form}, "
            f"and scores depend on it. {remedy}",
        )
    ]


CHECKS: tuple[Check, ...] = (
    _find_other_language,
    _find_copies,
    _find_shift,
    _find_other_text_form,
    _find_leftovers,
    _find_odd_texts,
)


def _warn_of_file(hypotheses: Hypotheses, message: str) -> Problem:
    return Problem("warning", message, file=hypotheses.name)


def _warn_of_text(
    hypotheses: Hypotheses, test_set: TestSet, position: int, message: str
) -> Problem:
    line = hypotheses.lines[position] if hypotheses.lines else None
    segment = test_set.segments[position].id
    return Problem("warning", message, line, segment, hypotheses.name)
