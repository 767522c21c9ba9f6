"""Lines that hold their own source and its translation: the source is removed, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.checking.line_tables import KEYS, LONG, Table, without_empty_end
from evaluator.checking.signs import Signs, Unit
from evaluator.types import Line

SIGNS = Signs(held=KEYS["source"])
LEAST = 0.2  # of the sources' length that the rests have; less may be a name with an addition
BRACKETS = "([{<（［｛〔【"
BRACKETS_END = ")]}>）］｝〕】"
SENTENCE_ENDS = ".!?…。！？।۔"
LABEL_ENDS = ":：>])}】=|→⇒[<{【"
BY_CHANCE = 3  # characters that all texts may begin with, all the same
OPENING = "«“\"'‘„‚「『¿¡#@$€-–—"
CLOSING = "»”\"'’」』)]}>）］｝.!?…。！？"


@dataclass(frozen=True, slots=True)
class KeptSources:
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


def read_kept_sources(lines: Sequence[Line], units: Sequence[Unit]) -> Table | KeptSources | None:
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


def _read_end(
    lines: Sequence[Line], units: Sequence[Unit], at_end: bool
) -> Table | KeptSources | None:
    rests = [
        _cut_source(line.text, unit.source, at_end) for line, unit in zip(lines, units, strict=True)
    ]
    long = {
        n: rest
        for n, rest in enumerate(rests)
        if rest and len(units[n].source) >= LONG and any(map(str.isalnum, rest))
    }
    if len(long) < 2 or 2 * len(long) < len(lines):
        return None
    sources = [units[n].source.rstrip() for n in long]
    if sum(map(len, long.values())) < LEAST * sum(map(len, sources)):
        return None
    verb = "end" if at_end else "begin"
    kept = KeptSources(len(long), len(lines), lines[next(iter(long))].number, verb)
    first, last = min(long.values()), max(long.values())  # what these share, all in between share
    differing = (n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    shared = first[: next(differing, min(len(first), len(last)))]
    mark = _find_mark(shared).rstrip(CLOSING if at_end else OPENING)
    if not set(BRACKETS).isdisjoint(mark.strip()[-1:]):
        # An explanation, "name (explained)", unless the sources are sentences.
        sentences = sum(source.endswith(tuple(SENTENCE_ENDS)) for source in sources)
        return kept if 2 * sentences > len(sources) else None
    is_whole = len(shared) - len(mark) <= BY_CHANCE
    start = mark.rstrip()
    if (
        not mark
        or not is_whole
        or any(rest is None or not rest.startswith(start) for rest in rests)
    ):
        return kept
    name = (mark[::-1] if at_end else mark).strip()[:20]
    between = f"“{name}”" if name else "a space"
    texts = [(rest or "").removeprefix(start).strip(" ") for rest in rests]
    texts = [text[::-1] if at_end else text for text in texts]
    return Table(
        tuple(Line(line.number, None, None, text) for line, text in zip(lines, texts, strict=True)),
        f"Each line {verb}s with its own source, with {between} between it and the "
        "translation. The translations are read from the lines. It is better to send only the "
        "translations, or JSON lines.",
    )


def _cut_source(text: str, source: str, at_end: bool) -> str | None:
    """Return what a line has besides its own source, backwards if the source ends it."""
    text, source = text.strip(), source.strip()
    if not source:
        return None
    if not at_end:
        return text[len(source) :] if text.startswith(source) else None
    if not text.endswith(source):
        text = text.rstrip(BRACKETS_END)
    return text[: -len(source)][::-1] if text.endswith(source) else None


def _find_mark(shared: str) -> str:
    """Return the mark that the rests begin with: without letters, or a tag or label (` FR: `)."""
    plain = next((n for n, char in enumerate(shared) if char.isalnum()), len(shared))
    label = max(shared.rfind(char) for char in LABEL_ENDS) + 1
    end = max(plain, label)
    return shared[: end + len(shared[end:]) - len(shared[end:].lstrip(" "))]
