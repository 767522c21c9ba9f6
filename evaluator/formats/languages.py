"""Language pairs as files and their names say them."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Between anything that is no letter, digit or hyphen: `output.en-fr.txt`, `en-fr_2.sgm`.
_BEFORE = r"(?<![A-Za-z0-9])"
_AFTER = r"(?![A-Za-z0-9-])"
_PAIR = re.compile(rf"(?:^|[./]){_BEFORE}([a-z]{{2}}-[a-z]{{2}}){_AFTER}(?=[./]|$)", re.IGNORECASE)


def target_of(slot: str) -> str:
    """Return the target language of a slot such as `en-fr` or `en-zh-CN.noterm`."""
    return slot.partition(".")[0].partition("-")[2]


def contradicts(found: str, expected: str) -> bool:
    """Whether a language code in a file is another language than the expected one.

    Regions and scripts don't count (`zh-CN` is `zh`), nor what is no two-letter code: `any`,
    nothing, or the name of a language say nothing against it.
    """
    here, there = (re.split("[-_]", code.strip().lower())[0] for code in (found, expected))
    return len(here) == len(there) == 2 and here.isascii() and here != there


def slots_in(name: str, slots: Sequence[str]) -> tuple[str, ...]:
    """Return the slots that a file's name holds: one if it is clear, none, or several.

    A longer one beats those it contains (`en-fr.noterm` beats `en-fr`); the file's own name
    beats its folders'.
    """
    for text in (name.rpartition("/")[2], name):
        held = [s for s in dict.fromkeys(slots) if s and _pattern(s).search(text)]
        longest = [s for s in held if not any(s != other and s in other for other in held)]
        if longest:
            return tuple(longest)
    return ()


def pair_in(name: str) -> str | None:
    """Return what looks like a language pair in a file's name, such as `en-de`."""
    found = _PAIR.search(name.rpartition("/")[2])
    return found[1] if found else None


def _pattern(slot: str) -> re.Pattern[str]:
    return re.compile(_BEFORE + re.escape(slot) + _AFTER, re.IGNORECASE)
