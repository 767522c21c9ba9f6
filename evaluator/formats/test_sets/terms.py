"""Whether the terminology that is given for a test set fits it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evaluator.errors import ProblemLog
from evaluator.normalise import contradicts
from evaluator.types import Segment, Terminology

SAMPLE = 300  # entries that are looked up; each is searched in all sources
SHORTEST = 3  # characters; a shorter form of letters occurs in any text


def check_languages(terminology: Terminology, pair: tuple[str, str], log: ProblemLog) -> None:
    """Report a terminology of another language pair than the test set's."""
    languages = (terminology.source_language, terminology.target_language)
    if any(map(contradicts, languages, pair)):
        log.add(
            f"The terminology is {'-'.join(languages)}, the test set {'-'.join(pair)}. "
            "Give the terminology of this language pair."
        )


def check_direction(terminology: Terminology, segments: Sequence[Segment], log: ProblemLog) -> None:
    """Report reversed columns: targets occur in the sources, and no source term does."""
    terms = terminology.terms[:: max(1, len(terminology.terms) // SAMPLE)]
    text = "\n".join(segment.source for segment in segments).casefold()
    if _count_occurring(([term.source] for term in terms), text):
        return
    reversed_terms = _count_occurring((term.targets for term in terms), text)
    if reversed_terms:
        log.add(
            f"The columns of the terminology look reversed: no source term of {len(terms):,} "
            f"occurs in the sources, but the targets of {reversed_terms:,} do. "
            "Swap the two columns."
        )


def _count_occurring(forms_of_terms: Iterable[Sequence[str]], text: str) -> int:
    """Return how many of the terms have a form that occurs in the text."""
    return sum(
        any(
            len(form) >= (SHORTEST if form.isascii() else 1) and form.casefold() in text
            for form in forms
        )
        for forms in forms_of_terms
    )
