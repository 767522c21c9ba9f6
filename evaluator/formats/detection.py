"""Which format a file has, by how it begins."""

from __future__ import annotations

import re

from evaluator.formats.json_lines import parse_object
from evaluator.formats.sgml import PROLOG

HEAD = 64 * 1024  # bytes

_PROLOG = re.compile(rf"(?:{PROLOG.pattern})\s*+", PROLOG.flags)
_SGML = re.compile(r"<(?:tstset|refset|srcset|doc|seg)(?=[\s/>])", re.IGNORECASE | re.ASCII)
_XML = re.compile(r"<(?:dataset|collection)(?=[\s/>])|<!doctype(?=\s)", re.IGNORECASE | re.ASCII)
_UNSUPPORTED = re.compile(r"<(tmx|xliff|html)(?=[\s/>])", re.IGNORECASE | re.ASCII)
# With apostrophes it is what Python prints of an object: no JSON, and no plain text either.
_OBJECT_KEY = re.compile(r"""(["'])(?:id|translation|source)\1\s*+:""")
_JSON_ARRAY = re.compile(r"\[\s*+\{\s*+\"")


def head_of(data: bytearray) -> str:
    """Return the beginning of a text, where its format shows."""
    return data[:HEAD].decode("utf-8", "ignore").lstrip()


def opening(head: str) -> str:
    """Return what stands behind white space and prolog."""
    position = 0
    while match := _PROLOG.match(head, position):
        position = match.end()
    return head[position:]


def unsupported(head: str) -> str | None:
    """Return what a file is that people may take for one of ours, None for others."""
    found = _UNSUPPORTED.match(opening(head))
    if found:
        return f"<{found[1]}>"
    return "JSON array" if _JSON_ARRAY.match(head) else None


def is_sgml(head: str) -> bool:
    """Whether a tag of WMT SGML comes first."""
    return _SGML.match(opening(head)) is not None


def is_xml(head: str) -> bool:
    """Whether WMT XML comes first, or a prolog that only XML has: its reader says the rest."""
    return head.startswith("<?xml") or _XML.match(opening(head)) is not None


def is_jsonl(head: str) -> bool:
    """Whether the first line is an object, or would like to be one of ours."""
    if not head.startswith("{"):
        return False
    first = head.split("\n", 1)[0]
    return _OBJECT_KEY.search(first) is not None or isinstance(parse_object(first), dict)


def is_text(_: str) -> bool:
    """Whatever it is, it has lines."""
    return True
