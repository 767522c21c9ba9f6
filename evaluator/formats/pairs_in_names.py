"""Language pairs in the names of files, and languages in their beginnings."""

from __future__ import annotations

import re
from collections.abc import Iterator
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

MAX_CODE = 50  # characters of a language code
MAX_PARTS = 12  # of a name between dots: hyphens and underscores cut it into so many

Pair = tuple[str, str]

# What a name without any pair of languages lacks: a sign between two letters, other than a dot.
MAY_HOLD_PAIR = re.compile(r"[^\W\d_](?:(?![./])[\W\d_])+[^\W\d_]")


def find_target(slot: str) -> str:
    """Return the target language of a slot such as `en-fr`, `zh-TW-en` or `en-zh-CN.noterm`."""
    pair = read_slot_pair(slot)
    return pair[1] if pair else slot.partition(".")[0].partition("-")[2]


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
    return [pair for _, pair in list_written_pairs(own, or_locales=or_locales)]


def find_unclear_pairs(name: str) -> list[Pair]:
    """Return the pairs between dots that may also be a language with a country: `pt-br`."""
    parts = name.rpartition("/")[2].split(".")
    return [pair for part in parts if is_ambiguous(part) for pair in read_pair(part)]


def find_loose_pairs(name: str, *, or_locales: bool = False) -> list[Pair]:
    """Return possible pairs within longer parts of a name: `ours_en-fr`, `en-fr-primary`."""
    return list(dict.fromkeys(pair for _, pair in list_loose_pairs(name, or_locales=or_locales)))


def list_loose_pairs(name: str, *, or_locales: bool = False) -> Iterator[tuple[str, Pair]]:
    """Yield possible pairs within longer parts of a name, each as it is written."""
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
                yield text, pair


def find_joined_pairs(name: str) -> list[Pair]:
    """Return pairs without a sign in between, as WMT writes them: `full_data.ende.jsonl`.

    A name's first part may be such a word (`test`: Telugu and Sotho), and does not count.
    """
    pairs: list[Pair] = []
    for part in name.rpartition("/")[2].split(".")[1:]:
        half = len(part) // 2
        if len(part) not in (4, 6) or not part.isascii() or not part.isalpha():
            continue
        pair = _natural_pair(f"{part[:half]}-{part[half:]}".lower(), True)
        if pair is not None:
            pairs.append(pair)
    return pairs


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


def list_written_pairs(name: str, *, or_locales: bool = False) -> Iterator[tuple[str, Pair]]:
    """Yield the pairs between dots in a name, each as it is written."""
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


@lru_cache(maxsize=1024)
def read_slot_pair(slot: str) -> Pair | None:
    """Return the languages of a slot such as `en-pl.medical.noterm`, None if they are unclear."""
    readings = read_pair(slot.partition(".")[0])
    return readings[0] if len(readings) == 1 else None
