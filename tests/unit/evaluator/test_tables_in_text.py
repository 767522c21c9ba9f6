"""Plain text that is a table: read where each line begins with what is its own, else refused."""

from __future__ import annotations

import csv
import io
import json
import time

import pytest

from evaluator import MisalignedError, Segment, SubmissionError, TestSet, read_aligned
from evaluator.checking.kept_sources import read_kept_sources
from evaluator.checking.line_tables import begin_with_sources, read_table
from evaluator.checking.review import find_warnings
from evaluator.types import Line

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
    assert note in find_warnings(found, make_test_set())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (rows(IDS, TEXTS, SCORES), "columns are separated by tabs"),  # which of the two?
        (rows(TEXTS, SCORES), "columns are separated by tabs"),
        (rows(["0", "1", "2", "3", "4"], TEXTS), "columns are separated by tabs"),
        (rows(IDS[::-1], TEXTS), "columns are separated by tabs"),
        (rows(IDS[:4], TEXTS[:4]), "columns are separated by tabs"),  # a row is missing
        (rows(SOURCES[::-1], TEXTS), "lines begin with sources, but not each with its own"),
        (
            rows(["src", *SOURCES], ["ref", *TEXTS], ["mt", *TEXTS[::-1]]),
            "lines begin with sources. Send the translations only",
        ),
        (as_csv(SOURCES[::-1], TEXTS), "lines begin with sources"),
        (as_csv([f"x{n}" for n in NUMBERS], TEXTS), "(CSV)"),
        (rows([f"x{n}" for n in NUMBERS], [f'"{text}"' for text in TEXTS], mark=", "), "(CSV)"),
        (rows(["a", "b", "c", "d", "e"], [f'"{text}"' for text in TEXTS], mark=","), "(CSV)"),
        (as_csv([f"x{n}" for n in NUMBERS], TEXTS, quoting=csv.QUOTE_ALL), "(CSV)"),
        (rows(["9"] * 5, TEXTS, mark=" ||| "), "columns are separated by |||"),
        (rows(["7", "8", "9", "10", "11"], TEXTS, mark=". "), "a list with a number"),
        (rows(["(0)", "(1)", "(2)", "(3)", "(4)"], TEXTS, mark=" "), "a list with a number"),
        (rows(NUMBERS, TEXTS, mark=". "), "a list with a number"),
        (rows(NUMBERS, TEXTS, mark=") "), "a list with a number"),
        (rows(NUMBERS, TEXTS, mark=": "), "a list with a number"),
        (rows(NUMBERS, TEXTS, mark=" "), "a list with a number"),
        (rows([f"Line {n}" for n in NUMBERS], TEXTS, mark=": "), "a list with a number"),
        (rows([f"Segment {n}" for n in NUMBERS], TEXTS, mark=") "), "a list with a number"),
        (rows([f"Phrase_{n}" for n in NUMBERS], TEXTS, mark=". "), "a list with a number"),
        (rows([f"第{n}行" for n in NUMBERS], TEXTS, mark="\uff1a"), "a list with a number"),
        (rows(NUMBERS, TEXTS, mark="\uff0e"), "a list with a number"),
        (rows(NUMBERS, TEXTS, mark="\u3001"), "a list with a number"),
        (rows([f"H-{n}" for n in range(5)], SCORES, TEXTS), "fairseq-generate"),
        (rows([f"H-{n}" for n in (3, 0, 4, 1, 2)], SCORES, TEXTS), "sorted by the numbers"),
        (rows([f"D-{n}" for n in range(5)], SCORES, TEXTS), "fairseq-generate"),
        (
            "".join(
                f"S-{n}\t{s}\nT-{n}\t{t}\nH-{n}\t-0.3\t{t}\nD-{n}\t-0.3\t{t}\nP-{n}\t-0.1\n"
                for n, (s, t) in enumerate(zip(SOURCES, TEXTS, strict=True))
            ),
            "fairseq-generate",
        ),
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
        ("".join(f"{({'fr': text})!r}\n" for text in TEXTS), "JSON or Python values"),
        ("".join(f"{[text]!r}\n" for text in TEXTS), "JSON or Python values"),
        (repr(TEXTS), "JSON or Python values"),
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
        ("".join(f"{t}\n{t}\n" for t in TEXTS), "each line occurs 2 times"),
        ("\n".join(TEXTS * 3), "each line occurs 3 times"),
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


# Sources that say a number, a quotation mark or a bullet in another way than their translations.
HONEST += [
    (
        ["First: open it.", "Second: pour.", "Third: close it.", "Fourth: wait.", "Fifth: drink."],
        ["1. Ouvrez.", "2. Versez.", "3. Fermez.", "4. Attendez.", "5. Buvez."],
    ),
    (
        ["Erstens: öffnen.", "Zweitens: gießen.", "Drittens: warten."],
        ["1. Ouvrez.", "2. Versez.", "3. Attendez."],
    ),
    (["①Open", "②Close", "③Wait", "④Drink"], ["1) Ouvrir", "2) Fermer", "3) Attendre", "4) Boire"]),
    (["第1条 甲方", "第2条 乙方", "第3条 丙方"], ["1. Party A", "2. Party B", "3. Party C"]),
    (["第一条 甲方", "第二条 乙方", "第三条 丙方"], ["1. Party A", "2. Party B", "3. Party C"]),
    (["II. Use", "III. Care", "IV. Waste"], ["2. Emploi", "3. Soin", "4. Déchets"]),
    (["One apple", "Two pears"], ["1 pomme", "2 poires"]),
    (["one mile", "two miles", "three miles"], ["1 mile", "2 milles", "3 milles"]),
    (["Half past ten", "Twelve o'clock"], ["10 h 30", "12 h"]),
    (['"Hello," he said.', '"Why?" she said.', "They left."],
     ["- Привет, - сказал он.", "- Почему? - сказала она.", "Они ушли."]),
    (["“Hello,” he said.", "«Why?»", "‘No’ – she left"], ["- Salut", "- Pourquoi ?", "- Non"]),
    (["・開く", "・閉じる", "・待つ"], ["- Open", "- Close", "- Wait"]),
    (["‣ Open", "– Close", "► Wait"], ["* Ouvrir", "* Fermer", "* Attendre"]),
    (["Figure 1: A lens.", "Table 2: Doses.", "Figure 3: It."],
     ["图1: 镜头。", "表2: 剂量。", "图3: 它。"]),
    (["第一章 海", "第二章 山", "第三章 川"],
     ["Chapter1: Sea", "Chapter2: Hill", "Chapter3: River"]),
    (["2020年", "2021年", "2022年"], ["2020 year", "2021 year", "2022 year"]),
    (["Note: see it.", "Note: wait."], ["N.B.: voir.", "N.B.: attendez."]),
    (["5 mg", "10 mg", "20 mg"], ["5 mg, par jour", "10 mg, par jour", "20 mg, le soir"]),
    (["COVID19 (a disease)", "SARS2 (a virus)"], ["COVID19, une maladie", "SARS2, un virus"]),
    (["Il a dit : « Non. »", "Elle ajouta : « Oui. »"], ['He said, "No."', 'She added, "Yes."']),
    (["Он сказал: «Нет».", "Она ответила: «Да»."], ['He said, "No."', 'She said, "Yes."']),
    (["他说：“不。”", "她说：“是。”"], ['He said, "no."', '"Yes," she said, "I do"']),
    # Long names that stay, with an addition or an end of their own.
    (["Microsoft Office 97", "Adobe Photoshop 7"],
     ["Microsoft Office 97 (bureautique)", "Adobe Photoshop 7 (images)"]),
    (["Microsoft Office 97", "Adobe Photoshop 7"],
     ["Bureautique (Microsoft Office 97)", "Images (Adobe Photoshop 7)"]),
    (["Marie Skłodowska-Curie", "Call us, please.", "Rest now, please."],
     ["Marie Skłodowska-Curie, physicienne", "Appelez-nous.", "Reposez-vous."]),
    (["Take two pills", "Wash your hands"], ["Take two pills.", "Wash your hands."]),
    (["Take two pills.", "Wash your hands."], ["Take two pills.", "Wash your hands."]),
]  # fmt: skip


@pytest.mark.parametrize(("sources", "texts"), HONEST)
@pytest.mark.parametrize("prefix", ["", "x"])
def test_a_text_that_has_the_marks_of_its_sources_is_plain_text(sources, texts, prefix):
    ids = [f"{prefix}{number}" for number in range(1, len(sources) + 1)]
    test_set = make_test_set(sources, ids, ["d"] * len(ids))

    found = read("\n".join(texts) + "\n", test_set)

    assert list(found.texts) == texts
    assert found.notes == ()


def test_empty_lines_too_many_at_the_end_are_passed_over():
    found = read("\n".join(TEXTS) + "\n\n \n\n")

    assert list(found.texts) == TEXTS
    assert "3 empty lines at the end of the file are ignored" in found.notes[0].message


def test_an_empty_line_elsewhere_is_one_too_many():
    with pytest.raises(MisalignedError, match="Remove 1 line"):
        read("\n" + "\n".join(TEXTS))


@pytest.mark.parametrize(
    "mark",
    [" = ", " => ", " → ", " ", ": ", " -> ", " / ", " — ", " # ", " >>> ", "|", "~", " :: "],
)
@pytest.mark.parametrize("is_last", [False, True])
def test_sources_and_texts_in_the_same_lines_are_told_apart(mark, is_last):
    found = read(rows(TEXTS, SOURCES, mark=mark) if is_last else rows(SOURCES, TEXTS, mark=mark))

    assert list(found.texts) == TEXTS
    [note] = found.notes
    assert "its own source" in note.message
    assert "only" in note.message


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (rows([f"{s} = " for s in SOURCES[:4]] + [""], TEXTS, mark=""), 4),
        (rows([f"{s} {m} " for s, m in zip(SOURCES, "=:→-=", strict=True)], TEXTS, mark=" "), None),
        (rows([*SOURCES[:3], "", ""], TEXTS, mark=" "), 3),
        (rows(SOURCES, TEXTS, mark=""), 4),
        (rows(SOURCES, [f"({text})" for text in TEXTS], mark=" "), 4),
        (rows(TEXTS, [f"({text})" for text in SOURCES], mark=" "), 4),
        (rows(SOURCES, TEXTS, mark=" in French "), 4),
        (rows(TEXTS, SOURCES, mark=""), 4),
    ],
)
def test_sources_in_most_lines_are_refused_by_name(content, count):
    if count is None:  # marks of their own: the space that all have is cut, and no more
        assert [note.line for note in read(content).notes] == [1]
        return
    with pytest.raises(MisalignedError, match=f"{count} of 5 lines .* with their own source"):
        read(content)


def in_turn(*columns):
    return [line for lines in zip(*columns, strict=True) for line in lines]


SHORT = ["Prenez-en deux.", "Appelez.", "Lavez.", "Non.", "Repos."]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (in_turn(SOURCES, SHORT), "of each 2 lines, 1 is the source"),
        (in_turn(SHORT, SOURCES), "of each 2 lines, 1 is the source"),
        (in_turn(SHORT, [""] * 5), "of each 2 lines, 1 is empty"),
        (in_turn(SOURCES, SHORT, [""] * 5),
         "of each 3 lines, 1 is the source and 1 is empty"),
        (in_turn(SOURCES, SHORT, ["---"] * 5), "1 is the source and 1 is the same each time"),
        ([*SOURCES, *SHORT], "the first 5 are the sources"),
        ([*SHORT, *SOURCES], "the last 5 are the sources"),
    ],
)  # fmt: skip
def test_lines_that_are_sources_are_named(lines, words):
    with pytest.raises(MisalignedError) as caught:
        read("\n".join(lines) + "\n")

    [problem] = caught.value.problems
    assert words in problem.message
    assert "Remove" not in problem.message
    assert "translations only" in problem.message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            json.dumps({"translations": TEXTS}),
            '"translations" holds an array. Send that array only',
        ),
        (json.dumps({"a": 1}), "but not of ids and strings"),
        (json.dumps({"a": None, "b": True}), "but not of ids and strings"),
        (json.dumps({"s1": {"fr": "x"}}), '"s1" holds an object'),
        (json.dumps({"s1": ["x"], "s2": ["y"]}), '"s1" holds an array. Write one object a line'),
        (
            json.dumps(dict(zip(IDS[:3], TEXTS[:3], strict=True))),
            "Write the key as document:segment",
        ),
    ],
)
def test_objects_have_words_of_their_own(content, words):
    with pytest.raises(SubmissionError) as caught:
        read(content)

    assert words in caught.value.problems[0].message
    assert "several lines" not in caught.value.problems[0].message
    assert 'add "doc"' not in caught.value.problems[0].message


def test_no_line_of_an_honest_file_is_cut_or_searched_twice():
    words = ["the", "cat", "dog", "house", "green", "tree"]
    sources = [" ".join(words[(n + i) % 6] for i in range(20)) for n in range(3_000)]
    texts = [source[::-1] for source in sources]
    units = make_test_set(sources, [str(n) for n in range(1, 3_001)], ["d"] * 3_000).segments
    lines = [Line(n, None, None, text) for n, text in enumerate(texts, 1)]

    started = time.process_time()
    assert read_table(lines, units) is None
    assert read_kept_sources(lines, units) is None
    assert time.process_time() - started < 0.6


@pytest.mark.parametrize("unit", ["<", "[", '"', "a", " ", "=", ":", "(", ")", ",", "\t", "|||"])
def test_hostile_lines_are_compared_with_sources_in_linear_time(unit):
    sources = [unit * 20_000] * 5
    texts = [source + unit * 20_000 for source in sources]
    units = make_test_set(sources, NUMBERS, ["d"] * 5).segments
    lines = [Line(n, None, None, text) for n, text in enumerate(texts, 1)]

    started = time.process_time()
    read_table(lines, units)
    read_kept_sources(lines, units)
    begin_with_sources(lines, units)
    assert time.process_time() - started < 2
