"""Recognises files that are not archives of images, and says how to make an archive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from evaluator.container.archives.sources import Source
from evaluator.errors import printable
from evaluator.formats.file_kinds import archive_kind
from evaluator.formats.limits import Refused

SAVE = "Save the image again with `docker save` and send that file as it is."
TO_SAVE = "Give what `docker save --output FILE.tar IMAGE` writes."
SHOWN = 100  # characters of a name
START = 4096  # bytes that are looked at
ROOT_FOLDERS = {"bin", "dev", "etc", "lib", "opt", "proc", "root", "sbin", "sys", "usr", "var"}
ENOUGH_FOLDERS = 4  # of these at the top: a root file system
EXPORTED = ".dockerenv"  # in every container's root file system
SQUASHED = (b"hsqs", b"#!/usr/bin/env run-singularity")
# PowerShell's `>` takes what a program writes for text, and writes it in another encoding.
UTF16, UTF8_MARK, LOST = (b"\xff\xfe", b"\xfe\xff"), b"\xef\xbb\xbf", "\ufffd".encode()
HEADER = 512  # bytes of a tar header
AS_TEXT = "PowerShell's `>` or a text transfer changed the file as if it were text."
NO_REDIRECTION = "Use `docker save --output FILE.tar IMAGE`, and send that file as it is."
OTHERS = {
    b"QFI\xfb": "an image of a whole machine (qcow2)",
    b"KDMV": "an image of a whole machine (VMDK)",
    b"vhdxfile": "an image of a whole machine (VHDX)",
    b"\xed\xab\xee\xdb": "a package (RPM)",
    b"!<arch>\n": "a package (deb) or a library",
}
LAYER = "/layer.tar"  # in an archive of an old Docker whose end is missing
INNER = (".tar", ".tar.gz", ".tgz", ".sif")
MANIFESTS = ("manifest.json", "index.json")
TAR, GZIP = "a tar archive", "a gzip archive"
TOOLS = {
    "a Zstandard archive": "zstd -d",
    "an xz archive": "xz -d",
    "a bzip2 archive": "bzip2 -d",
}


def refuse_by_its_start(source: Source, *, is_unpacked: bool = False) -> None:
    """Raise Refused unless the first bytes are those of a tar archive, or of gzip.

    If the bytes come unpacked from gzip (`is_unpacked`), only a tar archive is accepted.
    """
    start = source.read_at(0, START)
    if not start:
        raise Refused(f"The archive is empty. {TO_SAVE}")
    kind = archive_kind(start)
    if kind == TAR and LOST in start[:HEADER]:
        raise Refused(f"{AS_TEXT} {NO_REDIRECTION}")
    if kind == GZIP and is_unpacked:
        raise Refused("The archive is compressed twice by gzip. Compress it once.")
    if kind in (TAR, GZIP):
        return
    if kind in TOOLS:
        raise Refused(
            f"The file is {kind}, which can't be read here. Unpack it with `{TOOLS[kind]}` and "
            "send the tar file in it, or pack that with gzip."
        )
    if kind:
        raise Refused(f"The file is {kind}, not an image. {TO_SAVE}")
    if start.startswith(UTF16):
        raise Refused(f"The file is in UTF-16, as PowerShell's `>` writes it. {NO_REDIRECTION}")
    if start.startswith(UTF8_MARK) or LOST in start:
        raise Refused(f"{AS_TEXT} {NO_REDIRECTION}")
    if start.startswith(SQUASHED):
        raise Refused(f"The file is an image of Apptainer or Singularity. {TO_SAVE}")
    for magic, what in OTHERS.items():
        if start.startswith(magic):
            raise Refused(f"The file is {what}, not a container image. {TO_SAVE}")
    _refuse_text(start)
    if not any(start[257:265]) and start[:1].strip(b"\0"):
        return  # perhaps a tar archive of the oldest kind: its checksum will tell
    raise Refused(f"The file is no tar archive. {TO_SAVE}")


def _refuse_text(start: bytes) -> None:
    text = start.decode(errors="replace")
    if text.startswith("version https://git-lfs."):
        raise Refused(
            "The file only says where Git LFS keeps the image. Fetch the file: `git lfs pull`."
        )
    if text.lstrip().lower().startswith(("<!doctype html", "<html")):
        raise Refused(
            "The file is a web page, not an image. Look at it in a browser: the download may have "
            f"asked you to sign in. {TO_SAVE}"
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    commands = [line for line in lines if not line.startswith("#")]
    first = commands[0].split()[0].upper() if commands else ""
    if first in ("FROM", "ARG") and "\0" not in text:
        raise Refused(f"The file is a Dockerfile. Build an image of it. {TO_SAVE}")
    if "\0" not in text and text.lstrip().startswith(("{", "[")):
        raise Refused(f"The file is a JSON document about an image, not the image. {TO_SAVE}")
    if "\0" not in text and text.isascii():
        raise Refused(f"The file is a text file, not an image. {TO_SAVE}")


def is_root_file_system(tops: set[str]) -> bool:
    """Return whether the names at an archive's top are those of a container's files."""
    return EXPORTED in tops or len(tops & ROOT_FOLDERS) >= ENOUGH_FOLDERS


def refuse_without_manifest(tops: set[str], names: Iterable[str] = ()) -> NoReturn:
    """Raise Refused with a guess at the archive's content; `tops` are the first parts of names."""
    if is_root_file_system(tops):
        raise Refused(
            "The archive holds the files of a container, as `docker export` writes them, without "
            f"what makes them an image. {TO_SAVE}"
        )
    if "repositories" in tops:
        raise Refused(
            "The archive was written by Docker before 1.10: it has no manifest.json. "
            "Save the image with a newer one."
        )
    names = sorted(names)
    for name in names:
        folder, _, last = name.rpartition("/")
        if folder and "/" not in folder and last in MANIFESTS:
            raise Refused(
                f"The archive holds the image in a folder, {printable(folder, SHOWN)!r}. Pack what "
                f"is in it, not the folder: `tar --create --file FILE.tar --directory FOLDER .`"
            )
    for name in names:
        if name.endswith(INNER) and not name.endswith(LAYER):
            raise Refused(
                f"The archive holds another archive, {printable(name, SHOWN)!r}. Send that archive."
            )
    if "Dockerfile" in tops or "Containerfile" in tops:
        raise Refused(
            f"The archive holds what an image is built of, not the image. Build it. {TO_SAVE}"
        )
    raise Refused(
        "The archive has neither a manifest.json nor an index.json, so it is not an image's, or "
        f"its end is missing. {TO_SAVE}"
    )
