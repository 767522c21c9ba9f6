"""What columns of shared tasks, phases and test sets can hold. Migrations name these functions."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from evaluator.container import Limits
from evaluator.metrics import METRICS
from evaluator.normalise import LEMMATISERS

MAX_LIMIT = 2**50  # no machine has more of anything
LANGUAGE = RegexValidator(
    r"\A[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z",
    "Write a language as its BCP 47 code: en, zh, zh-Hans.",
)
DOMAIN = RegexValidator(
    r"\A(?!v[0-9]+\Z)[a-z][a-z0-9]*(-[a-z0-9]+)*\Z",
    "Write small letters and digits, a letter first, with single hyphens between: medical, "
    "machine-tool.",
)


def known_metric(name: str) -> None:
    """Refuse a name that is not a metric of the evaluator."""
    if name not in METRICS:
        raise ValidationError(f"There is no metric {name!r}. Choose one of: {', '.join(METRICS)}.")


def known_order(names: object) -> None:
    """Refuse what is not an order of a board: a list of metrics, each once."""
    if not isinstance(names, list) or not names:
        raise ValidationError("Name the metrics that the board ranks by.")
    for name in names:
        known_metric(name)
        if names.count(name) > 1:
            raise ValidationError(f"{name} is named twice. Name each metric of the order once.")


def known_lemmatiser(name: str) -> None:
    """Refuse a name that is not a lemmatiser of the evaluator."""
    if name not in LEMMATISERS:
        names = ", ".join(LEMMATISERS)
        raise ValidationError(f"There is no lemmatiser {name!r}. Choose one of: {names}.")


def known_limits(values: object) -> None:
    """Refuse values that `evaluator.container.Limits` cannot be made of."""
    names = Limits.__slots__
    if not isinstance(values, dict) or set(values) - set(names):
        raise ValidationError(f"Write an object with some of these: {', '.join(names)}.")
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_LIMIT:
            raise ValidationError(f"{name} has to be a whole number above 0, not {value!r}.")
