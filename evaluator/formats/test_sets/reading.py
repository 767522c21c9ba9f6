"""Reads a test set; the beginning of its source file shows the format.

*WMT21 SGML* (docs/metrics.md 3) is a source file and a file for each reference. Segments pair by
(document id, segment id), in the order of the sources. Only this format has annotated terms.

*WMT XML, TSV and JSON lines* hold everything in a single file, in its own order. TSV has a header
with `source` and `target`, and `id` and `doc` or, as in TICO-19, `tuid` = document:segment; quotes
are text. JSON lines are `{"id", "doc", "source", "references": […], "terms": [{"source",
"targets"}]}`; the terms of a line belong to its segment alone. `"terms": []` means none, and
without the key the terms of the document count, then those that the caller gives. A line
`{"doc", "terms", "delimiter"}` speaks of a document.

*JSON lines of WMT25* have languages and lists of terms as keys: `{"en", "de", "proper": {…},
"random": {…}}`. *A JSON array* holds the sources of WMT26, a document a string, and *a JSON object
with documents* its paragraphs, references, marked terms and glossary.

The mode decides which list of a file is the test set's own: `random` for that mode, otherwise
`proper`. All others become `other_lists`.

Where the unit is the document, segments are paragraphs, and each document has what joins them. The
unit is the document where the file says delimiters, or is of documents.

*Plain text* is read if the caller asks for it: a sentence a line, and a file for each reference.
The numbers of the lines are the ids.

Each file may be compressed by gzip. In SGML and XML, entities are decoded once, tags are removed,
and layout becomes single spaces.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import BinaryIO

from evaluator.errors import LanguageError, ProblemLog, TestSetError
from evaluator.formats import detection
from evaluator.formats.decoding import read_bytes, read_head
from evaluator.formats.limits import MAX_BYTES, Budget, Refused
from evaluator.formats.recognition import Format, choose_format
from evaluator.formats.sgml import is_sgml
from evaluator.formats.test_sets.addresses import build_contents
from evaluator.formats.test_sets.document_rows import is_document_array, read_document_rows
from evaluator.formats.test_sets.gold_rows import is_gold, read_gold_rows
from evaluator.formats.test_sets.json_rows import read_json_rows
from evaluator.formats.test_sets.rows import (
    AnyRow,
    Contents,
    NamedBytes,
    Options,
    RowReader,
)
from evaluator.formats.test_sets.sgml_sets import read_sgml_set
from evaluator.formats.test_sets.table_rows import is_tsv, read_tsv_rows
from evaluator.formats.test_sets.terms import check_direction, check_languages
from evaluator.formats.test_sets.text_rows import is_plain_text, read_text_rows
from evaluator.formats.test_sets.xml_rows import read_xml_rows
from evaluator.normalise import canonical_pair
from evaluator.types import Mode, Terminology, TermList, TestSet, TextForm, Unit

NamedStream = tuple[str, BinaryIO]

# Formats of a single file, tried in this order. SGML, in several files, comes before them.
ROW_FORMATS: tuple[Format[RowReader], ...] = (
    Format("WMT XML (<dataset>)", detection.is_xml, read_xml_rows),
    Format("a JSON object with documents", is_gold, read_gold_rows),
    Format("a JSON array of documents", is_document_array, read_document_rows),
    Format("JSON lines", detection.is_jsonl, read_json_rows),
    Format("TSV with a header that names the columns", is_tsv, read_tsv_rows),
)
DOCUMENTS_NAMED = 20  # in a message


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
    other_terminologies: Mapping[str, Terminology] | None = None,
    unit: Unit | None = None,
    delimiter: str | None = None,
    sources_only: bool = False,
    references_required: bool = True,
    plain_text: bool = False,
    leave_out: Collection[str] = (),
    on_note: Callable[[str], None] = lambda _: None,
) -> TestSet:
    """Return the test set of files in any of the formats that are described above.

    `names` are the files', the source's first. `terminology` replaces the test set's own list,
    `other_terminologies` others, by name. `text_form` None: tokenised for SGML, raw for others;
    `unit`, `delimiter` None: as the file shows ("" for none). Documents to `leave_out` become
    `unscored`; `on_note` gets sentences on what is not read. Raises TestSetError with all problems.
    """
    log = ProblemLog()
    streams = [source] if sources_only else [source, *references]
    labels = [*names, *(f"file {n}" for n in range(len(names) + 1, len(streams) + 1))]
    options = Options(
        _find_languages(source_language, target_language, log),
        mode=mode,
        text_form=text_form,
        sources_only=sources_only,
        references_required=references_required and not sources_only,
        plain_text=plain_text,
        unit=unit,
        delimiter=delimiter,
        leave_out=frozenset(leave_out),
        max_bytes=max_bytes,
        on_note=on_note,
    )
    files = list(zip(labels, streams, strict=False))  # callers may name more files
    return _read_files(files, options, terminology, other_terminologies or {}, log)


def _find_languages(source: str, target: str, log: ProblemLog) -> tuple[str, str]:
    try:
        return canonical_pair(source, target)
    except LanguageError as error:
        log.add(str(error))
        raise TestSetError(log.problems) from None


def _read_files(
    files: Sequence[NamedStream],
    options: Options,
    terminology: Terminology | None,
    others: Mapping[str, Terminology],
    log: ProblemLog,
) -> TestSet:
    """Read the source file and, where the format has them, the files of the references."""
    for given in filter(None, (terminology, *others.values())):
        check_languages(given, options.pair, log)
    source = _read_bytes(files[0], options, log)
    if log.total:
        log.raise_as(TestSetError)
    head = read_head(source[1])
    if is_sgml(head):
        references = [_read_bytes(file, options, log) for file in files[1:]]
        contents = read_sgml_set([source, *references], options, log)
    elif options.plain_text and choose_format(ROW_FORMATS, head) is None and is_plain_text(head):
        references = [_read_bytes(file, options, log) for file in files[1:]]
        log.raise_as(TestSetError)
        rows = list(read_text_rows([source, *references], log, Budget()))
        own = ProblemLog(source[0])
        contents = build_contents(rows, options, own)
        log.merge(own)
    else:
        contents = _read_rows(source, head, options, log, has_other_files=len(files) > 1)
    name = source[0]
    if not log.total and (options.leave_out or not contents.segments):
        _check_left_out(contents, options, name, log)
    if terminology is not None and not log.total:
        check_direction(terminology, contents.segments, log)
    if log.total:
        log.raise_as(TestSetError)
    return TestSet(
        *options.pair,
        contents.segments,
        options.text_form or contents.text_form,
        options.mode,
        terminology or contents.terminology,
        contents.unscored,
        contents.unit,
        contents.documents,
        _add_lists(contents.other_lists, others) if others else contents.other_lists,
    )


def _add_lists(lists: Sequence[TermList], given: Mapping[str, Terminology]) -> tuple[TermList, ...]:
    """Return the lists of a file and those that the caller gives, which come first."""
    by_name = {known.name: known for known in lists}
    for name, terminology in given.items():
        known = by_name.get(name, TermList(name, None, (), ()))
        by_name[name] = TermList(name, terminology, known.documents, known.segments)
    return tuple(by_name.values())


def _read_bytes(file: NamedStream, options: Options, log: ProblemLog) -> NamedBytes:
    """Return the file's bytes; none, with the problem in `log`, if it cannot be read."""
    name, stream = file
    try:
        data = read_bytes(stream, "the segments of the test set", max_bytes=options.max_bytes)
    except Refused as refused:
        own = ProblemLog(name)
        own.add(refused.message, line=refused.line)
        log.merge(own)
        data = bytearray()
    return name, data


def _read_rows(
    file: NamedBytes, head: str, options: Options, log: ProblemLog, *, has_other_files: bool
) -> Contents:
    """Read a file that holds sources and references."""
    name, data = file
    own = ProblemLog(name)
    rows: list[AnyRow] = []
    chosen = choose_format(ROW_FORMATS, head)
    if chosen is None:
        *others, last = [known.description for known in ROW_FORMATS]
        own.add(
            "The file is not a test set that can be read here. Give WMT SGML (<srcset>), "
            f"{', '.join(others)}, or {last}."
        )
    elif has_other_files:
        own.add("A file of this format holds its references itself. Leave the other files out.")
    else:
        try:
            rows += chosen.read(data, own, Budget(), options)
        except Refused as refused:
            own.add(refused.message, line=refused.line)
        if not rows and not own.total:
            own.add("The file holds no segment. Give the file with the sources.")
    contents = build_contents(rows, options, own)
    log.merge(own)
    return contents


def _check_left_out(contents: Contents, options: Options, name: str, log: ProblemLog) -> None:
    """Report documents to leave out that do not exist, and a test set without a segment left."""
    own = ProblemLog(name)
    unscored = {segment.document for segment in contents.unscored}
    for document in sorted(options.leave_out - unscored):
        known = sorted({segment.document for segment in contents.segments})[:DOCUMENTS_NAMED]
        own.add(
            f"There is no document {document!r} to leave out. The file has: {', '.join(known)}."
        )
    if not contents.segments:
        own.add("No segment is left. Leave fewer documents out.")
    log.merge(own)
