"""The one unpacker of gzip: however the bytes come, and whatever is wrong with them."""

from __future__ import annotations

import gzip
import io
import random

import pytest

from evaluator.container.archives.sources import BrokenArchiveError, FileSource, Unzipped
from evaluator.formats import compression
from evaluator.formats.compression import PACKED_CHUNK, GzipError, Unpacker, unpack_beginning
from evaluator.formats.limits import Refused

TEXT = b"".join(b"%d words\n" % number for number in range(2000))
PACKED = gzip.compress(TEXT)
FILES = {
    "one member": PACKED,
    "an empty member first": gzip.compress(b"") + PACKED,
    "two members": gzip.compress(TEXT[:7000]) + gzip.compress(TEXT[7000:]),
    "stored, not compressed": gzip.compress(TEXT, 0),
    "padding after the member": PACKED + bytes(700),
    "padding after two members": gzip.compress(TEXT[:9]) + gzip.compress(TEXT[9:]) + bytes(70_000),
    "a name and a comment in the header": b"\x1f\x8b\x08\x18"
    + bytes(5)
    + b"\xffa\0b\0"
    + PACKED[10:],
}


def unpack(packed, step, size, *, max_members=100):
    unpacker = Unpacker(max_members)
    data = b""
    for start in range(0, len(packed), step):
        unpacker.feed(packed[start : start + step])
        while piece := unpacker.unpack(size):
            assert len(piece) <= size
            data += piece
    unpacker.finish()
    return data


@pytest.mark.parametrize("packed", FILES.values(), ids=FILES)
@pytest.mark.parametrize(("step", "size"), [(1, 5000), (100, 7), (1_000_000, 100), (97, 1_000_000)])
def test_it_unpacks_however_the_bytes_come(packed, step, size):
    assert unpack(packed, step, size) == TEXT


@pytest.mark.parametrize(
    ("packed", "fault"),
    [
        (PACKED[:-1], "cut off"),
        (PACKED[:2], "cut off"),
        (PACKED + PACKED[:15], "cut off"),
        (PACKED + b"rest", "damaged"),
        (PACKED + bytes(9) + b"rest", "damaged"),
        (PACKED + bytes(1) + PACKED, "damaged"),
        (PACKED + bytes(511) + gzip.compress(b""), "damaged"),
        (PACKED + PACKED + bytes(100) + b"\x1f", "damaged"),
        (PACKED + bytes(9) + b"\n" + bytes(9), "damaged"),
        (gzip.compress(b"") + bytes(20) + PACKED + bytes(20), "damaged"),
        (bytes(9) + PACKED, "damaged"),
        (PACKED[:-8] + bytes(8), "damaged"),
        (PACKED[:200] + b"!" + PACKED[201:], "damaged"),
        (gzip.compress(b"") * 101, "too many members"),
    ],
)
@pytest.mark.parametrize("step", [1, 10, 1_000_000])
def test_what_is_wrong_is_the_same_however_the_bytes_come(packed, fault, step):
    with pytest.raises(GzipError) as raised:
        unpack(packed, step, 1000)

    assert raised.value.fault == fault


@pytest.mark.parametrize("packed", FILES.values(), ids=FILES)
def test_a_copy_goes_on_by_itself(packed):
    chooser = random.Random(13)
    for _ in range(5):
        place = chooser.randrange(len(packed))
        first = Unpacker()
        first.feed(packed[:place])
        begun = first.unpack(500)
        copied = first.copy()

        for unpacker in (first, copied):
            unpacker.feed(packed[place:])
            data = begun
            while piece := unpacker.unpack(4000):
                data += piece
            unpacker.finish()
            assert data == TEXT


@pytest.mark.parametrize("packed", FILES.values(), ids=FILES)
@pytest.mark.parametrize("size", [0, 1, 100, len(TEXT) + 1])
def test_a_beginning_is_enough(packed, size):
    assert unpack_beginning(packed, size) == TEXT[:size]
    part = unpack_beginning(packed[:900], size)
    assert TEXT.startswith(part)
    assert len(part) <= size


@pytest.mark.parametrize("zeros", [1, 511, PACKED_CHUNK - 1, PACKED_CHUNK, 2 * PACKED_CHUNK + 3])
def test_zero_bytes_are_padding_only_at_the_end_of_a_file(zeros):
    padded = PACKED + bytes(zeros)

    assert compression.unpack(padded, io.BytesIO(), 10**6) == TEXT
    assert compression.unpack(padded[:2], io.BytesIO(padded[2:]), 10**6) == TEXT
    assert Unzipped(FileSource(io.BytesIO(padded)), 10**6).read_at(0, 10**6) == TEXT
    for rest in (PACKED, b"!", b"\x1f\x8b" + bytes(3)):
        with pytest.raises(Refused, match="damaged, or other bytes follow it"):
            compression.unpack(padded + rest, io.BytesIO(), 10**6)
        with pytest.raises(BrokenArchiveError, match="damaged"):
            Unzipped(FileSource(io.BytesIO(padded + rest)), 10**6).read_at(0, 10**6)


def test_a_copy_remembers_that_padding_has_begun():
    first = Unpacker()
    first.feed(PACKED + bytes(5))
    while first.unpack(9999):
        pass
    copied = first.copy()
    copied.feed(PACKED)

    with pytest.raises(GzipError):
        copied.unpack(1)
