"""Bytes → a terminology and a report, or every reason why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from evaluator.errors import LanguageError, ProblemLog, TerminologyError
from evaluator.formats.decoding import CARRIAGE_RETURNS, read_text
from evaluator.formats.recognition import Format, choose_format
from evaluator.formats.terminologies.changes import (
    Change,
    Findings,
    ImportedTerminology,
    quote,
    quote_all,
    shorten,
)
from evaluator.formats.terminologies.json_terms import EXAMPLE, read_json
from evaluator.formats.terminologies.listed import (
    MAX_CHANGES,
    MAX_ENTRIES,
    MAX_FORMS,
    ListedTerm,
    faults,
)
from evaluator.formats.terminologies.merging import Merger
from evaluator.formats.terminologies.pairs import is_language
from evaluator.formats.terminologies.rules import entries_of
from evaluator.formats.terminologies.statuses import status_of
from evaluator.formats.terminologies.tables import (
    find_delimiter,
    read_table,
    take_comments,
    take_separator_line,
)
from evaluator.formats.terminologies.tbx import read_tbx
from evaluator.normalise import canonical_pair
from evaluator.types import Terminology

MAX_BYTES = 16 * 1024 * 1024  # bytes; 100,000 entries of 160 bytes


@dataclass(slots=True)
class _Import:
    """One reading of one or several files."""

    source_language: str
    target_language: str
    merger: Merger = field(default_factory=Merger)
    report: list[Change] = field(default_factory=list)
    rows: int = 0
    forms: int = 0
    other_pairs: dict[str, None] = field(default_factory=dict)  # in order of appearance


def read_terminology(
    stream: BinaryIO,
    name: str,
    *,
    source_language: str,
    target_language: str,
    max_bytes: int = MAX_BYTES,
) -> ImportedTerminology:
    """Read one term list; see read_terminologies."""
    return read_terminologies(
        [(stream, name)],
        source_language=source_language,
        target_language=target_language,
        max_bytes=max_bytes,
    )


def read_terminologies(
    files: Sequence[tuple[BinaryIO, str]],
    *,
    source_language: str,
    target_language: str,
    max_bytes: int = MAX_BYTES,
) -> ImportedTerminology:
    """Read term lists (stream, name) into one terminology, told apart by content.

    Formats: tables (TICO-19's CSV layouts, others with or without a header), JSON, TBX-Basic of
    2008 and 2019. Alternatives and notes in a cell are read by the rules of `rules`; JSON is taken
    literally. Rows of other language pairs, with an empty side, or with a status that forbids
    them are dropped; everything done is in the report.
    Entries come in file order; the same source is one entry, its targets in order, once each.
    No file at all gives an empty terminology. At most `max_bytes` of each file are read.

    Raises TerminologyError with all problems of all files: no text, no known format, broken
    rows, no row of the pair, more than 100,000 rows or entries; languages that are unknown or
    the same.
    """
    problems = ProblemLog()
    try:
        done = _Import(*canonical_pair(source_language, target_language))
    except LanguageError as error:
        problems.add(str(error))
        raise TerminologyError(problems.problems) from None
    for stream, name in files:
        log = ProblemLog(name)
        text = read_text(stream, log, "at least one term", max_bytes=max_bytes)
        if text is not None:
            _read_file(text, done, log)
        problems.merge(log)
    problems.raise_as(TerminologyError)
    terminology = Terminology(done.source_language, done.target_language, done.merger.terms())
    return ImportedTerminology(terminology, tuple(done.report))


def _read_file(text: str, done: _Import, log: ProblemLog) -> None:
    done.other_pairs.clear()
    taken = 0
    for term in _listed(text, done, log):
        done.rows += 1
        taken += _take(term, done, log)
        excess = _excess(done)
        if excess:
            log.add(excess, line=term.line)
            return
    if not taken and not log.total:
        log.add(_nothing_taken(done))


def _excess(done: _Import) -> str | None:
    """Say which bound is broken."""
    if max(done.rows, len(done.merger)) > MAX_ENTRIES:
        return f"There are more than {MAX_ENTRIES:,} entries, the limit. Keep the domain's."
    if done.forms > MAX_FORMS:
        return f"There are more than {MAX_FORMS:,} alternatives, the limit. Keep the domain's."
    if len(done.report) > MAX_CHANGES:
        return (
            f"More than {MAX_CHANGES:,} changes would have to be made and reported. Give the "
            f"list as lines like {EXAMPLE}, which are taken as they are."
        )
    return None


def _listed(text: str, done: _Import, log: ProblemLog) -> Iterator[ListedTerm]:
    chosen = choose_format(FORMATS, text.lstrip()[:1]) or TABLE
    if chosen is not TBX and "\n" not in text and "\r" in text[:-1]:
        log.add(CARRIAGE_RETURNS, line=1)
        return iter(())
    return chosen.read(text, done, log)


def _list_tbx(text: str, done: _Import, log: ProblemLog) -> Iterator[ListedTerm]:
    return read_tbx(text, done.source_language, done.target_language, log, done.report)


def _list_json(text: str, _: _Import, log: ProblemLog) -> Iterator[ListedTerm]:
    return read_json(text, log)


def _list_table(text: str, done: _Import, log: ProblemLog) -> Iterator[ListedTerm]:
    table, comment = take_comments(text)
    if comment is not None:
        passed = "The comment at the beginning is passed over."
        done.report.append(Change(comment, "", "layout", passed, log.file))
    table, delimiter = take_separator_line(table)
    delimiter = delimiter or find_delimiter(table)
    if delimiter:
        pair = done.source_language, done.target_language
        return read_table(table, delimiter, pair, log, done.report)
    *others, last = [known.description for known in FORMATS[::-1]]
    log.add(f"The file's format is not known. Give {'; '.join(others)}; or {last}.", line=1)
    return iter(())


TermLister = Callable[[str, _Import, ProblemLog], Iterator[ListedTerm]]
TBX: Format[TermLister] = Format("TBX-Basic", lambda start: start == "<", _list_tbx)
JSON: Format[TermLister] = Format(
    f"lines like {EXAMPLE}; an object like {{source: target}}",
    lambda start: start in ("{", "["),
    _list_json,
)
TABLE: Format[TermLister] = Format(
    "a table with a source and a target in each row (CSV, or lines of source TAB target|target)",
    lambda _: True,
    _list_table,
)
FORMATS = (TBX, JSON, TABLE)  # told apart by a file's first character, tried in this order


def _take(term: ListedTerm, done: _Import, log: ProblemLog) -> bool:
    """Add a listed term's entries; return whether there are any."""
    problems = faults(term)
    for problem in problems:
        log.add(problem, line=term.line)
    if problems:
        return False
    findings = Findings()
    entries = []
    status = status_of(term.status)
    if status == "unknown":
        findings.add("doubtful", f"The status {quote(term.status)} is not known: still accepted.")
    if status == "forbidden":
        targets = quote_all(term.targets)
        findings.add("dropped", f"{targets} has the status {quote(term.status)}: not accepted.")
    elif term.languages is None or _is_pair(term.languages, done):
        entries = entries_of(term, done.target_language, log.file, findings)
    else:
        pair = "-".join(shorten(code) for code in term.languages)
        done.other_pairs.setdefault(pair)
        findings.add("dropped", f"The row is for {pair}.")
    done.report += findings.changes(term.line, term.source.strip() or term.id, log.file)
    done.forms += findings.forms + len(term.targets)
    merges = [done.merger.add(entry) for entry in entries]
    done.report += [change for change in merges if change is not None]
    return bool(entries)


def _is_pair(languages: tuple[str, str], done: _Import) -> bool:
    source, target = languages
    return is_language(source, done.source_language) and is_language(target, done.target_language)


def _nothing_taken(done: _Import) -> str:
    wanted = f"{done.source_language}-{done.target_language}"
    if done.other_pairs:
        shown = ", ".join(list(done.other_pairs)[:5])
        return f"The file is for {shown}, not for {wanted}. Give the list of {wanted}."
    return f"The file holds no entry of {wanted} with a source and a target. Add one."
