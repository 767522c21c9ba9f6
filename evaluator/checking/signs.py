"""What a file that is not plain text shows at a quick look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Unit(Protocol):
    """A segment that a line may belong to, scored or not."""

    @property
    def id(self) -> str: ...
    @property
    def document(self) -> str: ...
    @property
    def source(self) -> str: ...


Key = Callable[[int, Unit], str]  # of a number, from 1, and the unit of this number


@dataclass(frozen=True, slots=True)
class Signs:
    """What lines show of a table or another shape; a file with none of its signs is something else.

    White space around lines, names and sources makes no difference, but for a tab among `marks`.
    """

    start: str = ""  # a pattern that some line begins with
    marks: str = ""  # characters: some line has one of them
    frequent: str = ""  # characters: two lines or more, and half of all, have one of them
    names: tuple[Key, ...] = ()  # the first line begins with one of its unit's names
    held: tuple[Key, ...] = ()  # two lines or more, and half of all, hold this text of their unit
