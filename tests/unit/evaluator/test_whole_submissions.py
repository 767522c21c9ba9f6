"""`terminarium validate FOLDER --test-sets …`: a whole submission, and what is missing in it."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from evaluator.cli import main
from evaluator.cli.tables import SystemRow, difference, show_systems
from evaluator.formats.slots_in_names import Slot
from evaluator.types import Score, ScoringResult

SHAPED = Path(__file__).parents[2] / "data" / "wmt26_shaped"
SLOTS = {
    str(Slot("en", "pl", domain, mode))
    for domain in ("medical", "machine-building")
    for mode in ("proper", "noterm", "random")
}


@pytest.fixture
def submission(tmp_path):
    return Path(shutil.copytree(SHAPED / "submissions", tmp_path / "ours"))


def validate(capsys, *arguments):
    """Return the status and the JSON answer."""
    status = main(["validate", *map(str, arguments), "--json"])
    answer = json.loads(capsys.readouterr().out)
    return status, answer


def test_a_whole_submission_fits(submission, capsys):
    assert main(["validate", str(submission), "--test-sets", str(SHAPED)]) == 0

    out = capsys.readouterr().out
    assert out.count("fits (4 documents, 10 paragraphs)") == 6
    assert "The submission is complete: 6 files." in out


def test_files_and_a_zip_are_a_submission_too(submission, capsys, tmp_path):
    files = sorted(submission.iterdir())
    with zipfile.ZipFile(tmp_path / "ours.zip", "w") as archive:
        for file in files[1:]:
            archive.write(file, f"folder/{file.name}")

    status, answer = validate(
        capsys, files[0], tmp_path / "ours.zip", "--test-sets", *SHAPED.glob("text.*")
    )

    assert status == 0
    assert {row["slot"] for row in answer["systems"]} == SLOTS


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        ("*.random.medical.*", {"en-pl.medical.random"}),
        ("*.medical.*", {slot for slot in SLOTS if "medical" in slot}),
        ("*.noterm.*", {slot for slot in SLOTS if slot.endswith("noterm")}),
    ],
)
def test_missing_modes_and_domains_are_named(submission, capsys, left_out, missing):
    for file in submission.glob(left_out):
        file.unlink()

    status, answer = validate(capsys, submission, "--test-sets", SHAPED)

    assert status == 1
    assert set(answer["missing"]) == missing
    assert all(row["fits"] for row in answer["systems"])


def test_surplus_and_refused_files_are_named_and_papers_skipped(submission, capsys):
    (submission / "gloss.v1.noterm.energy.enpl.json").write_text('["a"]')
    (submission / "README.md").write_text("Our system.")
    file = submission / "gloss.v1.proper.medical.enpl.json"
    texts = json.loads(file.read_text())
    file.write_text(json.dumps([texts[0].replace("\n\n", "\n"), *texts[1:]]))

    status, answer = validate(capsys, submission, "--test-sets", SHAPED)

    messages = [message["message"] for message in answer["messages"]]
    assert status == 1
    assert [Path(name).name for name in answer["surplus"]] == ["gloss.v1.noterm.energy.enpl.json"]
    assert {row["slot"]: row["fits"] for row in answer["systems"]}["en-pl.medical"] is False
    assert any("looks '\\n'-joined" in message for message in messages)
    assert not answer["missing"]


def test_modes_may_be_said(submission, capsys):
    arguments = (submission, "--test-sets", SHAPED, "--modes", "noterm", "sample")

    status, answer = validate(capsys, *arguments)

    assert status == 1
    assert set(answer["missing"]) == {"en-pl.medical.sample", "en-pl.machine-building.sample"}


def test_the_lists_of_lines_say_the_modes(tmp_path, capsys):
    source = {"en": "An old source of some words.", "proper": {"old": "alt"}, "random": {}}
    (tmp_path / "full_data.ende.jsonl").write_text(json.dumps(source) + "\n")
    row = {"en": source["en"], "de": "Eine alte Quelle.", "terms": {}}
    (tmp_path / "ours.ende.proper.jsonl").write_text(json.dumps(row) + "\n")

    status, answer = validate(
        capsys,
        tmp_path / "ours.ende.proper.jsonl",
        "--test-sets",
        tmp_path / "full_data.ende.jsonl",
    )

    assert status == 1
    assert [row["slot"] for row in answer["systems"]] == ["en-de"]
    assert answer["missing"] == ["en-de.random", "en-de.noterm"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ours"], "Name them: --test-sets FOLDER"),
        (["ours", "--source=x", "--test-sets=y"], "--source is for a single test set"),
        (["--source=x"], "name --hypotheses; or a whole submission"),
        ([], "name --source and --hypotheses"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments, words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["validate", *arguments])

    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_a_folder_that_does_not_exist_is_named(submission, capsys):
    assert main(["validate", str(submission), "--test-sets", "nowhere"]) == 1

    assert "nowhere: there is no such file" in capsys.readouterr().err


def test_documents_are_scored_against_their_file_with_references(submission, capsys):
    arguments = ["score", f"--source={SHAPED / 'shaped.medical.enpl.track1.json'}"]
    arguments += [f"--hypotheses={file}" for file in sorted(submission.glob("*proper.medical*"))]

    assert main([*arguments, "--metrics=chrf", "--json"]) == 0  # languages as the names say

    answer = json.loads(capsys.readouterr().out)
    assert (answer["source_language"], answer["target_language"]) == ("en", "pl")
    [score] = answer["systems"][0]["scores"]
    assert 90 < score["value"] < 100


def test_a_number_from_a_stopped_search_has_a_mark(capsys):
    score = Score("bleu", 12.0, "s", {})
    stopped = Score("term-1-ter", 40.0, "s", {"stopped_searches": 2})
    rows = [
        SystemRow("ours", ScoringResult((score, stopped), {})),
        SystemRow("theirs", ScoringResult((score,), {})),
    ]

    table = show_systems(rows, verbose=False)

    assert "40.0*" in table
    assert "12.0*" not in table
    assert table.splitlines()[2].endswith("-")  # where a row has no number
    assert "* A search was cut short" in table
    assert "*" not in show_systems(rows[1:], verbose=False)


def test_numbers_beside_a_marked_number_stay_in_a_line():
    rows = [
        SystemRow(str(count), ScoringResult((Score("term-success", value, "s", details),), {}))
        for count, (value, details) in enumerate(
            [(7.0, {"flagged": 1}), (100.0, {"flagged": 0}), (55.5, {"hits": 3})]
        )
    ]

    lines = show_systems(rows, verbose=False).splitlines()[1:4]

    assert {line.index(".") for line in lines} == {lines[0].index(".")}
    assert lines[0].endswith("7.0*")


def test_a_difference_from_a_marked_number_has_the_mark():
    for first, second in (({"flagged": 2}, {}), ({}, {"flagged": 1}), ({}, {"flagged": 0})):
        with_terms, without = (
            SystemRow("ours", ScoringResult((Score("term-success", 9.0, "s", details),), {}))
            for details in (first, second)
        )
        table = show_systems([difference(with_terms, without)], verbose=False)
        assert ("0.0*" in table) == any([*first.values(), *second.values()])


@pytest.mark.parametrize(
    "content",
    ['["pill"]', "7", '"proper"', "null", '{"proper": {', "", "source,target\npill,pigułka\n"],
)
def test_a_list_of_terms_that_tells_no_mode_is_named(submission, capsys, tmp_path, content):
    released = Path(shutil.copytree(SHAPED, tmp_path / "released"))
    (released / "terms.medical.enpl.json").write_text(content)
    arguments = ["validate", str(submission), "--test-sets", str(released)]

    assert main(arguments) == 1
    told = capsys.readouterr()
    assert "terms.medical.enpl.json: this is no JSON object of lists" in told.err
    assert "not expected" not in told.out

    assert main([*arguments, "--modes", "proper", "noterm", "random"]) == 0


@pytest.mark.parametrize("value", [{}, [], [{"source": "pill", "targets": ["pigułka"]}]])
def test_lists_of_terms_may_be_objects_or_arrays(submission, tmp_path, value):
    released = Path(shutil.copytree(SHAPED, tmp_path / "released"))
    lists = json.dumps({"proper": value, "random": value, "about": "two lists"})
    (released / "terms.medical.enpl.json").write_text(lists)

    assert main(["validate", str(submission), "--test-sets", str(released)]) == 0


def test_a_file_that_is_named_twice_counts_once(submission, tmp_path):
    (tmp_path / "link").symlink_to(submission)
    (submission / "nowhere").symlink_to(tmp_path / "nothing")
    (submission / "again").symlink_to(submission)
    paths = [submission, tmp_path / "link", next(submission.glob("*.medical.*")), submission]

    test_sets = [SHAPED, next(SHAPED.glob("text.*")), SHAPED / ".." / SHAPED.name]
    assert main(["validate", *map(str, paths), "--test-sets", *map(str, test_sets)]) == 0


def test_a_folder_without_a_test_set_is_told(submission, capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".hidden").touch()
    (tmp_path / "empty" / "terms.medical.enpl.json").write_text("{}")

    assert main(["validate", str(submission), "--test-sets", str(tmp_path / "empty")]) == 1
    assert "the folder holds no test set" in capsys.readouterr().err
