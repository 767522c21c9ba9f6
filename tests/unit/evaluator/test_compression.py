"""The one unpacker of gzip: however the bytes come, and whatever is wrong with them."""

from __future__ import annotations

import gzip
import random

import pytest

from evaluator.formats.compression import GzipError, Unpacker, unpack_beginning

TEXT = b"".join(b"%d words\n" % number for number in range(2000))
PACKED = gzip.compress(TEXT)
FILES = {
    "one member": PACKED,
    "an empty member first": gzip.compress(b"") + PACKED,
    "two members": gzip.compress(TEXT[:7000]) + gzip.compress(TEXT[7000:]),
    "stored, not compressed": gzip.compress(TEXT, 0),
    "padding after the member": PACKED + bytes(700),
    "padding between members": gzip.compress(TEXT[:9]) + bytes(511) + gzip.compress(TEXT[9:]),
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
