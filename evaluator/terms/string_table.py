"""Strings that are looked for at many places of a text, thousands of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

HEAD = 4  # characters by which strings are looked up first
FEW = 40  # strings that are looked for each by itself: faster than from every place
WORDS = re.compile(r"\w+")

Item = TypeVar("Item")


class StringTable(Generic[Item]):
    """Items by their strings; the time of a search does not depend on how many there are."""

    def __init__(self, items: Iterable[tuple[str, Item]] = ()) -> None:
        self._first = ""  # characters with which a string begins, in order
        self._first_words: set[str] = set()  # of strings that begin with a word
        self._signs = ""  # first characters of all other strings
        self._items: dict[str, list[Item]] = {}
        self._lengths: set[int] = set()
        self._head_lengths: set[int] = set()
        self._lengths_by_head: dict[str, set[int]] = {}
        for string, item in items:
            self.add(string, item)

    def __bool__(self) -> bool:
        return bool(self._items)

    def add(self, string: str, item: Item) -> None:
        """Add an item under a string, which is not empty."""
        head = string[:HEAD]
        self._first = _include(self._first, string[0])
        if word := WORDS.match(string):
            self._first_words.add(word[0])
        else:
            self._signs = _include(self._signs, string[0])
        self._items.setdefault(string, []).append(item)
        self._lengths.add(len(string))
        self._head_lengths.add(len(head))
        self._lengths_by_head.setdefault(head, set()).add(len(string))

    def find(self, text: str, starts: str = "") -> Iterator[tuple[Item, int, int]]:
        """Yield the items whose strings are in a text, with each place, overlapping too.

        `starts` may say what has to stand before a string, as a regular expression; of few strings
        all places are yielded.
        """
        if len(self._items) > FEW:
            places = find_any(self._first, starts).finditer(text)
            yield from self._find_at_all(text, (place.start() for place in places))
            return
        for string, items in self._items.items():
            start = text.find(string)
            while start >= 0:
                for item in items:
                    yield item, start, start + len(string)
                start = text.find(string, start + 1)

    def find_whole(self, text: str) -> Iterator[tuple[Item, int, int]]:
        """Yield as `find` does; only places count that no word reaches into, at either end.

        Other places may be yielded or not.
        """
        if len(self._items) <= FEW:
            yield from self.find(text)
            return
        if not self._first_words.isdisjoint(WORDS.findall(text)):
            words = WORDS.finditer(text)
            starts = (word.start() for word in words if word[0] in self._first_words)
            yield from self._find_at_all(text, starts)
        if self._signs:
            signs = find_any(self._signs, "").finditer(text)
            yield from self._find_at_all(text, (sign.start() for sign in signs))

    def _find_at_all(self, text: str, starts: Iterable[int]) -> Iterator[tuple[Item, int, int]]:
        for start in starts:
            for item, end in self.find_at(text, start):
                yield item, start, end

    def list_starts(self, text: str) -> Sequence[int]:
        """Return where a string stands in a text, in order; all places if that is sooner said."""
        if len(self._items) > FEW:
            return range(len(text))
        return sorted({start for _, start, _ in self.find(text)})

    def find_at(self, text: str, start: int) -> Iterator[tuple[Item, int]]:
        """Yield the items whose strings stand at a place, with where each string ends."""
        for head in self._head_lengths:
            for length in self._lengths_by_head.get(text[start : start + head], ()):
                if length <= len(text) - start:
                    for item in self._items.get(text[start : start + length], ()):
                        yield item, start + length

    def find_ending(self, text: str) -> Iterator[tuple[Item, int]]:
        """Yield the items with whose strings a text ends, with where each string starts."""
        for length in self._lengths:
            if length <= len(text):
                for item in self._items.get(text[-length:], ()):
                    yield item, len(text) - length

    def list_holders(self, texts: Sequence[str], after: str = "") -> Iterable[int]:
        """Return the indexes of texts that hold a string; all if it would take long to tell.

        The texts have no line break. A string is followed by `after`: `"\\n"` is a text's end.
        """
        if len(self._items) > FEW:
            return range(len(texts))
        joined = "\n".join([*texts, ""])
        holders: set[int] = set()
        for string in self._items:
            start, holder, wanted = 0, 0, string + after
            while (place := joined.find(wanted, start)) >= 0:
                holder += joined.count("\n", start, place)
                holders.add(holder)
                start = joined.index("\n", place)
        return holders


def _include(characters: str, character: str) -> str:
    """Return some characters and another, each once, in order."""
    return "".join(sorted({*characters, character}))


@lru_cache(maxsize=256)
def find_any(characters: str, before: str) -> re.Pattern[str]:
    """Return an expression for any of some characters after something."""
    return re.compile(f"{before}[{re.escape(characters)}]")
