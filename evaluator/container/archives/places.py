"""Checks the paths of an image that a run needs, once all its layers are applied.

The engine mounts folders of its own over /tmp, /dev, /proc, /sys and each VOLUME, starts in the
WORKDIR, puts files at a few paths and reads two. Where the image has something else there, no
container of it starts; with a pipe or an endless device it even takes the engine with it. Each
rule was tried on Docker 20.10 with runc and gVisor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from evaluator.container.archives.config import Config
from evaluator.container.archives.members import shown
from evaluator.container.archives.programs import list_scripts
from evaluator.container.archives.tree import (
    CRLF_SCRIPT,
    OVER_1_MB,
    OVER_64_KB,
    FileKind,
    Parts,
    Tree,
)

MAX_FOLLOWED = 40  # symbolic links on the way to a path, as in Linux
KERNEL = ("dev", "proc", "sys")
OURS = ("tmp", *KERNEL)
ENGINE_LAYER = 126  # above those of any image: what the engine puts there itself
ENGINE_FILES = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
INIT = "/sbin/docker-init"
PASSWD, GROUP = "/etc/passwd", "/etc/group"
MAKE_FOLDER = "Make it a directory in the Dockerfile, or remove it: then the engine creates it."
NOT_MOUNTABLE = (
    "The image's /{} is {}, not a directory, so the engine can't mount its own there. "
    f"{MAKE_FOLDER}"
)
ANOTHER = "Choose a directory of the image's own."
KINDS = {
    FileKind.FILE: "a file",
    FileKind.LINK: "a symbolic link",
    FileKind.OTHER: "a device or a pipe",
}


class DeadEnd(Enum):
    """Why the way to a path ends before the path."""

    LOOP = "its symbolic links form a loop, or a chain that is too long"
    CLIMBS = "it is reached through a symbolic link that leads out of the image"
    BLOCKED = "it is below a file"
    TOO_FAR = "it leads through too many folders and links"


@dataclass(frozen=True, slots=True)
class Reached:
    """The place that a path leads to when its links are followed."""

    kind: FileKind
    path: str  # absolute, without links
    is_linked: bool  # a symbolic link was followed
    inside: str | None = None  # the mounted place that it is in, or is
    end: DeadEnd | None = None
    flags: int = 0

    @property
    def is_in_kernel(self) -> bool:
        """Return whether it is in a file system of the kernel's, or is the top of one."""
        return self.path.split("/")[1] in KERNEL


@dataclass(slots=True)
class Places:
    """Faults of an image's paths, and notes on what a run does differently."""

    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_places(tree: Tree, config: Config) -> Places:
    """Return the faults, each with its remedy. The tree is complete; this adds to it.

    Raises TooManyStepsError if the links of the image lead too far.
    """
    places = Places()
    for name in OURS:
        kind = tree.at([name.encode()]).kind
        if kind not in (FileKind.MISSING, FileKind.FOLDER):
            places.faults.append(NOT_MOUNTABLE.format(name, KINDS[kind]))
    if places.faults:
        return places  # the other checks lead through these places
    _add_engine_files(tree, places)
    mounted = {f"/{name}" for name in OURS}
    for volume in config.image.own_volumes():
        _check_volume(tree, volume, mounted, places)
    _check_work_dir(tree, config.work_dir, mounted, places)
    _check_scripts(tree, config, mounted, places)
    return places


def _check_scripts(tree: Tree, config: Config, mounted: set[str], places: Places) -> None:
    for name in list_scripts(config.command, config.work_dir, config.environment):
        seen = follow(tree, name, mounted)
        if seen.flags & CRLF_SCRIPT:
            places.faults.append(
                f"The image runs {shown(name)}, whose first line ends with CR LF (Windows). So "
                "Linux looks for a program whose name ends with CR. Save it with LF "
                r"(`dos2unix`, or `RUN sed -i 's/\r$//' FILE` in the Dockerfile)."
            )
            return
        if seen.inside and follow(tree, name, set()).kind is FileKind.FILE:
            places.notes.append(
                f"The image runs {shown(name)}, which is in {seen.inside}. That is an empty "
                "directory in a run, so the program is not there. Put it elsewhere"
                f"{'' if seen.inside == '/tmp' else ', or remove that VOLUME'}."
            )
            return


def _add_engine_files(tree: Tree, places: Places) -> None:
    """Add the files that the engine adds; note where the image is in their way."""
    _check_users(tree, places)
    tree.layer = ENGINE_LAYER
    for name in ("etc", *KERNEL):  # it replaces anything that is not a directory there
        tree.put([name.encode()], FileKind.FOLDER)
    for path in ENGINE_FILES:
        parts = _parts(path)
        if tree.at(parts).kind is FileKind.FOLDER:
            places.faults.append(
                f"The image's {path} is a directory; the engine puts a file there. Remove it."
            )
        tree.put(parts, FileKind.FILE)
    if tree.at([b".dockerenv"]).kind is not FileKind.FOLDER:
        tree.put([b".dockerenv"], FileKind.FILE)
    init = follow(tree, INIT, {f"/{name}" for name in KERNEL})
    why = _find_reason(init, (FileKind.FILE,))
    if why:
        places.faults.append(
            f"The engine can't put its init program at {INIT} in the image: {why}. Remove it."
        )
    else:
        tree.put(_parts(init.path), FileKind.FILE)


def _check_users(tree: Tree, places: Places) -> None:
    """Check /etc/passwd and /etc/group: the engine reads them without a limit, even a pipe."""
    limits = ((PASSWD, OVER_64_KB, "64 kB"), (GROUP, OVER_64_KB | OVER_1_MB, "1 MB"))
    for path, too_large, limit in limits:
        file = follow(tree, path, {f"/{name}" for name in KERNEL})
        is_large = file.flags & too_large == too_large
        why = None if file.end is DeadEnd.CLIMBS else _find_reason(file, (FileKind.FILE,))
        if why or is_large:
            why = why or f"it has {limit} or more"
            places.faults.append(
                f"The engine can't read the image's {path}: {why}. Make it a small file, or leave "
                "it out."
            )


def _check_volume(tree: Tree, volume: str, mounted: set[str], places: Places) -> None:
    place = follow(tree, volume, mounted)
    init = follow(tree, INIT, mounted).path
    why = _find_reason(place, (FileKind.FOLDER,))
    if not why and place.is_linked and place.inside == "/tmp":
        why = "it is reached through a symbolic link into /tmp, which is mounted itself"
    if not why and f"{init}/".startswith(f"{place.path.rstrip('/')}/"):
        why = f"it would hide {place.path}, where the engine's init program is"
    if why:
        places.faults.append(
            f"The image declares a volume at {shown(volume)}, but nothing can be mounted there: "
            f"{why}. Remove that VOLUME, or name a directory of the image's own."
        )
        return
    if place.is_linked and _parts(volume)[:-1] != _parts(place.path)[:-1]:
        places.notes.append(
            f"The volume {shown(volume)} is below a symbolic link: nodes with gVisor can't start "
            f"such an image. VOLUME {place.path} works everywhere."
        )
    mounted.add(place.path)


def _check_work_dir(tree: Tree, name: str, mounted: set[str], places: Places) -> None:
    if not name:
        return
    kernel = {f"/{name}" for name in KERNEL}
    made = follow(tree, name, kernel)  # the engine makes it before anything is mounted
    seen = follow(tree, name, mounted)
    is_top = made.path in (*kernel, "/dev/shm") and not made.is_linked
    why = None if is_top else _find_reason(made, (FileKind.FOLDER,), may_be_root=True)
    is_hidden = seen.inside is not None and seen.path != seen.inside and not is_top
    if not why and is_hidden and seen.is_linked:
        why = f"it is reached through a symbolic link into {seen.inside}, which is empty in a run"
    if why:
        places.faults.append(
            f"The image's WORKDIR is {shown(name)}, but no program can start there: {why}. "
            f"{ANOTHER}"
        )
    elif is_hidden:
        places.notes.append(
            f"The WORKDIR {shown(name)} is in {seen.inside}, which is empty in a run; nodes with "
            f"gVisor can't start such an image. {ANOTHER}"
        )


def _find_reason(
    place: Reached, kinds: Sequence[FileKind], *, may_be_root: bool = False
) -> str | None:
    """Return why a place is none of these kinds, None if it is, or is missing."""
    if place.end is not None:
        return place.end.value
    if place.is_in_kernel:
        return f"it is in /{place.path.split('/')[1]}, which the kernel fills"
    if place.path == "/" and not may_be_root:
        return "it is the whole image"
    if place.kind in (FileKind.MISSING, *kinds):
        return None
    if place.kind is FileKind.FOLDER:
        return "it is a directory"
    return f"it is {KINDS[place.kind]}"


def follow(tree: Tree, path: str, mounted: set[str]) -> Reached:
    """Return where a path leads in the image, below the places where something is mounted."""
    done: list[bytes] = []
    left = list(reversed(_parts(path)))
    followed = 0
    walk = tree.walk()
    while left:
        part = left.pop()
        walk.step_from_root(done)
        if walk.is_too_long:
            return Reached(FileKind.LINK, _text(done), True, end=DeadEnd.TOO_FAR)
        if part == b"..":
            if not done:
                return Reached(FileKind.MISSING, "/", followed > 0, end=DeadEnd.CLIMBS)
            done.pop()
            continue
        here = [*done, part]
        if _text(here) in mounted:
            return _reach_mounted(here, left, followed > 0)
        node = tree.at(here)
        if node.kind is FileKind.LINK:
            followed += 1
            target = tree.target(node)
            if followed > MAX_FOLLOWED or target is None:
                return Reached(FileKind.LINK, _text(here), True, end=DeadEnd.LOOP)
            walk.follow(target)
            done = [] if target.startswith(b"/") else done
            left += reversed([part for part in target.split(b"/") if part not in (b"", b".")])
            continue
        if node.kind is FileKind.MISSING:
            whole, climbs = _join(here, left)
            end = DeadEnd.CLIMBS if climbs else None
            return Reached(FileKind.MISSING, _text(whole), followed > 0, end=end)
        if node.kind is not FileKind.FOLDER:
            end = DeadEnd.BLOCKED if left else None
            return Reached(node.kind, _text(here), followed > 0, end=end, flags=node.flags)
        done = here
    return Reached(FileKind.FOLDER, _text(done), followed > 0)


def _reach_mounted(mount: Parts, left: list[bytes], is_linked: bool) -> Reached:
    """Return a place in a mounted folder, which is empty as far as the image goes."""
    whole, climbs = _join(mount, left)
    kind = FileKind.FOLDER if list(whole) == list(mount) else FileKind.MISSING
    end = DeadEnd.CLIMBS if climbs else None
    return Reached(kind, _text(whole), is_linked, inside=_text(mount), end=end)


def _join(done: Parts, left: list[bytes]) -> tuple[Parts, bool]:
    """Join a path and its remaining parts, where nothing exists; return whether it leads out."""
    whole = list(done)
    for part in reversed(left):
        if part == b"..":
            if not whole:
                return [], True
            whole.pop()
        else:
            whole.append(part)
    return whole, False


def _parts(path: str) -> list[bytes]:
    return [
        part
        for part in path.encode(errors="surrogateescape").split(b"/")
        if part not in (b"", b".")
    ]


def _text(parts: Parts) -> str:
    return "/" + b"/".join(parts).decode(errors="surrogateescape")
