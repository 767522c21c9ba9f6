"""Entries of one or several files → a terminology: the same source is the same entry."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from evaluator.formats.terminologies.changes import Change, quote_all, shorten
from evaluator.formats.terminologies.rules import Entry
from evaluator.formats.terminologies.texts import same_form, same_source
from evaluator.types import Term


@dataclass(slots=True)
class _Merged:
    first: Entry
    targets: dict[str, str]  # by the key under which two are one
    seen: bool | None


class Merger:
    """Collects entries in order."""

    def __init__(self) -> None:
        self._entries: dict[str, _Merged] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry) -> Change | None:
        """Take an entry; return the change if its source is there already."""
        targets = {same_form(target): target for target in reversed(entry.targets)}
        targets = dict(reversed(targets.items()))
        key = same_source(entry.source)
        known = self._entries.get(key)
        if known is None:
            self._entries[key] = _Merged(entry, targets, entry.seen)
            return None
        new = [target for form, target in targets.items() if form not in known.targets]
        known.targets = {**known.targets, **targets} if new else known.targets
        known.seen = _seen(known.seen, entry.seen)
        return _change(entry, known.first, new)

    def terms(self) -> tuple[Term, ...]:
        """Return all entries in order of their first rows, each with an id of its own."""
        taken: set[str] = set()
        counts: defaultdict[str, int] = defaultdict(int)
        terms = []
        for merged in self._entries.values():
            identifier = _unused(merged.first.id or str(merged.first.line), taken, counts)
            targets = tuple(merged.targets.values())
            terms.append(Term(identifier, merged.first.source, targets, merged.seen))
        return tuple(terms)


def _seen(first: bool | None, second: bool | None) -> bool | None:
    """Seen if any row says so; not said only if none says anything."""
    if first is None or second is None:
        return second if first is None else first
    return first or second


def _change(entry: Entry, first: Entry, new: list[str]) -> Change:
    place = f"line {first.line}" + (f" of {first.file}" if first.file != entry.file else "")
    done = f"{quote_all(new)} added to it" if new else "it has the same translations"
    message = f"The same source as in {place}: {done}."
    return Change(entry.line, shorten(entry.source), "merged", message, entry.file)


def _unused(wanted: str, taken: set[str], counts: defaultdict[str, int]) -> str:
    """The id, with a number where another entry has it: two files may both count from 1."""
    identifier = wanted
    while identifier in taken:
        counts[wanted] += 1
        identifier = f"{wanted}-{counts[wanted] + 1}"
    taken.add(identifier)
    return identifier
