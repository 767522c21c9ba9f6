"""Images that start and images that can't: for the checker, and for a real engine to agree."""

from __future__ import annotations

import struct
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.archives import Member, SavedImage, folder, link, member, tar

PIPE = {"type": tarfile.FIFOTYPE}
NULL = {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}
ZERO = {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5}
SCRIPT = b"#!/bin/sh\r\ncat\r\n"


def hard(name: str, goal: str) -> Member:
    """Return a hard link of an archive."""
    return member(name, type=tarfile.LNKTYPE, linkname=goal)


def marked(name: str, attributes: Mapping[str, str], **fields: object) -> Member:
    """Return a file with extended attributes."""
    header, data = member(name, **fields)
    header.pax_headers = {f"SCHILY.xattr.{key}": value for key, value in attributes.items()}
    return header, data


@dataclass(frozen=True)
class Case:
    """An image: a base layer, these layers over it, these settings; and what is said of it."""

    layers: tuple[bytes, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    words: str = ""  # in the refusal
    is_safe: bool = True  # to try on an engine: some take it down, or hang it

    def image(self, base: bytes, command: object) -> SavedImage:
        """Return the image, with a base layer below and a command unless it has its own."""
        return SavedImage((base, *self.layers), {"Cmd": command, **self.settings})


def one(*members: Member, words: str = "", is_safe: bool = True, **settings: object) -> Case:
    """Return an image with one layer over the base."""
    return Case((tar(*members),) if members else (), settings, words, is_safe)


def volume(name: str, *members: Member, words: str = "", **settings: object) -> Case:
    """Return an image that declares a volume."""
    return one(*members, words=words, Volumes={name: {}}, **settings)


def capability(version: int, size: int) -> str:
    """Return file capabilities as an attribute's text."""
    return struct.pack("<I", version).ljust(size, b"\0").decode()


MERGED = (folder("usr"), folder("usr/lib"), link("lib", "usr/lib"))
VAR_RUN = (
    folder("run"),
    folder("run/lock"),
    link("var/run", "/run"),
    link("var/lock", "/run/lock"),
)

LEGAL = {
    "nothing but the base": one(),
    "directories that are there": one(*map(folder, ("tmp", "dev", "proc", "sys"))),
    "/tmp made again by a higher layer": Case(
        (tar(member("tmp")), tar(member(".wh.tmp")), tar(folder("tmp"))),
    ),
    "/tmp, a file, replaced by a directory": Case((tar(link("tmp", "/proc")), tar(folder("tmp")))),
    "/tmp, a link, removed": Case((tar(link("tmp", "/proc")), tar(member(".wh.tmp")))),
    "something odd in /tmp and /dev": one(
        link("tmp/x", "x"), member("dev/null", b"x"), member("tmp/pipe", **PIPE)
    ),
    "merged /usr": one(*MERGED, WorkingDir="/lib/system"),
    "merged /usr, a volume": one(*MERGED, Volumes={"/lib/x": {}}),
    "/var/run": one(*VAR_RUN, WorkingDir="/var/run/x", Volumes={"/var/lock/y": {}}),
    "/var/run to a missing /run": volume("/var/run/x", link("var/run", "/run")),
    "a WORKDIR through a link to nothing": one(link("w", "/not/there"), WorkingDir="/w"),
    "a WORKDIR with dots": one(WorkingDir="/a/./b/../c/"),
    "a WORKDIR in /tmp": one(WorkingDir="/tmp/x"),
    "a WORKDIR in a volume": volume("/data", folder("data/x"), WorkingDir="/data/x"),
    "a WORKDIR that was a file below": Case(
        (tar(member("w")), tar(folder("w"))), {"WorkingDir": "/w"}
    ),
    "volumes in each other, the inner a file": one(
        member("data/x"), Volumes={"/data": {}, "/data/x": {}}
    ),
    "a volume over a file that is hidden": Case(
        (tar(member("data")), tar(member(".wh.data"))), {"Volumes": {"/data": {}}}
    ),
    "a volume below an opaque directory": Case(
        (tar(member("data/x")), tar(folder("data"), member("data/.wh..wh..opq"))),
        {"Volumes": {"/data/x": {}}},
    ),
    "a volume at the end of 39 links": volume(
        "/l0", folder("l39"), *(link(f"l{n}", f"l{n + 1}") for n in range(39))
    ),
    "hard links to a file and to a link": one(
        member("a", b"x"), link("b", "a"), hard("c", "a"), hard("d", "/b")
    ),
    "a file through a link to a directory": one(folder("d"), link("e", "d"), member("e/f")),
    "a directory over a link of a lower layer": Case((tar(link("e", "/nope")), tar(member("e/f")))),
    "a path removed and made in one layer": one(member(".wh.x"), folder("x"), member("x/y")),
    "file capabilities": one(
        marked("a", {"security.capability": capability(0x02000001, 20), "user.x": "y" * 3000}),
        marked("b", {"security.capability": capability(0x03000000, 24), "user.empty": ""}),
    ),
    "long names": one(member("n" * 255), member("p/" * 1800 + "x"), link("l", "x/" * 2047)),
    "a script with LF": one(
        member("bin/run", SCRIPT.replace(b"\r", b""), mode=0o755), Cmd=["/bin/run"]
    ),
    "users in a small file": one(
        member("etc/passwd", b"root:x:0:0::/:/bin/sh\n"), link("etc/group", "missing")
    ),
    "an environment": one(Env=["A=b", "B=", "C", "D=e=f", "E=" + "x" * 100_000]),
}

PLACES = {
    **{
        f"/{name}, {kind}": one(*members, words=f"The image's /{name} is {what}, not a directory")
        for name in ("tmp", "dev", "proc", "sys")
        for kind, what, members in (
            ("a file", "a file", [member(name)]),
            ("a link into /proc", "a symbolic link", [link(name, "/proc")]),
            ("a link that stays", "a symbolic link", [folder("d"), link(name, "d")]),
            ("a link to itself", "a symbolic link", [link(name, name)]),
            ("a link that leads out", "a symbolic link", [link(name, "../../../etc")]),
            ("a pipe", "a device or a pipe", [member(name, **PIPE)]),
            ("a device", "a device or a pipe", [member(name, **NULL)]),
            ("a hard link to a file", "a file", [member("f"), hard(name, "f")]),
        )
    },
    "/tmp, replaced by a higher layer": Case(
        (tar(folder("tmp"), member("tmp/x")), tar(member("tmp"))), {}, "The image's /tmp is a file"
    ),
    "/tmp, removed and made anew": Case(
        (tar(folder("tmp")), tar(member(".wh.tmp")), tar(link("tmp", "/dev/shm"))),
        {},
        "The image's /tmp is a symbolic link",
    ),
    "a volume on a file": volume("/data", member("data"), words="at '/data', but nothing can be"),
    "a volume below a file": volume("/data/x", member("data"), words="it is below a file"),
    "a volume on a loop": volume("/d", link("d", "e"), link("e", "d"), words="form a loop"),
    "a volume below a loop": volume("/d/x", link("d", "d"), words="form a loop"),
    "a volume on too many links": volume(
        "/l0", *(link(f"l{n}", f"l{n + 1}") for n in range(45)), words="form a loop"
    ),
    "a volume into /proc": volume("/d", link("d", "/proc"), words="it is in /proc, which"),
    "a volume below /proc by a link": volume("/d/1", link("d", "/proc"), words="it is in /proc"),
    "a volume into /dev": volume("/d", link("d", "dev"), words="it is in /dev, which"),
    "a volume by two links into /sys": volume(
        "/d/x", link("d", "e/f"), link("e/f", "../sys"), words="it is in /sys, which"
    ),
    "a volume on the root by a link": volume("/d", link("d", "/"), words="it is the whole image"),
    "a volume out of the image": volume("/d", link("d", "../../run"), words="out of the image"),
    "a volume on /tmp by a link": volume(
        "/d", link("d", "/tmp"), words="a symbolic link into /tmp"
    ),
    "a volume on a device": volume("/d", member("d", **NULL), words="it is a device or a pipe"),
    "a volume on a pipe": volume("/d", member("d", **PIPE), words="it is a device or a pipe"),
    "a volume on a link to a file": volume("/d", member("f"), link("d", "f"), words="is a file"),
    "a volume on the engine's file": volume("/etc/hosts", words="it is a file"),
    "a volume over the init program": volume("/sbin", words="it would hide /sbin"),
    "a volume over it by a link": volume(
        "/usr/sbin", folder("usr/sbin"), link("sbin", "usr/sbin"), words="would hide /usr/sbin"
    ),
    "a volume on a whiteout's file made again": Case(
        (tar(folder("d")), tar(member(".wh.d")), tar(member("d"))),
        {"Volumes": {"/d": {}}},
        "it is a file",
    ),
    "a relative volume": volume("data", words="at 'data', which is not an absolute path"),
    "a volume without a name": volume("", words="at '', which is not an absolute path"),
    "a long name of a volume": volume("/" + "n" * 300, words="a name of more than 255 bytes"),
    "a relative WORKDIR": one(words="WORKDIR is 'app/x', a relative", WorkingDir="app/x"),
    "a WORKDIR after a space": one(words="slash: WORKDIR /app.", WorkingDir=" /app"),
    "a WORKDIR that is a dot": one(words="WORKDIR is '.', a relative path.", WorkingDir="."),
    "a WORKDIR on a file": one(member("w"), words="start there: it is a file", WorkingDir="/w"),
    "a WORKDIR below a file": one(member("w"), words="it is below a file", WorkingDir="/w/x"),
    "a WORKDIR on a loop": one(link("w", "w"), words="form a loop", WorkingDir="/w"),
    "a WORKDIR on a pipe": one(member("w", **PIPE), words="a device or a pipe", WorkingDir="/w"),
    "a WORKDIR on a link to a file": one(
        member("f"), link("w", "f"), words="it is a file", WorkingDir="/w"
    ),
    "a WORKDIR in /proc": one(words="it is in /proc", WorkingDir="/proc/self/fd/7"),
    "a WORKDIR below /proc by a link": one(
        link("w", "/proc"), words="it is in /proc", WorkingDir="/w/nope"
    ),
    "a WORKDIR in what /tmp hides": one(
        link("w", "/tmp/x"), words="into /tmp, which is empty in a run", WorkingDir="/w"
    ),
    "a WORKDIR out of the image": one(
        link("w", "../../tmp/x"), words="out of the image", WorkingDir="/w"
    ),
    "a WORKDIR on a file in /tmp": one(member("tmp/x"), words="a file", WorkingDir="/tmp/x"),
    "a WORKDIR on the engine's file": one(words="it is a file", WorkingDir="/.dockerenv"),
    "a long WORKDIR": one(words="WORKDIR has a name of more than 255", WorkingDir="/" + "n" * 300),
    "/etc/hosts, a directory": one(folder("etc/hosts"), words="/etc/hosts is a directory"),
    "/etc/resolv.conf, a directory": one(folder("etc/resolv.conf"), words="resolv.conf is a dir"),
    "/sbin, a file": one(member("sbin"), words="/sbin/docker-init in the image: it is below a"),
    "/sbin, a loop": one(link("sbin", "sbin"), words="its symbolic links form a loop"),
    "/sbin into /proc": one(link("sbin", "proc"), words="it is in /proc"),
    "the init program, a directory": one(folder("sbin/docker-init"), words="it is a directory"),
    "the init program, a pipe": one(
        member("sbin/docker-init", **PIPE), words="it is a device or a pipe", is_safe=False
    ),
    "/etc/passwd, a directory": one(folder("etc/passwd"), words="read the image's /etc/passwd: it"),
    "/etc/passwd, a loop": one(link("etc/passwd", "passwd"), words="links form a loop"),
    "/etc/passwd, a long line": one(
        member("etc/passwd", b"a" * 70_000), words="it has 64 kB or more"
    ),
    "/etc/passwd, a pipe": one(
        member("etc/passwd", **PIPE), words="it is a device or a pipe", is_safe=False
    ),
    "/etc/group, a directory": one(folder("etc/group"), words="read the image's /etc/group: it is"),
    "/etc/group without an end": one(
        member("etc/group", **ZERO), words="it is a device or a pipe", is_safe=False
    ),
    "/etc/group by a link without an end": one(
        member("opt/zero", **ZERO),
        link("etc/group", "/opt/zero"),
        words="it is a device or a pipe",
        is_safe=False,
    ),
    "/etc/group, too large": one(
        member("etc/group", b"a" * 1_100_000), words="it has 1 MB or more", is_safe=False
    ),
    "NUL in the environment": one(words="image's Env contains a NUL character", Env=["A=b\0c"]),
    "NUL in a variable's name": one(words="image's Env contains a NUL", Env=["A\0=b"]),
    "NUL in a volume": volume("/da\0ta", words="image's Volumes contains a NUL character"),
    "NUL in the WORKDIR": one(words="image's WorkingDir contains a NUL", WorkingDir="/a\0b"),
    "NUL in the command": one(words="image's Cmd contains a NUL", Cmd=["sh", "-c", "\0"]),
    "NUL in the entry point": one(words="Entrypoint contains a NUL", Entrypoint=["/bin/\0"]),
    "NUL in a label": one(words="Labels contains a NUL", Labels={"a": "b\0"}, is_safe=False),
    "NUL in the user": one(words="User contains a NUL", User="10\0", is_safe=False),
    "a variable without a name": one(words="an environment variable without a name", Env=["=x"]),
    "an empty variable": one(words="variable without a name", Env=["A=b", ""], is_safe=False),
    "a long variable": one(words="of more than 131,000 bytes", Env=["A=" + "x" * 140_000]),
    "a long word": one(words="of more than 131,000 bytes", Cmd=["sh", "-c", "#" * 140_000]),
    "a large environment": one(
        words="more than 1,000,000 bytes together", Env=[f"A{n}={'x' * 100_000}" for n in range(25)]
    ),
    "many variables": one(
        words="more than 1,000 environment", Env=[f"A{n}=" for n in range(1001)], is_safe=False
    ),
    "a script with CR LF": one(
        member("run", SCRIPT, mode=0o755),
        words="first line ends with CR LF",
        Entrypoint=["/run"],
    ),
    "a script with CR LF on the PATH": one(
        member("opt/run", SCRIPT, mode=0o755), words="'/opt/run'", Cmd=["run"], Env=["PATH=/opt"]
    ),
    "a script with CR LF below the WORKDIR": one(
        member("app/run", SCRIPT, mode=0o755),
        words="'/app/./run'",
        Cmd=["./run"],
        WorkingDir="/app",
    ),
    "a script with CR LF, run by a shell": one(
        member("run", SCRIPT, mode=0o755), words="'/run'", Cmd=["/bin/sh", "-c", "/run --fast"]
    ),
    "a script with CR LF, run by a wrapper": one(
        member("a", SCRIPT, mode=0o755),
        hard("b", "a"),
        link("run", "b"),
        words="'/run'",
        Entrypoint=["/usr/bin/env", "-i", "A=b"],
        Cmd=["/run"],
    ),
}

LAYERS = {
    "a hard link out of the image": one(hard("a", "../../etc/passwd"), words="leads out of the"),
    "a hard link to nothing": one(hard("a", "nope"), words="not an earlier file of its layer"),
    "a hard link to a lower layer": Case(
        (tar(member("b")), tar(hard("a", "b"))), {}, "not an earlier file of its layer"
    ),
    "a hard link before its target": one(hard("a", "b"), member("b"), words="not an earlier file"),
    "a hard link to itself": one(hard("a", "a"), words="not an earlier file of its layer"),
    "a hard link to a directory": one(folder("b"), hard("a", "b"), words="not an earlier file"),
    "a hard link to the root": one(hard("a", "/"), words="leads out of the image"),
    "a hard link without a target": one(hard("a", ""), words="leads out of the image"),
    "a hard link through a dangling link": one(
        link("b", "c"), hard("a", "b/d"), words="which is not in the same layer"
    ),
    "a file through a dangling link": one(
        link("a", "nope"), member("a/b"), words="a path through 'nope', which is not in the same"
    ),
    "a file through a link to /tmp": one(link("a", "/tmp"), member("a/b"), words="through 'tmp'"),
    "a file through a link out of the image": one(
        link("a", "../../tmp"), member("a/b"), words="a path through 'tmp', which is not in"
    ),
    "a file through a loop": one(link("a", "a"), member("a/b"), words="which has no end"),
    "a file through a link to a file": one(
        member("c"), link("a", "c"), member("a/b"), words="through 'c', which is a file"
    ),
    "a file below a file": one(member("c"), member("c/b"), words="through 'c', which is a file"),
    "a file below a pipe": one(member("c", **PIPE), member("c/b"), words="a device or a pipe"),
    "a file below a whiteout": one(member(".wh.c"), member("c/b"), words="the same layer removes"),
    "a whiteout of the root": one(member(".wh.."), words="a whiteout that names no file"),
    "a whiteout of a directory itself": one(member("a/.wh.."), words="whiteout that names no file"),
    "a whiteout of the directory above": one(member("a/.wh..."), words="that names no file"),
    "an empty whiteout": one(member(".wh."), words="a whiteout that names no file"),
    "a whiteout of what the layer has": one(
        member("a"), member(".wh.a"), words="a whiteout of a path that the same layer has"
    ),
    "a whiteout below a file": one(member("a"), member("a/.wh.b"), words="which is a file"),
    "a path of 6 kB": one(member("n/" * 3000 + "x"), words="a path of 6,001 bytes; 3,900 is"),
    "a path of 4,000 bytes": one(member("n/" * 2000 + "x"), words="a path of 4,001 bytes"),
    "a name of 300 bytes": one(member("n" * 300), words="a name of 300 bytes; 255 is the limit"),
    "a directory of 256 bytes": one(member("n" * 256 + "/x"), words="a name of 256 bytes"),
    "the same file twice": one(member("a"), member("a"), words="a path that occurs twice"),
    "the same directory twice": one(folder("a"), folder("./a/"), words="a path that occurs twice"),
    "a link over a directory": one(folder("a"), link("a", "b"), words="a path that occurs twice"),
    "a symbolic link without a target": one(link("a", ""), words="link without a target"),
    "a symbolic link of 5 kB": one(link("a", "x/" * 2500), words="a symbolic link of 5,000 bytes"),
    "an attribute of 100 kB": one(
        marked("a", {"user.x": "y" * 100_000}), words="attributes of 100,022 bytes"
    ),
    "an attribute of 5 kB": one(marked("a", {"user.x": "y" * 5000}), words="of 5,022 bytes"),
    "many attributes": one(
        marked("a", {f"user.x{n}": "y" * 1000 for n in range(9)}), words="may take no more than"
    ),
    "a long name of an attribute": one(
        marked("a", {"user." + "x" * 300: "y"}), words="whose name has 305 bytes; 1 to 255"
    ),
    "an attribute without a name": one(marked("a", {"": "y"}), words="whose name has 0 bytes"),
    "a capability of no version": one(
        marked("a", {"security.capability": "x"}), words="file capabilities that Linux can't read"
    ),
    "a capability of version 1": one(
        marked("a", {"security.capability": capability(0x01000001, 12)}), words="capabilities"
    ),
    "a capability that is too long": one(
        marked("a", {"security.capability": capability(0x02000001, 21)}), words="capabilities"
    ),
    "a capability with other flags": one(
        marked("a", {"security.capability": capability(0x02000003, 20)}), words="capabilities"
    ),
    "an access control list of nothing": one(
        marked("a", {"system.posix_acl_access": "y"}), words="list that Linux can't read"
    ),
    "a time that is no number": one(
        member("a", pax_headers={"mtime": "soon"}), words="is no tar header"
    ),
}
