"""Aliases of systems whose teams are not named yet: the same on every visit, without a meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import salted_hmac

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"  # no two that look alike, and no words
SHORT, LONG = 4, 12  # letters: 28⁴ names for a board; the few that coincide get longer ones


def make_aliases(entries: Iterable[int]) -> dict[int, str]:
    """Name each entry of a board by a code that only this installation's secret can make.

    It depends only on the entry: a new entry renames no other. Neither the codes nor their order
    tell which entry came first, which is better, or which entries of two boards
    belong to the same team.
    """
    codes = {entry: _make_code(entry, settings.SECRET_KEY) for entry in entries}
    taken = Counter(code[:SHORT] for code in codes.values())
    return {
        entry: f"System {code[:SHORT] if taken[code[:SHORT]] == 1 else code}"
        for entry, code in codes.items()
    }


@lru_cache(maxsize=2**15)  # a board is built again and again
def _make_code(entry: int, secret: str) -> str:
    number = int.from_bytes(salted_hmac("leaderboard.aliases", str(entry), secret=secret).digest())
    letters = []
    for _ in range(LONG):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)
