"""Strings that are looked for at many places of a text, thousands of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

HEAD = 4  # characters by which strings are looked up first

Item = TypeVar("Item")


class StringTable(Generic[Item]):
    """Items by their strings; the time of a search does not depend on how many there are."""

    def __init__(self, items: Iterable[tuple[str, Item]] = ()) -> None:
        self.first: set[str] = set()  # characters with which a string begins
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
        self.first.add(string[0])
        self._items.setdefault(string, []).append(item)
        self._lengths.add(len(string))
        self._head_lengths.add(len(head))
        self._lengths_by_head.setdefault(head, set()).add(len(string))

    def find_at(self, text: str, start: int) -> Iterator[tuple[Item, int]]:
        """Yield the items whose strings stand at a place, with where each string ends."""
        room = len(text) - start
        for head in self._head_lengths:
            if head > room:
                continue
            for length in self._lengths_by_head.get(text[start : start + head], ()):
                if length <= room:
                    for item in self._items.get(text[start : start + length], ()):
                        yield item, start + length

    def find_ending(self, text: str) -> Iterator[tuple[Item, int]]:
        """Yield the items with whose strings a text ends, with where each string starts."""
        for length in self._lengths:
            if length <= len(text):
                for item in self._items.get(text[-length:], ()):
                    yield item, len(text) - length
