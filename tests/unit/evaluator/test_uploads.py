"""Uploads of one file, of several, or of several in a zip; and archives that attack."""

from __future__ import annotations

import gzip
import io
import re
import stat
import struct
import zipfile

import pytest

from evaluator import HypothesisFile, SubmissionError, WrongFileError
from evaluator.formats import open_upload

SLOTS = ("en-fr", "en-de", "en-de.noterm")


def make_zip(*members, method=zipfile.ZIP_DEFLATED):
    """A zip of (name or ZipInfo, content) pairs."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def read_all(*files, slots=SLOTS, **options):
    """Each file's slot, and its hypotheses or its error; files are (content, name) pairs."""
    streams = [(io.BytesIO(data), name) for data, name in files]
    with open_upload(streams, slots, **options) as upload:
        return [(file.slot, read(upload, file)) for file in upload.files]


def read(upload, file) -> HypothesisFile | SubmissionError:
    try:
        return upload.read(file)
    except SubmissionError as error:
        return error


def problems(outcomes):
    errors = [error for _, error in outcomes if isinstance(error, SubmissionError)]
    return [problem for error in errors for problem in error.problems]


def special(name, mode):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def test_a_zip_gives_each_file_with_its_slot():
    data = make_zip(
        ("out/", b""),
        ("out/sys.en-fr.txt", "a\n"),
        ("en-de_2.jsonl", '{"id": "1", "translation": "b"}\n'),
        ("out/sys.EN-DE.noterm.txt", "c\n"),
        ("__MACOSX/out/._sys.en-fr.txt", b"\0\5\x16\7"),
        ("out/.DS_Store", b"\0\0\0\1Bud1"),
        ("._en-de_2.jsonl", b"\0\5\x16\7"),
    )

    found = read_all((data, "up.zip"))

    assert [(slot, file.format, file.name) for slot, file in found] == [
        ("en-fr", "text", "up.zip/out/sys.en-fr.txt"),
        ("en-de", "jsonl", "up.zip/en-de_2.jsonl"),
        ("en-de.noterm", "text", "up.zip/out/sys.EN-DE.noterm.txt"),
    ]


def test_files_and_zips_are_one_upload():
    found = read_all(
        (b"a\n", "ours.en-de.txt"), (make_zip(("x/ours.en-fr.txt", "b\n")), "rest.zip")
    )

    assert [(slot, file.name) for slot, file in found] == [
        ("en-de", "ours.en-de.txt"),
        ("en-fr", "rest.zip/x/ours.en-fr.txt"),
    ]


def test_no_file_is_no_upload():
    assert read_all() == []


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
def test_a_files_name_says_its_slot(path, expected):
    [(slot, _)] = read_all((make_zip((path, "a\n")), "up.zip"))

    assert slot == expected


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("name", "slots", "chosen", "expected"),
    [
        ("out.en-fr.txt", SLOTS, None, "en-fr"),
        ("out.en-fr.txt", SLOTS, "en-fr", "en-fr"),
        ("output.txt", SLOTS, "en-de.noterm", "en-de.noterm"),
        ("my-system.txt", SLOTS, "en-de", "en-de"),  # no pair
        ("output.txt", ("en-fr",), None, "en-fr"),  # there is no other slot
        ("out.en-de.txt", ("en-de.noterm",), None, "en-de.noterm"),  # the same pair
        ("out.en-de.noterm.txt", ("en-de",), None, "en-de"),
        ("out.en-de.random.txt", SLOTS, "en-de", "en-de"),
        ("out.en-zh.txt", ("en-zh-Hans",), None, "en-zh-Hans"),  # the same languages
        ("out.zh-en.txt", ("zh-Hans-en",), None, "zh-Hans-en"),
    ],
)
def test_a_single_file_needs_no_slot_in_its_name(name, slots, chosen, expected, pack):
    [(slot, file)] = read_all((pack(b"a\n"), name), slots=slots, chosen=chosen)

    assert (slot, file.name) == (expected, name)


@pytest.mark.parametrize(
    ("name", "chosen", "words"),
    [
        ("out.en-ru.txt", None, "says en-ru; wanted here: en-fr, en-de, en-de.noterm"),
        ("out.en-ru.txt", "en-fr", "says en-ru; wanted here: en-fr, en-de, en-de.noterm"),
        ("out.en-fr.en-de.txt", None, "says en-fr and en-de; wanted here: en-fr"),
        ("out.en-de.random.txt", None, "says en-de.random; wanted here: en-fr, en-de"),
        ("output.txt", None, "says no language pair; .* name it such as output.en-fr.txt"),
        ("out.fr-en.txt", "en-fr", "says fr-en; wanted here: en-fr, en-de, en-de.noterm"),
        ("out.en-de.txt", "en-fr", "says en-de, but en-fr was chosen for it. Choose en-de"),
    ],
)
def test_a_single_file_with_another_name_is_refused(name, chosen, words):
    [(slot, error)] = read_all((b"a\n", name), chosen=chosen)

    assert slot is None
    assert isinstance(error, WrongFileError)
    assert re.search(words, str(error))


@pytest.mark.parametrize(
    ("slot", "name"), [("en-pt-BR", "out.pt-BR.txt"), ("en-de-CH", "de-CH/out.de_CH.txt")]
)
def test_a_name_may_say_the_target_with_its_country(slot, name):
    packed = (make_zip((name, "a\n"), ("README", "x")), "up.zip")

    for upload in (packed, (b"a\n", name)):
        [(found, file)] = read_all(upload, slots=(slot,))
        assert (found, file.lines[0].text) == (slot, "a")


@pytest.mark.parametrize(
    "other",
    [
        "@eaDir/a.en-fr.txt@SynoEAStream",
        "node_modules/x/index.js",
        "$RECYCLE.BIN/a.en-fr.txt",
        "translate.en-fr.py",
        "Run.SH",
        "plots/bleu.en-fr.png",
    ],
)
def test_what_never_holds_translations_is_passed_over(other):
    found = read_all((make_zip(("a.en-fr.txt", "a\n"), (other, "x")), "up.zip"))

    assert [(slot, file.lines[0].text) for slot, file in found] == [("en-fr", "a")]


def test_one_of_several_files_needs_a_slot_in_its_name():
    found = read_all((b"a\n", "a.en-fr.txt"), (b"b\n", "b.txt"), chosen="en-de")

    assert [slot for slot, _ in found] == ["en-fr", None]


def test_a_mode_that_is_not_wanted_does_not_pass_for_the_usual_one():
    data = make_zip(("a.en-fr.txt", "a\n"), ("a.en-fr.noterm.txt", "b\n"))

    (_, file), (slot, error) = read_all((data, "up.zip"))

    assert file.lines[0].text == "a"
    assert slot is None
    assert "says en-fr.noterm; wanted here: en-fr, en-de" in str(error)


def test_where_nothing_is_wanted_the_file_is_refused():
    [(_, error)] = read_all((b"a\n", "a.en-fr.txt"), slots=())

    assert "no hypotheses are wanted here" in str(error)


def test_files_for_one_slot_are_all_refused_and_name_each_other():
    found = read_all(
        (b"a\n", "a.en-fr.txt"),
        (make_zip(("b.en-fr.txt", "b\n"), ("c.en-de.txt", "c\n")), "up.zip"),
    )

    (_, first), (_, second), (slot, third) = found
    assert "up.zip/b.en-fr.txt is for en-fr too" in str(first)
    assert "a.en-fr.txt is for en-fr too" in str(second)
    assert (slot, third.lines[0].text) == ("en-de", "c")


def test_of_many_files_for_one_slot_a_few_are_named():
    found = read_all((make_zip(*((f"{n}.en-fr.txt", "") for n in range(20))), "up.zip"))

    assert len(found) == 20
    assert "up.zip/5.en-fr.txt, 14 more are for en-fr too" in str(found[0][1])


def test_a_zip_needs_no_name_and_no_seekable_stream():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise io.UnsupportedOperation

    with open_upload([(Pipe(make_zip(("o.en-fr.txt", "a\n"))), "upload")], SLOTS) as upload:
        [file] = upload.files

        assert [line.text for line in upload.read(file).lines] == ["a"]


def test_the_language_in_a_file_must_fit_its_name():
    content = '<tstset trglang="fr"><doc docid="d"><seg id="1">a</seg></doc></tstset>'

    [(_, error)] = read_all((make_zip(("o.en-de.sgm", content)), "up.zip"))

    assert isinstance(error, WrongFileError)
    assert "says trglang='fr', but en-de is wanted" in str(error)


def test_each_file_fails_alone_with_all_its_problems():
    (_, first), (_, second), (_, third) = read_all(
        (
            make_zip(
                ("o.en-fr.txt", b"a\xff"),
                ("o.en-de.jsonl", '{"id": "1"}\n' * 1200),
                ("o.en-de.noterm.txt", "c\n"),
            ),
            "up.zip",
        )
    )

    assert (first.problems[0].file, first.problems[0].line) == ("up.zip/o.en-fr.txt", 1)
    assert (second.problems[0].file, second.problems[0].line) == ("up.zip/o.en-de.jsonl", 1)
    assert second.total == 1200
    assert third.lines[0].text == "c"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_limit_holds_for_all_files_together(pack):
    first, second = b"a\n" * 300, b"b\n" * 300

    (_, read), (_, refused), (_, last) = read_all(
        (pack(first), "a.en-fr.txt"),
        (pack(second), "b.en-de.txt"),
        (b"c\n", "c.en-de.noterm.txt"),  # what is too large leaves nothing: else it cost again
        max_bytes=1000,
    )

    assert len(read.lines) == 300
    assert "With the files before it, this one passes 1,000 bytes" in str(refused)
    assert "passes 1,000 bytes" in str(last)


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
        (make_zip(("notes.txt", "a")), "notes.txt", "says no language pair; wanted here: en-fr"),
        (make_zip(("a.en-zh.txt", "a")), "a.en-zh.txt", "says en-zh; wanted here: en-fr"),
        (make_zip(("en-fr.en-de.txt", "a")), "en-fr.en-de.txt", "says en-fr and en-de"),
        (
            make_zip(("en-fr.txt", "a"), ("b.en-fr.txt", "b")),
            "b.en-fr.txt",
            "up.zip/en-fr.txt is for en-fr too",
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
        (make_zip((special("en-fr.txt", stat.S_IFIFO), "")), "en-fr.txt", "not a regular file"),
        # what can't be unpacked, or shouldn't
        (flagged(GOOD, 0x1), "", "zip is encrypted"),
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
def test_what_is_odd_about_a_zip_or_a_file_in_it_is_explained(data, file, words):
    found = problems(read_all((data, "up.zip"), max_bytes=1_000_000))

    assert any(
        words in problem.message and problem.file == ("up.zip/" + file if file else "up.zip")
        for problem in found
    ), found


def test_an_encrypted_file_leaves_the_others_alone():
    data = make_zip(("a.en-fr.txt", "a\n"), ("b.en-de.txt", "b\n"))
    directory = data.index(b"PK\x01\x02") + 8

    found = read_all((data[:directory] + b"\x01" + data[directory + 1 :], "up.zip"))

    assert "a.en-fr.txt: The file is encrypted" in str(found[0][1])
    assert found[1][1].lines[0].text == "b"


def test_a_zip_that_cannot_be_opened_leaves_the_other_files_alone():
    (slot, error), (_, file) = read_all((GOOD[:-10], "up.zip"), (b"a\n", "a.en-fr.txt"))

    assert slot is None
    assert str(error).startswith("up.zip: The zip archive is damaged")
    assert file.lines[0].text == "a"


def test_a_zip_larger_than_the_limit_is_refused():
    data = make_zip(("en-fr.txt", bytes(range(256)) * 4))

    [(_, error)] = read_all((data, "up.zip"), max_bytes=100)

    assert "larger than 100 bytes" in str(error)


def test_a_directory_of_a_million_entries_is_never_read():
    entry = make_zip(("en-fr.txt", ""))
    central = entry[entry.index(b"PK\x01\x02") : entry.index(b"PK\x05\x06")]
    many = central * 30_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 30_000, 30_000, len(many), 39, 0)

    [(_, error)] = read_all((entry[:39] + many + end, "up.zip"))

    assert "archive is damaged" in str(error)


def test_every_cut_and_every_changed_byte_of_the_headers_is_survived():
    for place in range(0, len(GOOD), 3):
        for data in (GOOD[:place], GOOD[:place] + b"\xff" + GOOD[place + 1 :]):
            # Any other exception than a SubmissionError would be a bug.
            read_all((data, "up.zip"))
