"""Pairs hypotheses in JSON: texts that may hold line breaks, whole documents, and sources."""

from __future__ import annotations

import re
from dataclasses import replace

from evaluator.checking.alignment import Pairing, pair_by_id
from evaluator.checking.ordering import pair_by_order
from evaluator.errors import ProblemLog
from evaluator.types import HypothesisFile, Line, TestSet

_BREAKS = re.compile(r"[ \t]*[\r\n]+[ \t]*")


def pair_json(file: HypothesisFile, test_set: TestSet, log: ProblemLog) -> Pairing:
    """Return the line of each segment; faults go to `log`, warnings into the result."""
    notes = ProblemLog(file.name, severity="warning")
    if file.format in ("json array", "json languages"):
        pairing = Pairing(_pair_in_order(file, test_set, log, notes))
    else:
        pairing = pair_by_id(file, test_set, log)
    lines = _join_lines(pairing, test_set, notes)
    return Pairing(lines, (*pairing.notes, *notes.problems))


def _pair_in_order(
    file: HypothesisFile, test_set: TestSet, log: ProblemLog, notes: ProblemLog
) -> dict[int, Line]:
    """Check the sources where the file repeats them, split documents, and pair by order."""
    if file.format == "json languages":
        from evaluator.checking.repeated_sources import check_sources

        before = log.total
        check_sources(file, test_set, log, notes)
        if log.total > before:
            return {}
    if test_set.unit == "document":
        from evaluator.checking.documents import split_documents

        split = split_documents(file, test_set, log, notes)
        if split is None:
            return {}
        file = split
    return pair_by_order(file, test_set, log, notes)


def _join_lines(pairing: Pairing, test_set: TestSet, notes: ProblemLog) -> dict[int, Line]:
    """Return the lines with spaces for line breaks, where the sources hold none; count them."""
    joined: dict[int, Line] = {}
    breaks = [
        position
        for position, line in pairing.lines.items()
        if ("\n" in line.text or "\r" in line.text)
        and "\n" not in test_set.segments[position].source
    ]
    for position in breaks:
        line = pairing.lines[position]
        joined[position] = replace(line, text=_BREAKS.sub(" ", line.text.strip("\r\n")))
    if breaks:
        first = joined[breaks[0]]
        what = "1 text holds" if len(breaks) == 1 else f"{len(breaks):,} texts hold"
        notes.add(
            f"{what} line breaks, while the source has none. They are read as spaces. Write each "
            "segment on one line.",
            line=first.number,
            segment=first.segment,
        )
    return {**pairing.lines, **joined}
