"""`terminarium validate`, `annotate`, and `score` with a terminology: what a participant types."""

from __future__ import annotations

import io
import json
import sys
import zipfile

import pytest

from evaluator.cli import main

ROWS = [
    ("leaflet:1", "Take the tablet twice a day.", "Prenez le comprimé deux fois par jour."),
    ("leaflet:2", "Do not split the tablet.", "Ne coupez pas le comprimé."),
    ("leaflet:3", "Call us if the fever stays.", "Appelez-nous si la fièvre persiste."),
]
OURS = ["Prenez la tablette deux fois par jour.", ROWS[1][2], ROWS[2][2]]


@pytest.fixture
def files(tmp_path):
    rows = ["\t".join(row) for row in [("tuid", "source", "target"), *ROWS]]
    (tmp_path / "test.tsv").write_text("\n".join(rows) + "\n")
    sources = ["\t".join(row[:2]) for row in [("tuid", "source"), *ROWS]]
    (tmp_path / "sources.tsv").write_text("\n".join(sources) + "\n")
    (tmp_path / "terms.tsv").write_text("tablet\tcomprimé|cachet\nfever\tfièvre\n")
    (tmp_path / "ours.txt").write_text("\n".join(OURS) + "\n")
    (tmp_path / "reference.txt").write_text("\n".join(row[2] for row in ROWS) + "\n")
    (tmp_path / "short.txt").write_text("\n".join(OURS[:2]) + "\n")
    return tmp_path


def run(command, files, *options, source="test.tsv"):
    return main([command, f"--source={files / source}", "--language-pair=en-fr", *options])


def scores(output, name):
    [row] = [row for row in json.loads(output)["systems"] if row["name"].endswith(name)]
    return {score["metric"]: score["value"] for score in row["scores"]}


def test_validate_needs_the_sources_alone(files, capsys):
    status = run("validate", files, f"--hypotheses={files / 'ours.txt'}", source="sources.tsv")

    assert status == 0
    assert "ours.txt: fits the test set (3 segments)." in capsys.readouterr().out


def test_validate_says_the_same_with_and_without_references(files, capsys):
    said = []
    for source in ("sources.tsv", "test.tsv"):
        options = [f"--hypotheses={files / name}" for name in ("ours.txt", "short.txt")]
        status = run("validate", files, *options, source=source)
        said.append((status, capsys.readouterr()))

    assert said[0] == said[1]
    assert said[0][0] == 1
    assert "short.txt: can't be accepted" in said[0][1].out
    assert "Add the missing 1" in said[0][1].err


def test_validate_reads_no_reference_even_a_broken_one(files, capsys):
    broken = (files / "test.tsv").read_text().replace(ROWS[1][2], "").replace(ROWS[2][2], "a\tb")
    (files / "test.tsv").write_text(broken)

    assert run("validate", files, f"--hypotheses={files / 'ours.txt'}") == 0

    assert capsys.readouterr().err == ""


def test_validate_goes_on_behind_a_file_that_cannot_be_opened(files, capsys):
    names = ("nowhere.txt", "short.txt", "ours.txt")

    assert run("validate", files, *(f"--hypotheses={files / name}" for name in names)) == 1

    output = capsys.readouterr()
    assert "nowhere.txt: there is no such file" in output.err
    assert "Add the missing 1" in output.err
    assert "nowhere.txt: can't be accepted" in output.out
    assert "ours.txt: fits the test set" in output.out


def test_validate_notices_two_files_that_are_the_same(files, capsys):
    options = [f"--hypotheses={files / 'ours.txt'}"] * 2

    assert run("validate", files, *options) == 0

    assert "to the letter" in capsys.readouterr().err


def zip_of(path, *members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, texts in members:
            archive.writestr(name, "\n".join(texts) + "\n")


def test_of_a_zip_the_file_of_the_pair_is_taken_and_the_others_are_named(files, capsys):
    zip_of(
        files / "all.zip",
        ("ours.en-zh.txt", ["x"]),
        ("ours.en-fr.noterm.txt", OURS[:1]),
        ("ours.en-fr.txt", OURS),
    )

    assert run("validate", files, f"--hypotheses={files / 'all.zip'}") == 0

    output = capsys.readouterr()
    assert "all.zip: fits the test set" in output.out
    [note] = output.err.splitlines()
    assert "ours.en-fr.txt is taken for en-fr; passed over: " in note
    assert "ours.en-zh.txt" in note
    assert "ours.en-fr.noterm.txt" in note


def test_a_zip_may_hold_both_modes(files, capsys):
    zip_of(
        files / "all.zip",
        ("a.en-fr.txt", [row[2] for row in ROWS]),
        ("a.en-fr.noterm.txt", OURS),
    )
    path = files / "all.zip"

    options = [f"--hypotheses={path}", f"--noterm-hypotheses={path}", "--json", "--metrics=bleu"]
    assert run("score", files, *options) == 0

    with_terms, without, _ = json.loads(capsys.readouterr().out)["systems"]
    assert with_terms["scores"][0]["value"] > 99
    assert without["scores"][0]["value"] < 99


def test_a_zip_without_a_file_of_the_pair_is_explained(files, capsys):
    zip_of(files / "all.zip", ("ours.en-zh.txt", ["x"]), ("ours.en-ru.txt", ["x"]))

    assert run("validate", files, f"--hypotheses={files / 'all.zip'}") == 1

    error = capsys.readouterr().err
    assert "ours.en-zh.txt: The file's name says en-zh; wanted here: en-fr" in error
    assert "ours.en-ru.txt" in error


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("ours.txt", 0, "all.zip: fits the test set"),
        ("ours.en-fr.noterm.txt", 0, "all.zip: fits the test set"),
        ("ours.en-zh.txt", 1, "ours.en-zh.txt: The file's name says en-zh; wanted here: en-fr."),
        ("../ours.txt", 1, "The name leads out of the zip."),
    ],
)
def test_the_only_file_of_a_zip_may_have_a_name_without_a_pair(files, capsys, name, status, words):
    zip_of(files / "all.zip", (name, OURS))

    assert run("validate", files, f"--hypotheses={files / 'all.zip'}") == status

    assert words in "".join(capsys.readouterr())


def test_score_with_a_terminology_and_baselines(files, capsys):
    status = run(
        "score",
        files,
        f"--terminology={files / 'terms.tsv'}",
        f"--hypotheses={files / 'ours.txt'}",
        "--baselines",
        "--json",
    )

    assert status == 0
    output = capsys.readouterr().out
    # "tablet" is required in two segments and rendered in one, "fever" in one and rendered.
    assert scores(output, "ours.txt")["term-success"] == 100 * 2 / 3
    assert scores(output, "ours.txt")["term-consistency"] == 50
    assert scores(output, "reference 1 (against 1 reference)")["term-success"] == 100
    assert scores(output, "source (against 1 reference)")["term-success"] == 0


def test_score_shows_what_terms_change(files, capsys):
    status = run(
        "score",
        files,
        f"--terminology={files / 'terms.tsv'}",
        f"--hypotheses={files / 'reference.txt'}",
        f"--noterm-hypotheses={files / 'ours.txt'}",
        "--metrics=term-success,bleu",
        "--json",
    )

    assert status == 0
    output = capsys.readouterr().out
    assert scores(output, "with terms − without")["term-success"] == 100 - 100 * 2 / 3


def test_score_notices_that_terms_change_nothing_at_all(files, capsys):
    path = files / "ours.txt"

    options = [f"--hypotheses={path}", f"--noterm-hypotheses={path}", "--metrics=chrf"]
    assert run("score", files, *options) == 0

    assert "to the letter" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--metrics=term-success"], "term-success: the test set lacks a terminology, or"),
        (
            ["--metrics=term-consistency", "--terminology={}/once.tsv"],
            "term-consistency: the test set lacks a term that is required twice in a document.",
        ),
        (
            ["--metrics=term-success", "--terminology={}/other.tsv"],
            "term-success: the test set lacks a term of the terminology in its sources.",
        ),
        (["--metrics=over-application"], "over-application: the test set lacks a terminology."),
        (["--metrics=wmt21-1-term"], "wmt21-1-term: the test set lacks tokenised text."),
        (
            ["--metrics=wmt21", "--text-form=tokenised"],
            "wmt21-1-term: the test set lacks terms annotated in its references.",
        ),
    ],
)
def test_a_metric_that_cannot_be_computed_is_a_problem_with_its_reason(
    files, capsys, options, words
):
    (files / "once.tsv").write_text("fever\tfièvre\n")
    (files / "other.tsv").write_text("cough\ttoux\n")
    options = [option.format(files) for option in options]

    assert run("score", files, f"--hypotheses={files / 'ours.txt'}", *options) == 1

    assert words in capsys.readouterr().err


def test_a_table_has_a_row_for_each_system(files, capsys):
    options = [f"--hypotheses={files / name}" for name in ("ours.txt", "reference.txt")]

    assert run("score", files, *options, "--metrics=bleu,chrf") == 0

    heading, ours, reference = capsys.readouterr().out.splitlines()
    assert heading.split() == ["bleu", "chrf"]
    assert ours.split()[0].endswith("ours.txt")
    assert reference.split()[1:] == ["100.0", "100.0"]


def test_annotate_prints_what_a_system_reads(files, capsys):
    status = run("annotate", files, f"--terminology={files / 'terms.tsv'}", source="sources.tsv")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 0
    assert lines[0] == {
        "id": "1",
        "doc": "leaflet",
        "source": "Take the tablet twice a day.",
        "terms": [{"source": "tablet", "targets": ["comprimé", "cachet"]}],
        "annotated": 'Take the <term target="comprimé|cachet">tablet</term> twice a day.',
    }
    assert [len(line["terms"]) for line in lines] == [1, 1, 1]


class Terminal(io.TextIOWrapper):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("kind", "encoding", "expected"),
    [
        (io.TextIOWrapper, "cp1252", "коронавирус"),  # a file on Windows: JSON lines are UTF-8
        (io.TextIOWrapper, "ascii", "коронавирус"),
        (Terminal, "utf-8", "коронавирус"),
        (Terminal, "ascii", r"\u043a\u043e\u0440"),
    ],
)
def test_output_never_fails_on_a_character(files, monkeypatch, kind, encoding, expected):
    (files / "terms.tsv").write_text("tablet\tкоронавирус\n", encoding="utf-8")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", kind(written, encoding=encoding))

    assert run("annotate", files, f"--terminology={files / 'terms.tsv'}") == 0

    assert expected.encode() in written.getvalue()


def test_annotate_without_terms_is_wrong_usage(files, capsys):
    assert run("annotate", files) == 2

    output = capsys.readouterr()
    assert output.out == ""
    assert "Name a list with --terminology" in output.err


def test_annotate_says_that_it_found_nothing(files, capsys):
    (files / "terms.tsv").write_text("cough\ttoux\n")

    assert run("annotate", files, f"--terminology={files / 'terms.tsv'}") == 0

    assert "the source contains none of the terms" in capsys.readouterr().err


def test_annotate_takes_the_terms_of_its_source(files, capsys):
    row = {"id": "1", "source": "a fever", "terms": [{"source": "fever", "targets": ["fièvre"]}]}
    (files / "source.jsonl").write_text(json.dumps(row))

    assert run("annotate", files, source="source.jsonl") == 0

    assert json.loads(capsys.readouterr().out)["terms"] == row["terms"]


def test_a_broken_terminology_is_explained(files, capsys):
    (files / "terms.tsv").write_bytes(b"\xff\xfe")

    assert run("annotate", files, f"--terminology={files / 'terms.tsv'}") == 1

    assert "terms.tsv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.csv", "source;target;status\ntablet;comprimé;\nfever;fièvre;forbidden\n", 3),
        ("b.tsv", "source\ttarget\ntablet\tcomprimé\nTablet\tcomprimé\n", 3),
        ("c.csv", "source,target,status\ntablet,comprimé,deprecated\nfever,fièvre,\n", 2),
    ],
)
def test_a_note_on_a_terminology_has_its_file_and_line_in_json(files, capsys, name, content, line):
    (files / name).write_text(content)

    assert run("annotate", files, f"--terminology={files / name}", "--json") == 0

    output = capsys.readouterr()
    notes = [row for row in json.loads(output.out)["messages"] if row["line"] == line]
    assert [row["file"] for row in notes] == [str(files / name)]
    assert name not in notes[0]["message"]
    assert f"note: {files / name}:{line}: " in output.err


def test_of_a_file_with_several_lists_the_named_list_is_read(files, capsys):
    terms = files / "lists.json"
    terms.write_text('{"proper": {"tablet": ["comprimé"]}, "random": {"day": ["jour"]}}')

    assert run("annotate", files, f"--terminology={terms}") == 1
    assert "several lists: “proper”, “random”" in capsys.readouterr().err
    assert run("annotate", files, f"--terminology={terms}", "--list=random") == 0
    output = capsys.readouterr()
    assert "The list “random” is read" in output.err
    assert json.loads(output.out.split("\n")[0])["terms"] == [
        {"source": "day", "targets": ["jour"]}
    ]


def test_what_is_lost_in_reading_terms_is_shown_first(files, capsys):
    terms = files / "status.csv"
    rows = [f"a{n},«b{n}»," for n in range(5)]
    terms.write_text("\n".join(["en,fr,status", *rows, "tablet,tablette,forbidden"]) + "\n")

    assert run("annotate", files, f"--terminology={terms}", "--max-problems=3") == 0

    notes = capsys.readouterr().err
    assert "“tablette” has the status “forbidden”: not accepted" in notes
    assert "is read as a header" in notes
    assert "5 more changes like these are not shown" in notes
