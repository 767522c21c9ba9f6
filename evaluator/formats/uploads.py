"""An upload: files and zips of files, each file with the slot that its name says."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, cast

from evaluator.errors import (
    ProblemLog,
    SubmissionError,
    UnreadableFileError,
    WrongFileError,
)
from evaluator.formats.file_kinds import EMPTY_ZIP, ZIP, document_kind
from evaluator.formats.hypotheses import read_hypotheses
from evaluator.formats.limits import MAX_BYTES, Budget, Refused
from evaluator.formats.pairs_in_names import MAY_HOLD_PAIR
from evaluator.formats.slots_in_names import find_slot, find_slots, may_hold_joined_pair
from evaluator.formats.zip_members import (
    CHUNK,
    MemberReader,
    describe_document,
    list_members,
    name_member,
    name_some,
    open_zip,
    path_of,
)
from evaluator.types import HypothesisFile, Problem

IN_MEMORY = 1024 * 1024  # bytes of a stream that can't be rewound; the rest waits on disk

Opening = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file of an upload, by itself or in a zip, not read yet."""

    name: str  # as messages show it
    slot: str | None  # that its name says; None: no slot that is asked for
    error: SubmissionError | None  # why it is not read
    open: Opening


@dataclass(frozen=True, slots=True)
class Upload:
    """All files of an upload in order; each is read when asked, within a common limit."""

    files: tuple[UploadedFile, ...]
    budget: Budget
    notes: tuple[Problem, ...] = ()  # warnings: what was passed over in zips

    def read(
        self, file: UploadedFile, *, system: str | None = None, sources: Sequence[str] = ()
    ) -> HypothesisFile:
        """Read a file of `files` as `read_hypotheses` does; raise its error if it has an error."""
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
    """List the files of an upload, (stream, name) each; files in zips by their paths.

    `slots` are what files may be for: `en-fr`, or with domain and mode `en-pl.medical.noterm`. A
    file is for the slot that its name says, its words in any order (`sys.noterm.medical.enpl.json`,
    `output.en-fr.noterm.sgm`). A single file whose name says no slot is
    for `chosen`, or for the only slot. Files in a zip that are not translations (hidden files,
    README, Thumbs.db) are skipped and named in the notes. Two files for the same slot are both
    refused: choosing would be guessing. A zip that cannot be opened is listed as a file with an
    error. At most `max_bytes` are unpacked in all.
    """
    with ExitStack() as stack:
        listed: list[_ListedFile] = []
        notes: list[Problem] = []
        for stream, name in files:
            if not stream.seekable():
                stream = stack.enter_context(_copy(stream, max_bytes))
            files_within, skipped = _list_files(stream, name, max_bytes, slots)
            listed += files_within
            if skipped:
                message = f"Skipped, because they are not translations: {name_some(skipped)}."
                notes.append(Problem("warning", message, file=name))
        only_slot = slots[0] if len(slots) == 1 else None
        default = (chosen or only_slot) if len(listed) == 1 else None
        uploaded = _assign_slots(listed, slots, default)
        yield Upload(uploaded, Budget(max_bytes=max_bytes), tuple(notes))


@dataclass(slots=True)
class _ListedFile:
    """A file whose slot is not known yet."""

    path: str  # which says its slot
    log: ProblemLog  # under the name that messages show
    open: Opening
    is_file: bool = True  # False: a zip that cannot be opened
    slot: str | None = None
    is_misnamed: bool = False


@contextmanager
def _copy(stream: BinaryIO, max_bytes: int) -> Iterator[BinaryIO]:
    """Give a copy that can be rewound, of at most one byte more than allowed."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as copy:
        missing = max_bytes + 1
        while missing and (chunk := stream.read(min(CHUNK, missing))):
            copy.write(chunk)
            missing -= len(chunk)
        yield cast("BinaryIO", copy)


def _list_files(
    stream: BinaryIO, name: str, max_bytes: int, slots: Sequence[str]
) -> tuple[list[_ListedFile], tuple[str, ...]]:
    """Return the files of an uploaded file or zip, and the paths in it that are skipped."""
    stream.seek(0)
    start = stream.read(len(ZIP))
    stream.seek(0)
    whole = _ListedFile(name, ProblemLog(name), lambda: nullcontext(stream))
    if start not in (ZIP, EMPTY_ZIP):
        return [whole], ()
    try:
        archive = open_zip(stream, max_bytes)
        members = list_members(
            archive, max_bytes, has_slot=lambda path: bool(find_slots(path, slots))
        )
    except Refused as refused:
        stream.seek(0)
        document = document_kind(stream.read(CHUNK))
        whole.log.add(describe_document(document) if document else refused.message)
        whole.is_file = False
        return [whole], ()
    listed = []
    for entry, problem in members.files:
        log = ProblemLog(name_member(name, path_of(entry)))
        if problem:
            log.add(problem)
        opening = cast("Opening", partial(MemberReader, archive, entry))
        listed.append(_ListedFile(path_of(entry), log, opening))
    return listed, members.skipped


def _assign_slots(
    listed: Sequence[_ListedFile], slots: Sequence[str], default: str | None
) -> tuple[UploadedFile, ...]:
    """Return the files with their slots, and with their problems as errors.

    `default` is the slot of a file whose name says none.
    """
    claims: dict[str, list[_ListedFile]] = {}
    for file in listed:
        if not file.is_file:
            continue
        may_say = MAY_HOLD_PAIR.search(file.path) or (
            len(slots) > 1 and may_hold_joined_pair(file.path, slots)
        )
        if default is not None and not may_say:
            file.slot, problem = default, None
        else:
            file.slot, problem = find_slot(file.path, slots, default)
        if file.slot is not None:
            claims.setdefault(file.slot, []).append(file)
        if problem:
            file.is_misnamed = not file.log.total
            file.log.add(problem)
    for slot, rivals in claims.items():
        for file in rivals if len(rivals) > 1 else ():
            others = [other.log.file for other in rivals if other is not file]
            verb = "is" if len(others) == 1 else "are"
            file.log.add(f"{name_some(others)} {verb} for {slot} too. Keep one of them.")
    uploaded = []
    for file in listed:
        kind = WrongFileError if file.is_misnamed else UnreadableFileError
        error = kind(file.log.problems, file.log.total) if file.log.total else None
        uploaded.append(UploadedFile(file.log.file, file.slot, error, file.open))
    return tuple(uploaded)
