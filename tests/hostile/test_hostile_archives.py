"""Archives of images that attack: time, disk, and the peak memory of a process that checks one."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluator.container.archives import tar as walk
from tests.archives import SavedImage, digest, docker_manifest, member, podman, tar

MB = 1024 * 1024
GB = 1024 * MB
MAX_MEMORY = 120  # MiB of the whole process; each took below 80 when this was written
MAX_TIME = 20  # seconds of CPU; none took more than 10
MEASURED = Path("/proc/self/status").exists()

CHECK = """
import resource, sys, time
from evaluator.container.archives import ArchiveLimits, check_archive, write_canonical
from evaluator.container.archives import layers
from evaluator.errors import ImageError
layers.MAX_FILES = 250_000  # a quarter, so that a busy machine ends it in time
layers.MAX_RECORDS = 1_250_000
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)  # bytes of one file
limits = ArchiveLimits(unpacked=int(sys.argv[2]))
with open(sys.argv[1], "rb") as stream, open(sys.argv[1] + ".out", "wb") as target:
    try:
        print(write_canonical(stream, target, limits=limits).unpacked_bytes)
    except ImageError as error:
        print(error.problems[0].message)
print(time.process_time())
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def checked(path: Path, *, unpacked: int = 50 * GB, written: int = 64 * MB) -> str:
    """Return the first line about an archive, once time and memory were in bounds."""
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(path), str(unpacked), str(written)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    *found, seconds, kilobytes = done.stdout.splitlines()
    assert float(seconds) < MAX_TIME
    assert int(kilobytes) < MAX_MEMORY * 1024
    return found[0]


pytestmark = pytest.mark.skipif(not MEASURED, reason="peak memory is read from /proc")


PIECE = 16 * MB
ZEROS = gzip.compress(bytes(PIECE))


def packed_zeros(size: int) -> Iterator[bytes]:
    """Yield gzip members that unpack to so many zeros, at a thousandth of their size."""
    for _ in range(size // PIECE):
        yield ZEROS
    yield gzip.compress(bytes(size % PIECE))


def header(name: str, size: int, type: bytes = tarfile.REGTYPE) -> bytes:
    """Return the header of a file."""
    return member(name, size=size, type=type)[0].tobuf(tarfile.GNU_FORMAT)


def one_file(size: int) -> Iterator[bytes]:
    """Yield a packed layer with one file of zeros."""
    yield gzip.compress(header("x", size))
    yield from packed_zeros(size + 1024)


def many_files(size: int) -> Iterator[bytes]:
    """Yield a packed layer of many files of zeros, one by one below any limit."""
    for number in range(size // PIECE):
        yield gzip.compress(header(f"{number}", PIECE))
        yield ZEROS
    yield gzip.compress(bytes(1024))


def empty_files(count: int) -> Iterator[bytes]:
    """Yield a packed layer of nothing but headers, each with a name of its own."""
    block = header("0000000", 0)
    start, end = block[7:148], block[156:]
    others = sum(start + end) + 8 * ord(" ")
    for thousand in range(count // 1000):
        names = (b"%07d" % number for number in range(thousand * 1000, (thousand + 1) * 1000))
        headers = (name + start + b"%06o\0 " % (others + sum(name)) + end for name in names)
        yield gzip.compress(b"".join(headers), 1)
    yield gzip.compress(bytes(1024))


def attributes(size: int) -> Iterator[bytes]:
    """Yield a packed layer of extended headers as long as they may be, full of small records."""
    records = b"6 a=b\n" * (MB // 6)
    entry = header("x", len(records), tarfile.XHDTYPE) + records
    entry = entry.ljust(walk.padded(len(entry)), b"\0")
    for number in range(size // MB):
        yield gzip.compress(entry + header(f"{number}", 0), 1)
    yield gzip.compress(bytes(1024))


def nothing(count: int) -> Iterator[bytes]:
    """Yield gzip members without content."""
    thousand = gzip.compress(b"") * 1000
    for _ in range(count // 1000):
        yield thousand


LAYER = "The image unpacks to more than {}, the limit, which is reached in layer 1 of 1."


@pytest.mark.parametrize(
    ("layer", "unpacked", "words"),
    [
        (lambda: one_file(60 * GB), 50 * GB, LAYER.format("50 GB")),
        (lambda: many_files(60 * GB), 500 * MB, LAYER.format("500 MB")),
        (lambda: packed_zeros(60 * GB), 50 * GB, "more than 1,048,576 bytes behind its end"),
        (lambda: empty_files(300_000), 50 * GB, "more than 250,000 files in its layers"),
        (
            lambda: attributes(100 * MB),
            50 * GB,
            "more than 1,250,000 long names and extended attributes",
        ),
        (lambda: nothing(2_000_000), 50 * GB, "holds more than 1,000,000 gzip members"),
    ],
    ids=["one file", "many files", "zeros", "empty files", "attributes", "empty gzip members"],
)
@pytest.mark.slow
def test_a_layer_that_unpacks_to_too_much_ends_in_bounds(tmp_path, layer, unpacked, words):
    path = save(tmp_path / "x.tar", layer())

    assert words in checked(path, unpacked=unpacked, written=min(unpacked, 2 * GB) + MB)


@pytest.mark.slow
@pytest.mark.parametrize("size", [60 * GB, 600 * MB], ids=["its size says so", "found out"])
def test_an_archive_packed_as_a_whole_that_unpacks_to_too_much_ends_in_bounds(tmp_path, size):
    path = tmp_path / "x.tar.gz"
    with path.open("wb") as stream:
        stream.writelines(many_files(size) if size < GB else one_file(size))

    found = checked(path, unpacked=400 * MB, written=MB)

    assert found.startswith("The archive unpacks to more than 400 MB, the limit.")


@pytest.mark.slow
def test_layers_in_the_opposite_order_of_a_packed_archive_are_read_in_bounds(tmp_path):
    # Together more than MAX_MEMORY.
    layers = [tar(member(f"{number}", bytes([number]) * 20 * MB)) for number in range(8)]
    image = SavedImage(layers)
    path = tmp_path / "x.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(tar(*reversed(podman(image))))

    assert checked(path, written=GB) == str(sum(map(len, layers)))


@pytest.mark.slow
def test_names_and_documents_take_bounded_memory(tmp_path):
    path = tmp_path / "x.tar.gz"
    long = [member(f"{number}" + "x" * 900_000) for number in range(200)]
    deep = member("index.json", b"[" * 4_000_000)
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(tar(deep, *long))

    assert "is not valid JSON" in checked(path) or "has a name of more than" in checked(path)


def save(path: Path, layer: Iterator[bytes]) -> Path:
    """Write an archive with one packed layer, which may have any content."""
    image = SavedImage(more={"rootfs": {"type": "layers", "diff_ids": [digest(b"")]}})
    names = (f"{image.id[7:]}.json", "layer.tar")
    manifest = json.dumps([docker_manifest(names[0], names[1:])]).encode()
    with path.open("wb") as stream:
        for name, data in (("manifest.json", manifest), (names[0], image.config)):
            stream.write(header(name, len(data)) + data.ljust(walk.padded(len(data)), b"\0"))
        place = stream.tell()
        stream.write(bytes(512))
        stream.writelines(layer)
        size = stream.tell() - place - 512
        stream.write(bytes(walk.padded(size) - size + 1024))
        stream.seek(place)
        stream.write(header(names[1], size))
    return path
