"""The Python files that are measured."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MEASURED = ("evaluator", "platform")
PATH_ROOT = "platform"  # its apps are imported without its name


@dataclass(frozen=True, slots=True)
class Source:
    """One file, parsed; its path begins at the repository's root."""

    path: PurePosixPath
    text: str
    tree: ast.Module

    @property
    def module(self) -> tuple[str, ...]:
        """Return the name under which it is imported, in parts."""
        parts = self.path.with_suffix("").parts
        if parts[0] == PATH_ROOT:
            parts = parts[1:]
        return parts[:-1] if parts[-1] == "__init__" else parts


@dataclass(frozen=True, slots=True)
class Place:
    """A line that a figure counts."""

    path: PurePosixPath
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def parse(path: str, text: str) -> Source:
    """Parse the text of one file."""
    return Source(PurePosixPath(path), text, ast.parse(text, path))


def read_sources(root: Path) -> list[Source]:
    """Read all measured files, sorted by path."""
    paths = sorted(path for folder in MEASURED for path in (root / folder).rglob("*.py"))
    relative = [path.relative_to(root).as_posix() for path in paths]
    return [
        parse(path, (root / path).read_text("utf-8"))
        for path in relative
        if "migrations" not in path.split("/")
    ]


def count_lines(sources: Iterable[Source]) -> int:
    """Return the number of lines, blank lines too."""
    return sum(len(source.text.splitlines()) for source in sources)
