"""The members of an archive: names and places, read from the headers only."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from evaluator.container.archives import tar
from evaluator.container.archives.kinds import (
    AS_TEXT,
    LOST,
    NO_REDIRECTION,
    SAVE,
    is_root_file_system,
    refuse_by_its_start,
    refuse_without_manifest,
)
from evaluator.container.archives.sources import (
    CHUNK,
    BrokenArchiveError,
    Cursor,
    Section,
    Source,
    TooManyBytesError,
    Unzipped,
    unzipped,
)
from evaluator.container.limits import MB, in_bytes
from evaluator.errors import ProblemLog, printable
from evaluator.formats.limits import Refused

MAX_MEMBERS = 4096  # 125 layers take 500 at most; an image for several platforms has some of each
MAX_NAME = 400  # characters; real ones have 80
NAME_SHOWN = 100  # characters
MAX_LINKS = 8  # from one link to the next
# What the archive of the largest image may unpack to besides its layers.
OVERHEAD = 64 * MB
DOCKER_MANIFEST, OCI_INDEX = "manifest.json", "index.json"


@dataclass(slots=True)
class Members:
    """The files of an archive by their names; links are followed."""

    source: Source
    files: dict[str, tuple[int, int]] = field(default_factory=dict)  # where each starts, its size
    links: dict[str, str] = field(default_factory=dict)  # the target of each
    tops: set[str] = field(default_factory=set)  # the first parts of all names, folders' too
    count: int = 0  # of entries of every kind

    def find(self, name: str) -> Section | None:
        """Return the place of a file, None if it is missing."""
        name = normal(name)
        for _ in range(MAX_LINKS):
            if name in self.files:
                return Section(self.source, *self.files[name])
            if name not in self.links:
                return None
            name = self.links[name]
        return None

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def add(self, entry: tar.TarEntry, log: ProblemLog) -> None:
        """Note an entry, or its fault."""
        fault = _find_fault(entry)
        name = normal(entry.name[: MAX_NAME + 1])
        self.count += 1
        self.tops.add(name.partition("/")[0])
        if not fault and (name in self.files or name in self.links):
            fault = "is there twice"
        if fault:
            _log_fault(log, entry.name, fault)
        elif entry.kind == tar.SYMLINK:
            self.links[name] = normal(posixpath.join(posixpath.dirname(name), entry.link))
        elif entry.kind != tar.FOLDER:
            self.files[name] = (entry.start, entry.size)


def scan(source: Source, max_bytes: int, log: ProblemLog) -> Members:
    """Return the members of an archive, which may be gzipped as a whole.

    Only headers are read, unless it is gzipped. Faults of a member go to `log`. Raises Refused for
    files that are not archives of images, or that unpack to much more than `max_bytes`.
    """
    refuse_by_its_start(source)
    unpacked = unzipped(source, max_bytes + OVERHEAD, keep_places=True)
    try:
        if unpacked is not source:
            refuse_by_its_start(unpacked, is_unpacked=True)
        members = _read_members(unpacked, log)
    except BrokenArchiveError as error:
        if LOST + LOST in source.read_at(0, CHUNK):
            raise Refused(f"{AS_TEXT} {NO_REDIRECTION}") from None
        raise Refused(f"The archive {error}. {error.remedy or SAVE}") from None
    except TooManyBytesError:
        raise Refused(
            f"The archive unpacks to more than {in_bytes(max_bytes)}, the limit. "
            "Make the image smaller."
        ) from None
    for name, goal in members.links.items():
        if name not in members:
            _log_fault(log, name, f"is a link to {goal!r}, which is no file of the archive")
    return members


def normal(name: str) -> str:
    """Return a name in its plain form: tar itself writes ./ before each."""
    return posixpath.normpath(name)


def shown(name: str) -> str:
    """Return a member's name for a message."""
    return repr(printable(name, NAME_SHOWN))


def _read_members(source: Source, log: ProblemLog) -> Members:
    members = Members(source)
    problems = ProblemLog(log.file)
    cursor = Cursor(source)
    for entry in tar.entries(cursor):
        members.add(entry, problems)
        if members.count > MAX_MEMBERS:
            if is_root_file_system(members.tops):
                refuse_without_manifest(members.tops)
            raise Refused(f"The archive holds more than {MAX_MEMBERS:,} files. {SAVE}")
    if DOCKER_MANIFEST not in members and OCI_INDEX not in members:
        refuse_without_manifest(members.tops, [*members.files, *members.links])
    if isinstance(source, Unzipped):
        while cursor.read(CHUNK):
            pass  # the end of the gzip file has to be there, too
    log.merge(problems)
    return members


def _find_fault(entry: tar.TarEntry) -> str | None:
    """Return the fault of an entry by itself, None if it is right."""
    if len(entry.name) > MAX_NAME or len(entry.link) > MAX_NAME:
        return f"has a name of more than {MAX_NAME} characters"
    if not entry.name.isprintable():
        return "has a name with characters that can't be shown"
    if entry.name.startswith("/") or ".." in entry.name.split("/") or not entry.name:
        return "has a name that leads out of the archive"
    if entry.kind == tar.SYMLINK:
        beside = posixpath.join(posixpath.dirname(normal(entry.name)), entry.link)
        # Docker before 25 writes ../<layer>/layer.tar where two layers are the same.
        is_out = entry.link.startswith("/") or normal(beside).startswith("..")
        return "is a link that leads out of the archive" if is_out or not entry.link else None
    if entry.kind not in (*tar.FILES, tar.FOLDER) or entry.expanded != entry.size:
        return "is neither a plain file nor a folder nor a symbolic link"
    return None


def _log_fault(log: ProblemLog, name: str, fault: str) -> None:
    log.add(f"The archive's member {shown(name)} {fault}. {SAVE}")
