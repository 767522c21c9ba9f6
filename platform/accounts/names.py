"""Names of people and teams in any script: checked, compared, put into addresses."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable
from functools import lru_cache

from confusable_homoglyphs import categories, confusables
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from django.utils.text import slugify

SLUG_LENGTH = 80  # characters; the column has room for a number after them
RESERVED_SLUGS = {"found"}  # the address of the page on which teams are created
# Kinds of invisible characters: controls, marks of direction, private and unknown letters.
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Letters and marks that are invisible too: fillers, the braille blank, selectors of variants.
BLANKS = {
    chr(code)
    for code in [
        0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0,
        *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0),
    ]
}  # fmt: skip
JOINERS = {"\u200c", "\u200d"}  # Persian and the scripts of India spell with them
EMOJI_VARIANT = "\ufe0f"  # it may follow a symbol
MAX_MARKS = 4  # on a letter; more overflow the line
# Scripts that a word may mix, as Unicode's security report (UTS 39) has it.
MIXTURES = [
    {"LATIN", "HAN", "HIRAGANA", "KATAKANA"},
    {"LATIN", "HAN", "BOPOMOFO"},
    {"LATIN", "HAN", "HANGUL"},
]
OF_NO_SCRIPT = {"COMMON", "INHERITED", "Unknown"}
UNJOINED = {"LATIN", "GREEK", "CYRILLIC", "HAN", "HANGUL", "HIRAGANA", "KATAKANA", *OF_NO_SCRIPT}
TYPE_IT = "Type the name again instead of pasting it."
VISIBLE = "LNPS"  # the kinds of visible characters: letters, numbers, punctuation, symbols


def tidy(name: str) -> str:
    """Return a name in composed letters and with single spaces, so that spellings compare."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def check_name(name: str) -> None:
    """Refuse a name that can deceive a reader; raises ValidationError.

    This is the rule for the names of people, teams and systems. It forbids invisible characters,
    characters that turn the direction of a line, and words with look-alike letters of two scripts.
    """
    if not any(unicodedata.category(letter)[0] in VISIBLE for letter in name):
        raise ValidationError("This name cannot be seen. Use letters or digits.")
    for index, letter in enumerate(name):
        if _is_hidden(name, index):
            raise ValidationError(
                f"There is an invisible character (U+{ord(letter):04X}) in this name. {TYPE_IT}"
            )
    if _count_marks(name) > MAX_MARKS:
        raise ValidationError(f"A letter of this name has too many marks on it. {TYPE_IT}")
    for word in re.findall(r"[^\W_]+", name):
        if letter := _find_impostor(word):
            raise ValidationError(
                f"In “{word}”, “{letter}” (U+{ord(letter):04X}) looks like a letter of another "
                "script. Write each word in one script."
            )


def is_like_any(name: str, others: Iterable[str]) -> bool:
    """Return whether a reader could mistake the name for one of the others."""
    return make_key(name) in map(make_key, others)


def make_key(name: str) -> str:
    """Return a key that is equal for names that look alike."""
    seen = "".join(
        letter
        for letter in unicodedata.normalize("NFKC", tidy(name))
        if unicodedata.category(letter) not in INVISIBLE and letter not in BLANKS
    )
    return "".join(map(_in_latin, tidy(seen).casefold()))


def _count_marks(name: str) -> int:
    """Return the length of the longest run of combining marks."""
    runs = itertools.groupby(name, key=lambda letter: unicodedata.combining(letter) > 0)
    return max((len(list(run)) for is_mark, run in runs if is_mark), default=0)


def _is_hidden(name: str, index: int) -> bool:
    letter, before, after = name[index], name[index - 1 : index], name[index + 1 : index + 2]
    if letter in JOINERS and before and after:
        return bool({categories.alias(before), categories.alias(after)} & UNJOINED)
    if letter == EMOJI_VARIANT and before:
        return unicodedata.category(before) != "So"
    return unicodedata.category(letter) in INVISIBLE or letter in BLANKS


def _find_impostor(word: str) -> str:
    """Return a letter of a word that looks like a letter of another script in it, or "".

    Letters of the word's rarest script come first: the writer did not mean those.
    """
    scripts = {categories.alias(letter) for letter in word} - OF_NO_SCRIPT
    if len(scripts) < 2 or any(scripts <= mixture for mixture in MIXTURES):
        return ""
    letters = Counter(map(categories.alias, word))
    for letter in sorted(word, key=lambda letter: letters[categories.alias(letter)]):
        others = [script for script in scripts if script != categories.alias(letter)]
        if confusables.is_confusable(letter, preferred_aliases=others):
            return letter
    return ""


@lru_cache(maxsize=4096)
def _in_latin(letter: str) -> str:
    """Return the Latin letter that a small letter, or its capital, looks like; else the letter."""
    if not letter.isalpha() or categories.alias(letter) == "LATIN":
        return letter
    lookalikes = confusables.is_confusable(letter + letter.upper(), True, ["latin"]) or []
    glyphs = [glyph["c"] for alike in lookalikes for glyph in alike["homoglyphs"]]
    plain = sorted((glyph for glyph in glyphs if glyph.isascii()), key=str.islower)
    return next((glyph.casefold() for glyph in plain), letter)  # those of the capital first


def make_slug(name: str, taken: Container[str]) -> str:
    """Return the name's part of an address, in its own script, that is not taken yet."""
    base = slugify(tidy(name), allow_unicode=True)[:SLUG_LENGTH].strip("-_") or "team"
    numbered = itertools.chain([base], (f"{base}-{number}" for number in itertools.count(2)))
    return next(slug for slug in numbered if slug not in taken and slug not in RESERVED_SLUGS)


MAX_USERNAME = 40  # characters
# No @: a user name must not look like an email address, which can be used to sign in, too.
USERNAME_VALIDATORS = [
    RegexValidator(r"\A[\w.+-]+\Z", "Use only letters, digits and . + - _"),
    MaxLengthValidator(MAX_USERNAME, f"A user name has at most {MAX_USERNAME} characters."),
    check_name,
]
