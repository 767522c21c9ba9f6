"""An upload: files and zips of files, each file with the slot that its name says."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import BinaryIO, cast

from evaluator.errors import (
    ProblemLog,
    SubmissionError,
    UnreadableFileError,
    WrongFileError,
)
from evaluator.formats.decoding import EMPTY_ZIP, ZIP
from evaluator.formats.file_kinds import SAVE_AS_TEXT, document_kind
from evaluator.formats.hypotheses import read_hypotheses
from evaluator.formats.limits import MAX_BYTES, Budget, Refused
from evaluator.formats.pairs_in_names import slot_of, slots_in
from evaluator.formats.zip_members import (
    CHUNK,
    Member,
    list_members,
    name_some,
    open_zip,
    path_of,
    shown,
)
from evaluator.types import HypothesisFile, Problem

IN_MEMORY = 1024 * 1024  # bytes of a stream that can't be rewound; the rest waits on disk

Opening = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file of an upload, by itself or out of a zip, not read yet."""

    name: str  # as messages show it
    slot: str | None  # the one it is for; None: its name says none of those wanted
    error: SubmissionError | None  # why it is not read
    open: Opening


@dataclass(frozen=True, slots=True)
class Upload:
    """All files of an upload in order; they are read one by one within one limit for all."""

    files: tuple[UploadedFile, ...]
    budget: Budget
    notes: tuple[Problem, ...] = ()  # warnings: what was passed over in zips

    def read(
        self, file: UploadedFile, *, system: str | None = None, sources: Sequence[str] = ()
    ) -> HypothesisFile:
        """Read one of `files` as `read_hypotheses` does; raises its error if it has one."""
        if file.error is not None:
            raise file.error
        with file.open() as stream:
            return read_hypotheses(
                stream,
                file.name,
                language_pair=file.slot,
                system=system,
                budget=self.budget,
                sources=sources,
            )


@contextmanager
def open_upload(
    files: Sequence[tuple[BinaryIO, str]],
    slots: Sequence[str],
    *,
    max_bytes: int = MAX_BYTES,
    chosen: str | None = None,
) -> Iterator[Upload]:
    """List the files of an upload, (stream, name) each; those in zips by their paths.

    `slots` are what files may be for: `en-fr`, or with a mode `en-fr.noterm`. A file is for the
    slot that its name holds between other characters than letters, digits and hyphens
    (`output.en-fr.noterm.sgm`); the longest one counts. Where the upload is one file, its name
    may say none: it is for `chosen`, or for the only slot there is. What is not a translation
    in a zip (hidden files, README, Thumbs.db) is passed over, and named in the notes. Two files
    for one slot are both refused: choosing would be guessing. A zip that can't be opened stands
    for itself. At most `max_bytes` are unpacked in all.
    """
    with ExitStack() as stack:
        listed: list[_Listed] = []
        notes: list[Problem] = []
        for stream, name in files:
            rewindable = stack.enter_context(_rewindable(stream, max_bytes))
            held, passed_over = _list(rewindable, name, max_bytes, slots)
            listed += held
            if passed_over:
                message = f"Skipped, because they are not translations: {name_some(passed_over)}."
                notes.append(Problem("warning", message, file=name))
        if len(listed) == 1:
            _claim(listed, slots, chosen or (slots[0] if len(slots) == 1 else None))
        else:
            _claim(listed, slots, None)
        uploaded = tuple(one.file() for one in listed)
        yield Upload(uploaded, Budget(max_bytes=max_bytes), tuple(notes))


@dataclass(slots=True)
class _Listed:
    """A file while it is being found out what it is for."""

    path: str  # which says its slot
    log: ProblemLog  # under the name that messages show
    open: Opening
    is_file: bool = True  # not a zip that couldn't be opened
    slot: str | None = None
    is_misnamed: bool = False

    def file(self) -> UploadedFile:
        problems, total = self.log.problems, self.log.total
        kind = WrongFileError if self.is_misnamed else UnreadableFileError
        error = kind(problems, total) if total else None
        return UploadedFile(self.log.file, self.slot, error, self.open)


@contextmanager
def _rewindable(stream: BinaryIO, max_bytes: int) -> Iterator[BinaryIO]:
    """The stream itself, or a copy of at most one byte more than allowed."""
    if stream.seekable():
        yield stream
        return
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as copy:
        missing = max_bytes + 1
        while missing and (chunk := stream.read(min(CHUNK, missing))):
            copy.write(chunk)
            missing -= len(chunk)
        yield cast("BinaryIO", copy)


def _list(
    stream: BinaryIO, name: str, max_bytes: int, slots: Sequence[str]
) -> tuple[list[_Listed], tuple[str, ...]]:
    """Return the files of one part of an upload, and the paths in it that are passed over."""
    stream.seek(0)
    start = stream.read(len(ZIP))
    stream.seek(0)
    whole = _Listed(name, ProblemLog(name), lambda: nullcontext(stream))
    if start not in (ZIP, EMPTY_ZIP):
        return [whole], ()
    try:
        archive = open_zip(stream, max_bytes)
        members = list_members(
            archive, max_bytes, has_slot=lambda path: bool(slots_in(path, slots))
        )
    except Refused as refused:
        whole.log.add(_of_document(stream) or refused.message)
        whole.is_file = False
        return [whole], ()
    held = [_member(archive, entry, problem, name) for entry, problem in members.files]
    return held, members.passed_over


def _of_document(stream: BinaryIO) -> str | None:
    """Return what is wrong with the beginning of an office document, None for another zip."""
    stream.seek(0)
    document = document_kind(stream.read(CHUNK))
    return (
        f"The file is {document}, not plain text or a zip of it. {SAVE_AS_TEXT}"
        if document
        else None
    )


def _member(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, problem: str | None, upload: str
) -> _Listed:
    log = ProblemLog(shown(upload, path_of(entry)))
    if problem:
        log.add(problem)

    def opened() -> AbstractContextManager[BinaryIO]:
        return cast("AbstractContextManager[BinaryIO]", Member(archive, entry))

    return _Listed(path_of(entry), log, opened)


def _claim(listed: Sequence[_Listed], slots: Sequence[str], chosen: str | None) -> None:
    """Give each file its slot; what speaks against that goes to its log."""
    claims: dict[str, list[_Listed]] = {}
    for one in listed:
        if not one.is_file:
            continue
        one.slot, problem = slot_of(one.path, slots, chosen)
        if one.slot is not None:
            claims.setdefault(one.slot, []).append(one)
        if problem:
            one.is_misnamed = not one.log.total
            one.log.add(problem)
    for slot, rivals in claims.items():
        for one in rivals if len(rivals) > 1 else ():
            others = [other.log.file for other in rivals if other is not one]
            one.log.add(f"{_names(others)} for {slot} too. Keep one of them.")


def _names(files: Sequence[str]) -> str:
    return f"{name_some(files)} {'is' if len(files) == 1 else 'are'}"
