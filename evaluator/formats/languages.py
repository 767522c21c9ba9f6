"""Language pairs as files and their names say them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evaluator.normalise import are_different

SLOTS_NAMED = 20  # in a message
MAX_CODE = 50  # characters of a file's language code that are looked at

# Between anything that is no letter, digit or hyphen: `output.en-fr.txt`, `en-fr_2.sgm`.
_BEFORE = r"(?<![A-Za-z0-9])"
_AFTER = r"(?![A-Za-z0-9-])"
_MODE = r"\.(?:noterm|random)(?![A-Za-z0-9-])"
_PAIR = re.compile(rf"(?:^|[./])([a-z]{{2}}-[a-z]{{2}})({_MODE})?(?=[./]|$)", re.IGNORECASE)


def target_of(slot: str) -> str:
    """Return the target language of a slot such as `en-fr` or `en-zh-CN.noterm`."""
    return slot.partition(".")[0].partition("-")[2]


def contradicts(found: str, expected: str) -> bool:
    """Whether a language code in a file is another language than the expected one.

    Regions and scripts don't count (`zh-CN` is `zh`), nor what is no code of a known language:
    `any`, nothing, or the name of a language say nothing against it.
    """
    return are_different(found[:MAX_CODE], expected)


def slots_in(name: str, slots: Sequence[str]) -> tuple[str, ...]:
    """Return the slots that a file's name holds: one if it is clear, none, or several.

    A longer one beats those it contains (`en-fr.noterm` beats `en-fr`, and is not for it where
    it isn't wanted itself); the file's own name beats its folders'.
    """
    for text in (name.rpartition("/")[2], name):
        held = [s for s in dict.fromkeys(slots) if s and _pattern(s).search(text)]
        longest = [s for s in held if not any(s != other and s in other for other in held)]
        if longest:
            return tuple(longest)
    return ()


def slot_of(name: str, slots: Sequence[str], chosen: str | None) -> tuple[str | None, str | None]:
    """Return the slot that a file's name says, and what is wrong with the name.

    A name that says no slot and no other pair is for `chosen`, where one was.
    """
    found = slots_in(name, slots)
    if len(found) == 1 and chosen in (None, found[0]):
        return found[0], None
    if len(found) == 1:
        return None, (
            f"The file's name says {found[0]}, but {chosen} was chosen for it. "
            f"Choose {found[0]}, or rename the file."
        )
    other = pair_in(name)
    if not found and chosen and (other is None or _may_be(other, chosen)):
        return chosen, None
    says = " and ".join(found) or other or "no language pair"
    if not slots:
        return None, f"The file's name says {says}; no hypotheses are wanted here."
    return None, (
        f"The file's name says {says}; wanted here: {_named(slots)}. "
        f"Upload the right file, or name it such as output.{slots[0]}.txt."
    )


def _named(slots: Sequence[str]) -> str:
    return ", ".join(slots[:SLOTS_NAMED]) + (", …" if len(slots) > SLOTS_NAMED else "")


def pair_in(name: str) -> str | None:
    """Return what looks like a slot in a file's name, such as `en-de` or `en-de.noterm`."""
    for found in _PAIR.finditer(name.rpartition("/")[2].lower()):
        if are_different(*found[1].split("-")):
            return found[1] + (found[2] or "")
    return None


def _may_be(pair: str, slot: str) -> bool:
    """Whether two languages without scripts and regions are a slot's: `en-zh` of `en-zh-Hans`."""
    source, target = _pair_of(pair).split("-")
    first, *others = _pair_of(slot).split("-")
    return source == first and target in others


def _pair_of(slot: str) -> str:
    return slot.partition(".")[0].lower()


def _pattern(slot: str) -> re.Pattern[str]:
    no_mode = "" if "." in slot else f"(?!{_MODE})"
    return re.compile(_BEFORE + re.escape(slot) + _AFTER + no_mode, re.IGNORECASE)
