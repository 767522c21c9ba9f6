"""What was done to the entries of a term list, in words for its organiser."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from evaluator.types import Terminology

Kind = Literal[
    "split",  # several alternatives stood in one cell
    "optional",  # accepted with and without a part in brackets
    "note_removed",  # what was removed is in the message
    "cleaned",  # invisible characters, layout, signs at the edges
    "merged",  # the same source as an earlier entry
    "doubtful",  # kept as listed, perhaps not what was meant
    "dropped",  # not in the terminology
    "layout",  # how the file was understood
]
QUOTED = 60  # characters; a report of 100,000 entries has to fit into memory
EXAMPLES = 3  # per message


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that was changed, dropped, or kept in doubt."""

    line: int | None  # 1-based, where its row or element starts
    entry: str  # the source as listed, shortened
    kind: Kind
    message: str
    file: str = ""

    def __str__(self) -> str:
        """`file:line: entry: message`, without the parts that are unknown."""
        place = ":".join(part for part in (self.file, str(self.line or "")) if part)
        return ": ".join(part for part in (place, self.entry, self.message) if part)


@dataclass(frozen=True, slots=True)
class ImportedTerminology:
    """A terminology, and everything that was done to get it."""

    terminology: Terminology
    report: tuple[Change, ...]  # in file order

    @property
    def changed(self) -> int:
        """How many rows (terms in TBX) were changed, those merged into others among them."""
        return self._rows("split", "optional", "note_removed", "cleaned", "merged")

    @property
    def dropped(self) -> int:
        """How many rows (concepts or terms in TBX) are not in the terminology."""
        return self._rows("dropped")

    @property
    def doubtful(self) -> int:
        """How many rows hold something that was kept as listed, perhaps against its meaning."""
        return self._rows("doubtful")

    def _rows(self, *kinds: Kind) -> int:
        return len({(c.file, c.line, c.entry) for c in self.report if c.kind in kinds})


@dataclass(slots=True)
class Findings:
    """What the rules say about one row: by kind, so that a row has one change of each."""

    messages: dict[Kind, list[str]] = field(default_factory=dict)
    forms: int = 0  # looked at, also those that turned out to be equal

    def add(self, kind: Kind, message: str) -> None:
        """Note a message once."""
        known = self.messages.setdefault(kind, [])
        if len(known) <= EXAMPLES and message not in known:
            known.append(message)

    def changes(self, line: int | None, entry: str, file: str) -> list[Change]:
        """Return one change per kind; beyond three messages of a kind it says so."""
        found = []
        for kind, messages in self.messages.items():
            more = ["And more like this."] if len(messages) > EXAMPLES else []
            text = " ".join([*messages[:EXAMPLES], *more])
            found.append(Change(line, shorten(entry), kind, text, file))
        return found


def shorten(text: str) -> str:
    """The text on one line, cut where it is long."""
    line = " ".join(text[: 4 * QUOTED].split())
    return line if len(line) <= QUOTED else line[: QUOTED - 1] + "…"


def quote(text: str) -> str:
    """The text in quotation marks, shortened."""
    return f"“{shorten(text)}”"


def quote_all(texts: list[str] | tuple[str, ...]) -> str:
    """The first texts, quoted, and how many more there are."""
    more = f" and {len(texts) - EXAMPLES} more" if len(texts) > EXAMPLES else ""
    return ", ".join(quote(text) for text in texts[:EXAMPLES]) + more
