"""Checks a system's standard output line by line while it comes; its author is not trusted."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.checking.alignment import (
    FACTOR,
    FREE_OF_FILE,
    count_bytes,
    find_text_faults,
    largest_file,
    largest_text,
)
from evaluator.errors import ID_CHARACTERS, PROBLEMS_KEPT, ProblemLog, printable
from evaluator.formats.json_lines import parse_object, wrong_id, wrong_string
from evaluator.formats.limits import Budget, Refused

NAME = "standard output"  # where problems stand
EXAMPLE = '{"id": "…", "translation": "…"}'
REMEDY = f"Write one object a line, {EXAMPLE}, and logs to standard error."
QUOTED_CHARACTERS = 200
IDS_QUOTED = 5


class OutputReader:
    """Reads a JSON object on each line, each id once, in any order; notes every fault.

    Memory is bounded by the limits, whatever comes. `quote` lets messages repeat the output, which
    would leak a blind test set. `sources` are in the order of the ids.
    """

    def __init__(
        self,
        ids: Sequence[str],
        *,
        sources: Sequence[str],
        max_bytes: int,
        max_line_bytes: int,
        quote: bool,
    ) -> None:
        self._ids = ids
        self._largest = dict(zip(ids, map(largest_text, sources), strict=True))  # bytes
        # Segments that are whole documents: their translations may have lines, too.
        self._may_break = {id for id, text in zip(ids, sources, strict=True) if "\n" in text}
        self._room = largest_file(sources)  # bytes that further translations may have together
        self._max_bytes = max_bytes
        self._max_line_bytes = max_line_bytes
        self._quote = quote
        self._texts: dict[str, str | None] = dict.fromkeys(ids)
        self._lines: dict[str, int] = {}  # where each id stood
        self._budget = Budget()
        self._rest = b""  # a line whose end has not come yet
        self._number = 0  # of the last whole line
        self._blanks: list[int] = []  # empty lines just before; a few at the end mean nothing
        self._bytes = 0
        self.log = ProblemLog(NAME)
        self.is_over = False  # a limit was passed: nothing further is looked at

    @property
    def done(self) -> int:
        """The number of segments that have a translation."""
        return len(self._lines)

    @property
    def translations(self) -> tuple[str, ...]:
        """The texts in the order of the ids, if there are no problems; empty for missing texts."""
        return tuple(text or "" for text in self._texts.values())

    @property
    def lines(self) -> tuple[int, ...]:
        """The line of each translation, in the order of the ids; 0 if it is missing."""
        return tuple(self._lines.get(id, 0) for id in self._ids)

    def feed(self, data: bytes) -> None:
        """Take the next piece; after a limit was passed it is ignored."""
        if not self.is_over:
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        room = self._max_bytes - self._bytes
        self._bytes += len(data)
        *lines, self._rest = (self._rest + data[:room]).split(b"\n")
        for line in lines:
            self._take(line)
            if self.is_over:
                return
        if len(self._rest) > self._max_line_bytes:
            self._number += 1
            self._refuse_long_line()
        elif len(data) > room:
            self._stop(
                f"The output has more than {self._max_bytes:,} bytes. {REMEDY}", self._number + 1
            )

    def finish(self) -> None:
        """Take a last line without its end, and note missing segments: the system has ended."""
        if self.is_over:
            return
        if self._rest:
            self._take(self._rest)
            self._rest = b""
        missing = [id for id, text in self._texts.items() if text is None]
        if missing:
            named = ", ".join(missing[:IDS_QUOTED]) + (", …" if len(missing) > IDS_QUOTED else "")
            self.log.add(
                f"{len(missing):,} of {len(self._ids):,} segments have no translation"
                f"{f' ({named})' if self._quote else ''}. "
                "Write one for each id, an empty one too."
            )

    def _take(self, line: bytes) -> None:
        self._number += 1
        if len(line) > self._max_line_bytes:
            self._refuse_long_line()
            return
        if not line.strip():
            self._blanks.append(self._number)
        else:
            self._refuse_blanks()
            self._read(line)
        if self.log.total + len(self._blanks) >= PROBLEMS_KEPT:
            self._refuse_blanks()
            self.is_over = True

    def _read(self, line: bytes) -> None:
        try:
            row = line.decode()
        except UnicodeDecodeError as error:
            self._refuse(f"Byte {error.start + 1} of the line is not UTF-8. {REMEDY}", line)
            return
        value = parse_object(row, quote=self._quote)
        if isinstance(value, str):
            self._refuse(f"{value} {REMEDY}", line)
            return
        id, text = value.get("id"), value.get("translation")
        faults = [wrong_id("id", id), wrong_string("translation", text)]
        if isinstance(id, str) and not faults[0]:
            if id not in self._texts:
                faults.append(
                    "The id is none of those that were read. Write each id as it was read."
                )
            elif id in self._lines:
                faults.append(
                    f"The id stands in line {self._lines[id]:,} already. Write each id once."
                )
        if isinstance(text, str) and not faults[1]:
            largest = self._largest.get(id) if isinstance(id, str) else None
            faults += find_text_faults(
                text, largest, quote=self._quote, may_break=id in self._may_break
            )
        problems = [fault for fault in faults if fault]
        for problem in problems:
            self._refuse(problem, line, id)
        if isinstance(id, str) and isinstance(text, str) and not problems:
            self._keep(id, text)

    def _keep(self, id: str, text: str) -> None:
        self._room -= count_bytes(text)
        if self._room < 0:
            self._stop(
                f"The translations have more bytes than {FACTOR} times all sources plus "
                f"{FREE_OF_FILE:,}. The system may be repeating itself.",
                self._number,
            )
            return
        try:
            self._budget.charge(text, line=self._number)
        except Refused as refused:
            self._stop(refused.message, refused.line)
            return
        self._texts[id] = text
        self._lines[id] = self._number

    def _refuse_blanks(self) -> None:
        for number in self._blanks:
            self.log.add(f"The line is empty. {REMEDY}", line=number)
        self._blanks.clear()

    def _refuse_long_line(self) -> None:
        self._stop(f"The line has more than {self._max_line_bytes:,} bytes. {REMEDY}", self._number)

    def _refuse(self, message: str, line: bytes, id: object = None) -> None:
        if not self._quote:
            # A blind run may not name an id either: the system chooses among them.
            self.log.add(message, line=self._number)
            return
        beginning = line[: 4 * QUOTED_CHARACTERS].decode("utf-8", "replace").strip()
        self.log.add(
            f"{message} The line reads: {printable(beginning, QUOTED_CHARACTERS)}",
            line=self._number,
            segment=printable(id, ID_CHARACTERS) if isinstance(id, str) else None,
        )

    def _stop(self, message: str, line: int | None) -> None:
        self.log.add(message, line=line)
        self.is_over = True
        self._rest = b""
