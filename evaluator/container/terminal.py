"""Turns logs that were written for a terminal into the plain text that it would show."""

from __future__ import annotations

import re

# ECMA-48. Each begins with ESC, or with a character from U+0080 on; no part of a pattern can match
# in two ways, so the time is linear.
TITLES = re.compile(r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?")
LINE_STARTS = re.compile(r"(?:\x1b\[|\x9b)(?:[12]K|[01]?G)")  # what follows overwrites the line
COMMANDS = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
BACKSPACES = re.compile(r"([^\x08\n]*)(\x08+|\n|\Z)")


def plain(text: str) -> str:
    """Return a log's text without colours, titles, cursor moves and overwritten text.

    Of a line overwritten by CR the last state is left. Backspaces remove characters. The only
    control characters are tabs and line feeds.
    """
    if "\x1b" in text or CONTROLS.search(text):
        text = TITLES.sub("", text)
        text = LINE_STARTS.sub("\r", text)
        text = COMMANDS.sub("", text)
        if "\r" in text:
            text = "\n".join(map(_last_state, text.split("\n")))
        if "\b" in text:
            text = _without_taken_back(text)
        text = CONTROLS.sub("", text)
    return text


def _last_state(line: str) -> str:
    return line.rstrip("\r").rpartition("\r")[2]


def _without_taken_back(text: str) -> str:
    pieces: list[str] = []
    line: list[str] = []
    for letters, mark in BACKSPACES.findall(text):
        line += letters
        if mark.startswith("\b"):
            del line[max(len(line) - len(mark), 0) :]
        else:
            pieces.append("".join(line) + mark)
            line = []
    return "".join(pieces)
