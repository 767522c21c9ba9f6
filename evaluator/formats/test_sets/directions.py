"""Whether a terminology's columns are the wrong way round, seen from the sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evaluator.types import Terminology

SAMPLE = 300  # entries that are looked up; each is searched in all sources
SHORTEST = 3  # characters; a shorter form of letters occurs in any text


def explain_reversed(terminology: Terminology, sources: Sequence[str]) -> str | None:
    """Return what is wrong where targets occur in the sources and none of the entries does."""
    terms = terminology.terms[:: max(1, len(terminology.terms) // SAMPLE)]
    text = "\n".join(sources).casefold()
    if _count(([term.source] for term in terms), text):
        return None
    found = _count((term.targets for term in terms), text)
    if not found:
        return None
    return (
        f"The columns of the terminology look reversed: no source term of {len(terms):,} occurs in "
        f"the sources, but the targets of {found:,} do. Swap the two columns."
    )


def _count(forms_of_terms: Iterable[Sequence[str]], text: str) -> int:
    """Return how many of the terms have a form that occurs in the text."""
    return sum(
        any(len(form) >= _shortest(form) and form.casefold() in text for form in forms)
        for forms in forms_of_terms
    )


def _shortest(form: str) -> int:
    return SHORTEST if form.isascii() else 1
