"""The lemmatiser of a test set's term metrics, checked when the test set is imported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError

import evaluator
from evaluator.normalise import LEMMATISERS, lemmatiser_for, name_of
from sharedtasks.models import TestSet

FIELD = "term_lemmatiser"


@contextmanager
def refuse_missing_lemmatisers() -> Iterator[None]:
    """Raise ValidationError with the line that installs what scoring would lack here."""
    try:
        yield
    except evaluator.InfrastructureError as error:
        raise ValidationError(str(error)) from error


def require_term_lemmatiser(test_set: TestSet) -> None:
    """Refuse a lemmatiser that is unknown, not installed, or without the target language."""
    name, language = test_set.term_lemmatiser, test_set.target_language
    if not name:
        return
    test_set.clean_fields(exclude=[f.name for f in TestSet._meta.fields if f.name != FIELD])
    if name != "none" and lemmatiser_for(name, language) is None:
        fitting = [other for other in LEMMATISERS if other == "none" or _knows(other, language)]
        raise ValidationError(
            {
                FIELD: f"The lemmatiser {name} does not know {name_of(language)} ({language}). "
                f"Choose one of: {', '.join(fitting)}; or leave it out for what the language has."
            }
        )


def _knows(name: str, language: str) -> bool:
    try:
        return lemmatiser_for(name, language) is not None
    except evaluator.InfrastructureError:
        return True
