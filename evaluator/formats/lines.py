"""The lines of a text, one by one: never all at once, and none that is too long."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.errors import ProblemLog
from evaluator.formats.limits import MAX_LINE_BYTES


def split_lines(data: bytearray, log: ProblemLog) -> Iterator[tuple[int, str]]:
    """Yield (1-based number, text), verbatim; lines that are too long go to `log` instead.

    Only a line feed ends a line (not U+2028, U+0085, a vertical tab …); one carriage return
    before it belongs to it.
    """
    start = number = 0
    while start < len(data):
        number += 1
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if end - start > MAX_LINE_BYTES:
            log.add(
                f"The line has {end - start:,} bytes; {MAX_LINE_BYTES:,} can be read. "
                "Shorten it, or end each segment's line.",
                line=number,
            )
        else:
            yield number, data[start:end].decode().removesuffix("\r")
        start = end + 1
