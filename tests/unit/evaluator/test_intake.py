"""Every problem of a file at once, also of one that breaks off."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
from collections.abc import Mapping

import pytest

from evaluator import (
    MisalignedError,
    Segment,
    SubmissionError,
    TestSet,
    UnreadableFileError,
    WrongFileError,
)
from evaluator.checking.intake import read_aligned, read_slots

SEGMENTS = tuple(Segment(str(n), "d", f"source {n}", ("x",), (), ((),)) for n in range(1, 6))
TEST_SET = TestSet("en", "fr", SEGMENTS)
SGML = '<tstset><doc docid="d">\n' + "".join(
    f'<seg id="{n}">texte {n}</seg>\n' for n in range(1, 6)
)


def problems(content: bytes, test_set: TestSet = TEST_SET) -> list[str]:
    with pytest.raises(MisalignedError) as caught:
        read_aligned(io.BytesIO(content), "ours", test_set)
    return [str(problem) for problem in caught.value.problems]


def test_a_file_that_fits_gives_its_texts_and_lines():
    found = read_aligned(io.BytesIO(SGML.encode()), "ours", TEST_SET)

    assert found.texts == tuple(f"texte {n}" for n in range(1, 6))
    assert found.lines == (2, 3, 4, 5, 6)


def test_a_file_cut_off_in_a_segment_names_it_and_those_that_are_missing():
    found = problems(SGML.encode()[: SGML.index("texte 3") + 3])

    assert found[0].startswith("ours:4: segment 3: The segment is not closed")
    assert [line.split(":")[1] for line in found[1:]] == [" segment 4", " segment 5"]


def test_a_broken_line_does_not_hide_the_others():
    rows = [f'{{"id": "{n}", "translation": "texte"}}' for n in (1, 2, 4, 9)]

    found = problems("\n".join([*rows, "{"]).encode())

    assert len([line for line in found if "not valid JSON" in line]) == 1
    assert len([line for line in found if "no such segment" in line]) == 1
    assert len([line for line in found if "is missing" in line]) == 2


def test_an_empty_document_is_named_as_what_it_is():
    rows = [f'{{"id": "{n}", "doc": "", "translation": "texte"}}' for n in range(1, 6)]

    found = problems("\n".join(rows).encode())

    assert "no such segment in a document without a name." in found[0]


@pytest.mark.parametrize(
    "broken",
    [
        '{"id": "3", "translation": "te',  # the line breaks off
        '{"translation": "te\\"id\\": \\"4\\"" "id": "3"}',  # an id in quotation marks is text
        '{"id": "3", "hypothesis": "texte"}',
        '{"id": "\\u0033", "doc": "d", "translation": 3}',
        '{"id": "3", "doc": 1, "translation": "texte"}',
        '{"id": 3, "doc": "d", "translation": "texte"}',
        '{"translation": "texte", "id": 3}',
        '{"id": "3", "id": "3", "translation": "texte"}',
        '{"id": "3", "translation": "' + "a" * 1_048_576 + '"}',
    ],
)
def test_a_broken_line_is_reported_once_and_its_segment_not_as_missing(broken):
    rows = [f'{{"id": "{n}", "translation": "texte"}}' for n in (1, 2, 4)]

    found = problems("\n".join([*rows, broken]).encode())

    assert len(found) == 2
    assert found[0].startswith("ours:4:")
    assert found[1].startswith("ours: segment 5: The segment in document d is missing")


@pytest.mark.parametrize(
    "content",
    [
        SGML.replace("texte 2</seg>", "texte 2") + "</doc></tstset>",  # not closed
        SGML.replace(' docid="d"', "") + "</doc></tstset>",  # all that is known is the ids
        '<dataset><doc><hyp system="s"><p>'
        + "".join(f'<seg id="{n}">texte</seg>' for n in range(1, 6))
        + "</p></hyp></doc></dataset>",
    ],
)
def test_a_broken_segment_is_reported_once_and_not_as_missing(content):
    assert len(problems(content.encode())) == 1


def test_a_line_too_long_is_counted_as_one():
    found = problems(b"a\n" * 4 + b"a" * 1_048_577)

    assert len(found) == 1
    assert "The line has 1,048,577 bytes" in found[0]


def test_a_file_of_which_nothing_can_be_read_stays_unreadable():
    with pytest.raises(UnreadableFileError):
        read_aligned(io.BytesIO(b"\xff\xfe\x00"), "ours", TEST_SET)


def test_references_change_no_message():
    # A message that depended on a reference would leak it.
    content = SGML.replace("texte 2", "texte 2 " * 400)[:-60].encode()
    others = tuple(dataclasses.replace(s, references=("tout autre " * 50,)) for s in SEGMENTS)

    found = problems(content)

    assert len(found) > 1
    assert found == problems(content, dataclasses.replace(TEST_SET, segments=others))


def zipped(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


def test_a_zip_with_a_file_for_the_pair_is_read():
    found = read_aligned(io.BytesIO(zipped(**{"ours.en-fr.sgm": SGML})), "ours.zip", TEST_SET)

    assert found.texts[0] == "texte 1"


def test_a_zip_with_files_of_other_pairs_says_what_is_wanted():
    content = zipped(**{"ours.en-fr.sgm": SGML, "ours.en-zh.sgm": SGML})

    with pytest.raises(SubmissionError) as caught:
        read_aligned(io.BytesIO(content), "ours.zip", TEST_SET)

    assert "ours.en-zh.sgm" in str(caught.value)
    assert "en-fr" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ours.en-zh.sgm", SGML),  # another pair in the name
        ("ours.sgm", SGML.replace("<tstset>", '<tstset trglang="zh">')),  # in the file
    ],
)
def test_the_file_of_another_pair_is_refused(name, content):
    with pytest.raises(WrongFileError, match="en-fr"):
        read_aligned(io.BytesIO(content.encode()), name, TEST_SET)


class Lazy(Mapping):
    """Test sets that are read when they are asked for."""

    def __init__(self, *slots):
        self.slots = slots
        self.asked = []

    def __iter__(self):
        return iter(self.slots)

    def __len__(self):
        return len(self.slots)

    def __getitem__(self, slot):
        self.asked.append(slot)
        source, target = slot.partition(".")[0].split("-")
        return dataclasses.replace(TEST_SET, source_language=source, target_language=target)


PAIRS = ("en-fr", "en-zh", "en-ru", "en-ko", "cs-de")


def judge(*files, test_sets=None, **options):
    streams = [(io.BytesIO(content), name) for name, content in files]
    return list(read_slots(streams, test_sets or Lazy(*PAIRS), **options))


def test_in_a_zip_of_five_pairs_one_bad_file_fails_alone():
    files = {f"ours.{pair}.txt": "a\n" * 5 for pair in PAIRS} | {"ours.en-ru.txt": "a\n" * 4}

    found = judge(("ours.zip", zipped(**files)))

    assert [verdict.slot for verdict in found] == list(PAIRS)
    assert [verdict.slot for verdict in found if verdict.hypotheses is None] == ["en-ru"]
    assert "ours.zip/ours.en-ru.txt:4: The file has 4 lines" in str(found[2].error)
    assert all(verdict.error is None for verdict in found if verdict.hypotheses is not None)


def test_only_the_test_sets_of_the_slots_present_are_read():
    test_sets = Lazy(*PAIRS)

    judge(("a.en-zh.txt", b"a\n" * 5), ("b.en-ja.txt", b"b\n"), test_sets=test_sets)

    assert test_sets.asked == ["en-zh"]


def test_files_are_read_one_by_one():
    test_sets = Lazy(*PAIRS)
    files = [(io.BytesIO(b"a\n" * 5), f"a.{pair}.txt") for pair in PAIRS]

    first = next(read_slots(files, test_sets))

    assert (first.slot, first.file, test_sets.asked) == ("en-fr", "a.en-fr.txt", ["en-fr"])


def test_two_files_for_one_slot_are_both_refused():
    first, second = judge(("a.en-fr.txt", b"a\n" * 5), ("b.en-fr.txt", b"b\n" * 5))

    assert (first.slot, second.slot) == ("en-fr", "en-fr")
    assert str(first.error).startswith("a.en-fr.txt: b.en-fr.txt is for en-fr too")
    assert str(second.error).startswith("b.en-fr.txt: a.en-fr.txt is for en-fr too")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("ours.txt", b"a\n" * 5, "wanted here: en-fr, en-zh, .* such as output.en-fr.txt"),
        ("ours.en-ja.txt", b"a\n" * 5, "says en-ja; wanted here: en-fr"),
        ("ours.zip", b"PK\3\4", "damaged or cut off"),
    ],
)
def test_a_file_for_no_slot_is_a_verdict_of_its_own(name, content, words):
    [verdict] = judge((name, content))

    assert (verdict.slot, verdict.file, verdict.hypotheses) == (None, name, None)
    assert re.search(words, str(verdict.error))


def test_a_chosen_slot_takes_a_file_without_one_in_its_name():
    [verdict] = judge(("ours.txt", b"a\n" * 5), chosen="en-ko")

    assert (verdict.slot, verdict.error) == ("en-ko", None)


def test_a_chosen_slot_that_nobody_wants_is_a_bug():
    with pytest.raises(KeyError, match="en-it"):
        judge(("ours.txt", b"a\n"), chosen="en-it")


def test_no_file_gives_no_verdict():
    assert judge() == []


def test_an_error_keeps_no_file_in_memory():
    [verdict] = judge(("ours.en-fr.jsonl", b'{"id": "1", "translation": "a"}\n{'))

    assert verdict.error.__traceback__ is verdict.error.__context__ is None
    assert "is missing" in str(verdict.error)
