"""From a participant's bytes to hypotheses that fit: the server's way and the command line's."""

from __future__ import annotations

from typing import BinaryIO

from evaluator.alignment import align
from evaluator.errors import MisalignedError, ProblemLog, UnreadableFileError
from evaluator.formats import read_hypotheses
from evaluator.formats.limits import MAX_BYTES
from evaluator.types import Hypotheses, HypothesisFile, TestSet


def read_aligned(
    stream: BinaryIO, name: str, test_set: TestSet, *, max_bytes: int = MAX_BYTES
) -> Hypotheses:
    """Read one file of hypotheses and pair it with a test set.

    Raises what `read_hypotheses` and `align` raise; of a file that breaks off or has a broken
    line, with the segments that are missing for it: every problem at once.
    """
    try:
        file = read_hypotheses(stream, name, max_bytes=max_bytes)
    except UnreadableFileError as error:
        if error.readable is not None:
            _raise_all(error, error.readable, test_set)
        raise
    return align(file, test_set)


def _raise_all(error: UnreadableFileError, readable: HypothesisFile, test_set: TestSet) -> None:
    log = ProblemLog(readable.name)
    log.extend(error.problems, error.total)
    try:
        align(readable, test_set)
    except MisalignedError as more:
        log.extend(more.problems, more.total)
    log.raise_as(MisalignedError)
