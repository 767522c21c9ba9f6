"""Which words of a system's hypotheses translate which terms: TSV with a header, or JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from evaluator.errors import ProblemLog, SubmissionError
from evaluator.formats.decoding import read_text
from evaluator.formats.json_lines import parse_object, wrong_string
from evaluator.types import TermAlignment, TestSet

MAX_ALIGNMENT_BYTES = 16 * 1024 * 1024  # of a file; the largest published file has a hundredth
MAX_CELL = 2_000  # characters of a term or its translation
NOT_ALIGNED = "▔"  # as published files write it, beside nothing at all
CONTENT = "a row for each term of each segment"
# The columns of a table, or the keys of JSON lines, with the other names that files use.
NAMES: Mapping[str, tuple[str, ...]] = {
    "segment": ("segment", "segment_id", "id"),
    "doc": ("doc", "document"),
    "source": ("source", "source term", "source_term", "term"),
    "target": ("target", "aligned target", "aligned_target", "tgt"),
    "frequent": ("pseudoref_frequent", "frequent"),
    "first": ("pseudoref_first", "first"),
    "predefined": ("pseudoref_predefined", "predefined"),
}
REQUIRED = ("segment", "source", "target")
_BY_NAME = {name: key for key, names in NAMES.items() for name in names}

Row = dict[str, str]  # by key of NAMES


def read_term_alignments(
    stream: BinaryIO, name: str, test_set: TestSet
) -> tuple[TermAlignment, ...]:
    """Read a file of alignments for a test set, in file order; UTF-8, it may be compressed by gzip.

    A row names a segment by its id (with `doc` where several documents have that id), a source
    term, and the words that translate it in the hypothesis, or nothing. The columns
    `pseudoref_frequent`, `pseudoref_first` and `pseudoref_predefined` may say what these are
    compared with. A term has at most a row in a segment.

    Raises SubmissionError with every problem of the file at once.
    """
    log = ProblemLog(name)
    text = read_text(stream, log, CONTENT, max_bytes=MAX_ALIGNMENT_BYTES) or ""
    log.raise_as(SubmissionError)
    lines = text.split("\n")
    is_json = text.lstrip().startswith("{")
    rows = _read_objects(lines, log) if is_json else _read_table(lines, log)
    places = _Places(test_set)
    alignments: dict[tuple[int, str], TermAlignment] = {}
    for number, row in rows:
        fault = places.find_fault(row)
        if fault:
            log.add(fault, line=number)
            continue
        alignment = _build(row, places.find(row))
        key = alignment.segment, alignment.source
        if key in alignments:
            log.add(
                f"The term {row['source']!r} has two rows for segment {row['segment']}. "
                "Give a single row for each term of a segment.",
                line=number,
            )
        alignments[key] = alignment
    if not log.total and not alignments:
        log.add(f"The file holds no rows. Give {CONTENT}.")
    log.raise_as(SubmissionError)
    return tuple(alignments.values())


class _Places:
    """The segments of a test set by what a row says of them."""

    def __init__(self, test_set: TestSet) -> None:
        self._by_id: dict[str, list[int]] = {}
        self._by_document: dict[tuple[str, str], int] = {}
        for at, segment in enumerate(test_set.segments):
            self._by_id.setdefault(segment.id, []).append(at)
            self._by_document[segment.document, segment.id] = at

    def find(self, row: Row) -> int:
        """Return the place of a row's segment; only for rows without a fault."""
        if row.get("doc"):
            return self._by_document[row["doc"], row["segment"]]
        return self._by_id[row["segment"]][0]

    def find_fault(self, row: Row) -> str | None:
        """Return what is wrong with a row, None if it can be used."""
        for key, value in row.items():
            if len(value) > MAX_CELL:
                return f'"{key}" is longer than {MAX_CELL:,} characters. Give the term only.'
        missing = [key for key in REQUIRED[:2] if not row.get(key)]
        if missing:
            return f'There is no "{missing[0]}". Give it for each row.'
        segment, document = row["segment"], row.get("doc")
        if document and (document, segment) not in self._by_document:
            return f"The test set has no segment {segment} in a document {document}."
        if segment not in self._by_id:
            return f"The test set has no segment {segment}. Name segments by their ids."
        if not document and len(self._by_id[segment]) > 1:
            return f'Several documents have a segment {segment}. Name its document as "doc".'
        return None


def _build(row: Row, segment: int) -> TermAlignment:
    target = row.get("target", "")
    return TermAlignment(
        segment,
        row["source"],
        None if target == NOT_ALIGNED else target or None,
        *(row.get(key) or None for key in ("frequent", "first", "predefined")),
    )


def _read_table(lines: list[str], log: ProblemLog) -> Iterator[tuple[int, Row]]:
    header = [_BY_NAME.get(cell.strip().lower(), "") for cell in lines[0].split("\t")]
    missing = [key for key in REQUIRED if key not in header]
    if missing:
        log.add(
            f'The first line names no column "{missing[0]}". Name the columns there, with tabs '
            f"between them: {', '.join(REQUIRED)}.",
            line=1,
        )
    for number, line in enumerate(lines[1:] if not missing else [], 2):
        cells = line.removesuffix("\r").split("\t")
        if not line.strip():
            continue
        if len(cells) != len(header):
            log.add(
                f"The line has {len(cells)} columns, and the first line names {len(header)}. "
                "Put a tab between columns, and none inside a term.",
                line=number,
            )
            continue
        pairs = zip(header, cells, strict=True)
        yield number, {key: cell.strip() for key, cell in reversed(list(pairs)) if key}


def _read_objects(lines: list[str], log: ProblemLog) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        value = parse_object(line)
        if isinstance(value, str):
            log.add(value, line=number)
            continue
        row: Row = {}
        faults = []
        for name, item in value.items():
            key = _BY_NAME.get(name.strip().lower())
            if key is None or item is None:
                continue
            text = str(item) if key == "segment" and isinstance(item, int) else item
            fault = wrong_string(name[:50], text)
            faults += [fault] if fault else []
            row.setdefault(key, str(text).strip())
        for fault in faults[:1]:
            log.add(fault, line=number)
        if not faults:
            yield number, row
