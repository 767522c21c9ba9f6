"""What participants can download of a test set: made once, when it is imported.

Pages list rows and views open files, so no request parses a test set.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, TypeVar

from django.db import transaction

import evaluator
from files import storage
from files.models import StoredFile
from sharedtasks import test_set_writers
from sharedtasks.handouts import Handout
from sharedtasks.models import TestSet, TestSetDownload
from sharedtasks.policy import Thing

MAX_DOWNLOAD_BYTES = 256 * 1024 * 1024  # four times the largest file of a test set
IN_MEMORY = 4 * 1024 * 1024  # bytes; what is longer waits on disk
TOO_LARGE = (
    "The file {name} for participants would have more than {limit:,} bytes. Shorten the test "
    "set, or the targets of its terms."
)


@dataclass(frozen=True, slots=True)
class DownloadKind:
    """A file made of a test set: what it holds, how it is written, and the embargo on it."""

    name: str  # the end of its file name
    thing: Thing
    holds: str  # from CONTENTS: a column of the data page
    label: str  # the format
    content_type: str
    write: Callable[[Contents], Iterator[str]]
    fits: Callable[[Contents], bool]


@dataclass(frozen=True, slots=True)
class Contents:
    """What downloads are written from; only those of references see more than the handout."""

    handout: Handout
    with_references: evaluator.TestSet


Written = TypeVar("Written")
OfTestSet = Callable[[evaluator.TestSet], Written]


def _of_handout(function: OfTestSet[Written]) -> Callable[[Contents], Written]:
    return lambda contents: function(contents.handout.test_set)


def _of_references(function: OfTestSet[Written]) -> Callable[[Contents], Written]:
    return lambda contents: function(contents.with_references)


def _has_common_terms(parsed: evaluator.TestSet) -> bool:
    return bool(test_set_writers.list_common_terms(parsed))


def _has_references(parsed: evaluator.TestSet) -> bool:
    return bool(parsed.segments) and bool(parsed.segments[0].references)


def _fits_reference_table(parsed: evaluator.TestSet) -> bool:
    return _has_references(parsed) and test_set_writers.fits_table(parsed)


TEXT, TSV = "text/plain; charset=utf-8", "text/tab-separated-values; charset=utf-8"
JSONL, SGML = "application/x-ndjson; charset=utf-8", "text/sgml; charset=utf-8"
JSON = "application/json; charset=utf-8"
SAMPLES = "Sample bitexts"  # a column that most shared tasks do not have

KINDS = {
    kind.name: kind
    for kind in (
        DownloadKind(
            "source.txt", Thing.SOURCES, "Sources", "text", TEXT,
            _of_handout(test_set_writers.write_sources_text),
            _of_handout(test_set_writers.fits_lines),
        ),
        DownloadKind(
            "source.tsv", Thing.SOURCES, "Sources", "table", TSV,
            _of_handout(test_set_writers.write_sources_tsv),
            _of_handout(test_set_writers.fits_table),
        ),
        DownloadKind(
            "source.sgm", Thing.SOURCES, "Sources", "SGML", SGML,
            _of_handout(test_set_writers.write_sources_sgml),
            _of_handout(test_set_writers.fits_sgml),
        ),
        DownloadKind(
            "source.json", Thing.SOURCES, "Sources", "JSON of documents", JSON,
            _of_handout(test_set_writers.write_sources_array),
            _of_handout(test_set_writers.is_of_documents),
        ),
        DownloadKind(
            "source.jsonl", Thing.SOURCES, "Annotated sources", "JSON lines", JSONL,
            _of_handout(test_set_writers.write_sources_jsonl),
            lambda _: True,
        ),
        DownloadKind(
            "terms.tsv", Thing.SOURCES, "Terminology", "table", TSV,
            _of_handout(test_set_writers.write_terms_tsv),
            _of_handout(_has_common_terms),
        ),
        DownloadKind(
            "terms.jsonl", Thing.SOURCES, "Terminology", "JSON lines", JSONL,
            _of_handout(test_set_writers.write_terms_jsonl),
            _of_handout(_has_common_terms),
        ),
        DownloadKind(
            "segment-terms.jsonl", Thing.SOURCES, "Terminology", "JSON lines, by segment", JSONL,
            _of_handout(test_set_writers.write_segment_terms),
            _of_handout(test_set_writers.has_addressed_terms),
        ),
        DownloadKind(
            "samples.jsonl", Thing.SOURCES, SAMPLES, "JSON lines", JSONL,
            lambda contents: test_set_writers.write_samples(contents.handout.samples),
            lambda contents: bool(contents.handout.samples),
        ),
        DownloadKind(
            "references.tsv", Thing.REFERENCES, "References", "table", TSV,
            _of_references(test_set_writers.write_references_tsv),
            _of_references(_fits_reference_table),
        ),
        DownloadKind(
            "references.jsonl", Thing.REFERENCES, "References", "JSON lines", JSONL,
            _of_references(test_set_writers.write_references_jsonl),
            _of_references(_has_references),
        ),
    )
}  # fmt: skip
CONTENTS = tuple(dict.fromkeys(kind.holds for kind in KINDS.values()))


def make_file_name(test_set: TestSet, kind: str) -> str:
    """Return the name of a download on the participant's disk; it never changes."""
    phase = test_set.phase
    return f"{phase.shared_task.slug}.{phase.slug}.{test_set.slug}.{kind}"


def store(contents: Contents) -> dict[str, StoredFile]:
    """Write every kind that can hold the test set; raises `evaluator.TestSetError`."""
    kinds = [kind for kind in KINDS.values() if kind.fits(contents)]
    with contextlib.ExitStack() as opened:
        streams = [opened.enter_context(SpooledTemporaryFile(IN_MEMORY)) for _ in kinds]
        for stream, kind in zip(streams, kinds, strict=True):
            _write(stream, kind, kind.write(contents))
        files = storage.put_all(streams, max_bytes=len(kinds) * MAX_DOWNLOAD_BYTES)
    return {kind.name: file for kind, file in zip(kinds, files, strict=True)}


def record(test_set: TestSet, files: dict[str, StoredFile]) -> None:
    """Make these files the only downloads of the test set."""
    with transaction.atomic():
        test_set.downloads.all().delete()
        TestSetDownload.objects.bulk_create(
            TestSetDownload(test_set=test_set, kind=kind, file=file, position=position)
            for position, (kind, file) in enumerate(files.items())
        )


def _write(stream: IO[bytes], kind: DownloadKind, texts: Iterable[str]) -> None:
    size = 0
    for text in texts:
        size += stream.write(text.encode())
        if size > MAX_DOWNLOAD_BYTES:
            message = TOO_LARGE.format(name=kind.name, limit=MAX_DOWNLOAD_BYTES)
            raise evaluator.TestSetError([evaluator.Problem("error", message)])
