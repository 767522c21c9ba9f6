"""Inputs made by hand, and what teams published: the odd is named, the honest accepted."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from evaluator import (
    Segment,
    SubmissionError,
    Term,
    TestSet,
    TestSetError,
    read_aligned,
    read_slots,
    read_test_set,
)
from evaluator.checking.review import find_warnings
from evaluator.errors import SeveralSystemsError


@pytest.fixture(scope="module")
def base(shared_cases):
    """The small test set and its perfect output."""
    with (shared_cases / "base/test.en-fr.tsv").open("rb") as source:
        test_set = read_test_set(
            source=source, source_language="en", target_language="fr", text_form="raw"
        )
    return test_set, tuple((shared_cases / "base/ours.en-fr.txt").read_text().splitlines())


def read(path, test_set, **options):
    with path.open("rb") as stream:
        return read_aligned(stream, path.name, test_set, **options)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("06-two-final-newlines.en-fr.txt", "1 empty line at the end"),
        ("52-xml-latin1.en-fr.xml", None),
        ("72-windows-thumbs.zip", "not translations: Thumbs.db, desktop.ini"),
        ("73-one-file-plus-readme.zip", "Skipped, because they are not translations: README.md"),
        ("84-checkpoint.zip", ".ipynb_checkpoints/ours.en-fr-checkpoint.txt"),
        ("86-git.zip", ".git/objects/00, .git/objects/01"),
    ],
)
def test_the_perfect_output_is_read_in_whatever_it_comes(shared_cases, base, name, words):
    found = read(shared_cases / "outputs" / name, base[0])

    messages = [problem.message for problem in find_warnings(found, base[0])]
    assert found.texts == base[1]
    assert len(messages) == (1 if words else 0)
    assert all(words in message for message in messages)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("09-quoted-lines.en-fr.txt", "5 lines have quotation marks"),
        ("12-moses-nbest.en-fr.txt", "5 lines have the bars |||"),
        ("15-sentencepiece.en-fr.txt", "5 lines have the marks of SentencePiece"),
        ("16-bpe.en-fr.txt", "4 lines have the marks of BPE"),
    ],
)
def test_left_overs_are_read_as_they_are_with_one_warning(shared_cases, base, name, words):
    path = shared_cases / "outputs" / name

    found = read(path, base[0])

    [warning] = find_warnings(found, base[0])
    assert list(found.texts) == path.read_text().splitlines()
    assert words in warning.message
    assert warning.line == 1


def test_an_array_of_strings_is_read(shared_cases, base):
    found = read(shared_cases / "outputs/22-json-array-strings.en-fr.json", base[0])

    assert found.texts == tuple("abcde")


def test_lines_of_wmt25_are_read_by_their_languages(shared_cases, base):
    found = read(shared_cases / "outputs/24-wmt25.en-fr.jsonl", base[0])

    assert found.texts == base[1]
    assert "names instead of the sources" in found.notes[0].message


def test_a_test_set_of_wmt25_is_read(shared_cases):
    path = shared_cases / "testsets/wmt25-native.ende.jsonl"
    with path.open("rb") as source:
        test_set = read_test_set(source=source, source_language="en", target_language="de")

    [segment] = test_set.segments
    assert (segment.source, segment.references) == (
        "Take the tablet.",
        ("Nehmen Sie die Tablette.",),
    )
    assert segment.terms == (Term("1", "tablet", ("Tablette",)),)
    assert [known.name for known in test_set.other_lists] == ["random"]


@pytest.mark.parametrize(
    "name", ["76-pair-dash-after", "77-pair-underscore", "78-pair-2", "79-pair-3letter"]
)
def test_a_zip_finds_its_slots_in_any_spelling(shared_cases, base, name):
    chinese = replace(base[0], target_language="zh")
    with (shared_cases / f"outputs/{name}.zip").open("rb") as stream:
        verdicts = list(read_slots([(stream, "up.zip")], {"en-fr": base[0], "en-zh": chinese}))

    assert {verdict.slot: verdict.error for verdict in verdicts} == {"en-fr": None, "en-zh": None}
    assert all(verdict.hypotheses.texts == base[1] for verdict in verdicts)


def test_of_two_systems_one_is_named(shared_cases, base):
    path = shared_cases / "outputs/51-xml-two-systems.en-fr.xml"

    with pytest.raises(SeveralSystemsError) as caught:
        read(path, base[0])
    assert caught.value.systems == ("X", "Y")
    assert read(path, base[0], system="Y").texts == base[1]


def test_lines_of_test_suites_are_set_aside(shared_cases):
    folder = shared_cases / "testsets"
    test_set = whole(folder / "testsuite.en-fr.xml")

    found = read(folder / "testsuite.ours.en-fr.txt", test_set)

    assert found.texts == ("Prenez le comprimé.",)
    assert "1 line is set aside" in found.notes[0].message


def test_a_document_without_reference_is_one_problem_or_left_out(shared_cases):
    path = shared_cases / "testsets/removed-document.en-fr.xml"

    with pytest.raises(TestSetError) as caught:
        whole(path)
    assert caught.value.total == 1
    assert "--leave-out removed" in caught.value.problems[0].message
    assert len(whole(path, leave_out=["removed"]).segments) == 1


def whole(path, **options):
    with path.open("rb") as source:
        return read_test_set(
            source=source, source_language="en", target_language="fr", text_form="raw", **options
        )


def published(folder):
    """Yield (name, sources, outputs) of each output; line breaks in them as spaces."""
    for path in sorted((folder / "submissions").glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
        target = path.name.split(".")[-3][2:]
        outputs = [" ".join((row.get(target) or "").split()) for row in rows]
        yield path.name, target, [" ".join(row["en"].split()) for row in rows], outputs


LANGUAGES = {"de": "de", "es": "es", "zh": "zh-Hant"}


def test_published_outputs_are_read_as_they_were_sent(shared_data):
    test_sets, notes, count = {}, set(), 0
    for path in sorted(shared_data.glob("wmt25-track*/submissions/*.noterm.jsonl")):
        pair = path.name.split(".")[-3]
        year = path.name.split(".")[1]
        name = f"full_data.{pair}" if pair != "enzh" else f"full_data_{year}"
        source_path = path.parents[1] / f"{name}.jsonl"
        if source_path not in test_sets:
            with source_path.open("rb") as source:
                test_sets[source_path] = read_test_set(
                    source=source,
                    source_language="en",
                    target_language=LANGUAGES[pair[2:]],
                    text_form="raw",
                )
        test_set = test_sets[source_path]
        found = read(path, test_set)
        sent = [json.loads(line)[pair[2:]] for line in path.read_text().splitlines()]
        if test_set.unit == "document":
            assert list(found.texts) == sent
        else:
            assert [text.split() for text in found.texts] == [text.split() for text in sent]
        notes |= {(path.name, note.message) for note in found.notes}
        count += 1

    assert count >= 20
    assert all("hold line breaks" in text or "holds line breaks" in text for _, text in notes)
    assert {name for name, _ in notes} == {
        "BIT.ende.noterm.jsonl",
        "o3-term-guide.ende.noterm.jsonl",
    }


@pytest.mark.parametrize("edition", ["wmt25-track1", "wmt25-track2"])
def test_no_published_output_is_refused_or_taken_for_something_else(shared_data, edition):
    refused, noted, count = {}, {}, 0
    for name, target, sources, outputs in published(shared_data / edition):
        segments = (Segment(str(n), "", s, (), (), ()) for n, s in enumerate(sources, 1))
        test_set = TestSet("en", target, tuple(segments), "raw")
        as_text = "".join(f"{text}\n" for text in outputs)
        rows = ({"id": str(n), "translation": text} for n, text in enumerate(outputs, 1))
        as_json = "".join(f"{json.dumps(row)}\n" for row in rows)
        for content in (as_text, as_json, json.dumps(outputs)):
            try:
                found = read_aligned(io.BytesIO(content.encode()), name, test_set)
            except SubmissionError as error:
                refused[name] = str(error)[:300]
                continue
            assert list(found.texts) == outputs
            if content is as_text and found.notes:
                noted[name] = found.notes
            count += 1

    assert refused == {}
    assert noted == {}
    assert count == 3 * len(list((shared_data / edition / "submissions").glob("*.jsonl"))) > 0
