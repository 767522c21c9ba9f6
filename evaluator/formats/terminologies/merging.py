"""Entries of files → a terminology: rows with the same source become the same entry."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from evaluator.formats.terminologies.changes import Change, quote_all, shorten
from evaluator.formats.terminologies.rules import TermEntry
from evaluator.formats.terminologies.texts import same_form, same_source
from evaluator.types import Term


@dataclass(slots=True)
class _MergedEntry:
    first: TermEntry
    targets: dict[str, str]  # by a key that is equal for equal targets
    seen: bool | None  # whether any row says so; None: no row says anything


class Merger:
    """Collects entries in order."""

    def __init__(self) -> None:
        self._entries: dict[str, _MergedEntry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: TermEntry) -> Change | None:
        """Take an entry; return the change if its source has an entry already."""
        targets = {same_form(target): target for target in reversed(entry.targets)}
        targets = dict(reversed(targets.items()))
        known = self._entries.setdefault(
            same_source(entry.source), _MergedEntry(entry, targets, entry.seen)
        )
        if known.first is entry:
            return None
        new = [target for form, target in targets.items() if form not in known.targets]
        known.targets = {**known.targets, **targets} if new else known.targets
        if entry.seen is not None:
            known.seen = known.seen or entry.seen
        first = known.first
        place = f"line {first.line}" + (f" of {first.file}" if first.file != entry.file else "")
        done = f"{quote_all(new)} added to it" if new else "it has the same translations"
        message = f"The same source as in {place}: {done}."
        return Change(entry.line, shorten(entry.source), "merged", message, entry.file)

    def terms(self) -> tuple[Term, ...]:
        """Return all entries in order of their first rows, each with an id of its own.

        An id that another entry has already gets a number: two files may both count from 1.
        """
        taken: set[str] = set()
        counts: defaultdict[str, int] = defaultdict(int)
        terms = []
        for merged in self._entries.values():
            wanted = identifier = merged.first.id or str(merged.first.line)
            while identifier in taken:
                counts[wanted] += 1
                identifier = f"{wanted}-{counts[wanted] + 1}"
            taken.add(identifier)
            targets = tuple(merged.targets.values())
            terms.append(Term(identifier, merged.first.source, targets, merged.seen))
        return tuple(terms)
