"""Names of people and teams in any script: how they are written, compared, put into addresses."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Container

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from django.utils.text import slugify

MAX_USERNAME = 40  # characters
# No @: nobody's user name looks like somebody else's address, which signs in as well.
USERNAME_VALIDATORS = [
    RegexValidator(r"\A[\w.+-]+\Z", "A user name has letters, digits and . + - _ alone."),
    MaxLengthValidator(MAX_USERNAME, f"A user name has at most {MAX_USERNAME} characters."),
]

SLUG_LENGTH = 80  # characters; the column has room for a number behind them
RESERVED_SLUGS = {"found"}  # reads like the page on which a team is founded
# Change the direction of what stands around them: a board's row would read backwards.
DIRECTIONS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
VISIBLE = "LNPS"  # the kinds of letters that leave ink: letters, numbers, punctuation, symbols


def tidy(name: str) -> str:
    """Return a name in composed letters and with single spaces; two spellings become one."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def check_visible(name: str) -> None:
    """Refuse what nobody can see, a whole name or letters in it; raises ValidationError."""
    hidden = [letter for letter in name if unicodedata.category(letter) == "Cc"]
    hidden += [letter for letter in name if letter in DIRECTIONS]
    if hidden:
        raise ValidationError(
            f"There is an invisible character (U+{ord(hidden[0]):04X}) in this name. "
            "Type the name anew instead of pasting it."
        )
    if not any(unicodedata.category(letter)[0] in VISIBLE for letter in name):
        raise ValidationError("Nobody could see this name. Give one with letters or digits.")


def key(name: str) -> str:
    """Return what two names have in common that a reader takes for one."""
    seen = "".join(letter for letter in tidy(name) if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", tidy(seen)).casefold()


def slug(name: str, taken: Container[str]) -> str:
    """Return the name's part of an address, in its own script, that is not taken yet."""
    base = slugify(tidy(name), allow_unicode=True)[:SLUG_LENGTH].strip("-_") or "team"
    numbered = itertools.chain([base], (f"{base}-{number}" for number in itertools.count(2)))
    return next(slug for slug in numbered if slug not in taken and slug not in RESERVED_SLUGS)
