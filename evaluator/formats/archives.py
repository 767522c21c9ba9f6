"""One upload → its files of hypotheses, each with its language pair; zip archives included."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from evaluator.errors import (
    ProblemLog,
    SubmissionError,
    UnreadableFileError,
    WrongFileError,
    printable,
)
from evaluator.formats.decoding import EMPTY_ZIP, ZIP
from evaluator.formats.hypotheses import read_hypotheses
from evaluator.formats.languages import pair_in, slots_in
from evaluator.formats.limits import MAX_BYTES, Budget, Refused
from evaluator.formats.zip_members import (
    CHUNK,
    NAME_SHOWN,
    Member,
    list_members,
    one_problem,
    open_zip,
    path_of,
    shown,
)
from evaluator.types import HypothesisFile

IN_MEMORY = 8 * 1024 * 1024  # bytes of a stream that can't be rewound; the rest waits on disk
SLOTS_NAMED = 20  # in a message


@dataclass(frozen=True, slots=True)
class PairedFile:
    """Hypotheses and the language pair that the file's name says."""

    language_pair: str | None  # one of the `pairs` asked for; None: the name says none
    file: HypothesisFile


def read_upload(
    stream: BinaryIO,
    name: str,
    *,
    pairs: Sequence[str],
    max_bytes: int = MAX_BYTES,
    system: str | None = None,
) -> tuple[PairedFile, ...]:
    """Read one file of hypotheses, or a zip of several, each as `read_hypotheses` does.

    `pairs` are the slots that files may fill: `en-fr`, or with a mode `en-fr.noterm`. A file
    fills the slot whose name its own name holds between other characters than letters, digits
    and hyphens (`output.en-fr.noterm.sgm`); the longest one counts. In a zip every file needs a
    slot of its own; folders and what macOS leaves behind are passed over. A single file may
    have a name without a pair. No more than `max_bytes` are unpacked in all.

    Raises UnreadableFileError with every problem of every file at once, WrongFileError for a
    single file that is none of hypotheses or says another language pair.
    """
    with _rewindable(stream, max_bytes) as file:
        start = file.read(len(ZIP))
        file.seek(0)
        if start in (ZIP, EMPTY_ZIP):
            return _read_zip(file, name, pairs, max_bytes, system)
        slot = _slot_of_single(name, pairs)
        pair = slot or (pairs[0] if len(pairs) == 1 else None)
        found = read_hypotheses(file, name, max_bytes=max_bytes, language_pair=pair, system=system)
    return (PairedFile(slot, found),)


@contextmanager
def _rewindable(stream: BinaryIO, max_bytes: int) -> Iterator[BinaryIO]:
    """The stream itself, or a copy of at most one byte more than allowed."""
    if stream.seekable():
        stream.seek(0)
        yield stream
        return
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as copy:
        missing = max_bytes + 1
        while missing and (chunk := stream.read(min(CHUNK, missing))):
            copy.write(chunk)
            missing -= len(chunk)
        copy.seek(0)
        yield cast("BinaryIO", copy)


def _slot_of_single(name: str, pairs: Sequence[str]) -> str | None:
    found = slots_in(name, pairs)
    other = pair_in(name)
    if len(found) > 1 or (not found and pairs and other):
        log = ProblemLog(name)
        says = " and ".join(found) or other
        log.add(
            f"The file's name says {says}; wanted here: {_named(pairs)}. "
            "Upload the right file, or rename it."
        )
        log.raise_as(WrongFileError)
    return found[0] if found else None


def _named(pairs: Sequence[str]) -> str:
    return ", ".join(pairs[:SLOTS_NAMED]) + (", …" if len(pairs) > SLOTS_NAMED else "")


def _read_zip(
    stream: BinaryIO, name: str, pairs: Sequence[str], max_bytes: int, system: str | None
) -> tuple[PairedFile, ...]:
    log = ProblemLog(name)
    try:
        archive = open_zip(stream, max_bytes)
    except Refused as refused:
        log.add(refused.message)
        raise UnreadableFileError(log.problems) from None
    with archive:
        slots = _slots(list_members(archive, log, max_bytes), pairs, log)
        log.raise_as(UnreadableFileError)
        found = _Unpacking(archive, log, max_bytes, system).read(slots)
    log.raise_as(UnreadableFileError)
    return found


def _slots(
    members: dict[str, zipfile.ZipInfo], pairs: Sequence[str], log: ProblemLog
) -> dict[str, zipfile.ZipInfo]:
    """Which member fills which slot; files for none or for one taken go to the log."""
    slots: dict[str, zipfile.ZipInfo] = {}
    for path, entry in members.items():
        found = slots_in(path, pairs)
        if len(found) == 1 and found[0] not in slots:
            slots[found[0]] = entry
            continue
        if len(found) == 1:
            other = printable(path_of(slots[found[0]]), NAME_SHOWN)
            message = f"{other} is for {found[0]} too. Keep one of the two."
        else:
            says = f"says {' and '.join(found)}" if found else "says none of the language pairs"
            message = (
                f"The file's name {says}; wanted are {_named(pairs)}. "
                f"Give it a name such as output.{pairs[0] if pairs else 'en-fr'}.txt."
            )
        log.merge(one_problem(log.file, path, message))
    return slots


class _Unpacking:
    """Reads the members of one archive within one limit of bytes and of memory."""

    def __init__(
        self, archive: zipfile.ZipFile, log: ProblemLog, max_bytes: int, system: str | None
    ) -> None:
        self.archive = archive
        self.log = log
        self.left = max_bytes
        self.system = system
        self.budget = Budget()

    def read(self, slots: dict[str, zipfile.ZipInfo]) -> tuple[PairedFile, ...]:
        """Read all, with the problems of all in the log."""
        found = []
        for slot, entry in slots.items():
            file = self._read_member(slot, entry)
            if file is not None:
                found.append(PairedFile(slot, file))
        return tuple(found)

    def _read_member(self, slot: str, entry: zipfile.ZipInfo) -> HypothesisFile | None:
        name = shown(self.log.file, path_of(entry))
        with Member(self.archive, entry) as member:
            try:
                return read_hypotheses(
                    cast("BinaryIO", member),
                    name,
                    max_bytes=self.left,
                    language_pair=slot,
                    system=self.system,
                    budget=self.budget,
                )
            except SubmissionError as error:
                own = ProblemLog(name)
                own.problems, own.total = list(error.problems), error.total
                self.log.merge(own)
            finally:
                self.left -= member.bytes
        return None
