"""Which test set a file's name says: the language pair, the domain and the mode, in any order.

Domains and modes are words of the slots that the caller asks for: `en-pl.medical.noterm`. A name
such as `sys.noterm.medical.enpl.json` says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from evaluator.formats.pairs_in_names import (
    Pair,
    find_locale_in,
    find_target,
    fits_target,
    list_loose_pairs,
    list_written_pairs,
    read_slot_pair,
)
from evaluator.normalise import primary
from evaluator.types import MODES, Mode

SLOTS_NAMED = 20  # in a message
# A name in a zip may have 64 kB, of pairs and words only.
MAX_NAME = 500  # characters that are looked at
MAX_PAIRS = 5  # places of pairs that are looked at
MAX_WORDS = 20  # places of words
# What can't be the name of a system, even where no slot has this mode.
RESERVED = frozenset(MODES) - {"proper"}
_BEFORE, _AFTER = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"

# Other spellings of the mode without terms: a file of it must never count as one with terms.
_NO_TERMS = "no[-_ ]?term(?:s|inology|inologies)?"
_BETWEEN = re.compile(r"[-_+,=~ ]{1,3}|[-_ ]?[(\[]|[)\]][-_ ]?")
# Chinese by the script that is written there.
_SCRIPTS = {
    **dict.fromkeys(("zh-TW", "zh-HK", "zh-MO"), "zh-Hant"),
    **dict.fromkeys(("zh-CN", "zh-SG"), "zh-Hans"),
}
# What a computer writes in the place of a hyphen.
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212→>", "-"))

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Slot:
    """What a file of hypotheses is for, in a phase."""

    source_language: str
    target_language: str
    domain: str = ""
    mode: Mode = "proper"

    def __str__(self) -> str:
        """`en-fr`, `en-fr.noterm`, `en-pl.medical.noterm`: pair, domain, mode unless proper."""
        pair = f"{self.source_language}-{self.target_language}"
        words = (self.domain, "" if self.mode == "proper" else self.mode)
        return ".".join((pair, *filter(None, words)))


def find_slots(name: str, slots: Sequence[str]) -> tuple[str, ...]:
    """Return the slots that a file's name holds: a single slot if it is clear, none, or several.

    A slot fits if its pair and all of its words stand in the name, and no word of another slot
    and no other known mode does: a file for `en-fr.noterm` is never for `en-fr`. A word is a part
    between dots or stands beside the pair. The file's own name beats its folders', which may add
    words. Other ways to write a pair (`eng-fra`, `en_fr`, `en2fr`, `en-fr-primary`, `enfr`) count
    where exactly one slot fits.
    """
    known = [slot for slot in dict.fromkeys(slots) if slot]
    name = name.translate(_HYPHENS)
    own = _fit(name.rpartition("/")[2][:MAX_NAME], known)
    if len(own) > 1 or "/" not in name:
        return own
    whole = _fit(name[-MAX_NAME:], known)
    if len(whole) == 1 and (not own or _words_of(own[0]) < _words_of(whole[0])):
        return whole
    return own


def find_slot(name: str, slots: Sequence[str], chosen: str | None) -> tuple[str | None, str | None]:
    """Return the slot that a file's name says, and what is wrong with the name.

    A name that says neither a slot nor another pair is for the `chosen` slot, if there is one. A
    language with a country (`pt-BR`) is not another pair where it is the target's.
    """
    named = find_slots(name, slots)
    if len(named) == 1 and chosen in (None, named[0]):
        return named[0], None
    if len(named) == 1:
        return None, (
            f"The file's name says {named[0]}, but {chosen} was chosen for it. "
            f"Choose {named[0]}, or rename the file."
        )
    other, locale = find_pair(name), find_locale_in(name)
    if not named and chosen:
        fits = fits_target(locale, find_target(chosen)) if locale else True
        if _fits_slot(other, chosen) if other else fits:
            return chosen, None
    says = " and ".join(named) or _describe(name, slots) or other or locale or "no language pair"
    if not slots:
        return None, f"The file's name says {says}; no hypotheses are wanted here."
    known = ", ".join(slots[:SLOTS_NAMED]) + (", …" if len(slots) > SLOTS_NAMED else "")
    return None, (
        f"The file's name says {says}; wanted here: {known}. "
        f"Upload the right file, or name it such as output.{slots[0]}.txt."
    )


def find_pair(name: str) -> str | None:
    """Return what looks like a slot in a file's name, such as `en-de` or `en-de.noterm`."""
    own = name.rpartition("/")[2][:MAX_NAME]
    for text, pair in list_written_pairs(own):
        start = own.find(text)
        words = _find_words(own, (start, start + len(text)), RESERVED)
        return ".".join(("-".join(pair), *sorted(words)))
    return None


def may_hold_joined_pair(name: str, slots: Sequence[str]) -> bool:
    """Return whether a name may hold a slot's pair without a sign in between: `enpl`."""
    text = name.lower()
    return any(joined in text for slot in slots for joined in _join_pair(slot))


def _fit(name: str, slots: Sequence[str]) -> tuple[str, ...]:
    """Return the slots that fit a name: by the pair as slots write it, else by other spellings."""
    vocabulary = RESERVED.union(*map(_words_of, slots))
    literal = list(_find_literal_pairs(name, slots, vocabulary))
    fitting = [
        slot
        for pair, span in literal
        for slot in slots
        if slot.partition(".")[0] == pair and _words_of(slot) == _find_words(name, span, vocabulary)
    ]
    if fitting:
        return tuple(dict.fromkeys(fitting))
    others = dict.fromkeys(
        slot
        for span, pairs in islice(_find_other_pairs(name, slots).items(), MAX_PAIRS)
        for slot in slots
        if slot.partition(".")[0] in pairs
        and _words_of(slot) == _find_words(name, span, vocabulary)
    )
    return tuple(others) if len(others) == 1 else ()


def _words_of(slot: str) -> frozenset[str]:
    return frozenset(slot.lower().split(".")[1:])


def _find_literal_pairs(
    name: str, slots: Sequence[str], vocabulary: frozenset[str]
) -> Iterator[tuple[str, Span]]:
    """Yield the pairs of slots that stand in a name as slots write them, each with its place.

    A hyphen may only follow before a known word: `en-zh` does not stand in `en-zh-TW`.
    """
    words = "|".join(map(re.escape, vocabulary))
    after = rf"{_AFTER}(?!-(?!(?:{words}){_AFTER}))"
    spans = [
        (pair, match.span())
        for pair in dict.fromkeys(slot.partition(".")[0] for slot in slots)
        for match in re.finditer(_BEFORE + re.escape(pair) + after, name, re.IGNORECASE)
    ]
    for pair, (start, end) in spans:
        if not any(
            first <= start and end <= last and last - first > end - start
            for _, (first, last) in spans
        ):
            yield pair, (start, end)


def _find_other_pairs(name: str, slots: Sequence[str]) -> dict[Span, list[str]]:
    """Return the places where a name writes pairs of slots in another way, with these pairs."""
    # A slot es-ar shows that es_ar is a pair, not Spanish as written in Argentina.
    written = [
        *list_written_pairs(name, or_locales=True),
        *list_loose_pairs(name, or_locales=True),
    ]
    wanted = {pair: read_slot_pair(pair) for pair in (slot.partition(".")[0] for slot in slots)}
    places: dict[Span, list[str]] = {}
    for text, pair in written:
        start = name.find(text)
        exact = [known for known, languages in wanted.items() if languages == pair]
        alike = [known for known, languages in wanted.items() if _fits(pair, languages)]
        places.setdefault((start, start + len(text)), []).extend(exact or alike)
    for known in wanted:
        for joined in _join_pair(known):
            for match in re.finditer(_BEFORE + joined + _AFTER, name, re.IGNORECASE):
                places.setdefault(match.span(), []).append(known)
    return places


def _join_pair(slot: str) -> tuple[str, ...]:
    """Return a slot's pair without a sign in between, also without scripts and countries."""
    pair = read_slot_pair(slot)
    if pair is None:
        return ()
    whole = "".join(pair).replace("-", "").lower()
    return tuple(dict.fromkeys((whole, "".join(map(primary, pair)))))


def _find_words(name: str, pair: Span, vocabulary: frozenset[str]) -> frozenset[str]:
    """Return the words that a name says about a pair at a place.

    Each is a whole part between dots and slashes, or stands beside the pair or another such word
    with a hyphen or an underscore in between; right after the pair also with a dot.
    """
    longest = sorted(vocabulary, key=len, reverse=True)
    pattern = "|".join(re.escape(word).replace(r"\-", "[-_ ]?") for word in longest)
    places = re.finditer(f"{_BEFORE}(?:{pattern}|{_NO_TERMS}){_AFTER}", name, re.IGNORECASE)
    matches = [
        match
        for match in islice(places, MAX_WORDS)
        if match.end() <= pair[0] or match.start() >= pair[1]
    ]
    known = {_squeeze(word): word for word in vocabulary}
    counted = [pair]
    words: set[str] = set()
    for _ in matches:  # each round may reach a word further away
        for match in matches:
            if match.span() in counted:
                continue
            start, end = match.span()
            is_part = name[:start][-1:] in ("", ".", "/") and name[end:][:1] in ("", ".", "/")
            follows = start == pair[1] + 1 and name[pair[1]] == "."
            if is_part or follows or any(_is_beside(name, match.span(), at) for at in counted):
                counted.append(match.span())
                words.add(known.get(_squeeze(match[0]), "noterm"))
    return frozenset(words)


def _squeeze(word: str) -> str:
    """Return a word in small letters without the signs that people leave out or exchange."""
    return re.sub("[-_ ]", "", word.lower())


def _is_beside(name: str, word: Span, other: Span) -> bool:
    first, second = sorted((word, other))
    return _BETWEEN.fullmatch(name, first[1], second[0]) is not None


def _describe(name: str, slots: Sequence[str]) -> str | None:
    """Return what a name says whose pair is a slot's, while its words are of none."""
    own = name.rpartition("/")[2][:MAX_NAME]
    vocabulary = RESERVED.union(*map(_words_of, slots))
    literal = {span: [pair] for pair, span in _find_literal_pairs(own, slots, vocabulary)}
    for span, pairs in {**literal, **_find_other_pairs(own, slots)}.items():
        for pair in pairs[:1]:
            return ".".join((pair, *sorted(_find_words(own, span, vocabulary))))
    return None


def _fits_slot(text: str, slot: str) -> bool:
    """Return whether a pair is a slot's, perhaps without scripts and regions: `en-zh`."""
    pair = read_slot_pair(text)
    return pair is not None and _fits(pair, read_slot_pair(slot))


def _fits(pair: Pair, slot: Pair | None) -> bool:
    if slot is None or [primary(code) for code in pair] != [primary(code) for code in slot]:
        return False
    return all(
        code in (other, primary(code)) or _SCRIPTS.get(code, code) == _SCRIPTS.get(other, other)
        for code, other in zip(pair, slot, strict=True)
    )
