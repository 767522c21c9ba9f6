"""Lists the files of a zip archive, and says which of them may be opened."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, BinaryIO, Self, cast

from evaluator.errors import printable
from evaluator.formats.compression import GZIP
from evaluator.formats.file_kinds import SAVE_AS_TEXT, document_kind_of_members
from evaluator.formats.limits import Refused

MAX_MEMBERS = 100  # files in a zip; five pairs in three modes are fifteen
# Bytes that zipfile may read at once. It reads an archive's whole directory, so this bounds the
# number of entries that it makes objects of, whatever the archive declares.
MAX_READ = 1024 * 1024
CHUNK = 64 * 1024  # bytes
NAME_SHOWN = 200  # characters
OTHERS_NAMED = 5  # files, in a message
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the others unpack without a bound
ENCRYPTED = 0x1 | 0x40  # bits of a member's flags
ZIP_AGAIN = "Make the zip again, or upload the files one by one."
REPEATED = "The zip holds two files of this name. Keep one of them."


class _BadSeekError(OSError):
    """A place before the file's start; zipfile expects an OSError there."""


# What zipfile raises for archives that are broken, or were broken on purpose.
BROKEN = (
    _BadSeekError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)


def open_zip(stream: BinaryIO, max_bytes: int) -> zipfile.ZipFile:
    """Open an archive for reading. Raises Refused if it is too large or broken."""
    stream.seek(0, 2)
    if stream.tell() > max_bytes:
        raise Refused(
            f"The file is larger than {max_bytes:,} bytes, the limit. Upload a smaller file."
        )
    try:
        return zipfile.ZipFile(cast("IO[bytes]", _BoundedReads(stream)))
    except BROKEN:
        raise Refused(f"The zip archive is damaged or cut off. {ZIP_AGAIN}") from None


def name_member(upload: str, path: str) -> str:
    """Return the name of a file of an archive in messages."""
    return f"{upload}/{printable(path, NAME_SHOWN)}"


@dataclass(frozen=True, slots=True)
class Members:
    """What a zip archive holds."""

    files: list[tuple[zipfile.ZipInfo, str | None]]  # with the reason why it is not opened, or None
    skipped: tuple[str, ...]  # paths of files that are not translations


def list_members(
    archive: zipfile.ZipFile, max_bytes: int, *, has_slot: Callable[[str], bool] = lambda _: False
) -> Members:
    """Return the files of the archive, and the paths of skipped files.

    Hidden files and folders are skipped, and files of operating systems (Thumbs.db, __MACOSX),
    programs, pictures, and papers (README, LICENSE), unless `has_slot` says that a path names a
    test set. Raises Refused for an archive of which no file can or may be opened.
    """
    present = [entry for entry in archive.infolist() if not path_of(entry).endswith("/")]
    entries, skipped = [], []
    for entry in present:
        path = path_of(entry)
        skipped.append(path) if is_junk(path, has_slot) else entries.append(entry)
    document = document_kind_of_members([path_of(entry) for entry in present])
    if document:
        raise Refused(describe_document(document))
    if not entries:
        others = f" but {name_some(skipped)}" if skipped else ""
        raise Refused(f"The zip holds no file{others}. Put the hypotheses into it.")
    if len(entries) > MAX_MEMBERS:
        message = f"The zip holds {len(entries):,} files; {MAX_MEMBERS} are allowed. {ZIP_AGAIN}"
        raise Refused(message)
    if sum(entry.file_size for entry in entries) > max_bytes:
        raise Refused(f"The zip unpacks to more than {max_bytes:,} bytes, the limit. Send less.")
    if all(entry.flag_bits & ENCRYPTED for entry in entries):
        raise Refused("The zip is encrypted. Make it without a password.")
    names = Counter(map(path_of, entries))
    files = [
        (entry, _find_oddity(entry) or (REPEATED if names[path_of(entry)] > 1 else None))
        for entry in entries
    ]
    return Members(files, tuple(skipped))


def describe_document(kind: str) -> str:
    """Return the problem with an office document in the place of a zip."""
    return f"The file is {kind}, not plain text or a zip of it. {SAVE_AS_TEXT}"


def name_some(paths: Sequence[str]) -> str:
    """Return the first paths, for a message, and how many more there are."""
    names = [printable(path, NAME_SHOWN) for path in paths[:OTHERS_NAMED]]
    more = len(paths) - len(names)
    return ", ".join([*names, f"{more:,} more"] if more else names)


def path_of(entry: zipfile.ZipInfo) -> str:
    """Return a member's name, with / between folders."""
    # The name as it was stored: zipfile cuts it at a NUL. Some Windows programs write "\".
    return entry.orig_filename.replace("\\", "/")


# Names of files and folders, in lower case, that never hold translations.
JUNK = {
    "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "__pycache__", "icon\r", "@eadir",
    "lost+found", "$recycle.bin", "system volume information", "node_modules", "site-packages",
}  # fmt: skip
PAPERS = re.compile(
    r"(?:readme|read_me|license|licence|copying|notice|changelog|changes|citation|authors|manifest"
    r"|requirements|makefile|dockerfile|md5sums?|sha\d*sums?|checksums?)(?:\.[a-z]{1,5})?",
    re.IGNORECASE,
)
COPIES = re.compile(
    r".*(?:~|\.(?:bak|orig|swp|tmp|pyc|lock|log|crdownload|part"
    r"|py|ipynb|sh|bat|ps1|png|jpe?g|gif|svg|lnk|url|webloc))|~\$.*|#.*#"
    r"|.*-checkpoint(?:\.[a-z]{1,5})?",
    re.IGNORECASE,
)


def is_junk(path: str, has_slot: Callable[[str], bool] = lambda _: False) -> bool:
    """Return whether a file is hidden, a system's, a copy, a program, a picture or a paper."""
    if _leads_out(path):
        return False  # refused, so that it is not skipped in silence
    parts = path.split("/")
    is_hidden = any(part.startswith(".") and part != "." for part in parts)
    is_system = any(part.lower() in JUNK for part in parts)
    if is_hidden or is_system or COPIES.fullmatch(parts[-1]):
        return True
    return PAPERS.fullmatch(parts[-1]) is not None and not has_slot(path)


def _leads_out(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/")


def _find_oddity(entry: zipfile.ZipInfo) -> str | None:
    """Return why this member is not opened, None if nothing is odd."""
    path = path_of(entry)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if _leads_out(path) or path[1:2] == ":":
        return f"The name leads out of the zip. {ZIP_AGAIN}"
    if not path.isprintable():
        return f"The name holds characters that can't be shown. {ZIP_AGAIN}"
    if kind == stat.S_IFLNK:
        return "This is a symbolic link. Put the file itself into the zip."
    if kind not in (0, stat.S_IFREG):
        return "This is not a regular file. Put a text file into the zip."
    if entry.flag_bits & ENCRYPTED:
        return "The file is encrypted. Make the zip without a password."
    if entry.compress_type not in METHODS:
        return "The file is compressed by an uncommon method. Make a zip with Deflate."
    return None


class MemberReader:
    """Reads and counts a member's bytes; raises Refused where the archive is broken.

    The member is opened at the first read, so that an error of zipfile is a problem of this file.
    """

    def __init__(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._entry = entry
        self._opened: IO[bytes] | None = None
        self.bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened is not None:
            self._opened.close()

    def read(self, size: int) -> bytes:
        try:
            if self._opened is None:
                self._opened = self._archive.open(self._entry)
            data = self._opened.read(min(size, CHUNK))
        except BROKEN:
            raise Refused(f"The file in the zip is damaged or cut off. {ZIP_AGAIN}") from None
        if not self.bytes and data.startswith(GZIP):
            raise Refused("The file is a gzip archive inside the zip. Put it there unpacked.")
        self.bytes += len(data)
        return data


class _BoundedReads:
    """Reads a file, at most MAX_READ bytes at once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(MAX_READ + 1 if size < 0 else min(size, MAX_READ + 1))
        if len(data) > MAX_READ:
            raise zipfile.BadZipFile("a directory of more entries than anybody needs")
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._stream.tell(), 0)[whence] if whence < 2 else self._stream.seek(0, 2)
        if not 0 <= base + offset < 1 << 62:
            raise _BadSeekError(offset)
        return self._stream.seek(base + offset)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True
