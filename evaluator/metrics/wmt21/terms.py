"""An annotated term as the scorer reads it: its positions and its accepted forms."""

from __future__ import annotations

from evaluator.types import TermAnnotation

Tokens = tuple[str, ...]


def is_original(term: TermAnnotation) -> bool:
    """Return whether window overlap and TERm look the term up in the surface text."""
    return term.type.endswith("tgt_original")


def is_lemma(term: TermAnnotation) -> bool:
    """Return whether window overlap and TERm look the term up in the lemmatised text."""
    return term.type.endswith("tgt_lemma")


def positions(term: TermAnnotation, reference: Tokens) -> tuple[int, ...]:
    """Return the scorer's 0-based token positions of a term, ascending, never empty.

    Its first and last token are looked up separately, each at its first occurrence, and the token
    before the last is left out: two tokens give only the second, and an end before the start only
    the end. Raises ValueError if the reference lacks either, which import refuses.
    """
    tokens = term.form.split()
    start, end = reference.index(tokens[0]), reference.index(tokens[-1])
    return (*range(start, end - 1), end)


def accepted_forms(term: TermAnnotation) -> tuple[str, ...]:
    """The variants as listed, then the annotated form unless `tgt` contains it as a substring."""
    if term.form in term.target:
        return term.variants
    return (*term.variants, term.form)


def padded(tokens: Tokens) -> str:
    """Join tokens as the scorer does, with a space on both sides as well."""
    return f" {' '.join(tokens)} "
