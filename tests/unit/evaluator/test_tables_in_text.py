"""Plain text that is a table: read where each line begins with what is its own, else refused."""

from __future__ import annotations

import csv
import io
import json

import pytest

from evaluator import MisalignedError, Segment, SubmissionError, TestSet, read_aligned
from evaluator.checks import warnings

SOURCES = ["Take two pills.", "Call us, please.", "Wash your hands.", "He said: “No”.", "Rest."]
TEXTS = ["Prenez deux pilules.", "Appelez-nous, svp.", "Lavez-vous.", "Il dit : « Non ».", "Repos."]
IDS = ["s1", "s2", "s3", "s1", "s2"]
DOCUMENTS = ["a", "a", "a", "b", "b"]


def make_test_set(sources=SOURCES, ids=IDS, documents=DOCUMENTS):
    segments = (
        Segment(i, d, s, (), (), ()) for i, d, s in zip(ids, documents, sources, strict=True)
    )
    return TestSet("en", "fr", tuple(segments), "raw")


def read(content, test_set=None, name="ours.txt"):
    data = content.encode() if isinstance(content, str) else content
    return read_aligned(io.BytesIO(data), name, test_set or make_test_set())


def rows(*columns, mark="\t", header=""):
    lines = [mark.join(cells) for cells in zip(*columns, strict=True)]
    return "".join(f"{line}\n" for line in ([header] if header else []) + lines)


def as_csv(*columns, header=(), **options):
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n", **options)
    writer.writerows([header] if header else [])
    writer.writerows(zip(*columns, strict=True))
    return stream.getvalue()


NUMBERS = ["1", "2", "3", "4", "5"]
PAIRS = [f"{d}:{i}" for d, i in zip(DOCUMENTS, IDS, strict=True)]
SCORES = ["-0.1", "-0.22", "-0.3", "-0.41", "-0.5"]


@pytest.mark.parametrize(
    "content",
    [
        rows(IDS, TEXTS),
        rows(PAIRS, TEXTS),
        rows(NUMBERS, TEXTS),
        rows(SOURCES, TEXTS),
        rows(TEXTS, IDS),
        rows(TEXTS, SOURCES),
        rows(DOCUMENTS, IDS, TEXTS),
        rows(IDS, SOURCES, TEXTS),
        rows(NUMBERS, PAIRS, SOURCES, TEXTS, header="seg_id\ttuid\tsource\ttarget"),
        rows(IDS, TEXTS, header="id\ttranslation"),
        rows(IDS, [f'"{text}"' for text in TEXTS]),
        rows(IDS, TEXTS, mark="|||"),
        rows(SOURCES, TEXTS, mark=" ||| "),
        rows(IDS, TEXTS, mark=": "),
        rows(PAIRS, TEXTS, mark=" - "),
        rows(IDS, TEXTS, mark=" "),
        rows(NUMBERS, TEXTS, mark=". "),
        rows(NUMBERS, TEXTS, mark=") "),
        rows(IDS, TEXTS, mark="="),
        rows(IDS, TEXTS, mark=","),  # no quotes, so that texts seem to have more cells
        as_csv(IDS, TEXTS),
        as_csv(SOURCES, TEXTS, quoting=csv.QUOTE_ALL),
        as_csv(IDS, SOURCES, TEXTS, header=("id", "en", "fr")),
        as_csv(NUMBERS, TEXTS, delimiter=";"),
        as_csv(TEXTS, IDS),
        rows(IDS, TEXTS).replace("\n", "\r\n") + "\r\n\r\n",
    ],
)
def test_a_table_is_read_where_each_line_has_what_is_its_own(content):
    found = read(content)

    assert list(found.texts) == TEXTS
    [note] = found.notes
    assert "The file is a table, not plain text" in note.message
    assert note in warnings(found, make_test_set())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (rows(IDS, TEXTS, SCORES), "columns are separated by tabs"),  # which of the two?
        (rows(TEXTS, SCORES), "columns are separated by tabs"),
        (rows(["0", "1", "2", "3", "4"], TEXTS), "columns are separated by tabs"),
        (rows(IDS[::-1], TEXTS), "columns are separated by tabs"),
        (rows(IDS[:4], TEXTS[:4]), "columns are separated by tabs"),  # a row is missing
        (rows(SOURCES[::-1], TEXTS), "lines begin with sources, but not each with its own"),
        (as_csv(SOURCES[::-1], TEXTS), "lines begin with sources"),
        (as_csv([f"x{n}" for n in NUMBERS], TEXTS), "(CSV)"),
        (as_csv([f"x{n}" for n in NUMBERS], TEXTS, quoting=csv.QUOTE_ALL), "(CSV)"),
        (rows(["9"] * 5, TEXTS, mark=" ||| "), "columns are separated by |||"),
        (rows(["7", "8", "9", "10", "11"], TEXTS, mark=". "), "a list with a number"),
        (rows(["(0)", "(1)", "(2)", "(3)", "(4)"], TEXTS, mark=" "), "a list with a number"),
        (rows([f"H-{n}" for n in range(5)], SCORES, TEXTS), "tabs"),
    ],
)
def test_any_other_table_is_refused_by_its_name(content, words):
    with pytest.raises(MisalignedError) as caught:
        read(content)

    [problem] = caught.value.problems
    assert words in problem.message
    assert problem.line
    assert "one a line" in problem.message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("".join(f"{json.dumps(text)}\n" for text in ["é", *TEXTS[1:]]), "list of JSON strings"),
        ("".join(f'{{"fr": {json.dumps(text)}}}\n' for text in TEXTS), 'There is no "id"'),
        ("".join(f"{({'fr': text})!r}\n" for text in TEXTS), "JSON values or of Python's"),
        ("".join(f"{[text]!r}\n" for text in TEXTS), "JSON values or of Python's"),
        (repr(TEXTS), "JSON values or of Python's"),
        ("".join(f"{text.encode()!r}\n" for text in TEXTS), "bytes as Python prints"),
        (json.dumps([{"id": i, "t": t} for i, t in zip(IDS, TEXTS, strict=True)]), "of objects"),
        (json.dumps({"translations": TEXTS}), "a JSON object"),
        (json.dumps(dict(zip(SOURCES, TEXTS, strict=True)), indent=2), "keys are not the ids"),
        (json.dumps(TEXTS[:3]), "a JSON array of 3 strings, the test set 5 segments"),
        (json.dumps(TEXTS, indent=2)[:-9], "JSON that is written on several lines"),
        ("".join(f"- {text}\n" for text in TEXTS), "a list in YAML or Markdown"),
        ("texts:\n" + "".join(f"  - {text}\n" for text in TEXTS), "a list in YAML or Markdown"),
        ("".join(f"seg.{i}: {t}\n" for i, t in enumerate(TEXTS)), "a list of keys and texts"),
        ("".join(f'"k{i}" = "{t}";\n' for i, t in enumerate(TEXTS)), "a list of keys and texts"),
        ("".join(f"| {t} |\n" for t in TEXTS), "a Markdown table"),
        ("```text\n" + "\n".join(TEXTS) + "\n```\n", "marks of a code block"),
        ("".join(f"<seg1>{t}</seg1>\n" for t in TEXTS), "markup"),
        ("<table>\n" + "".join(f"<tr><td>{t}\n" for t in TEXTS) + "</table>", "markup (<table>)"),
        ("<!DOCTYPE html>\n<p>x", "an HTML page"),
        ("<html lang='fr'><body>x</body></html>", "an HTML page"),
        ("<?xml version='1.0'?>\n<tmx version='1.4'></tmx>", "a TMX file"),
        ('<xliff version="2.0"></xliff>', "an XLIFF file"),
        ("<resources>\n<string>x</string>\n</resources>\n", "markup (<resources>)"),
        ("".join(f'msgid "x"\nmsgstr "{t}"\n\n' for t in TEXTS), "a PO file"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nx\n", "subtitles"),
        ("".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{t}\n\n" for n, t in
                 enumerate(TEXTS, 1)), "subtitles with their times"),
        ("".join(f"{t}\n{t}\n" for t in TEXTS), "each line is there 2 times"),
        ("\n".join(TEXTS * 3), "each line is there 3 times"),
    ],
)  # fmt: skip
def test_json_and_markup_are_refused_by_their_names(content, words):
    with pytest.raises(SubmissionError) as caught:
        read(content)

    assert words in caught.value.problems[0].message


@pytest.mark.parametrize("content", [json.dumps(TEXTS), json.dumps(TEXTS, indent=1) + "\n\n"])
def test_an_array_of_as_many_strings_is_read(content):
    found = read(content)

    assert list(found.texts) == TEXTS
    assert "a JSON array of 5 strings" in found.notes[0].message


def test_an_object_of_ids_and_texts_is_read():
    assert list(read(json.dumps(dict(zip(PAIRS, TEXTS, strict=True)))).texts) == TEXTS


# Sources, and translations with the same marks: each file is plain text.
HONEST = [
    (["1. Take it.", "2. Wash it."], ["1. Prenez-le.", "2. Lavez-le."]),
    (["1) Take it.", "2) Wash it."], ["1 Prenez-le.", "2 Lavez-le."]),  # its own numbers, too
    (["1.5 mg", "2.5 mg"], ["1,5 mg", "2,5 mg"]),
    (["id\tname", "key\tvalue"], ["id\tnom", "clé\tvaleur"]),
    (["1\tone", "2\ttwo"], ["1\tun", "2\tdeux"]),
    (["{0} files", "{1} of {2}"], ["{0} fichiers", "{1} sur {2}"]),
    (['{"a": "one"}', '{"b": "two"}'], ['{"a": "un"}', '{"b": "deux"}']),
    (['["one"]', '["two"]'], ['["un"]', '["deux"]']),
    (["[1]", "[2]"], ["[1]", "[2]"]),
    (["<p>One.</p>", "<p>Two.</p>"], ["<p>Un.</p>", "<p>Deux.</p>"]),
    (["<b>One.", "Two.</b>"], ["<b>Un.", "Deux.</b>"]),
    (["- One.", "- Two."], ["- Un.", "- Deux."]),
    (["a: one", "b: two"], ["a : un", "b : deux"]),
    (["key.a=One", "key.b=Two"], ["key.a=Un", "key.b=Deux"]),
    (["| a | b |", "| c | d |"], ["| à | b |", "| c | d |"]),
    (["```", "```"], ["```", "```"]),
    (["He said, yes.", "Yes, he said."], ["Il dit, oui.", "Oui, dit-il."]),
    (["May 1", "May 2"], ["1. Mai", "Zweiter Mai"]),
    (["At 10.30", "At 11.45"], ["10:30 Uhr", "11:45 Uhr"]),
    (['"One" he said', '"Two" he said'], ['Er sagte: "Eins"', 'Er sagte: "Zwei"']),
    (["In 2019", "In 2020"], ["2019", "2020"]),
    (["One.", "Two."], ["Un.", ""]),
    (["One.", "Two."], ["Même texte.", "Même texte."]),
    (["See msgid.", "A --> B"], ["Voir msgid.", "A --> B"]),
]


@pytest.mark.parametrize(("sources", "texts"), HONEST)
@pytest.mark.parametrize("ids", [("1", "2"), ("x1", "x2")])
def test_a_text_that_has_the_marks_of_its_sources_is_plain_text(sources, texts, ids):
    test_set = make_test_set(sources, ids, ["d", "d"])

    found = read("\n".join(texts) + "\n", test_set)

    assert list(found.texts) == texts
    assert found.notes == ()


def test_empty_lines_too_many_at_the_end_are_passed_over():
    found = read("\n".join(TEXTS) + "\n\n \n\n")

    assert list(found.texts) == TEXTS
    assert "3 empty lines at the end of the file are passed over" in found.notes[0].message


def test_an_empty_line_elsewhere_is_one_too_many():
    with pytest.raises(MisalignedError, match="Remove 1 line"):
        read("\n" + "\n".join(TEXTS))
