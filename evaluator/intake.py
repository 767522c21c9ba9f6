"""From a participant's bytes to hypotheses that fit: the server's way and the command line's."""

from __future__ import annotations

from typing import BinaryIO

from evaluator.alignment import align
from evaluator.errors import MisalignedError, ProblemLog, UnreadableFileError
from evaluator.formats import read_upload
from evaluator.formats.limits import MAX_BYTES
from evaluator.types import Hypotheses, HypothesisFile, TestSet


def read_aligned(
    stream: BinaryIO, name: str, test_set: TestSet, *, max_bytes: int = MAX_BYTES
) -> Hypotheses:
    """Read the hypotheses for a test set, a file or a zip with one for its language pair.

    Raises what `read_upload` and `align` raise; of a file that breaks off or has a broken
    line, with the segments that are missing for it: every problem at once.
    """
    try:
        pair = f"{test_set.source_language}-{test_set.target_language}"
        [found] = read_upload(stream, name, pairs=[pair], max_bytes=max_bytes)
    except UnreadableFileError as error:
        if error.readable is not None:
            _raise_all(error, error.readable, test_set)
        raise
    return align(found.file, test_set)


def _raise_all(error: UnreadableFileError, readable: HypothesisFile, test_set: TestSet) -> None:
    log = ProblemLog(readable.name)
    log.extend(error.problems, error.total)
    try:
        align(readable, test_set)
    except MisalignedError as more:
        log.extend(more.problems, more.total)
    log.raise_as(MisalignedError)
