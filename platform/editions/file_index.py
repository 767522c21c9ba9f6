"""The files of an edition, searched by name wherever they lie in a folder."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evaluator.errors import UNSHOWABLE

MAX_FILES = 50_000  # in the folder; a checkout of an edition has thousands
MAX_DEPTH = 12  # of folders in folders
MAX_FILE_BYTES = 64 * 1024 * 1024  # of a file that is read


class EditionError(Exception):
    """The folder does not hold an edition as published; `faults` are all reasons."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Published:
    """A file as published, or several files in order that are read as a single file."""

    name: str
    paths: tuple[Path, ...]
    part: str = ""  # of the edition, where equal names mean different files

    def read(self) -> bytes:
        """Return the bytes; lines of two files are never joined. Raises EditionError."""
        pieces = [_read(path) for path in self.paths]
        return b"".join(
            piece if piece.endswith(b"\n") or number == len(pieces) else piece + b"\n"
            for number, piece in enumerate(pieces, 1)
        )

    @property
    def sha256(self) -> str:
        """Return the digest of the bytes, in hex digits."""
        return hashlib.sha256(self.read()).hexdigest()


class FileIndex:
    """All files below a folder by name; hidden folders and links are not followed."""

    def __init__(self, folder: Path, find_part: Callable[[Path], str] = lambda path: "") -> None:
        """Search the folder; `find_part` is given each path relative to it. Raises EditionError."""
        self._paths: dict[tuple[str, str], list[Path]] = {}
        self._used: set[tuple[str, str]] = set()
        for path in _list_files(folder):
            key = find_part(path.relative_to(folder)), show(path.name)
            self._paths.setdefault(key, []).append(path)

    def match(
        self, pattern: re.Pattern[str], faults: list[str]
    ) -> Iterator[tuple[re.Match[str], Published]]:
        """Yield the files whose whole name matches, by part and name.

        A name that stands for files with different contents becomes a fault instead.
        """
        for (part, name), paths in sorted(self._paths.items()):
            match = pattern.fullmatch(name)
            if match is None:
                continue
            self._used.add((part, name))
            file = Published(name, (paths[0],), part)
            others = (Published(name, (path,), part) for path in paths[1:])
            different = next((other for other in others if other.sha256 != file.sha256), None)
            if different is not None:
                faults.append(
                    f"The folder has {name} twice, with different contents: {show(paths[0])} and "
                    f"{show(different.paths[0])}. Remove the wrong file."
                )
                continue
            yield match, file

    def list_unused(self) -> list[str]:
        """Return the names of the files that no pattern has matched."""
        return sorted({name for part, name in self._paths.keys() - self._used})


def show(path: Path | str) -> str:
    """Return a path as terminals and databases take it: odd characters, and bytes, are escaped."""
    return UNSHOWABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), str(path))


def _list_files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise EditionError([f"{folder} is not a folder. Give the folder with the published files."])
    count = 0
    for root, folders, names in os.walk(folder):
        depth = len(Path(root).relative_to(folder).parts)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and depth < MAX_DEPTH
        )
        for name in sorted(names):
            path = Path(root, name)
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            count += 1
            if count > MAX_FILES:
                fault = f"{folder} holds more than {MAX_FILES:,} files. Give the edition's folder."
                raise EditionError([fault])
            yield path


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise EditionError([f"{show(path)} cannot be read: {error.strerror}."]) from error
    if len(content) > MAX_FILE_BYTES:
        raise EditionError(
            [f"{show(path)} is larger than {MAX_FILE_BYTES:,} bytes, the most we read."]
        )
    return content
