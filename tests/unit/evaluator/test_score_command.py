"""`terminarium score` from the outside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from wcwidth import wcswidth

from evaluator.cli import main

TERM = '<term id="1" type="src_original_and_tgt_original" src="mask" tgt="masque">masque</term>'


@pytest.fixture
def files(tmp_path):
    def sgml(kind, *texts):
        rows = "\n".join(f'<seg id="{n}">{text}</seg>' for n, text in enumerate(texts, 1))
        return f'<{kind} setid="x"><doc docid="d">\n{rows}\n</doc></{kind}>\n'

    (tmp_path / "s.sgm").write_text(sgml("srcset", "a mask", "two"))
    (tmp_path / "r.sgm").write_text(sgml("refset", f"un {TERM} bleu", "deux"))
    (tmp_path / "h.txt").write_text("un masque vert\ndeux\n")
    (tmp_path / "short.txt").write_text("un\n")
    (tmp_path / "many.txt").write_text("".join(f'{{"id": "{n}"}}\n' for n in range(60)))
    return tmp_path


def run(files, *options, hypotheses="h.txt"):
    return main(
        [
            "score",
            f"--source={files / 's.sgm'}",
            f"--reference={files / 'r.sgm'}",
            f"--hypotheses={files / hypotheses}",
            "--language-pair=en-fr",
            *options,
        ]
    )


def test_json_holds_exact_values_signatures_and_details(files, capsys):
    assert run(files, "--json", "--metrics", "wmt21,bleu", "--lemmatiser", "none") == 0

    scores = json.loads(capsys.readouterr().out)["systems"][0]["scores"]
    assert [found["metric"] for found in scores] == [
        "wmt21-exact-match",
        "wmt21-window-overlap-2",
        "wmt21-window-overlap-3",
        "wmt21-1-term",
        "bleu",
    ]
    assert scores[0]["value"] == 1.0
    assert scores[0]["details"] == {"found": 1, "wrong": 0, "found_by_lemma": 0}
    assert "lemma:none" in scores[0]["signature"]
    assert scores[1]["value"] == 0.25  # 1 of 2 words in one of two segments


def test_the_table_is_for_people(files, capsys):
    assert run(files, "--metrics", "wmt21,chrf") == 0

    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "wmt21-exact-match         1.000  found 1, by lemma 0, missed 0"
    assert len({row.index(".") for row in rows}) == 1


def test_columns_stand_below_each_other_whatever_the_names_are(files, capsys):
    names = ["h.txt", "médicaments.txt", "医疗系统.txt", "терапия-и-ещё-слова.txt", "약.txt"]
    for name in names[1:]:
        shutil.copyfile(files / "h.txt", files / name)
    more = [f"--hypotheses={files / name}" for name in names[1:]]

    assert run(files, "--metrics", "bleu,chrf", "wmt21-exact-match", *more) == 0

    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split() == ["bleu", "chrf", "wmt21-exact-match"]
    assert [Path(row.split()[0]).name for row in rows[1:]] == names
    assert {wcswidth(row) for row in rows} == {wcswidth(rows[0])}
    assert not any(row.endswith(" ") for row in rows)


def test_verbose_adds_values_and_signatures(files, capsys):
    assert run(files, "--verbose", "--metrics", "wmt21-1-term") == 0

    assert "lemma:simplemma-2.0.0-fr" in capsys.readouterr().out


def test_absent_metrics_are_named(files, capsys):
    assert run(files, "--text-form", "raw", "--metrics", "wmt21,chrf") == 0

    output = capsys.readouterr()
    assert "wmt21" not in output.out
    assert "No score for wmt21-exact-match" in output.err


@pytest.mark.parametrize(
    ("hypotheses", "words"),
    [
        ("nowhere.txt", "there is no such file"),
        (".", "this is a folder"),
        ("r.sgm", "This is a reference file"),
        ("short.txt", "short.txt:1: The file has 1 line, the test set 2 segments"),
        ("many.txt", 'many.txt:1: There is no "translation"'),
    ],
)
def test_what_is_wrong_goes_to_standard_error_with_status_1(files, capsys, hypotheses, words):
    assert run(files, hypotheses=hypotheses) == 1

    output = capsys.readouterr()
    assert output.out == ""
    assert words in output.err
    assert "Traceback" not in output.err


@pytest.mark.parametrize(
    "options",
    [
        ["--metrics", "comet"],
        ["--metrics", ","],
        ["--lemmatiser", "stanza"],
        ["--max-problems=-3"],
        ["--max-problems=many"],
        ["--x"],
    ],
)
def test_wrong_usage_has_status_2(files, capsys, options):
    with pytest.raises(SystemExit) as caught:
        run(files, *options)

    assert caught.value.code == 2
    assert "usage: terminarium" in capsys.readouterr().err


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["score", "--help"])

    assert caught.value.code == 0
    assert "terminarium score --source" in capsys.readouterr().out


def test_an_empty_hypothesis_is_warned_of(files, capsys):
    (files / "h.txt").write_text("un masque\n\n")

    assert run(files, "--metrics", "chrf") == 0
    assert "h.txt:2: segment 2: The hypothesis is empty" in capsys.readouterr().err


def test_many_problems_may_be_cut_short(files, capsys):
    (files / "many.txt").write_text('{"id": "1", "translation": ""}\nx\n{}\n' * 20)

    assert run(files, "--max-problems=2", hypotheses="many.txt") == 1

    assert "… and " in capsys.readouterr().err


ALIGNED = "segment\tsource\ttarget\n1\tmask\tmasque\n2\tmask\t\n"


def test_a_file_of_alignments_gives_consistency(files, capsys):
    (files / "a.tsv").write_text(ALIGNED)

    assert run(files, f"--term-alignments={files / 'a.tsv'}", "--metrics", "wmt25") == 0

    assert capsys.readouterr().out.splitlines() == [
        "wmt25-consistency    0.500  occurrences 2: frequent 0.500 (macro 0.500), "
        "first 0.500 (macro 0.500), predefined 0.000 (macro 0.000)"
    ]


@pytest.mark.parametrize(
    ("content", "times", "words"),
    [
        (ALIGNED, 2, "2 files of alignments for 1 files of hypotheses."),
        ("segment\tsource\n", 1, 'a.tsv:1: The first line names no column "target".'),
        (ALIGNED + "7\tmask\tx\n", 1, "a.tsv:4: The test set has no segment 7."),
        (None, 1, "a.tsv: there is no such file."),
    ],
)
def test_a_wrong_file_of_alignments_is_refused(files, capsys, content, times, words):
    if content is not None:
        (files / "a.tsv").write_text(content)

    assert run(files, *[f"--term-alignments={files / 'a.tsv'}"] * times) != 0

    assert words in capsys.readouterr().err


def test_without_a_file_of_alignments_the_command_says_so(files, capsys):
    run(files, "--metrics", "wmt25-consistency")

    assert "No score for wmt25-consistency: it needs a file of alignments (--term-alignments)." in (
        capsys.readouterr().err
    )
