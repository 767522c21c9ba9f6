"""What participants can download of a test set: made once, when it is imported.

Pages list rows and views open files, so no request parses a test set.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from django.db import transaction

import evaluator
from files import storage
from files.models import StoredFile
from sharedtasks import test_set_writers
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
    write: Callable[[evaluator.TestSet], Iterator[str]]
    fits: Callable[[evaluator.TestSet], bool]


def _has_terms(parsed: evaluator.TestSet) -> bool:
    return bool(test_set_writers.list_given_terms(parsed))


def _has_references(parsed: evaluator.TestSet) -> bool:
    return bool(parsed.segments) and bool(parsed.segments[0].references)


def _fits_reference_table(parsed: evaluator.TestSet) -> bool:
    return _has_references(parsed) and test_set_writers.fits_table(parsed)


TEXT, TSV = "text/plain; charset=utf-8", "text/tab-separated-values; charset=utf-8"
JSONL, SGML = "application/x-ndjson; charset=utf-8", "text/sgml; charset=utf-8"

KINDS = {
    kind.name: kind
    for kind in (
        DownloadKind(
            "source.txt", Thing.SOURCES, "Sources", "text",
            TEXT, test_set_writers.write_sources_text, test_set_writers.fits_lines,
        ),
        DownloadKind(
            "source.tsv", Thing.SOURCES, "Sources", "table",
            TSV, test_set_writers.write_sources_tsv, test_set_writers.fits_table,
        ),
        DownloadKind(
            "source.sgm", Thing.SOURCES, "Sources", "SGML",
            SGML, test_set_writers.write_sources_sgml, test_set_writers.fits_sgml,
        ),
        DownloadKind(
            "source.jsonl", Thing.SOURCES, "Annotated sources", "JSON lines",
            JSONL, test_set_writers.write_sources_jsonl, lambda _: True,
        ),
        DownloadKind(
            "terms.tsv", Thing.SOURCES, "Terminology", "table",
            TSV, test_set_writers.write_terms_tsv, _has_terms,
        ),
        DownloadKind(
            "terms.jsonl", Thing.SOURCES, "Terminology", "JSON lines",
            JSONL, test_set_writers.write_terms_jsonl, _has_terms,
        ),
        DownloadKind(
            "references.tsv", Thing.REFERENCES, "References", "table",
            TSV, test_set_writers.write_references_tsv, _fits_reference_table,
        ),
        DownloadKind(
            "references.jsonl", Thing.REFERENCES, "References", "JSON lines",
            JSONL, test_set_writers.write_references_jsonl, _has_references,
        ),
    )
}  # fmt: skip
CONTENTS = tuple(dict.fromkeys(kind.holds for kind in KINDS.values()))


def make_file_name(test_set: TestSet, kind: str) -> str:
    """Return the name of a download on the participant's disk; it never changes."""
    phase = test_set.phase
    return f"{phase.shared_task.slug}.{phase.slug}.{test_set.slug}.{kind}"


def store(parsed: evaluator.TestSet) -> dict[str, StoredFile]:
    """Write every kind that can hold the test set; raises `evaluator.TestSetError`."""
    kinds = [kind for kind in KINDS.values() if kind.fits(parsed)]
    with contextlib.ExitStack() as opened:
        streams = [opened.enter_context(SpooledTemporaryFile(IN_MEMORY)) for _ in kinds]
        for stream, kind in zip(streams, kinds, strict=True):
            _write(stream, kind, kind.write(parsed))
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
