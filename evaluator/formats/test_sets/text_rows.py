"""Test sets as plain text: a sentence a line, as the data page offers the sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evaluator.errors import ProblemLog
from evaluator.formats.decoding import split_lines
from evaluator.formats.limits import Budget, Refused
from evaluator.formats.test_sets.rows import NamedBytes, TestSetRow

LINES_LOOKED_AT = 50  # for a table without a header
_MARKUP = re.compile(r"""<[A-Za-z!?/]|\{\s*["'\\}]|\[\s*["'{\]]""")
_HEADER = re.compile(r"""["']?(?:source|src|target|reference)["']?\s*[,;|]""", re.IGNORECASE)


def is_plain_text(head: str) -> bool:
    """Return whether a file looks like sentences rather than markup, JSON or a table."""
    if _MARKUP.match(head) or _HEADER.search(head.partition("\n")[0]):
        return False
    lines = head.split("\n")[:LINES_LOOKED_AT]
    return sum("\t" in line for line in lines) * 2 <= len(lines)


def read_text_rows(
    files: Sequence[NamedBytes], log: ProblemLog, budget: Budget
) -> Iterator[TestSetRow]:
    """Yield a row for each line of the sources, with the same line of each reference.

    The file of the sources comes first. Ids are the numbers of the lines; there are no documents.
    """
    sources, *references = [_read_lines(*file, log, budget) for file in files]
    for lines, (name, _) in zip(references, files[1:], strict=True):
        if len(lines) != len(sources):
            own = ProblemLog(name)
            own.add(
                f"The file has {len(lines):,} lines, the sources {len(sources):,}. "
                "Give one line for each source, in the same order."
            )
            log.merge(own)
            return
    for place, source in enumerate(sources):
        texts = tuple(lines[place] for lines in references)
        yield TestSetRow(place + 1, "", str(place + 1), source, texts)


def _read_lines(name: str, data: bytearray, log: ProblemLog, budget: Budget) -> list[str]:
    """Return a file's lines with single spaces; what cannot be read goes to `log`."""
    own = ProblemLog(name)
    lines = []
    try:
        for number, text in split_lines(data, own):
            budget.charge(text, line=number)
            lines.append(" ".join(text.split()))
    except Refused as refused:
        own.add(refused.message, line=refused.line)
    log.merge(own)
    return lines
