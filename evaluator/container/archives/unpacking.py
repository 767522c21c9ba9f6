"""Checks whether the engine can unpack a layer, by applying each entry to the tree of paths.

The rules are those of Docker 20.10 with overlay2, tried on a real engine. A layer that it can't
unpack would look like the node's fault on a node.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from evaluator.container.archives import tar
from evaluator.container.archives.members import shown
from evaluator.container.archives.sources import BrokenArchiveError
from evaluator.container.archives.tree import (
    CRLF_SCRIPT,
    EXPLICIT,
    OVER_1_MB,
    OVER_64_KB,
    FileKind,
    Parts,
    Tree,
)
from evaluator.container.flags import MAX_NAME, MAX_PATH
from evaluator.container.limits import MB

MAX_TARGET = 4095  # bytes of a symbolic link
MAX_FOLLOWED = 40  # links on the way to a path, as in Linux
MAX_ATTRIBUTE_NAME = 255  # bytes, of Linux
# Names and values of a file: ext4, which most nodes have, keeps them in a block of 4 kB.
MAX_ATTRIBUTES = 4000
ATTRIBUTE_HEADER = 16  # further bytes for each attribute
SMALL_FILE = 64 * 1024
WHITEOUT, OPAQUE, AUFS = b".wh.", b".wh..wh..opq", b".wh..wh."
WITHOUT = "Build the image without it."
ONCE = "Build the image again, with each path once in a layer."
FIRST_LINE = 256  # bytes of a file that are read here; Linux reads as many
# Linux's own sizes for the versions of file capabilities that it takes from everybody.
CAPABILITIES = {0x02000000: 20, 0x03000000: 24}
CAPABILITY_FLAGS = 0x00FFFFFF  # without the version
ACL_VERSION, ACL_ENTRY = 2, struct.Struct("<HHI")
ACL_ORDER = (0x01, 0x02, 0x04, 0x08, 0x10, 0x20)  # owner, users, group, groups, mask, others
ACL_NAMED, ACL_REQUIRED = (0x02, 0x08), (0x01, 0x04, 0x20)


def apply_entry(
    tree: Tree, entry: tar.TarEntry, start: bytes, take_folder: Callable[[], object]
) -> None:
    """Apply an entry of the layer being read to the tree.

    `start` holds a file's first bytes; `take_folder` is called for each folder that the engine
    makes without an entry for it. Raises BrokenArchiveError for entries that the engine can't
    unpack, and TooManyStepsError if the links of the image lead too far.
    """
    name = entry.name.encode(errors="surrogateescape")
    parts = _parts(name, entry)
    _require_attributes(entry)
    if not parts:
        if entry.kind != tar.FOLDER:
            raise _broken(entry, "an entry for the image's root that is not a directory")
        return
    folder = _folder(tree, parts[:-1], entry, take_folder)
    base = parts[-1]
    if base == OPAQUE:
        if folder:
            tree.hide_below(folder)
        return
    if base.startswith(AUFS):
        return  # of an older storage driver, which the engine passes over
    if not base.startswith(WHITEOUT):
        _put(tree, [*folder, base], entry, start)
        return
    removed = base.removeprefix(WHITEOUT)
    if removed in (b"", b".", b".."):
        raise _broken(entry, "a whiteout that names no file, or a whole folder")
    path = [*folder, removed]
    if tree.here(path).kind is not FileKind.MISSING:
        raise _broken(entry, "a whiteout of a path that the same layer has", ONCE)
    tree.put(path, FileKind.REMOVED, flags=EXPLICIT)


def _parts(name: bytes, entry: tar.TarEntry) -> list[bytes]:
    if len(name) > MAX_PATH:
        raise _broken(entry, f"a path of {len(name):,} bytes; {MAX_PATH:,} is the limit")
    parts = [part for part in name.split(b"/") if part not in (b"", b".")]
    if b".." in parts:
        raise _broken(entry, "a path with '..' in it, which may lead out of the image")
    longest = max(map(len, parts), default=0)
    if longest > MAX_NAME:
        raise _broken(entry, f"a name of {longest:,} bytes; {MAX_NAME} is the limit")
    return parts


def _folder(
    tree: Tree, path: Sequence[bytes], entry: tar.TarEntry, take_folder: Callable[[], object] | None
) -> list[bytes]:
    """Return the folder of this layer that a path names, its links followed.

    Missing folders are made if there is `take_folder`.
    """
    if not path or tree.here(path).kind is FileKind.FOLDER:
        return list(path)
    done: list[bytes] = []
    left = list(reversed(path))
    followed = 0
    walk = tree.walk()
    while left:
        part = left.pop()
        walk.step(done)
        if walk.is_too_long:
            raise _broken(entry, "a path that leads through too many folders and links")
        if part == b"..":
            done = done[:-1]
            continue
        here = [*done, part]
        node = tree.here(here)
        if node.kind is FileKind.LINK:
            followed += 1
            target = tree.target(node)
            if followed > MAX_FOLLOWED or target is None:
                raise _broken(entry, f"a path through the link {_shown(here)}, which has no end")
            walk.follow(target)
            done = [] if target.startswith(b"/") else done
            left += [part for part in reversed(target.split(b"/")) if part not in (b"", b".")]
            continue
        if node.kind is FileKind.MISSING and take_folder and not followed:
            take_folder()
            tree.put(here, FileKind.FOLDER)
        elif node.kind is not FileKind.FOLDER:
            raise _broken(entry, f"a path through {_shown(here)}, {_BLOCKS[node.kind]}")
        done = here
    return done


_BLOCKS = {
    FileKind.MISSING: "which is not in the same layer",
    FileKind.FILE: "which is a file in the same layer",
    FileKind.OTHER: "which is a device or a pipe in the same layer",
    FileKind.REMOVED: "which the same layer removes",
}


def _put(tree: Tree, path: Parts, entry: tar.TarEntry, start: bytes) -> None:
    old = tree.here(path)
    is_made = old.kind is FileKind.FOLDER and not old.flags & EXPLICIT
    if old.kind not in (FileKind.MISSING, FileKind.REMOVED) and not (
        is_made and entry.kind == tar.FOLDER
    ):
        raise _broken(entry, "a path that occurs twice in the layer", ONCE)
    if entry.kind == tar.LINK:
        _put_hard_link(tree, path, entry)
    elif entry.kind == tar.SYMLINK:
        target = _target(entry)
        if not target:
            raise _broken(entry, "a symbolic link without a target")
        if len(target) > MAX_TARGET:
            raise _broken(
                entry, f"a symbolic link of {len(target):,} bytes; {MAX_TARGET:,} is the limit"
            )
        tree.put(path, FileKind.LINK, flags=EXPLICIT, link=tree.keep_target(target))
    elif entry.kind == tar.FOLDER:
        tree.put(path, FileKind.FOLDER, flags=EXPLICIT)
    elif entry.kind in tar.FILES:
        tree.put(path, FileKind.FILE, flags=EXPLICIT | _find_flags(entry, start))
    else:
        tree.put(path, FileKind.OTHER, flags=EXPLICIT)


def _put_hard_link(tree: Tree, path: Parts, entry: tar.TarEntry) -> None:
    goal = [part for part in _target(entry).split(b"/") if part not in (b"", b".")]
    if b".." in goal or not goal:
        raise _broken(entry, f"a hard link to {shown(entry.link)}, which leads out of the image")
    node = tree.here([*_folder(tree, goal[:-1], entry, None), goal[-1]])
    if node.kind not in (FileKind.FILE, FileKind.LINK, FileKind.OTHER):
        raise _broken(
            entry, f"a hard link to {shown(entry.link)}, which is not an earlier file of its layer"
        )
    tree.put(path, node.kind, flags=node.flags, link=node.link)


def _target(entry: tar.TarEntry) -> bytes:
    return entry.link.encode(errors="surrogateescape")


def _find_flags(entry: tar.TarEntry, start: bytes) -> int:
    first, newline, _ = start.partition(b"\n")
    flags = CRLF_SCRIPT if newline and first.startswith(b"#!") and first.endswith(b"\r") else 0
    flags |= OVER_64_KB if entry.expanded >= SMALL_FILE else 0
    return flags | (OVER_1_MB if entry.expanded > MB else 0)


def _require_attributes(entry: tar.TarEntry) -> None:
    """Raise BrokenArchiveError for extended attributes that Linux does not take."""
    total = 0
    for name, value in entry.attributes:
        total += len(name) + len(value) + ATTRIBUTE_HEADER
        if not 0 < len(name) <= MAX_ATTRIBUTE_NAME:
            raise _broken(
                entry,
                f"an extended attribute whose name has {len(name):,} bytes; 1 to "
                f"{MAX_ATTRIBUTE_NAME} are possible",
            )
        if name == b"security.capability" and not _is_capability(value):
            raise _broken(entry, "file capabilities that Linux can't read")
        if name.startswith(b"system.posix_acl_") and not _is_acl(name, value, entry):
            raise _broken(entry, "an access control list that Linux can't read")
    if total > MAX_ATTRIBUTES:
        most = f"a file system may take no more than {MAX_ATTRIBUTES:,}"
        raise _broken(entry, f"extended attributes of {total:,} bytes; {most}")


def _is_capability(value: bytes) -> bool:
    if not value:
        return True  # nothing is set
    head = int.from_bytes(value[:4], "little")
    version, flags = head & ~CAPABILITY_FLAGS, head & CAPABILITY_FLAGS
    return len(value) == CAPABILITIES.get(version) and flags in (0, 1)


def _is_acl(name: bytes, value: bytes, entry: tar.TarEntry) -> bool:
    if entry.kind == tar.SYMLINK or not value:
        return True
    if name.endswith(b"_default") and entry.kind != tar.FOLDER:
        return False
    head, rest = value[:4], value[4:]
    if head != ACL_VERSION.to_bytes(4, "little") or len(rest) % ACL_ENTRY.size:
        return False
    entries = list(ACL_ENTRY.iter_unpack(rest))
    tags = [tag for tag, _, _ in entries]
    if not tags:
        return True
    is_ordered = all(tag in ACL_ORDER for tag in tags) and tags == sorted(tags)
    unnamed = [tag for tag in tags if tag not in ACL_NAMED]
    has_mask = 0x10 in tags or len(unnamed) == len(tags)
    are_bits = all(not bits & ~7 for _, bits, _ in entries)
    is_complete = set(ACL_REQUIRED) <= set(tags) and len(unnamed) == len(set(unnamed))
    return is_ordered and is_complete and has_mask and are_bits


def _broken(entry: tar.TarEntry, what: str, remedy: str = WITHOUT) -> BrokenArchiveError:
    return BrokenArchiveError(
        f"holds {shown(entry.name)}, {what}, which the engine can't unpack", remedy
    )


def _shown(path: Parts) -> str:
    return shown(b"/".join(path).decode(errors="replace"))
