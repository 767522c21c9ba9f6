"""Uploads of one file or of several in a zip, and archives that attack."""

from __future__ import annotations

import contextlib
import gzip
import io
import stat
import struct
import zipfile

import pytest

from evaluator import UnreadableFileError, WrongFileError
from evaluator.formats import read_upload

PAIRS = ("en-fr", "en-de", "en-de.noterm")


def make_zip(*members, method=zipfile.ZIP_DEFLATED):
    """A zip of (name or ZipInfo, content) pairs."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def upload(data, name="up.zip", pairs=PAIRS, **options):
    return read_upload(io.BytesIO(data), name, pairs=pairs, **options)


def special(name, mode):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def test_a_zip_gives_each_file_with_its_pair():
    found = upload(
        make_zip(
            ("out/", b""),
            ("out/sys.en-fr.txt", "a\n"),
            ("en-de_2.jsonl", '{"id": "1", "translation": "b"}\n'),
            ("out/sys.EN-DE.noterm.txt", "c\n"),
            ("__MACOSX/out/._sys.en-fr.txt", b"\0\5\x16\7"),
            ("out/.DS_Store", b"\0\0\0\1Bud1"),
            ("._en-de_2.jsonl", b"\0\5\x16\7"),
        )
    )

    assert [(one.language_pair, one.file.format, one.file.name) for one in found] == [
        ("en-fr", "text", "up.zip/out/sys.en-fr.txt"),
        ("en-de", "jsonl", "up.zip/en-de_2.jsonl"),
        ("en-de.noterm", "text", "up.zip/out/sys.EN-DE.noterm.txt"),
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("en-fr/output.txt", "en-fr"),  # the folder says it
        ("en-fr\\output.txt", "en-fr"),  # as some Windows programs write it
        ("en-de/output.en-fr.txt", "en-fr"),  # the file's own name beats the folder's
        ("team-en-fr.txt", "en-fr"),
        ("out.en-de.bleu.txt", "en-de"),
        ("out.en-de.noterm.txt.gz2", "en-de.noterm"),  # the longest slot
    ],
)
def test_a_files_name_says_its_pair(path, expected):
    assert upload(make_zip((path, "a\n")))[0].language_pair == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("out.en-fr.txt", "en-fr"), ("output.txt", None), ("my-system.txt", None)],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_single_file_may_say_its_pair(name, expected, pack):
    (found,) = upload(pack(b"a\n"), name)

    assert (found.language_pair, found.file.name) == (expected, name)


@pytest.mark.parametrize("name", ["out.en-ru.txt", "en-ru.txt", "out.en-fr.en-de.txt"])
def test_a_single_file_of_another_pair_is_refused(name):
    with pytest.raises(WrongFileError, match=r"says en.*; wanted here: en-fr, en-de, en-de.noterm"):
        upload(b"a\n", name)


def test_a_zip_needs_no_name_and_no_seekable_stream():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise io.UnsupportedOperation

    (found,) = read_upload(Pipe(make_zip(("o.en-fr.txt", "a\n"))), "upload", pairs=PAIRS)

    assert [line.text for line in found.file.lines] == ["a"]


def test_the_language_in_a_file_must_fit_its_name():
    content = '<tstset trglang="fr"><doc docid="d"><seg id="1">a</seg></doc></tstset>'

    with pytest.raises(UnreadableFileError, match="says trglang='fr', but en-de is wanted"):
        upload(make_zip(("o.en-de.sgm", content)))


def test_all_problems_of_all_files_come_at_once():
    with pytest.raises(UnreadableFileError) as caught:
        upload(
            make_zip(("o.en-fr.txt", b"a\xff"), ("o.en-de.jsonl", '{"id": "1"}\n' * 1200)),
        )

    first, second = caught.value.problems[:2]
    assert (first.file, first.line) == ("up.zip/o.en-fr.txt", 1)
    assert (second.file, second.line) == ("up.zip/o.en-de.jsonl", 1)
    assert caught.value.total == 1201


def damaged(data):
    """The compressed bytes of the first member, changed."""
    place = data.index(b"o.en-fr.txt") + 13
    return data[:place] + b"\xff\xff" + data[place + 2 :]


def with_size(data, size):
    """Another size declared for the only member, in both of its headers."""
    local, central = data.index(b"PK\x03\x04") + 22, data.index(b"PK\x01\x02") + 24
    packed = struct.pack("<L", size)
    data = data[:local] + packed + data[local + 4 :]
    return data[:central] + packed + data[central + 4 :]


def flagged(data, flag):
    """A flag set for the only member, in both of its headers."""
    for place in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data = data[:place] + struct.pack("<H", flag) + data[place + 2 :]
    return data


GOOD = make_zip(("o.en-fr.txt", "some text\n" * 50))
REPEATED = make_zip(("o.en-fr.txt", "a\n"), ("o.en-fr.txy", "b\n")).replace(b"txy", b"txt")


@pytest.mark.parametrize(
    ("data", "file", "words"),
    [
        # which file is it
        (make_zip(("notes.txt", "a")), "notes.txt", "says none of the language pairs; wanted are"),
        (make_zip(("en-fr.en-de.txt", "a")), "en-fr.en-de.txt", "says en-fr and en-de"),
        (
            make_zip(("en-fr.txt", "a"), ("b.en-fr.txt", "b")),
            "b.en-fr.txt",
            "en-fr.txt is for en-fr",
        ),
        (REPEATED, "o.en-fr.txt", "two files of this name"),
        (make_zip(), "", "zip"),
        (make_zip(("out/", ""), ("__MACOSX/x", "")), "", "holds no file"),
        (make_zip(*((f"{n}.en-fr.txt", "") for n in range(101))), "", "101 files; 100 are allowed"),
        # names that lead elsewhere
        (make_zip(("../en-fr.txt", "a")), "../en-fr.txt", "leads out of the zip"),
        (make_zip(("a/../../en-fr.txt", "a")), "a/../../en-fr.txt", "leads out"),
        (make_zip(("..\\en-fr.txt", "a")), "../en-fr.txt", "leads out"),
        (make_zip(("/etc/en-fr.txt", "a")), "/etc/en-fr.txt", "leads out"),
        (make_zip(("C:\\en-fr.txt", "a")), "C:/en-fr.txt", "leads out"),
        (make_zip(("/.DS_Store", "a")), "/.DS_Store", "leads out"),  # junk, but not passed over
        (make_zip(("\x1b[2Jen-fr.txt", "a")), "�[2Jen-fr.txt", "can't be shown"),
        # what is no file
        (
            make_zip((special("en-fr.txt", stat.S_IFLNK | 0o777), "/etc/passwd")),
            "en-fr.txt",
            "link",
        ),
        (make_zip((special("en-fr.txt", stat.S_IFIFO), "")), "en-fr.txt", "no regular file"),
        # what can't be unpacked, or shouldn't
        (flagged(GOOD, 0x1), "o.en-fr.txt", "is encrypted"),
        (make_zip(("en-fr.txt", "a"), method=zipfile.ZIP_LZMA), "en-fr.txt", "uncommon method"),
        (make_zip(("en-fr.txt", "a"), method=zipfile.ZIP_BZIP2), "en-fr.txt", "uncommon method"),
        (make_zip(("o.en-fr.zip", GOOD)), "o.en-fr.zip", "is a zip archive"),  # nested
        (
            make_zip(("o.en-fr.gz", gzip.compress(b"a"))),
            "o.en-fr.gz",
            "gzip archive inside the zip",
        ),
        (make_zip(("o.en-fr.txt", "")), "o.en-fr.txt", "is empty"),
        (make_zip(("o.en-fr.txt", bytes(2_000_000))), "", "unpacks to more than 1,000,000 bytes"),
        (with_size(GOOD, 10), "o.en-fr.txt", "damaged or cut off"),  # longer than it says
        (with_size(GOOD, 0xFFFFFFFF), "", "zip"),  # zip64, without the sizes
        (damaged(GOOD), "o.en-fr.txt", "damaged or cut off"),
        (GOOD[: len(GOOD) // 2], "", "archive is damaged or cut off"),
        (GOOD[:-10], "", "archive is damaged or cut off"),
        (b"PK\x03\x04", "", "archive is damaged or cut off"),
    ],
)
def test_an_odd_zip_is_explained_and_nothing_of_it_is_opened(data, file, words):
    with pytest.raises(UnreadableFileError) as caught:
        upload(data, max_bytes=1_000_000)

    assert any(
        words in problem.message and problem.file == ("up.zip/" + file if file else "up.zip")
        for problem in caught.value.problems
    ), caught.value.problems


def test_a_zip_larger_than_the_limit_is_refused():
    with pytest.raises(UnreadableFileError, match="larger than 100 bytes"):
        upload(make_zip(("en-fr.txt", bytes(range(256)) * 4)), max_bytes=100)


def test_a_directory_of_a_million_entries_is_never_read():
    entry = make_zip(("en-fr.txt", ""))
    central = entry[entry.index(b"PK\x01\x02") : entry.index(b"PK\x05\x06")]
    many = central * 30_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 30_000, 30_000, len(many), 39, 0)

    with pytest.raises(UnreadableFileError, match="archive is damaged"):
        upload(entry[:39] + many + end)


def test_every_cut_and_every_changed_byte_of_the_headers_is_survived():
    for place in range(0, len(GOOD), 3):
        for data in (GOOD[:place], GOOD[:place] + b"\xff" + GOOD[place + 1 :]):
            # Any other exception than this one would be a bug.
            with contextlib.suppress(UnreadableFileError):
                upload(data)
