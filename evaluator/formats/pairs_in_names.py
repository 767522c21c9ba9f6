"""Language pairs in the names of files, and languages in their beginnings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from evaluator.normalise import (
    are_different,
    find_locale,
    find_tag,
    is_ambiguous,
    is_odd_country,
    is_single,
    is_widely_used,
    primary,
    read_pair,
)

SLOTS_NAMED = 20  # in a message
MAX_CODE = 50  # characters of a language code
MAX_PARTS = 12  # of a name between dots: hyphens and underscores cut it into so many

Pair = tuple[str, str]

# What a name without any pair of languages lacks: a sign between two letters, other than a dot.
MAY_HOLD_PAIR = re.compile(r"[^\W\d_](?:(?![./])[\W\d_])+[^\W\d_]")
# Between anything that is no letter, digit or hyphen: `output.en-fr.txt`, `en-fr_2.sgm`.
_BEFORE = r"(?<![A-Za-z0-9])"
_AFTER = r"(?![A-Za-z0-9-])"
_MODE = r"[._-](?P<mode>noterm|random)(?![A-Za-z0-9-])"
_NO_MODE = r"(?![._-](?:noterm|random)(?![A-Za-z0-9-]))"


def find_target(slot: str) -> str:
    """Return the target language of a slot such as `en-fr`, `zh-TW-en` or `en-zh-CN.noterm`."""
    pair = read_slot_pair(slot)
    return pair[1] if pair else slot.partition(".")[0].partition("-")[2]


def find_slots(name: str, slots: Sequence[str]) -> tuple[str, ...]:
    """Return the slots that a file's name holds: a single slot if it is clear, none, or several.

    A longer slot beats the slots that it contains: `en-fr.noterm` beats `en-fr`, and a file of
    that name is never for `en-fr`. The file's own name beats its folders'. Other ways to write a
    pair (`eng-fra`, `en_fr`, `en2fr`, `en-fr-primary`) count where exactly one slot fits.
    """
    known = [slot for slot in dict.fromkeys(slots) if slot]
    for text in (name.rpartition("/")[2], name):
        held = [slot for slot in known if _build_pattern(slot).search(text)]
        longest = [s for s in held if not any(s != other and s in other for other in held)]
        if longest:
            return tuple(longest)
    return _find_other_spellings(name.rpartition("/")[2], known)


def _find_other_spellings(name: str, slots: Sequence[str]) -> tuple[str, ...]:
    """Return the slot whose pair a name writes in another way, if exactly one fits."""
    # A slot es-ar shows that es_ar is a pair, not Spanish as written in Argentina.
    pairs = [*find_pairs(name, or_locales=True), *find_loose_pairs(name, or_locales=True)]
    match = re.search(_MODE, name, re.IGNORECASE)
    mode = match["mode"].lower() if match else ""
    fitting = [s for s in slots if read_slot_pair(s) in pairs and s.partition(".")[2] == mode]
    return tuple(fitting) if len(fitting) == 1 else ()


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
    says = " and ".join(named) or other or locale or "no language pair"
    if not slots:
        return None, f"The file's name says {says}; no hypotheses are wanted here."
    known = ", ".join(slots[:SLOTS_NAMED]) + (", …" if len(slots) > SLOTS_NAMED else "")
    return None, (
        f"The file's name says {says}; wanted here: {known}. "
        f"Upload the right file, or name it such as output.{slots[0]}.txt."
    )


def find_pair(name: str) -> str | None:
    """Return what looks like a slot in a file's name, such as `en-de` or `en-de.noterm`."""
    own = name.rpartition("/")[2]
    for text, pair in _written_pairs(own):
        mode = re.search(re.escape(text) + _MODE, own, re.IGNORECASE)
        return "-".join(pair) + (f".{mode['mode'].lower()}" if mode else "")
    return None


def find_locale_in(name: str) -> str | None:
    """Return the language with a country that looks like a pair in a file's name: `pt-BR`.

    `pt-br` may also be Portuguese and Breton: only a slot or a pair elsewhere can tell.
    """
    for part in name.rpartition("/")[2].split("."):
        locale = find_locale(part)
        if locale is not None and read_pair(part):
            return locale
    return None


def fits_target(locale: str, target: str) -> bool:
    """Return whether a language with a country is the target, or the target plus a country."""
    return locale == target or (primary(locale) == primary(target) and "-" not in target)


def find_pairs(name: str, *, or_locales: bool = False) -> list[Pair]:
    """Return the language pairs that stand between dots in a file's name: `test.en-fr.tsv`.

    What is or may be a language with a country (`pt-BR`, `pt-br`) counts only with `or_locales`.
    """
    own = name.rpartition("/")[2]
    return [pair for _, pair in _written_pairs(own, or_locales=or_locales)]


def find_unclear_pairs(name: str) -> list[Pair]:
    """Return the pairs between dots that may also be a language with a country: `pt-br`."""
    parts = name.rpartition("/")[2].split(".")
    return [pair for part in parts if is_ambiguous(part) for pair in read_pair(part)]


def find_loose_pairs(name: str, *, or_locales: bool = False) -> list[Pair]:
    """Return possible pairs within longer parts of a name: `ours_en-fr`, `en-fr-primary`."""
    pairs: dict[Pair, None] = {}
    for part in name.rpartition("/")[2].split("."):
        cuts = [place.start() for place in re.finditer("[-_]", part)][: MAX_PARTS - 1]
        starts, ends = [0, *(cut + 1 for cut in cuts)], [*cuts, len(part)]
        texts = [part[start:end] for start in starts for end in ends if start < end]
        readings = {
            text: pair for text in texts if (pair := _natural_pair(text, or_locales)) is not None
        }
        # The longest reading: zh-TW-en beats tw-en, which stands in it.
        for text, pair in readings.items():
            if not any(text != other and text in other for other in readings):
                pairs.setdefault(pair)
    return list(pairs)


def find_language(name: str) -> str | None:
    """Return the only language that stands between dots in a file's name: `dev.en.sgm`."""
    parts = name.rpartition("/")[2].split(".")[1:]
    short = [part for part in parts if re.match("[A-Za-z]{2}(?![A-Za-z])", part)]
    codes = {find_tag(part) for part in short if is_single(part)}
    return codes.pop() if len(codes) == 1 else None


def read_languages(head: str) -> tuple[str | None, str | None]:
    """Return source and target language as the beginning of a test set names them, or None.

    SGML names them in `srclang` and `trglang`, XML in the `lang` of `<src>` and `<ref>`, TICO-19's
    tables in the columns `sourceLang` and `targetLang`.
    """
    source, target = (
        next((match[1] for pattern in patterns if (match := pattern.search(head))), "")
        for patterns in (_SOURCE_SAID, _TARGET_SAID)
    )
    header, _, rest = head.partition("\n")
    if "\t" in header:
        names = [name.strip().lower() for name in header.split("\t")]
        row = dict(zip(names, rest.partition("\n")[0].split("\t"), strict=False))
        source, target = (row.get(name, "").strip() for name in ("sourcelang", "targetlang"))
    return _find_widely_used(source), _find_widely_used(target)


def _find_widely_used(code: str) -> str | None:
    return find_tag(code) if is_widely_used(code) else None


def _compile(*tags: str, attribute: str) -> re.Pattern[str]:
    tag = rf"<(?:{'|'.join(tags)})(?=\s)[^<>]{{0,1000}}?"
    return re.compile(rf"""{tag}\s{attribute}\s*=\s*["']([^"'<>]{{1,{MAX_CODE}}})["']""", re.I)


_SETS = ("srcset", "refset", "tstset")
_SOURCE_SAID = (
    _compile(*_SETS, attribute="srclang"),
    _compile("src", attribute="lang"),
)
_TARGET_SAID = (
    _compile(*_SETS, attribute="trglang"),
    _compile("ref", "hyp", attribute="lang"),
)


def _written_pairs(name: str, *, or_locales: bool = False) -> Iterator[tuple[str, Pair]]:
    for part in name.split("."):
        pair = _natural_pair(part, or_locales)
        if pair is not None:
            yield part, pair


@lru_cache(maxsize=4096)
def _natural_pair(text: str, or_locales: bool) -> Pair | None:
    """Return the pair that a text is, if both languages are widely used and written alike.

    A country counts where its language is official: `my-en-fr` is not Burmese and English. Two
    letters do not go with three that have two themselves: `mt-run` is not Maltese and Rundi.
    """
    readings = read_pair(text) if or_locales or find_locale(text) is None else []
    if len(readings) != 1 or not are_different(*readings[0]):
        return None
    if any(map(is_odd_country, readings[0])):
        return None
    words = re.split(r"[-_]|(?<=[a-z])2(?=[a-z])", text.lower())
    codes = [
        next((word for word in words if primary(word) == primary(language)), "")
        for language in readings[0]
    ]
    if not all(map(is_widely_used, codes)):
        return None
    lengths = {len(code) for code in codes if len(primary(code)) == 2}
    return readings[0] if len(lengths) == 1 else None


def _fits_slot(pair: str, slot: str) -> bool:
    """Return whether a pair is a slot's, perhaps without scripts and regions: `en-zh`."""
    first, second = read_slot_pair(pair), read_slot_pair(slot)
    if first is None or second is None:
        return False
    return [primary(code) for code in first] == [primary(code) for code in second] and all(
        code == other or code == primary(code) for code, other in zip(first, second, strict=True)
    )


@lru_cache(maxsize=1024)
def read_slot_pair(slot: str) -> Pair | None:
    readings = read_pair(slot.partition(".")[0])
    return readings[0] if len(readings) == 1 else None


def _build_pattern(slot: str) -> re.Pattern[str]:
    pair, _, mode = slot.partition(".")
    end = rf"[._-]{mode}" if mode else ""
    after = _AFTER + ("" if mode else _NO_MODE)
    return re.compile(_BEFORE + re.escape(pair) + end + after, re.IGNORECASE)
