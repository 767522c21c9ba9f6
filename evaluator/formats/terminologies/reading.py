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
    find_faults,
    is_language,
)
from evaluator.formats.terminologies.merging import Merger
from evaluator.formats.terminologies.rules import build_entries
from evaluator.formats.terminologies.statuses import read_status
from evaluator.formats.terminologies.tables import begins_as_table, read_any_table
from evaluator.formats.terminologies.tbx import read_tbx
from evaluator.normalise import canonical_pair
from evaluator.types import Terminology

MAX_BYTES = 16 * 1024 * 1024  # bytes; 100,000 entries of 160 bytes


def read_terminology(
    stream: BinaryIO,
    name: str,
    *,
    source_language: str,
    target_language: str,
    max_bytes: int = MAX_BYTES,
    list_name: str | None = None,
) -> ImportedTerminology:
    """Read a single term list; see read_terminologies."""
    return read_terminologies(
        [(stream, name)],
        source_language=source_language,
        target_language=target_language,
        max_bytes=max_bytes,
        list_name=list_name,
    )


def read_terminologies(
    files: Sequence[tuple[BinaryIO, str]],
    *,
    source_language: str,
    target_language: str,
    max_bytes: int = MAX_BYTES,
    list_name: str | None = None,
) -> ImportedTerminology:
    """Read term lists (stream, name) into a terminology; their content shows their format.

    Formats: tables (TICO-19's CSV layouts, others with or without a header), JSON, TBX-Basic of
    2008 and 2019. Of a JSON file that holds several lists by name, such as a list for each mode,
    `list_name` is read; it says nothing of other files. The module `rules` reads alternatives and
    notes in a cell; JSON is taken literally. Rows of other language pairs, with an empty side, or
    with a status that forbids them are dropped. The report has every change. Entries come in file
    order; rows with the same source become one entry, its targets in order, each once. Without
    files the terminology is empty. At most `max_bytes` of each file are read.

    Raises TerminologyError with all problems of all files: no text, no known format, broken
    rows, no row of the pair, several lists and no name of theirs, more than 100,000 rows or
    entries; unknown or equal languages.
    """
    problems = ProblemLog()
    try:
        state = Import(*canonical_pair(source_language, target_language), list_name)
    except LanguageError as error:
        problems.add(str(error))
        raise TerminologyError(problems.problems) from None
    for stream, name in files:
        log = ProblemLog(name)
        text = read_text(stream, log, "at least one term", max_bytes=max_bytes)
        if text is not None:
            state.read_file(text.lstrip("\ufeff"), log)
        problems.merge(log)
    problems.raise_as(TerminologyError)
    terminology = Terminology(*state.pair, state.merger.terms())
    return ImportedTerminology(terminology, tuple(state.report))


@dataclass(slots=True)
class Import:
    """A terminology while files are read into it."""

    source_language: str
    target_language: str
    list_name: str | None = None
    merger: Merger = field(default_factory=Merger)
    report: list[Change] = field(default_factory=list)
    rows: int = 0
    forms: int = 0
    other_pairs: dict[str, None] = field(default_factory=dict)  # in order of appearance

    @property
    def pair(self) -> tuple[str, str]:
        """Source and target language."""
        return self.source_language, self.target_language

    def read_file(self, text: str, log: ProblemLog) -> None:
        """Add the entries of a file; what is wrong with it goes to `log`."""
        self.other_pairs.clear()
        chosen = choose_format(FORMATS, "" if begins_as_table(text) else text.lstrip()[:1]) or TABLE
        if chosen is not TBX and "\n" not in text and "\r" in text[:-1]:
            log.add(CARRIAGE_RETURNS, line=1)
            return
        has_entries = False
        for term in chosen.read(text, self, log):
            self.rows += 1
            has_entries |= self.add_term(term, log)
            excess = self.describe_excess()
            if excess:
                log.add(excess, line=term.line)
                return
        if has_entries or log.total:
            return
        pair = "-".join(self.pair)
        if self.other_pairs:
            others = ", ".join(list(self.other_pairs)[:5])
            log.add(f"The file is for {others}, not for {pair}. Give the list of {pair}.")
        else:
            why = self._quote_drop(log)
            log.add(f"The file holds no entry of {pair} with a source and a target{why}. Add one.")

    def _quote_drop(self, log: ProblemLog) -> str:
        """Return the first reason why an entry of the file was dropped, for a message."""
        drops = (change for change in self.report if change.kind == "dropped")
        first = next((change for change in drops if change.file == log.file), None)
        return (
            f" that may be used (line {first.line}: {first.message.rstrip('.')})" if first else ""
        )

    def add_term(self, term: ListedTerm, log: ProblemLog) -> bool:
        """Add a listed term's entries; return whether there are any."""
        faults = find_faults(term)
        for fault in faults:
            log.add(fault, line=term.line)
        if faults:
            return False
        findings = Findings()
        entries = []
        status = read_status(term.status)
        if status == "unknown":
            message = f"The status {quote(term.status)} is not known: still accepted."
            findings.add("doubtful", message)
        if status == "forbidden":
            targets = quote_all(term.targets)
            findings.add("dropped", f"{targets} has the status {quote(term.status)}: not accepted.")
        elif term.languages is None or all(map(is_language, term.languages, self.pair)):
            entries = build_entries(term, self.target_language, log.file, findings)
        else:
            pair = "-".join(shorten(code) for code in term.languages)
            self.other_pairs.setdefault(pair)
            findings.add("dropped", f"The row is for {pair}.")
        self.report += findings.changes(term.line, term.source.strip() or term.id, log.file)
        self.forms += findings.forms + len(term.targets)
        merges = [self.merger.add(entry) for entry in entries]
        self.report += [change for change in merges if change is not None]
        return bool(entries)

    def describe_excess(self) -> str | None:
        """Return which bound is broken, None if none is."""
        if max(self.rows, len(self.merger)) > MAX_ENTRIES:
            return f"There are more than {MAX_ENTRIES:,} entries, the limit. Keep the domain's."
        if self.forms > MAX_FORMS:
            return f"There are more than {MAX_FORMS:,} alternatives, the limit. Keep the domain's."
        if len(self.report) > MAX_CHANGES:
            return (
                f"More than {MAX_CHANGES:,} changes would have to be made and reported. Give the "
                f"list as lines like {EXAMPLE}, which are taken as they are."
            )
        return None


def _list_tbx(text: str, state: Import, log: ProblemLog) -> Iterator[ListedTerm]:
    return read_tbx(text, *state.pair, log, state.report)


def _list_json(text: str, state: Import, log: ProblemLog) -> Iterator[ListedTerm]:
    return read_json(text, state.pair, state.list_name, log, state.report)


def _list_table(text: str, state: Import, log: ProblemLog) -> Iterator[ListedTerm]:
    terms = read_any_table(text, state.pair, log, state.report)
    if terms is not None:
        return terms
    *others, last = [known.description for known in FORMATS[::-1]]
    log.add(f"The file's format is not known. Give {'; '.join(others)}; or {last}.", line=1)
    return iter(())


TermLister = Callable[[str, Import, ProblemLog], Iterator[ListedTerm]]
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
