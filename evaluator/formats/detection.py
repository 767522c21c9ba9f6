"""Which format a file has, by how it begins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evaluator.formats.decoding import HEAD
from evaluator.formats.json_lines import parse_object
from evaluator.formats.sgml import is_sgml, skip_prolog

TAIL = 1024  # bytes

_XML = re.compile(r"<(?:dataset|collection)(?=[\s/>])|<!doctype(?=\s)", re.IGNORECASE | re.ASCII)
_UNSUPPORTED = {
    "a TMX file (<tmx>)": r"<tmx(?=[\s/>])",
    "an XLIFF file (<xliff>)": r"<xliff(?=[\s/>])",
    "an HTML page": r"<html(?=[\s/>])|<(?:head|body|meta|title)(?=[\s/>])",
    "subtitles (WebVTT)": r"WEBVTT\b",
}
# How JSON, tags and these begin, with ASCII's letters in any case; plain text may begin so, too.
MARKS = "|".join((r"[<{\[]", *_UNSUPPORTED.values()))
_HTML_TYPE = re.compile(r"\s*(?:<!--[^<>]*?-->\s*)?<!doctype\s+html", re.IGNORECASE | re.ASCII)
_ROOT = re.compile(r"<([a-z_][\w:.-]{0,60})(?:\s[^<>]*)?>", re.IGNORECASE | re.ASCII)
# Tags that a model may write around a text: plain text with something left over.
_LEFT_OVER = {"s", "unk", "pad", "term", "bos", "eos"}
# With apostrophes it is what Python prints of an object: no JSON, and no plain text either.
_OBJECT_KEY = re.compile(r"""(["'])(?:id|translation|source)\1\s*+:""")
_FIRST_KEY = re.compile(r'\{\s*+"[^"\\]{1,60}"\s*+:')
_JSON_ARRAY = re.compile(r"\[\s*+(?:[{\[\"'\]]|-?\d)")


def read_tail(data: bytearray) -> str:
    """Return the end of a text, without white space at its end."""
    end = len(data)
    while end and data[end - 1 : end].isspace():
        end -= 1
    return data[max(end - TAIL, 0) : end].decode("utf-8", "ignore")


def unsupported(head: str, tail: str) -> str | None:
    """Return what a file is that people may take for one of ours, None for others.

    `head` and `tail` are its beginning and its end.
    """
    if _HTML_TYPE.match(head):
        return "an HTML page"
    start = skip_prolog(head)
    for name, pattern in _UNSUPPORTED.items():
        if re.match(pattern, start, re.IGNORECASE | re.ASCII):
            return name
    root = None if is_sgml(head) or is_xml(head) else _ROOT.match(start)
    if root and root[1].lower() not in _LEFT_OVER and tail.endswith(f"</{root[1]}>"):
        # A single line in tags is for the rules about lines.
        return f"markup (<{root[1]}>)" if "\n" in start.strip() else None
    return None


def is_xml(head: str) -> bool:
    """Return whether WMT XML, or a prolog that only XML has, comes first."""
    return head.startswith("<?xml") or _XML.match(skip_prolog(head)) is not None


def is_jsonl(head: str) -> bool:
    """Return whether the first line is an object, or would like to be one of ours."""
    if not head.startswith("{"):
        return False
    first, *others = head.split("\n")
    if _OBJECT_KEY.search(first) is not None:
        return True
    if not others and len(first.encode()) > HEAD - 4:  # the first line is cut off
        return _FIRST_KEY.match(first) is not None
    value = parse_object(first)
    if not isinstance(value, dict):
        return False
    # An object among other lines is a text about objects.
    others = [line for line in others if line.strip()]
    return 2 * sum(line.lstrip().startswith("{") for line in others) >= len(others)


def is_json(head: str, tail: str) -> bool:
    """Return whether a whole file may be one value of JSON: an array, or an object not of ours."""
    if head.startswith("["):
        return tail.endswith("]") and _JSON_ARRAY.match(head) is not None
    if not head.startswith("{") or not tail.endswith("}"):
        return False
    is_one_line = "\n" not in head.rstrip()
    if is_one_line:
        return _OBJECT_KEY.search(head) is None
    return head[1:].lstrip(" \t\r").startswith("\n")


def are_alike(ends: tuple[str, str], sources: Sequence[str]) -> bool:
    """Return whether a file only looks like JSON or markup because its sources do, one a line.

    `ends` are its beginning and its end. A file with our own keys or tags is never taken for that.
    """
    kind = _kind_of(*ends)
    if kind is None or not sources:
        return False
    first, last = sources[: HEAD // 100], sources[-HEAD // 100 :]
    return _kind_of("\n".join(first)[:HEAD].lstrip(), "\n".join(last)[-TAIL:].rstrip()) == kind


def _kind_of(head: str, tail: str) -> str | None:
    """Return what a file looks like that might be plain text nevertheless."""
    if is_json(head, tail):
        return "json"
    if is_jsonl(head) and _OBJECT_KEY.search(head.split("\n", 1)[0]) is None:
        return "objects"
    return unsupported(head, tail)


def is_text(_: str) -> bool:
    """Return True: whatever it is, it has lines."""
    return True
