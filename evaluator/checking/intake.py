"""From a participant's bytes to hypotheses that fit: the server's way and the command line's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from evaluator.checking.alignment import align, find_misalignments
from evaluator.errors import MisalignedError, ProblemLog, SubmissionError, UnreadableFileError
from evaluator.formats import Upload, UploadedFile, open_upload
from evaluator.formats.limits import MAX_BYTES
from evaluator.types import Hypotheses, Problem, TestSet


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What became of a file of an upload."""

    slot: str | None  # what it is for, as en-fr or en-fr.noterm; None: none of those wanted
    file: str  # its name as messages show it
    hypotheses: Hypotheses | None  # a text per segment; None if the file is refused
    error: SubmissionError | None  # everything that is wrong with it


def read_slots(
    files: Sequence[tuple[BinaryIO, str]],
    test_sets: Mapping[str, TestSet],
    *,
    max_bytes: int = MAX_BYTES,
    chosen: str | None = None,
    system: str | None = None,
    is_wanted: Callable[[str], bool] = lambda _: True,
) -> Iterator[FileVerdict]:
    """Read an upload, (stream, name) each, for the test sets of the slots that files are for.

    A file may be a zip of several. Each file is judged by itself, in order; `open_upload` says
    what it is for. Two files for the same slot are both refused, so no slot gets hypotheses
    twice. A zip that can't be opened gets one verdict; without files there is none. Only one
    file's hypotheses are in memory at a time, and `test_sets` is asked only for the slots of
    files that are read: it may read them when asked. `chosen` is the slot of a single file whose
    name says no slot; a name that says another slot is an error. `system` chooses a system in
    WMT XML; files whose names are not wanted get no verdict. At most `max_bytes` are
    read, and unpacked to, over all files together. Skipped members of a zip are a note of the
    first file that is accepted.

    Raises what `test_sets` raises; KeyError for a `chosen` slot that it does not have.
    """
    slots = tuple(test_sets.keys())
    if chosen is not None and chosen not in slots:
        raise KeyError(chosen)
    with open_upload(files, slots, max_bytes=max_bytes, chosen=chosen) as upload:
        notes = upload.notes
        for file in upload.files:
            if not is_wanted(file.name):
                continue
            verdict = _judge(upload, file, test_sets, system)
            if verdict.hypotheses is not None and notes:
                verdict = replace(verdict, hypotheses=_add_notes(verdict.hypotheses, notes))
                notes = ()
            yield verdict


def read_aligned(
    stream: BinaryIO,
    name: str,
    test_set: TestSet,
    *,
    max_bytes: int = MAX_BYTES,
    system: str | None = None,
) -> Hypotheses:
    """Read the hypotheses for a test set, a file or a zip that holds nothing else.

    `system` chooses a system in WMT XML.

    Raises SubmissionError with every problem at once, of all files in the zip.
    """
    with open_upload([(stream, name)], [pair_of(test_set)], max_bytes=max_bytes) as upload:
        _require_no_errors(upload)
        [file] = upload.files  # a second file would have no slot, or the same
        return _add_notes(_read_file(upload, file, test_set, system), upload.notes)


def read_out_of_zip(
    stream: BinaryIO,
    name: str,
    test_set: TestSet,
    *,
    slots: Sequence[str],
    system: str | None = None,
) -> tuple[Hypotheses, str, tuple[str, ...]]:
    """Read a zip's file for a slot: for the first of `slots` that a name says.

    Returns the hypotheses, the name of their file, and the names of all other files, which are
    passed over. The only file of a zip may have any name that says no other pair. Raises
    SubmissionError for what is wrong with that file, and for a zip without such a file, with the
    names of its files.
    """
    with open_upload([(stream, name)], slots) as upload:
        rank = {slot: place for place, slot in enumerate(slots)}
        file = min(upload.files, key=lambda entry: rank.get(entry.slot or "", len(slots)))
        if file.slot is None and len(upload.files) == 1:  # its name may say no slot
            return read_aligned(stream, name, test_set, system=system), file.name, ()
        if file.slot is None:
            _require_no_errors(upload)
        others = tuple(other.name for other in upload.files if other is not file)
        hypotheses = _add_notes(_read_file(upload, file, test_set, system), upload.notes)
        return hypotheses, file.name, others


def pair_of(test_set: TestSet) -> str:
    """Return the language pair as slots and file names write it, such as `en-fr`."""
    return f"{test_set.source_language}-{test_set.target_language}"


def _judge(
    upload: Upload, file: UploadedFile, test_sets: Mapping[str, TestSet], system: str | None
) -> FileVerdict:
    if file.error is not None or file.slot is None:
        return FileVerdict(file.slot, file.name, None, file.error)
    test_set = test_sets[file.slot]
    try:
        read = _read_file(upload, file, test_set, system)
        return FileVerdict(file.slot, file.name, read, None)
    except SubmissionError as error:
        return FileVerdict(file.slot, file.name, None, error.copy())


def _read_file(
    upload: Upload, file: UploadedFile, test_set: TestSet, system: str | None
) -> Hypotheses:
    """Read and pair; of a file that breaks off or has a broken line, every problem at once."""
    try:
        sources = [segment.source for segment in test_set.segments]
        read = upload.read(file, system=system, sources=sources)
    except UnreadableFileError as error:
        if error.readable is None:
            raise
        log = ProblemLog(error.readable.name)
        log.extend(error.problems, error.total)
        find_misalignments(error.readable, test_set, log)
        raise MisalignedError(log.problems, log.total) from None
    return align(read, test_set)


def _add_notes(hypotheses: Hypotheses, notes: Sequence[Problem]) -> Hypotheses:
    """Return the hypotheses with warnings about how their upload was read."""
    return replace(hypotheses, notes=(*notes, *hypotheses.notes)) if notes else hypotheses


def _require_no_errors(upload: Upload) -> None:
    """Raise what is wrong with the files' names and the archive, all at once."""
    errors = [file.error for file in upload.files if file.error is not None]
    if len(errors) == 1:
        raise errors[0]
    log = ProblemLog()
    for error in errors:
        log.extend(error.problems, error.total)
    log.raise_as(UnreadableFileError)
