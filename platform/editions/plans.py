"""What an edition is made of: data that a recipe builds from the index of its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from editions.file_index import FileIndex, Published


@dataclass(frozen=True, slots=True)
class TestSetPlan:
    """A test set to import, with its files."""

    __test__ = False  # the name looks like a test class to pytest

    pair: tuple[str, str]  # source and target language, BCP 47
    mode: str
    source: Published
    references: tuple[Published, ...] = ()  # where the source file does not hold them
    lists: Mapping[str, tuple[Published, ...]] = field(default_factory=dict)  # by list name
    samples: Published | None = None
    domain: str = ""
    unit: str | None = None  # None: as the files show
    delimiter: str | None = None  # None: as the files show
    text_form: str | None = None  # None: as the format has it

    @property
    def name(self) -> str:
        """Return `en-de.proper` or `en-pl.medical.noterm`, for messages."""
        return ".".join(filter(None, ("-".join(self.pair), self.domain, self.mode)))


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """A phase with its test sets."""

    slug: str
    name: str
    test_sets: list[TestSetPlan]


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """A published file of a system's outputs."""

    system: str
    phase: str  # its slug
    file: Published
    is_baseline: bool = False  # of the organisers


@dataclass(slots=True)
class Plan:
    """Everything that is to be imported."""

    phases: list[PhasePlan] = field(default_factory=list)
    outputs: list[OutputPlan] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # nothing is imported before they are gone
    unsent: list[str] = field(default_factory=list)  # files of outputs that cannot be sent, and why
    notes: list[str] = field(default_factory=list)


def find_nothing(path: Path) -> str:
    """Return the part of a file where an edition has no parts."""
    return ""


@dataclass(frozen=True, slots=True)
class Edition:
    """A past edition: its shared task, and how a plan is built from its files."""

    slug: str  # of the shared task
    label: str  # in the names of teams, where a name is taken
    name: str
    summary: str
    modes: tuple[str, ...]
    needed_files: str  # for a message
    make_plan: Callable[[FileIndex], Plan]
    find_part: Callable[[Path], str] = find_nothing
