"""The lines of a text, one by one: never all at once, and none that is too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from evaluator.errors import ProblemLog
from evaluator.formats.limits import MAX_LINE_BYTES, Refused

CARRIAGE_RETURNS = (
    "The lines end with carriage returns alone, as on old Macs. "
    "Save the file with line feeds (Unix), or with both (Windows)."
)
START = 1_000  # characters of a line that is too long, for who wants to know what it was


def split_lines(
    data: bytearray, log: ProblemLog, *, on_long: Callable[[int, str], None] | None = None
) -> Iterator[tuple[int, str]]:
    """Yield (1-based number, text), verbatim; lines that are too long go to `log` instead.

    Only a line feed ends a line (not U+2028, U+0085, a vertical tab …); one carriage return
    before it belongs to it. `on_long` is told the number and the start of a line too long.
    Raises Refused for a file whose lines end with carriage returns alone.
    """
    if b"\n" not in data and b"\r" in data[:-1]:
        raise Refused(CARRIAGE_RETURNS, 1)
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
            if on_long is not None:
                on_long(number, data[start : start + START].decode(errors="ignore"))
        else:
            yield number, data[start:end].decode().removesuffix("\r")
        start = end + 1
