"""Formats that are told apart by how a file begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from evaluator.formats.requests import Request
from evaluator.types import Line

Reader = TypeVar("Reader")
HypothesisReader = Callable[[bytearray, Request], Iterator[Line]]


@dataclass(frozen=True, slots=True)
class Format(Generic[Reader]):
    """A format: does a file's beginning look like it, and how is it read."""

    description: str  # in a message that lists formats
    matches: Callable[[str], bool]
    read: Reader


@dataclass(frozen=True, slots=True)
class HypothesisFormat(Format[HypothesisReader]):
    """A format of hypotheses, with what the pages on submitting say about it."""

    name: str  # in `HypothesisFile.format`
    title: str
    suffix: str
    help: str  # `code` in backticks
    example: str  # two hypotheses in French, `$first` and `$second`
    hint: str = ""  # where there is room for a few words only
    begins_with: str = ""  # a pattern for how its files begin; another beginning spares `matches`


Known = TypeVar("Known", bound=Format[Any])


def choose_format(formats: Iterable[Known], head: str) -> Known | None:
    """Return the first of the formats that a file's beginning looks like, None if there is none."""
    return next((known for known in formats if known.matches(head)), None)
