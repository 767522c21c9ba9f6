"""Where a form is in a text: as a regular expression, as the published scorer searches.

A form such as `C++` or `(a+)+b` is not escaped there. Python's `re` can need longer than anybody
waits for such an expression, so only expressions whose cost has a bound are searched.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import lru_cache

SPECIAL = frozenset(".^$*+?{}[]\\|()")
MAX_STEPS = 5 * 10**7  # of a search, at worst; less than a second
MAX_FORM = 1_000  # characters of a form that is an expression

# What of an expression `re` may have to come back to.
_PIECE = re.compile(
    r"""
    (?P<escaped>\\.)
    | (?P<choice>\[\^?\]?(?:[^\]\\]|\\.)*\])
    | (?P<repeat>[*+]|\{[0-9]*,?[0-9]*\})[?+]?
    | (?P<optional>\?)[?+]?
    | (?P<branch>\|)
    | (?P<close>\))
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def find_offsets(form: str, text: str) -> Iterator[int]:
    """Yield the offsets at which the unescaped form matches between spaces; they may overlap.

    `text` is padded by a space on both sides. Nothing for an expression that is invalid or could
    cost more than MAX_STEPS (decision 26).
    """
    if SPECIAL.isdisjoint(form):
        return _find_literally(f" {form} ", text)
    expression = _compile(form)
    if expression is None:
        return iter(())
    # A search begins at each space, or anywhere with `|`. Each repeat can end at every place, and
    # each optional part or branch doubles the ways.
    repeats, choices = _count_parts(form) or (0, 0)
    starts = len(text) if "|" in form else text.count(" ")
    if starts * max(len(text), 1) ** repeats * 2 ** min(choices, 64) > MAX_STEPS:
        return iter(())
    return (match.start() for match in expression.finditer(text))


def _find_literally(form: str, text: str) -> Iterator[int]:
    """Yield what the lookahead expression gives for a form without special characters, faster."""
    at = text.find(form)
    while at >= 0:
        yield at
        at = text.find(form, at + 1)


@lru_cache(maxsize=10_000)
def _compile(form: str) -> re.Pattern[str] | None:
    """Return the scorer's expression, or None if it is invalid or unbounded: it never matches.

    Read by the `re` of Python 3.11 and later, where `c++` is valid (before it was not).
    """
    if len(form) > MAX_FORM or _count_parts(form) is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "possible nested set" does not matter here
        try:
            return re.compile(f"(?= {form} )")
        except (re.error, OverflowError, RecursionError):
            return None


@lru_cache(maxsize=10_000)
def _count_parts(form: str) -> tuple[int, int] | None:
    """Count repeats and choices; None where a group is repeated, whose cost has no such bound."""
    repeats = choices = 0
    before = ""
    for piece in _PIECE.finditer(form):
        kind = str(piece.lastgroup)
        if kind == "repeat":
            if before == "close":
                return None
            repeats += 1
        choices += kind in ("optional", "branch")
        before = kind
    return repeats, choices
