"""Rooms and arrows: the modules of a package, and the imports between them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tests.figures.sources import Source

NO_ROOMS = {"__init__.py", "__main__.py"}


@dataclass(slots=True)
class Package:
    """A folder; each of its modules and sub-packages is a room."""

    path: PurePosixPath
    module: tuple[str, ...]  # the name under which it is imported
    rooms: set[str] = field(default_factory=set)
    arrows: set[tuple[str, str]] = field(default_factory=set)  # importing room, imported room


def measure_packages(sources: Sequence[Source]) -> list[Package]:
    """Return all packages, sorted by path."""
    packages = {
        source.path.parent: Package(source.path.parent, source.module)
        for source in sources
        if source.path.name == "__init__.py"
    }
    homes = [
        (package, room, source)
        for source in sources
        for path in source.path.parents
        if (package := packages.get(path)) and (room := _room(source, package))
    ]
    for package, room, _ in homes:
        package.rooms.add(room)
    for package, room, source in homes:
        others = _imported_rooms(source, package) - {room}
        package.arrows.update((room, other) for other in others)
    return sorted(packages.values(), key=lambda package: package.path)


def _room(source: Source, package: Package) -> str | None:
    """Return the room of a package that holds a file; None for the package's own files."""
    name = source.path.relative_to(package.path).parts[0]
    return None if name in NO_ROOMS else name.removesuffix(".py")


def _imported_rooms(source: Source, package: Package) -> set[str]:
    depth = len(package.module)
    return {
        name[depth]
        for name in _imported_names(source)
        if name[:depth] == package.module and len(name) > depth and name[depth] in package.rooms
    }


def _imported_names(source: Source) -> Iterator[tuple[str, ...]]:
    """Yield `a.b` for `import a.b`, and `a.b.c` for `from a.b import c`, in parts."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield tuple(name.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                raise ValueError(f"{source.path}:{node.lineno}: use an absolute import")
            for name in node.names:
                yield (*node.module.split("."), name.name)
