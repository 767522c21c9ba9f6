"""Test sets as plain text: one sentence a line, as the data page offers the sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evaluator.errors import ProblemLog
from evaluator.formats.decoding import split_lines
from evaluator.formats.limits import Budget, Refused
from evaluator.formats.test_sets.rows import Row

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
    contents: Sequence[bytearray], labels: Sequence[str], log: ProblemLog, budget: Budget
) -> Iterator[Row]:
    """Yield a row for each line of the sources, with the same line of each reference.

    Ids are the numbers of the lines; there are no documents. Raises Refused where `split_lines`
    does.
    """
    files = [_read_lines(*file, log, budget) for file in zip(contents, labels, strict=True)]
    sources, references = files[0], files[1:]
    for lines, label in zip(references, labels[1:], strict=True):
        if len(lines) != len(sources):
            own = ProblemLog(label)
            own.add(
                f"The file has {len(lines):,} lines, the sources {len(sources):,}. "
                "Give one line for each source, in the same order."
            )
            log.merge(own)
            return
    for place, source in enumerate(sources):
        texts = tuple(lines[place] for lines in references)
        yield Row(place + 1, "", str(place + 1), source, texts)


def _read_lines(data: bytearray, label: str, log: ProblemLog, budget: Budget) -> list[str]:
    own = ProblemLog(label)
    lines = []
    try:
        for number, text in split_lines(data, own):
            budget.charge(text, line=number)
            lines.append(" ".join(text.split()))
    except Refused as refused:
        own.add(refused.message, line=refused.line)
    log.merge(own)
    return lines
