"""Test sets as tables with tabs, the TICO-19 layout among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from evaluator.errors import ProblemLog, printable
from evaluator.formats.decoding import split_lines
from evaluator.formats.limits import MAX_ID, Budget
from evaluator.formats.sgml import collapse
from evaluator.formats.test_sets.rows import Options, TestSetRow

COLUMNS = (
    "a header such as id, doc, source, target (tuid = document:segment stands for the first two; "
    "target_2, target_3 … or reference_2 … are further references)"
)
COLUMNS_NAMED = 20  # in a note
NAME_SHOWN = 40  # characters
_IDS = ("id", "segment", "seg_id", "segid")
_DOCUMENTS = ("doc", "document", "docid", "doc_id")
# Left out of the note: columns that repeat tuid, and TICO-19's languages, read elsewhere.
_EXPECTED = {*_IDS, *_DOCUMENTS, "sourcelang", "targetlang"}
# The documented names only: ref_id or target_de is something else.
_REFERENCE = re.compile(r"(?:target|reference|ref)(?:[ _-]?[0-9]{1,2})?")


def is_tsv(head: str) -> bool:
    """Return whether the first line is a header with tabs."""
    names = head.split("\n", 1)[0].lower().split("\t")
    return len(names) > 1 and "source" in map(str.strip, names)


def read_tsv_rows(
    data: bytearray, log: ProblemLog, budget: Budget, options: Options
) -> Iterator[TestSetRow]:
    """Yield the rows of a table with tabs. Quotes are text: TICO-19 has stray ones."""
    lines = split_lines(data, log)
    header = _Header.read(next(lines, (1, ""))[1], log)
    if header is None:
        return
    if header.unread:
        options.on_note(header.describe_unread())
    if options.sources_only:
        header = header.without_references()
    for number, text in lines:
        if not text.strip():
            continue
        cells = text.split("\t", header.width)
        if len(cells) != header.width and not header.has_all_of(cells):
            many = f"more than {header.width}" if len(cells) > header.width else len(cells)
            log.add(
                f"The row has {many} columns, the header {header.width}. "
                "Write one row a line, and no tab inside a text.",
                line=number,
            )
            continue
        row = header.build_row(number, cells, log)
        if row is not None:
            budget.charge(row.id, row.document, row.source, *row.references, line=number)
            yield row


@dataclass(frozen=True, slots=True)
class _Header:
    """The places of the columns in a table, from 0."""

    width: int
    source: int
    references: tuple[int, ...]
    id: int
    document: int | None
    is_pair: bool  # the id column holds document:segment
    unread: tuple[str, ...] = ()  # names of other columns, as they are written
    readable_width: int | None = None  # columns that a row needs; None: exactly `width`

    @classmethod
    def read(cls, text: str, log: ProblemLog) -> _Header | None:
        """Return the places of the columns; None, with a problem in `log`, if some are missing."""
        written = [name.strip() for name in text.split("\t", 1000)]
        names = [name.lower() for name in written]

        def find_place(*known: str) -> int | None:
            return next((names.index(name) for name in known if name in names), None)

        source, pair = find_place("source"), find_place("tuid")
        identifier = find_place(*_IDS) if pair is None else pair
        references = tuple(n for n, name in enumerate(names) if _REFERENCE.fullmatch(name))
        repeated = sorted({name for name in names if name and names.count(name) > 1})
        if source is None or identifier is None or repeated:
            wrong = f"names {repeated[0]} twice" if repeated else "lacks the column source or id"
            log.add(f"The table's header {wrong}. Write {COLUMNS}.", line=1)
            return None
        document = find_place(*_DOCUMENTS) if pair is None else None
        read = {source, identifier, document, *references}
        unread = tuple(
            name
            for n, name in enumerate(written)
            if name and n not in read and names[n] not in _EXPECTED
        )
        return cls(len(names), source, references, identifier, document, pair is not None, unread)

    def without_references(self) -> _Header:
        """Return the header for reading only sources: a row's references may be cut off or torn."""
        last = max(self.source, self.id, self.document or 0)
        width = last + 1 if self.references and last < min(self.references) else None
        return replace(self, references=(), readable_width=width)

    def has_all_of(self, cells: list[str]) -> bool:
        """Return whether a row of another width nevertheless has what is read of it."""
        return self.readable_width is not None and len(cells) >= self.readable_width

    def describe_unread(self) -> str:
        """Return a note on the columns that are not read."""
        shown = ", ".join(printable(name, NAME_SHOWN) for name in self.unread[:COLUMNS_NAMED])
        more = ", …" if len(self.unread) > COLUMNS_NAMED else ""
        return (
            f"Columns that are not read: {shown}{more}. "
            "References are named target, reference or ref. Number further ones: reference_2."
        )

    def build_row(self, number: int, cells: list[str], log: ProblemLog) -> TestSetRow | None:
        """Return a row; None, with the problem in `log`, if its id cannot be used."""
        identifier = cells[self.id].strip()
        document = "" if self.document is None else cells[self.document].strip()
        if self.is_pair:
            document, colon, identifier = identifier.rpartition(":")
            if not colon or not document:
                log.add(
                    "The tuid is no document:segment. Write it so, or use id and doc.", line=number
                )
                return None
        if not identifier or len(identifier) + len(document) > MAX_ID:
            log.add(
                f"The id is empty or longer than {MAX_ID:,} characters. Give it one.", line=number
            )
            return None
        references = tuple(collapse(cells[place]) for place in self.references)
        return TestSetRow(number, document, identifier, collapse(cells[self.source]), references)
