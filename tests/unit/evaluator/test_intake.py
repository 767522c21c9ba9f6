"""Every problem of a file at once, also of one that breaks off."""

from __future__ import annotations

import dataclasses
import io
import zipfile

import pytest

from evaluator import (
    MisalignedError,
    Segment,
    SubmissionError,
    TestSet,
    UnreadableFileError,
    WrongFileError,
)
from evaluator.intake import read_aligned

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
    assert [line.split(":")[1] for line in found[1:]] == [" segment 3", " segment 4", " segment 5"]


def test_a_broken_line_does_not_hide_the_others():
    rows = [f'{{"id": "{n}", "translation": "texte"}}' for n in (1, 2, 4, 9)]

    found = problems("\n".join([*rows, "{"]).encode())

    assert len([line for line in found if "no valid JSON" in line]) == 1
    assert len([line for line in found if "no such segment" in line]) == 1
    assert len([line for line in found if "is missing" in line]) == 2


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
