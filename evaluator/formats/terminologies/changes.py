"""The changes to the entries of a term list, in words for its organiser."""

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
    """An entry that was changed, dropped, or kept in doubt."""

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
    """A terminology, and every change that was made to get it."""

    terminology: Terminology
    report: tuple[Change, ...]  # in file order

    @property
    def changed(self) -> int:
        """Rows (terms in TBX) that were changed or merged into others."""
        return self._count_rows("split", "optional", "note_removed", "cleaned", "merged")

    @property
    def dropped(self) -> int:
        """Rows (concepts or terms in TBX) that are not in the terminology."""
        return self._count_rows("dropped")

    @property
    def doubtful(self) -> int:
        """Rows with a part that was kept as listed, perhaps against its meaning."""
        return self._count_rows("doubtful")

    def select_changes(self, number: int) -> tuple[Change, ...]:
        """Return at most so many changes, those that lose or may misread a term first."""
        weights = {"layout": 0, "dropped": 1, "doubtful": 2}
        ordered = sorted(self.report, key=lambda change: weights.get(change.kind, 3))
        return tuple(ordered[:number])

    def _count_rows(self, *kinds: Kind) -> int:
        return len({(c.file, c.line, c.entry) for c in self.report if c.kind in kinds})


@dataclass(slots=True)
class Findings:
    """Messages of the rules on a row, by kind: each kind becomes a single change."""

    messages: dict[Kind, list[str]] = field(default_factory=dict)
    forms: int = 0  # alternatives that were looked at, equal ones too

    def add(self, kind: Kind, message: str) -> None:
        """Note a message once."""
        known = self.messages.setdefault(kind, [])
        if len(known) <= EXAMPLES and message not in known:
            known.append(message)

    def changes(self, line: int | None, entry: str, file: str) -> list[Change]:
        """Return a change per kind, with its first three messages."""
        changes = []
        for kind, messages in self.messages.items():
            more = ["And more like this."] if len(messages) > EXAMPLES else []
            text = " ".join([*messages[:EXAMPLES], *more])
            changes.append(Change(line, shorten(entry), kind, text, file))
        return changes


def shorten(text: str) -> str:
    """Return the text on a single line, cut where it is long."""
    line = " ".join(text[: 4 * QUOTED].split())
    return line if len(line) <= QUOTED else line[: QUOTED - 1] + "…"


def quote(text: str) -> str:
    """Return the text in quotation marks, shortened."""
    return f"“{shorten(text)}”"


def quote_all(texts: list[str] | tuple[str, ...]) -> str:
    """Return the first texts, quoted, and how many more there are."""
    more = f" and {len(texts) - EXAMPLES} more" if len(texts) > EXAMPLES else ""
    return ", ".join(quote(text) for text in texts[:EXAMPLES]) + more
