"""WMT SGML as the WMT21 scorer saw it: neither XML nor HTML.

Only `doc p seg term hl srcset refset tstset` and their end tags are tags; every other `<`, `>`
and `&` is text, which parsers of XML and HTML lose after `<!`, `<unk>` or a bare `&`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from evaluator.formats.limits import MAX_LINE_BYTES, Refused

# A quoted value may hold ">" but not "<": every attempt ends at the next "<" at the latest, and
# nothing is tried twice, so the whole is linear on any input. Possessive quantifiers stand on
# single characters only: on whole groups Python 3.11 has failed once, at random. The first
# look-ahead says nothing new: it makes a file of "<" six times faster.
TAG = re.compile(
    rb"""<(?=[/dpsthr])(/?)(doc|p|seg|term|hl|srcset|refset|tstset)(?=[\s/>])"""
    rb"""([^<>"']*+(?:(?:"[^"<]*+"|'[^'<]*+')[^<>"']*+)*)>""",
    re.IGNORECASE,
)
# The look-behind lets a name start only where a word does; else a long word costs its square.
ATTRIBUTE = re.compile(
    r"""(?<![\w:.-])([a-z_][\w:.-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>=]++))""",
    re.IGNORECASE | re.ASCII,
)
# Markup around the segments that carries nothing.
PROLOG = re.compile(
    r"<\?xml[^<>]*+>|<!doctype[^<>]*+>|</?mteval[^<>]*+>|<!--[^<>]*?-->",
    re.IGNORECASE | re.ASCII,
)
LAYOUT = re.compile(r"[ \t\r\n\f\v]++")
MAX_TAG = 64 * 1024  # bytes
_LONG_NUMBER = re.compile(r"&#([0-9]{8,}+);?")  # int() raises at 4,300 digits
REPLACEMENT = "\ufffd"  # what `html.unescape` makes of a number that is no character


@dataclass(frozen=True, slots=True)
class Tag:
    """One start or end tag."""

    name: str  # lower case
    is_end: bool
    is_empty: bool  # <seg id="1"/>
    attributes: dict[str, str]  # entities decoded


def tokenise(data: bytearray) -> Iterator[tuple[int, str | Tag]]:
    """Yield (line, tag or text with its entities still encoded), in linear time.

    Raises Refused where no tag follows for 1 MiB, or a tag is longer than 64 KiB.
    """
    line, position = 1, 0
    window = MAX_LINE_BYTES + MAX_TAG
    while position < len(data):
        match = TAG.search(data, position, position + window)
        end = match.start() if match else len(data)
        if end - position > MAX_LINE_BYTES:
            message = (
                f"No tag follows for more than {MAX_LINE_BYTES:,} bytes. "
                "End each segment with </seg>, and shorten it."
            )
            raise Refused(message, line)
        if end > position:
            yield line, data[position:end].decode()
            line += data.count(b"\n", position, end)
        position = end
        if match:
            yield line, _tag(match, line)
            position = match.end()
            line += data.count(b"\n", end, position)


def _tag(match: re.Match[bytes], line: int) -> Tag:
    slash, name, rest = match.groups()
    if len(rest) > MAX_TAG:
        raise Refused(f"A tag is longer than {MAX_TAG:,} bytes. Shorten its attributes.", line)
    found = ATTRIBUTE.finditer(rest.decode()) if rest else ()
    attributes = {one[1].lower(): unescape(one[2] or one[3] or one[4] or "") for one in found}
    return Tag(name.decode().lower(), bool(slash), rest.endswith(b"/"), attributes)


def unescape(text: str) -> str:
    """Decode entities once, as `html.unescape` does, but for any number of digits."""
    return html.unescape(_LONG_NUMBER.sub(_shorten, text)) if "&" in text else text


def _shorten(number: re.Match[str]) -> str:
    digits = number[1].lstrip("0")
    return f"&#{digits or 0};" if len(digits) < 8 else REPLACEMENT


def clean(text: str) -> str:
    """Decode entities once; layout (white space of ASCII) becomes one space, none at the ends.

    A line break in a segment is layout of the file. Other white space, such as a no-break
    space, stays: it is part of the text.
    """
    return collapse(unescape(text))


def collapse(text: str) -> str:
    """Return the text with its layout as single spaces, none at the ends."""
    return LAYOUT.sub(" ", text).strip(" ")
