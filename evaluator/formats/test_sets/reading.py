"""A source file and its references → a TestSet, or every reason why not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import BinaryIO

from evaluator.errors import LanguageError, ProblemLog, TestSetError, in_document
from evaluator.formats import detection
from evaluator.formats.decoding import read_bytes
from evaluator.formats.limits import MAX_BYTES, Budget, Refused
from evaluator.formats.pairs_in_names import contradicts
from evaluator.formats.recognition import Format, choose_format
from evaluator.formats.test_sets.blanks import is_blank
from evaluator.formats.test_sets.directions import explain_reversed
from evaluator.formats.test_sets.json_rows import read_json_rows
from evaluator.formats.test_sets.rows import Row, RowReader, Wanted
from evaluator.formats.test_sets.sgml_sets import read_sgml_set
from evaluator.formats.test_sets.table_rows import is_tsv, read_tsv_rows
from evaluator.formats.test_sets.text_rows import is_plain_text, read_text_rows
from evaluator.formats.test_sets.xml_rows import read_xml_rows
from evaluator.normalise import canonical_pair
from evaluator.types import (
    Mode,
    Segment,
    Term,
    Terminology,
    TestSet,
    TextForm,
    UnscoredSegment,
)

Pair = tuple[str, str]  # source and target language

# Of one file that holds all, tried in this order. SGML, in several files, comes before them.
ROW_FORMATS: tuple[Format[RowReader], ...] = (
    Format("WMT XML (<dataset>)", detection.is_xml, read_xml_rows),
    Format("JSON lines", detection.is_jsonl, read_json_rows),
    Format("TSV with a header that names the columns", is_tsv, read_tsv_rows),
)

DOCUMENTS_NAMED = 20  # in a message
NO_REFERENCE = (
    "A test set needs at least one reference. Add one, to every segment (in a table: in a column "
    "target or reference)."
)


def read_test_set(
    *,
    source: BinaryIO,
    references: Sequence[BinaryIO] = (),
    source_language: str,
    target_language: str,
    text_form: TextForm | None = "tokenised",
    names: Sequence[str] = (),
    max_bytes: int = MAX_BYTES,
    mode: Mode = "proper",
    terminology: Terminology | None = None,
    sources_only: bool = False,
    references_required: bool = True,
    plain_text: bool = False,
    leave_out: Collection[str] = (),
    on_note: Callable[[str], None] = lambda _: None,
) -> TestSet:
    """Read a test set, its format told by content; each file may be compressed by gzip.

    WMT21 SGML (docs/metrics.md 3): a source file and one file for each reference, in the
    order of the sources; files are paired by (document id, segment id). Only this
    format has annotated terms. WMT XML, TSV and JSON lines: one file, `source`, holds all, in
    its own order. TSV has a header with `source` and `target`, and `id` and `doc` or, as in
    TICO-19, `tuid` = document:segment; quotes are text. JSON lines are
    `{"id", "doc", "source", "references": […], "terms": [{"source", "targets"}]}`; the terms of
    all lines together are the terminology, unless one is given. SGML and XML: entities decoded
    once, no tags, layout as single spaces.

    Languages are codes of BCP 47, and their aliases (`zho`, `zh_CN`). `names` are the files', the
    source's first. `text_form` None: tokenised for SGML, raw for
    the others. With `sources_only` references are neither needed nor read: whatever is odd about
    them, in a file of their own or in the sources' one, stops nothing. Without
    `references_required` those that there are are read and checked, and there may be none.
    With `plain_text` files of one sentence a line are read too, each reference in one of its own;
    ids are then the numbers of the lines.
    Documents to `leave_out` belong to no score and need no reference, as those of test suites in
    WMT XML: their segments are the result's `unscored`. `on_note` gets a sentence on the columns of
    a table that are not read.

    Raises TestSetError with all problems of all files: files that can't be read, ids that
    don't pair up, empty references, broken terms, languages that are unknown, the same, or
    contradicted by the files.
    """
    references = () if sources_only else references
    streams = [source, *references]
    labels = [*names, *(f"file {n}" for n in range(len(names) + 1, len(streams) + 1))]
    labels = labels[: len(streams)]
    references_required = references_required and not sources_only
    log = ProblemLog()
    pair = _language_pair(source_language, target_language, log)
    wanted = Wanted(*pair, sources_only, frozenset(leave_out), on_note)
    if terminology is not None:
        _check_terminology(terminology, pair, log)
    data = _read(source, labels[0], log, max_bytes)
    log.raise_as(TestSetError)
    head = detection.head_of(data)
    if detection.is_sgml(head):
        files = [data, *_read_all(references, labels[1:], log, max_bytes)]
        segments, unscored = read_sgml_set(files, labels, wanted, log)
        if references_required and not references:
            own = ProblemLog(labels[0])
            own.add("A test set needs at least one reference. Add a <refset> file.")
            log.merge(own)
    elif plain_text and choose_format(ROW_FORMATS, head) is None and is_plain_text(head):
        files = [data, *_read_all(references, labels[1:], log, max_bytes)]
        log.raise_as(TestSetError)
        rows = list(read_text_rows(files, labels, log, Budget()))
        segments = _segments(rows, labels[0], log, references_required=references_required)
        unscored = ()
    else:
        rows = _read_rows(data, head, labels, wanted, log)
        scored = [row for row in rows if row.is_scored]
        segments = _segments(scored, labels[0], log, references_required=references_required)
        unscored = _unscored(rows)
        terminology = _terminology(scored, pair, terminology, labels[0], log)
    _check_left_out(wanted.leave_out, segments, unscored, labels[0], log)
    if terminology is not None and not log.total:
        _check_direction(terminology, segments, log)
    log.raise_as(TestSetError)
    form: TextForm = text_form or ("tokenised" if detection.is_sgml(head) else "raw")
    return TestSet(*pair, segments, form, mode, terminology, unscored)


def _language_pair(source: str, target: str, log: ProblemLog) -> Pair:
    try:
        return canonical_pair(source, target)
    except LanguageError as error:
        log.add(str(error))
        raise TestSetError(log.problems) from None


def _check_terminology(terminology: Terminology, pair: Pair, log: ProblemLog) -> None:
    found = (terminology.source_language, terminology.target_language)
    if any(map(contradicts, found, pair)):
        log.add(
            f"The terminology is {'-'.join(found)}, the test set {'-'.join(pair)}. "
            "Give the terminology of this language pair."
        )


def _check_direction(
    terminology: Terminology, segments: Sequence[Segment], log: ProblemLog
) -> None:
    problem = explain_reversed(terminology, [segment.source for segment in segments])
    if problem:
        log.add(problem)


def _read(stream: BinaryIO, name: str, log: ProblemLog, max_bytes: int) -> bytearray:
    """The file's bytes; none, with the problem in `log`, if it can't be read."""
    try:
        return read_bytes(stream, "the segments of the test set", max_bytes=max_bytes)
    except Refused as refused:
        own = ProblemLog(name)
        own.add(refused.message, line=refused.line)
        log.merge(own)
        return bytearray()


def _read_all(
    streams: Sequence[BinaryIO], names: Sequence[str], log: ProblemLog, max_bytes: int
) -> list[bytearray]:
    return [
        _read(stream, name, log, max_bytes) for stream, name in zip(streams, names, strict=False)
    ]


def _read_rows(
    data: bytearray, head: str, labels: Sequence[str], wanted: Wanted, log: ProblemLog
) -> list[Row]:
    own = ProblemLog(labels[0])
    rows: list[Row] = []
    chosen = choose_format(ROW_FORMATS, head)
    if chosen is None:
        *others, last = [known.description for known in ROW_FORMATS]
        own.add(
            "The file is no test set that is read here. Give WMT SGML (<srcset>), "
            f"{', '.join(others)}, or {last}."
        )
    elif len(labels) > 1:
        own.add("A file of this format holds its references itself. Leave the other files out.")
    else:
        try:
            for row in chosen.read(data, own, Budget(), wanted):
                is_left_out = row.document in wanted.leave_out
                rows.append(replace(row, is_scored=False) if is_left_out else row)
        except Refused as refused:
            own.add(refused.message, line=refused.line)
        if not rows and not own.total:
            own.add("The file holds no segment. Give the file with the sources.")
    log.merge(own)
    return rows


def _segments(
    rows: Sequence[Row], name: str, log: ProblemLog, *, references_required: bool
) -> tuple[Segment, ...]:
    own = ProblemLog(name)
    without = _report_documents(rows, own) if references_required else set()
    kept = [row for row in rows if row.document not in without]
    expected = len(kept[0].references) if kept else 0
    if kept and not expected and references_required:
        own.add(NO_REFERENCE)
    seen: set[tuple[str, str]] = set()
    for row in kept:
        for fault in _faults(row, expected, seen):
            own.add(fault, line=row.line, segment=row.id)
        seen.add((row.document, row.id))
    log.merge(own)
    return tuple(
        Segment(row.id, row.document, row.source, row.references, (), ((),) * expected)
        for row in rows
    )


def _report_documents(rows: Sequence[Row], log: ProblemLog) -> set[str]:
    """Report documents without any reference, each as one problem; return their names."""
    documents: dict[str, list[Row]] = {}
    for row in rows:
        documents.setdefault(row.document, []).append(row)
    without = {
        document: lines
        for document, lines in documents.items()
        if document and all(all(map(is_blank, row.references)) for row in lines)
    }
    if len(without) == len(documents):
        return set()
    for document, lines in without.items():
        log.add(
            f"The whole document {document} ({len(lines):,} "
            f"segment{'s' if len(lines) > 1 else ''}) has no reference. Add its references, or "
            f"leave it out: --leave-out {document} at its import.",
            line=lines[0].line,
        )
    return set(without)


def _unscored(rows: Sequence[Row]) -> tuple[UnscoredSegment, ...]:
    return tuple(
        UnscoredSegment(place, row.id, row.document, row.source)
        for place, row in enumerate(rows)
        if not row.is_scored
    )


def _check_left_out(
    left_out: Collection[str],
    segments: Sequence[Segment],
    unscored: Sequence[UnscoredSegment],
    name: str,
    log: ProblemLog,
) -> None:
    """Refuse documents to leave out that are not there, and a test set of which nothing is left."""
    if log.total:
        return
    own = ProblemLog(name)
    there = {one.document for one in unscored}
    for document in sorted(set(left_out) - there):
        known = sorted({segment.document for segment in segments})[:DOCUMENTS_NAMED]
        own.add(
            f"There is no document {document!r} to leave out. The file has: {', '.join(known)}."
        )
    if not segments:
        own.add("No segment is left. Leave fewer documents out.")
    log.merge(own)


def _faults(row: Row, expected: int, seen: set[tuple[str, str]]) -> list[str]:
    faults = []
    if (row.document, row.id) in seen:
        faults.append(f"The id is used twice{in_document(row.document)}. Give it its own.")
    if len(row.references) != expected:
        faults.append(
            f"The segment has {len(row.references)} references, the first one {expected}. "
            "Give every segment the same number."
        )
    if any(map(is_blank, row.references)):
        faults.append("The reference is empty. Translate it or remove the segment.")
    return faults


def _terminology(
    rows: Sequence[Row], pair: Pair, given: Terminology | None, name: str, log: ProblemLog
) -> Terminology | None:
    """The terms of all rows together; entries with the same source are one entry."""
    entries: dict[str, dict[str, None]] = {}
    for row in rows:
        for source, targets in row.terms:
            entries.setdefault(source, {}).update(dict.fromkeys(targets))
    if not entries:
        return given
    if given is not None:
        own = ProblemLog(name)
        own.add(
            'The file has "terms" and a terminology is given too. Give one of them: remove '
            "the terms from the file, or leave the terminology out."
        )
        log.merge(own)
    terms = (
        Term(str(number), source, tuple(targets))
        for number, (source, targets) in enumerate(entries.items(), 1)
    )
    return Terminology(*pair, tuple(terms))
