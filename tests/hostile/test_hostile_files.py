"""Files that attack: time, and the peak memory of a whole process that checks one."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from evaluator import HypothesisFile, UnreadableFileError
from evaluator.formats import open_upload
from evaluator.formats.compression import CHUNK

MIB = 1024 * 1024
LIMIT = 64 * MIB  # bytes of an upload
MAX_MEMORY = 300  # MiB of the whole process, Python and NumPy included
MAX_TIME = 10  # seconds of CPU; each took below 2, 5 the zip, when this was written
SGML = b'<tstset setid="x"><doc docid="d">'
XML = b'<dataset id="x"><doc id="d"><hyp system="s"><p>'

# Linux keeps the peak in /proc; what getrusage says of a child includes the process it came from.
CHECK = """
import sys, time
from evaluator.errors import SubmissionError
from evaluator.formats import open_upload
slots, lines, problems = ["en-fr", "en-de", "en-ru"], 0, []
with open(sys.argv[1], "rb") as stream:
    with open_upload([(stream, "upload")], slots, chosen="en-fr") as upload:
        kept = []
        for file in upload.files:
            try:
                kept.append(upload.read(file))
            except SubmissionError as error:
                problems.append(error.problems[0].message)
print(problems[0] if problems else f"read {sum(len(one.lines) for one in kept)}")
"""
WARN = """
import sys, time
from evaluator import Segment, TestSet, read_aligned
from evaluator.checking.review import find_warnings
with open(sys.argv[1], "rb") as stream:
    source = "s " * (len(stream.readline()) // 6)  # a translation may have four times as much
segments = tuple(Segment(str(n), "d", source, (), (), ()) for n in range(int(sys.argv[2])))
with open(sys.argv[1], "rb") as stream:
    hypotheses = read_aligned(stream, "upload", TestSet("en", "fr", segments, "raw"))
print(len(find_warnings(hypotheses, TestSet("en", "fr", segments, "raw"))))
"""
MEASURE = """
print(time.process_time())
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def filled(unit: bytes, *, head: bytes = b"") -> Iterator[bytes]:
    """The head, then the unit again and again, up to the limit."""
    yield head
    block = unit * (MIB // len(unit))
    for _ in range((LIMIT - len(head)) // len(block)):
        yield block


def bomb() -> Iterator[bytes]:
    yield gzip.compress(bytes(256 * MIB))


def zipped() -> Iterator[bytes]:
    """Three files below every limit but the one of their sum in memory."""
    line = ("é" * 40 + " 😀\n").encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for pair in ("en-fr", "en-de", "en-ru"):
            archive.writestr(f"o.{pair}.txt", line * 190_000)
    yield stream.getvalue()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(lambda: filled(b"<"), "The line has 67,108,864 bytes", id="<"),
        pytest.param(lambda: filled(b"<", head=SGML), "'<' more than", id="SGML of <"),
        pytest.param(lambda: filled(b"<p>", head=SGML), "'<' more than", id="SGML of <p>"),
        pytest.param(lambda: filled(b"a", head=SGML), "No tag follows", id="SGML of text"),
        pytest.param(lambda: filled(b"<p>", head=XML), "'<' more than", id="XML of <p>"),
        pytest.param(lambda: filled(b"a ", head=XML + b'<seg id="'), "tag or", id="XML attribute"),
        pytest.param(lambda: filled(b"["), "The line has", id="["),
        pytest.param(lambda: filled(b"[", head=b'{"id":'), "'[' more than", id="JSON of ["),
        pytest.param(lambda: filled(b"\n"), "more than 200,000 lines", id="newlines"),
        pytest.param(lambda: iter([b"a b c\n" * 1_000_000]), "more than 200,000", id="short lines"),
        pytest.param(lambda: iter([b"a b c\n" * 199_999]), "read 199999", id="as many as allowed"),
        pytest.param(
            lambda: iter([("a" * 320 + "😀\n").encode() * 199_999]), "more memory", id="emoji"
        ),
        pytest.param(bomb, "as it is or unpacked", id="gzip bomb"),
        pytest.param(zipped, "more memory", id="zip"),
    ],
)
def test_checking_a_hostile_file_takes_little_memory_and_time(tmp_path, root, content, words):
    path = tmp_path / "upload"
    with path.open("wb") as stream:
        stream.writelines(content())

    message, seconds, peak = run_measured(CHECK, path, root=root)

    assert words in message
    assert peak < MAX_MEMORY
    assert seconds < MAX_TIME


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize(
    ("line", "count"),
    [
        # As many as the budget for texts in memory allows.
        pytest.param("a" * 99_990 + "😀", 240, id="words as long as a line may be"),
        pytest.param("𐐨" * 24_990, 640, id="letters of four bytes"),
        # A quarter: that takes 3 s.
        pytest.param(" ".join(map(str, range(10**9, 10**9 + 50))), 15_000, id="numerals"),
    ],
)
def test_warning_of_a_hostile_file_takes_little_memory_and_time(tmp_path, root, line, count):
    path = tmp_path / "upload"
    path.write_text(f"{line}\n" * count, encoding="utf-8")

    message, seconds, peak = run_measured(WARN, path, str(count), root=root)

    assert message.isdigit()  # it came to the end
    assert peak < MAX_MEMORY
    assert seconds < 2 * MAX_TIME


def run_measured(code: str, *arguments: str | Path, root: Path) -> tuple[str, float, float]:
    """Run code in a process of its own; what it prints, its seconds of CPU, and its peak in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", code + MEASURE, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    message, seconds, peak = done.stdout.splitlines()
    return message, float(seconds), int(peak) / 1024


def read_single(stream: BinaryIO, **options: int) -> HypothesisFile:
    with open_upload([(stream, "upload")], ["en-fr"], **options) as upload:
        return upload.read(upload.files[0])


class Endless:
    """Two gigabytes made while they are read."""

    def __init__(self, unit: bytes, *, seekable: bool) -> None:
        self.block = unit * (CHUNK // len(unit) + 1)
        self.given = 0
        self._seekable = seekable

    def seekable(self) -> bool:
        return self._seekable

    def seek(self, place: int, whence: int = 0) -> int:
        assert self._seekable
        self.given = place if whence == 0 else 2048 * MIB + place
        return self.given

    def tell(self) -> int:
        return self.given

    def read(self, size: int = -1) -> bytes:
        assert 0 <= size <= CHUNK, "an unbounded read"
        assert self.given <= 8 * MIB + 1 + 4, "read on past the limit"
        self.given += size
        return self.block[:size]


@pytest.mark.parametrize("unit", [b"a b\n", b"<p>", b"\n", b"PK\3\4"])
@pytest.mark.parametrize("seekable", [True, False])
def test_two_gigabytes_are_read_to_the_limit_and_no_further(unit, seekable):
    stream = Endless(unit, seekable=seekable)

    with pytest.raises(UnreadableFileError, match="larger than 8,388,608 bytes"):
        read_single(stream, max_bytes=8 * MIB)


def test_a_hundred_thousand_problems_are_counted_and_the_first_thousand_kept():
    content = io.BytesIO(b'{"id": "1"}\n' * 100_000)

    with pytest.raises(UnreadableFileError) as caught:
        read_single(content)

    assert len(caught.value.problems) == 1_000
    assert caught.value.total == 100_000
    assert str(caught.value).endswith("… and 99000 more")


@pytest.mark.parametrize(
    "unit",
    ["&" + "a" * 32, "&#1", "&#x1;", "&amp;", "&" * 5, "<p", "</p ", "<seg a='", '<seg "', "<!--"],
)
@pytest.mark.parametrize("head", [SGML + b'<seg id="1">', XML + b'<seg id="1">'])
def test_a_megabyte_of_markup_takes_no_time(head, unit):
    tail = b"</seg></p></hyp></doc></dataset>" if head.startswith(XML) else b"</seg></doc></tstset>"
    content = head + unit.encode() * (900_000 // len(unit)) + tail
    start = time.process_time()

    with contextlib.suppress(UnreadableFileError):
        read_single(io.BytesIO(content))

    assert time.process_time() - start < 5  # seconds; what is quadratic takes hours
