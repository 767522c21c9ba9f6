"""How an upload is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from demo.systems.file_formats import FileFormat, Output
from demo.systems.material import LANGUAGE_PAIRS, Material


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an upload is made."""

    team: str
    name: str
    description: str  # how it is made, in the plainest words
    translate: Callable[[Material], list[str]]
    format: FileFormat
    language_pairs: tuple[str, ...] = LANGUAGE_PAIRS
    is_primary: bool = False
    is_constrained: bool = True
    terminology_use: Literal["inference", "training"] = "inference"
    # What it writes where no terms are given; None: it does not take part there.
    without_terms: Callable[[Material], list[str]] | None = None
    # Mistakes, to show what a refusal looks like, by language pair.
    flaws: Mapping[str, Callable[[Output], Output]] = field(default_factory=dict)
    taken_from: Mapping[str, str] = field(default_factory=dict)  # the pair whose file is sent
