"""Images of a few lines of shell, and a check that no run leaves anything behind.

No registry is needed: each image is a file system of busybox alone, imported into the engine.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluator.container import Setting, SystemInput
from evaluator.types import Term

# A system: the source of each line is its translation.
COPY = (
    r"""sed -E 's/^\{"id": "([^"]*)", "doc": "[^"]*", "source": ("(\\.|[^"\\])*").*/"""
    r"""{"id": "\1", "translation": \2}/'"""
)
EN_FR = Setting("en", "fr", "terms")
LABEL = "terminarium"
BULK = {  # of Python's own library, nothing that a small system needs
    *("site-packages", "dist-packages", "test", "tests", "idlelib", "ensurepip"),
    *("lib2to3", "tkinter", "turtledemo", "pydoc_data"),
}
# The library to link with, half of the whole; compiled modules without assertions.
MORE_BULK = re.compile(r"/config-3[^/]*$|\.opt-[12]\.pyc$")


def make_segments(count: int) -> tuple[SystemInput, ...]:
    """Return segments of documents with five each; every one differs."""
    return tuple(
        SystemInput(
            f"d{number // 5}",
            f'Sentence {number}: "10 < 20" & a\\b',
            (Term("1", "sentence", ("phrase",)),),
            f'<term target="phrase">Sentence</term> {number}: "10 &lt; 20" &amp; a\\b',
        )
        for number in range(count)
    )


class Images:
    """Makes images in an engine, and removes them in the end."""

    def __init__(self, address: str) -> None:
        from docker import APIClient

        self.client = APIClient(address, version="auto")
        self._images = f"{self.client.base_url}/v{self.client.api_version}/images"
        self._made: list[str] = []
        self._root = root_layer()

    def make(self, script: str, *changes: str, name: str | None = None) -> str:
        """Return the id of an image whose command is a shell script.

        `changes` are further lines of a Dockerfile, such as `USER 1000` or another CMD.
        """
        command = f"CMD {json.dumps(['sh', '-c', script])}"
        answer = self.client.import_image_from_data(
            self._root, repository=name, changes=[command, *changes]
        )
        self._made.append(json.loads(answer)["status"])
        return self._made[-1]

    def make_python(self, name: str) -> str:
        """Make a base image with this machine's Python, without its packages; return its name."""
        stream = io.BytesIO(self._root)
        with tarfile.open(fileobj=stream, mode="a") as archive:
            _add_python(archive)
        answer = self.client.import_image_from_data(stream.getvalue(), repository=name)
        self._made.append(json.loads(answer)["status"])
        return name

    def make_on(self, base: str, *command: str) -> str:
        """Return the id of an image that is another one with a command of its own."""
        container = self.client.create_container(base, ["/none"])["Id"]
        change = f"CMD {json.dumps(command)}"
        image = str(self.client.commit(container, changes=[change])["Id"])
        self.client.remove_container(container)
        self._made.insert(0, image)  # removed before its base
        return image

    def keep_track_of(self, name: str) -> str:
        """Remove an image that somebody else built, too; return its name."""
        self._made.insert(0, self.client.inspect_image(name)["Id"])
        return name

    def save(self, name: str) -> bytes:
        """Return what `docker save` writes."""
        answer = self.client.get(f"{self._images}/{name}/get")
        answer.raise_for_status()
        return answer.content

    def load(self, data: bytes) -> list[str]:
        """Do what `docker load` does; return what the engine says."""
        answer = self.client.post(f"{self._images}/load", data=data)
        answer.raise_for_status()
        lines = [json.loads(line) for line in answer.content.splitlines()]
        return [line.get("error") or line["stream"].strip() for line in lines]

    def archive(self, script: str, *changes: str) -> tuple[str, bytes]:
        """Make an image, save it and remove it again; return its id and the archive."""
        image = self.make(script, *changes)
        archive = b"".join(self.client.get_image(image))
        self.forget(image)
        return image, archive

    def forget(self, image: str) -> None:
        """Remove one that was made."""
        self._made.remove(image)
        self.client.remove_image(image, force=True)

    def ids(self) -> set[str]:
        """Return the ids of all images of the engine."""
        return set(self.client.images(quiet=True, all=True))

    def close(self) -> None:
        for image in self._made:
            self.client.remove_image(image, force=True)
        self.client.close()

    def leftovers(self) -> list[str]:
        """Return what runs have left: containers of ours, and volumes of anybody."""
        containers = self.client.containers(all=True, filters={"label": LABEL})
        volumes = self.client.volumes()["Volumes"] or []
        return [one["Id"] for one in containers] + [one["Name"] for one in volumes]


def root_layer() -> bytes:
    """Return a layer with busybox and a few empty folders."""
    program = shutil.which("busybox")
    assert program is not None
    listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add(program, "bin/busybox")
        suid = archive.gettarinfo(program, "bin/suid")  # for who tries to be root
        suid.mode, suid.uid, suid.gid = 0o4755, 0, 0
        with open(program, "rb") as file:
            archive.addfile(suid, file)
        for folder in ("tmp", "etc", "data"):
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(member)
        for applet in listed.stdout.split():
            if applet != "busybox":
                member = tarfile.TarInfo(f"bin/{applet}")
                member.type, member.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(member)
    return stream.getvalue()


def _add_python(archive: tarfile.TarFile) -> None:
    program = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib"))
    extensions = sorted((library / "lib-dynload").glob("*.so"))
    for path in (program, *_libraries([program, *extensions])):
        archive.add(path.resolve(), str(path).lstrip("/"))
    archive.add(library, str(library).lstrip("/"), filter=_without_bulk)
    link = tarfile.TarInfo("bin/python3")
    link.type, link.linkname = tarfile.SYMTYPE, str(program)
    archive.addfile(link)


def _libraries(programs: list[Path]) -> list[Path]:
    """Return the shared libraries that programs load, as ldd names them."""
    listed = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False)
    libraries = {Path(found) for found in re.findall(r"(/\S+) \(0x", listed.stdout)}
    # The C library opens it by name when a thread ends while the program does.
    [libc] = (path for path in libraries if path.name.startswith("libc.so"))
    return sorted(libraries | {libc.with_name("libgcc_s.so.1")})


def _without_bulk(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    is_bulk = BULK.intersection(member.name.split("/")) or MORE_BULK.search(member.name)
    return None if is_bulk else member


@pytest.fixture(scope="session")
def session_images(engine_address: str) -> Iterator[Images]:
    images = Images(engine_address)
    yield images
    images.close()


@pytest.fixture(scope="session")
def python_base(session_images: Images) -> str:
    """Return the name of a base image with Python."""
    return session_images.make_python("terminarium-tests-python")


@pytest.fixture
def images(session_images: Images) -> Iterator[Images]:
    """Return a maker of images; what the test's runs leave behind fails it."""
    yield session_images
    assert session_images.leftovers() == []


@pytest.fixture
def archived(images: Images) -> Iterator[Callable[..., dict[str, Any]]]:
    """Return a function that makes archives of images; what nodes load is removed in the end."""
    made = set()

    def make(script: str, *changes: str) -> dict[str, Any]:
        digest, archive = images.archive(script, *changes)
        made.add(digest)
        return {"digest": digest, "archive": archive}

    yield make
    for digest in made & images.ids():
        images.client.remove_image(digest)


@pytest.fixture
def running(images: Images) -> Callable[[], int]:
    """Return a function that tells how many containers of nodes there are."""
    return lambda: len(images.client.containers(all=True, filters={"label": LABEL}))


@pytest.fixture(params=["runc", "runsc"])
def runtime(request: pytest.FixtureRequest, require_service: Callable[[str], str]) -> str:
    """Return each runtime of the engine in turn."""
    if request.param == "runsc":
        require_service("gvisor")
    name: str = request.param
    return name
