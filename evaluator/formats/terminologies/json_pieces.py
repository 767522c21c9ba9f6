"""Pieces of a JSON text: values, keys and ends, so that no tree of a whole file is built."""

from __future__ import annotations

import json
import re

from evaluator.errors import ProblemLog
from evaluator.formats.terminologies.listed import MAX_FORMS

MAX_VALUE = 100_000  # characters of a value, or a line; a hundred of the longest targets
MAX_NESTING = 5  # brackets inside each other in a list; three are needed
SHORT = 2_000  # characters that nearly every value has at most
MAX_PIECES = 4 * MAX_FORMS  # strings and brackets of a list
_SPACE = re.compile(r"[ \t\r\n]*")
_PIECE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
_DECODER = json.JSONDecoder()


class BrokenJSONError(Exception):
    """The JSON cannot be read from `place` on; the text is the reason."""

    def __init__(self, place: int, reason: str) -> None:
        self.place = place
        super().__init__(reason)


def add_broken(text: str, error: BrokenJSONError, log: ProblemLog) -> None:
    """Note what is wrong, with its line."""
    at = text.count("\n", 0, error.place) + 1
    log.add(f"The file is not valid JSON ({error}). Fix it.", line=at)


def skip_space(text: str, place: int) -> int:
    """Return the place of the next character that is not a space."""
    match = _SPACE.match(text, place)
    return match.end() if match else place


def pass_over(text: str, place: int) -> int:
    """Return where an array or object ends; nothing of it is kept."""
    depth = 0
    for count, piece in enumerate(_PIECE.finditer(text, place)):
        depth += (piece[0] in "[{") - (piece[0] in "]}") if len(piece[0]) == 1 else 0
        if depth > MAX_NESTING or count > MAX_PIECES:
            raise BrokenJSONError(piece.start(), "nested too deeply, or too much in a list")
        if depth == 0:
            return piece.end()
    raise BrokenJSONError(len(text), "a list does not end")


def read_value(text: str, place: int) -> tuple[object, int]:
    """Return a value and where it ends; at most MAX_VALUE characters are decoded."""
    for length in (SHORT, MAX_VALUE):
        try:
            value, end = _DECODER.raw_decode(text[place : place + length])
        except json.JSONDecodeError as error:
            if place + length >= len(text):
                raise BrokenJSONError(place + error.pos, error.msg) from None
            problem = error.msg
        except RecursionError:
            raise BrokenJSONError(place, "nested too deeply") from None
        except ValueError:  # a number of thousands of digits
            raise BrokenJSONError(place, "a number that is too long") from None
        else:
            return value, place + end
    raise BrokenJSONError(place, f"{problem}, or a value of more than {MAX_VALUE:,} characters")


def read_key(text: str, place: int) -> tuple[str, int]:
    """Return a key, and where its value begins."""
    key, end = read_value(text, place)
    if not isinstance(key, str):
        raise BrokenJSONError(place, "a source in quotation marks is missing")
    end = skip_space(text, end)
    if text[end : end + 1] != ":":
        raise BrokenJSONError(end, "a colon is missing")
    return key, skip_space(text, end + 1)
