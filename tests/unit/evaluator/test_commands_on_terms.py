"""`terminarium validate`, `annotate`, and `score` with a terminology: what a participant types."""

from __future__ import annotations

import json

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
    return main([command, f"--source={files / source}", "--target-language=fr", *options])


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


def test_validate_notices_two_files_that_are_the_same(files, capsys):
    options = [f"--hypotheses={files / 'ours.txt'}"] * 2

    assert run("validate", files, *options) == 0

    assert "to the letter" in capsys.readouterr().err


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


def test_a_broken_terminology_is_explained(files, capsys):
    (files / "terms.tsv").write_bytes(b"\xff\xfe")

    assert run("annotate", files, f"--terminology={files / 'terms.tsv'}") == 1

    assert "terms.tsv" in capsys.readouterr().err
