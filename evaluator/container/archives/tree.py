"""The paths of an image after all its layers are applied, in bounded memory.

The engine unpacks each layer into a folder of its own and lays these over each other (overlay2).
So a hard link needs its target in its own layer, and the highest layer decides what a path is.
A path takes 16 bytes here, whatever its length: its hash and its kind. Targets of symbolic links
are kept as text up to a limit.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

Parts = Sequence[bytes]  # of a path from the image's root: b"usr", b"bin"

MAX_LINK_BYTES = 16 * 1024 * 1024  # of all symbolic links; a large Python environment has 2 MB
# Looking a path up takes about 1 µs a step: 20 s for all steps of an image. An image of a million
# files without entries for their folders takes less than half of them.
MAX_STEPS = 20_000_000
MAX_STEPS_OF_A_PATH = 50_000  # an ordinary path takes fewer than 50
NAMES_PER_STEP = 64  # of a path; joining them takes about the time of a step
BYTES_PER_STEP = 16  # of a link's target, which is taken apart
FIRST_SLOTS = 1024  # a power of two
# A path as a number: its kind, its layer, the lowest layer that shines through it, its flags, and
# the place where the target of a link is kept.
LAYER_AT, FLOOR_AT, FLAGS_AT, LINK_AT = 3, 10, 17, 24
SEVEN_BITS = 0x7F
NOT_KEPT = 0  # instead of the place of a target


class FileKind(IntEnum):
    """The kind of a path."""

    MISSING = 0
    FOLDER = 1
    FILE = 2
    LINK = 3  # a symbolic link
    OTHER = 4  # a device or a pipe
    REMOVED = 5  # by a whiteout


KINDS: Final = tuple(FileKind)  # quicker to look up than an enumeration
EXPLICIT: Final = 1  # the layer has an entry of its own for it
CRLF_SCRIPT: Final = 2  # its first line is #!… and ends with CR LF
OVER_64_KB: Final = 4
OVER_1_MB: Final = 8


class TooManyStepsError(Exception):
    """The paths of an image lead through more links and folders than we follow."""


@dataclass(frozen=True, slots=True)
class PathNode:
    """A path's kind, and the layers that it comes from."""

    kind: FileKind
    layer: int = 0
    floor: int = 0  # what lower layers have below the path is hidden
    flags: int = 0
    link: int = NOT_KEPT


NOTHING = PathNode(FileKind.MISSING)


class Tree:
    """The paths of all layers so far; `layer` is the number of the layer being read."""

    def __init__(self) -> None:
        self.layer = 0
        self.steps = 0  # from name to name, of all paths so far
        self._table = _HashTable()
        self._targets = bytearray(b"\0")

    def at(self, path: Parts) -> PathNode:
        """Return a path as the layers so far make it; links are not followed."""
        floor = 0
        node = NOTHING
        for end in range(1, len(path) + 1):
            node = _node(self._table.get(_key(path[:end])))
            if node.kind in (FileKind.MISSING, FileKind.REMOVED) or node.layer < floor:
                return NOTHING
            if node.kind is not FileKind.FOLDER:
                return node if end == len(path) else NOTHING
            floor = max(floor, node.floor)
        return node if path else PathNode(FileKind.FOLDER)

    def here(self, path: Parts) -> PathNode:
        """Return a path as the layer being read has it, without the layers below."""
        if not path:
            return PathNode(FileKind.FOLDER, self.layer)
        node = _node(self._table.get(_key(path)))
        return node if node.layer == self.layer else NOTHING

    def put(self, path: Parts, kind: FileKind, *, flags: int = 0, link: int = NOT_KEPT) -> None:
        """Note a path of this layer; the caller notes its folders."""
        key = _key(path)
        old = _node(self._table.get(key))
        floor = old.floor
        if old.kind not in (FileKind.MISSING, FileKind.FOLDER) and old.layer < self.layer:
            floor = max(floor, old.layer)  # a file of a lower layer ends what is below it
        self._table.set(key, _number(kind, self.layer, floor, flags, link))

    def hide_below(self, path: Parts) -> None:
        """Note that nothing of lower layers shines through a folder of this layer."""
        key = _key(path)
        node = _node(self._table.get(key))
        self._table.set(key, _number(node.kind, node.layer, self.layer, node.flags, NOT_KEPT))

    def keep_target(self, target: bytes) -> int:
        """Keep a symbolic link's target; return its place, 0 if there are too many."""
        if len(self._targets) + len(target) > MAX_LINK_BYTES:
            return NOT_KEPT
        place = len(self._targets)
        self._targets += target + b"\0"
        return place

    def walk(self) -> Walk:
        """Begin to walk along a path, and count the steps."""
        return Walk(self)

    def target(self, node: PathNode) -> bytes | None:
        """Return where a symbolic link leads, None if that was not kept."""
        if node.link == NOT_KEPT:
            return None
        return bytes(self._targets[node.link : self._targets.index(0, node.link)])


class Walk:
    """Counts the steps of a path through folders and links, since links can make them many."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._steps = 0

    @property
    def is_too_long(self) -> bool:
        """Return whether this path has taken more steps than a path may."""
        return self._steps > MAX_STEPS_OF_A_PATH

    def step(self, path: Parts) -> None:
        """Count a look at a path. Raises TooManyStepsError if the image has used all its steps."""
        self._count(1 + len(path) // NAMES_PER_STEP)

    def step_from_root(self, path: Parts) -> None:
        """Count a look at a path and at each folder on the way to it."""
        self._count(1 + len(path) * (1 + len(path) // (2 * NAMES_PER_STEP)))

    def follow(self, target: bytes) -> None:
        """Count the reading of a link's target."""
        self._count(1 + len(target) // BYTES_PER_STEP)

    def _count(self, steps: int) -> None:
        self._steps += steps
        self._tree.steps += steps
        if self._tree.steps > MAX_STEPS:
            raise TooManyStepsError


def _node(number: int) -> PathNode:
    if not number:
        return NOTHING  # most often: nothing is made for it
    return PathNode(
        KINDS[number & 7],
        number >> LAYER_AT & SEVEN_BITS,
        number >> FLOOR_AT & SEVEN_BITS,
        number >> FLAGS_AT & SEVEN_BITS,
        number >> LINK_AT,
    )


def _number(kind: FileKind, layer: int, floor: int, flags: int, link: int) -> int:
    return kind | layer << LAYER_AT | floor << FLOOR_AT | flags << FLAGS_AT | link << LINK_AT


def _key(path: Parts) -> int:
    # Python's hash of bytes has a new key in each process, so paths can't be made to collide.
    return hash(b"/".join(path)) & 0xFFFF_FFFF_FFFF_FFFF or 1


class _HashTable:
    """A mapping from keys to numbers, neither of them 0, with 16 bytes for each slot."""

    def __init__(self) -> None:
        self._keys = array("Q", bytes(8 * FIRST_SLOTS))
        self._numbers = array("Q", bytes(8 * FIRST_SLOTS))
        self._count = 0

    def get(self, key: int) -> int:
        return self._numbers[self._slot(key)]

    def set(self, key: int, number: int) -> None:
        slot = self._slot(key)
        if not self._keys[slot]:
            self._count += 1
            if self._count * 4 > len(self._keys) * 3:
                self._grow()
                slot = self._slot(key)
            self._keys[slot] = key
        self._numbers[slot] = number

    def _slot(self, key: int) -> int:
        keys, mask = self._keys, len(self._keys) - 1
        slot = key & mask
        while (taken := keys[slot]) and taken != key:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        keys, numbers = self._keys, self._numbers
        self._keys = array("Q", bytes(2 * 8 * len(keys)))
        self._numbers = array("Q", bytes(2 * 8 * len(keys)))
        for key, number in zip(keys, numbers, strict=True):
            if key:
                slot = self._slot(key)
                self._keys[slot], self._numbers[slot] = key, number
