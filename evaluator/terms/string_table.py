"""Strings that are looked for at many places of a text, thousands of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Generic, TypeVar

HEAD = 4  # characters by which strings are looked up first
FEW = 40  # strings that are looked for each by itself: faster than from every place

Item = TypeVar("Item")


class StringTable(Generic[Item]):
    """Items by their strings; the time of a search does not depend on how many there are."""

    def __init__(self, items: Iterable[tuple[str, Item]] = ()) -> None:
        self.first = ""  # characters with which a string begins, in order
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
        if string[0] not in self.first:
            self.first = "".join(sorted(self.first + string[0]))
        self._items.setdefault(string, []).append(item)
        self._lengths.add(len(string))
        self._head_lengths.add(len(head))
        self._lengths_by_head.setdefault(head, set()).add(len(string))

    def occurs_in(self, text: str) -> bool:
        """Return whether any string is in a text; True if it would take long to tell."""
        return len(self._items) > FEW or any(map(text.__contains__, self._items))

    def find(self, text: str, starts: str = "") -> Iterator[tuple[Item, int, int]]:
        """Yield the items whose strings are in a text, with each place, overlapping too.

        `starts` may say what has to stand before a string, as a regular expression; of few strings
        all places are yielded.
        """
        if len(self._items) > FEW:
            for match in find_any(self.first, starts).finditer(text):
                start = match.start()
                for item, end in self.find_at(text, start):
                    yield item, start, end
            return
        for string, items in self._items.items():
            start = text.find(string)
            while start >= 0:
                for item in items:
                    yield item, start, start + len(string)
                start = text.find(string, start + 1)

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


@lru_cache(maxsize=256)
def find_any(characters: str, before: str) -> re.Pattern[str]:
    """Return an expression for any of some characters after something."""
    return re.compile(f"{before}[{re.escape(characters)}]")
