"""WMT SGML as the WMT21 scorer saw it: neither XML nor HTML.

Only `doc p seg term hl srcset refset tstset` and their end tags are tags; every other `<`, `>`
and `&` is text, which parsers of XML and HTML lose after `<!`, `<unk>` or a bare `&`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

# A quoted value may hold ">" but not "<": every attempt ends at the next "<" at the latest, and
# nothing is tried twice (possessive quantifiers), so the whole is linear on any input. ASCII:
# otherwise "ſ" would be a lower-case "s" of "seg".
TAG = re.compile(
    r"""<(/?)(doc|p|seg|term|hl|srcset|refset|tstset)(?=[\s/>])"""
    r"""((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>""",
    re.IGNORECASE | re.ASCII,
)
# The look-behind lets a name start only where a word does; else a long word costs its square.
ATTRIBUTE = re.compile(
    r"""(?<![\w:.-])([a-z_][\w:.-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>=]++))""",
    re.IGNORECASE | re.ASCII,
)
# Markup around the segments that carries nothing.
PROLOG = re.compile(
    r"<\?xml[^<>]*+>|<!doctype[^<>]*+>|</?mteval[^<>]*+>|<!--[^<>]*+-->", re.IGNORECASE | re.ASCII
)
LAYOUT = re.compile(r"[ \t\r\n\f\v]++")


@dataclass(frozen=True, slots=True)
class Tag:
    """One start or end tag."""

    name: str  # lower case
    is_end: bool
    is_empty: bool  # <seg id="1"/>
    attributes: dict[str, str]  # entities decoded


def tokenise(text: str) -> Iterator[tuple[int, str | Tag]]:
    """Yield (line, tag or text with its entities still encoded), in linear time."""
    line, position = 1, 0
    for match in TAG.finditer(text):
        if match.start() > position:
            yield line, text[position : match.start()]
        line += text.count("\n", position, match.start())
        yield line, _tag(match)
        line += text.count("\n", match.start(), match.end())
        position = match.end()
    if position < len(text):
        yield line, text[position:]


def _tag(match: re.Match[str]) -> Tag:
    slash, name, rest = match.groups()
    attributes = {
        found[1].lower(): html.unescape(found[2] or found[3] or found[4] or "")
        for found in ATTRIBUTE.finditer(rest)
    }
    return Tag(name.lower(), bool(slash), rest.endswith("/"), attributes)


def clean(text: str) -> str:
    """Decode entities once; layout (white space of ASCII) becomes one space, none at the ends.

    A line break in a segment is layout of the file. Other white space, such as a no-break
    space, stays: it is part of the text.
    """
    return LAYOUT.sub(" ", html.unescape(text)).strip(" ")
