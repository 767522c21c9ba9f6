"""Lines that hold their own source as well as its translation: cut, or refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.columns import LONG, Table, Unit, without_empty_end
from evaluator.types import Line

LEAST = 0.2  # of the sources' length that the rests have; less may be a name with an addition
BRACKETS = "([{<（［｛〔【"
OPENING = "«“\"'‘„‚「『¿¡#@$€-–—"
CLOSING = "»”\"'’」』)]}>）］｝.!?…。！？"


@dataclass(frozen=True, slots=True)
class Kept:
    """How many lines hold their own source, at which end, and in which first (its number)."""

    count: int
    lines: int
    first: int
    verb: str

    @property
    def message(self) -> str:
        """Name what the file holds, and the remedy."""
        return (
            f"The file holds sources and translations: {self.count:,} of {self.lines:,} lines "
            f"{self.verb} with their own source. Send the translations only, one a line, or JSON "
            'lines, {"id": "…", "translation": "…"}.'
        )


def read_kept_sources(lines: Sequence[Line], units: Sequence[Unit]) -> Table | Kept | None:
    """Return the texts after (or before) their own sources; None where lines hold no sources.

    All lines must have the same mark in between (` = `, a space, …), otherwise the result is what
    to refuse: half of the lines or more begin (or end) with a source of 10 characters or more, and
    go on. A copied source is a text of its own. Linear in the length of the lines.
    """
    lines = without_empty_end(lines, len(units))
    if len(lines) != len(units) or len(lines) < 2:
        return None
    for at_end in (False, True):
        result = _read_end(lines, units, at_end)
        if result is not None:
            return result
    return None


def _read_end(lines: Sequence[Line], units: Sequence[Unit], at_end: bool) -> Table | Kept | None:
    rests = [_rest(line.text, unit.source, at_end) for line, unit in zip(lines, units, strict=True)]
    long = [n for n, rest in enumerate(rests) if rest is not None and len(units[n].source) >= LONG]
    long = [n for n in long if any(map(str.isalnum, rests[n] or ""))]
    if len(long) < 2 or 2 * len(long) < len(lines):
        return None
    if sum(len(rests[n] or "") for n in long) < LEAST * sum(len(units[n].source) for n in long):
        return None
    mark = _common_mark([rests[n] or "" for n in long])
    if mark.rstrip().endswith(tuple(BRACKETS)):  # an explanation: "name (explained)"
        return None
    mark = mark.rstrip(CLOSING if at_end else OPENING)
    verb = "end" if at_end else "begin"
    if mark and all(rest is not None and rest.startswith(mark.rstrip()) for rest in rests):
        texts = [(rest or "").removeprefix(mark.rstrip()).strip(" ") for rest in rests]
        texts = [text[::-1] for text in texts] if at_end else texts
        pairs = zip(lines, texts, strict=True)
        return Table(
            tuple(Line(line.number, None, None, text) for line, text in pairs),
            f"Each line {verb}s with its own source, with “{mark.strip() or 'a space'}” between it "
            "and the translation. The translations are read from the lines. Better send the "
            "translations only, or JSON lines.",
        )
    return Kept(len(long), len(lines), lines[long[0]].number, verb)


def _rest(text: str, source: str, at_end: bool) -> str | None:
    """Return what a line has besides its own source, backwards if the source ends it."""
    text, source = text.strip(), source.strip()
    if not source:
        return None
    if at_end:
        return text[: -len(source)][::-1] if text.endswith(source) else None
    return text[len(source) :] if text.startswith(source) else None


def _common_mark(rests: list[str]) -> str:
    """Return what all begin with, up to the first letter or digit."""
    first, last = min(rests), max(rests)  # what these share, all in between share
    pairs = enumerate(zip(first, last, strict=False))
    end = next((n for n, (a, b) in pairs if a != b or a.isalnum()), min(len(first), len(last)))
    return first[:end]
