"""What recipes make of folders: tasks, modes, delimiters, outputs. Writes no row."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from editions import wmt21, wmt25, wmt26
from editions.file_index import EditionError, FileIndex
from evaluator import read_test_set
from tests.integration.editions import write

GOLD_1 = {
    "track": 1,
    "paragraph_delimiter": "\n",
    "documents": [{"paragraphs": [{"source": "a"}, {"source": "b"}]}],
    "glossary": {
        "proper": [{"source": "a", "targets": ["x"]}],
        "random": [{"source": "b", "targets": ["y"]}],
    },
}
GOLD_2 = {
    "documents": GOLD_1["documents"],
    "samples": [{"source": "a", "target": "x"}],
}
TERMS = {"proper": {"a": ["x"]}, "random": {"b": ["y"]}}
TRACK_1 = {"gold/lab.medical.enpl.track1.json": GOLD_1}


def make(edition, folder, files):
    texts = {name: v if isinstance(v, str) else json.dumps(v) for name, v in files.items()}
    return edition.make_plan(FileIndex(write(folder, texts), edition.find_part))


def list_planned(plan):
    return [f"{phase.slug} {one.name}" for phase in plan.phases for one in phase.test_sets]


def list_outputs(plan):
    return [(output.system, output.phase, output.file.name) for output in plan.outputs]


def test_tasks_of_wmt26_are_told_by_folders_names_and_contents(tmp_path):
    files = {
        **TRACK_1,
        "gold/lab.medical.enpl.track2.json": GOLD_2,
        "gold/firm.rail-ways.eseu.json": GOLD_2,  # samples and no glossary
        "public/task1/text.medical.enpl.json": ["a\nb"],
        "public/task2/text.medical.enpl.json": ["a\n\nb"],
        "public/task2/sample.medical.enpl.json": [{"en": "a", "pl": "x"}],
        "out/Track_1/A.B+ 2.noterm.medical.enpl.json": ["c\nd"],
        "out/track-2/A.B+ 2.noterm.medical.enpl.json": ["e\n\nf"],
        "out/A.B+ 2.sample.medical.enpl.json": ["g\n\nh"],
        "out/A.B+ 2.noterm.rail-ways.eseu.json": ["i"],
    }

    plan = make(wmt26.EDITION, tmp_path, files)

    assert list_planned(plan) == [
        "task-1 en-pl.medical.proper", "task-1 en-pl.medical.noterm",
        "task-1 en-pl.medical.random",
        "task-2 en-pl.medical.sample", "task-2 en-pl.medical.noterm",
        "task-2 es-eu.rail-ways.sample", "task-2 es-eu.rail-ways.noterm",
    ]  # fmt: skip
    assert (plan.faults, plan.unsent) == ([], [])
    sent = {(phase, name.split(".")[2]) for _, phase, name in list_outputs(plan)}
    assert sent == {("task-1", "noterm"), ("task-2", "noterm"), ("task-2", "sample")}
    assert {system for system, _, _ in list_outputs(plan)} == {"A.B+ 2"}
    of_task_2 = [one for one in plan.phases[1].test_sets if one.domain == "medical"]
    assert {one.delimiter for one in of_task_2} == {"\n\n"}  # as released
    assert {one.delimiter for one in plan.phases[0].test_sets} == {None}  # as the gold data says


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"text.medical.enpl.json": ["a\n\nb"]}, "do not hold the same documents"),
        ({"text.medical.enpl.json": ["a\nb", "c"]}, "do not hold the same documents"),
        ({"text.medical.enpl.json": "no JSON"}, "do not hold the same documents"),
        ({"x/lab2.medical.enpl.track1.json": GOLD_1}, "has gold data twice"),
        (
            {"a/text.medical.enpl.json": ["a\nb"], "b/text.medical.enpl.json": []},
            "twice, with different",
        ),
    ],
)
def test_what_does_not_fit_gold_data_is_a_fault(tmp_path, files, words):
    [fault] = make(wmt26.EDITION, tmp_path, TRACK_1 | files).faults

    assert words in fault


@pytest.mark.parametrize(
    ("terms", "is_used"),
    [(TERMS, False), ({**TERMS, "random": {"b": ["z"]}}, True), ({"proper": {}}, True)],
)
def test_released_terms_that_differ_are_used_and_noted(tmp_path, terms, is_used):
    plan = make(wmt26.EDITION, tmp_path, TRACK_1 | {"terms.medical.enpl.json": terms})

    used = {name for one in plan.phases[0].test_sets for name in one.lists}
    assert used == (set(terms) if is_used else set())
    assert bool(plan.notes) == is_used


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("S.hard.medical.enpl.json", "there is no mode hard; the modes are proper, noterm"),
        ("S.sample.medical.enpl.json", "there is no mode sample"),
        ("S.proper.law.enpl.json", "there is no test set of task-1 law.enpl"),
        ("track2/S.noterm.medical.enpl.json", "there is no test set of task-2 medical.enpl"),
        ("S.medical.enpl.json", "the name has no mode"),
    ],
)
def test_an_output_that_fits_nothing_is_not_sent(tmp_path, name, words):
    plan = make(wmt26.EDITION, tmp_path, TRACK_1 | {name: ["x"]})

    assert plan.outputs == []
    [line] = plan.unsent
    assert words in line


def test_an_output_of_either_task_needs_a_folder(tmp_path):
    both = TRACK_1 | {"lab.medical.enpl.track2.json": GOLD_2}

    plan = make(wmt26.EDITION, tmp_path, both | {"S.noterm.medical.enpl.json": ["x"]})

    assert "Put it into a folder track1 or track2" in plan.unsent[0]


@pytest.mark.parametrize(
    ("sent", "phases"),
    [
        (("noterm", "sample"), ["task-2"]),
        (("noterm", "proper", "random"), ["task-1"]),
        (("noterm", "proper", "sample"), ["task-1", "task-2"]),
        (("noterm",), ["task-1"]),  # whose gold data it is
        (("track2/noterm", "proper"), ["task-2"]),
    ],
)
def test_outputs_without_terms_go_to_each_task_of_borrowed_documents(tmp_path, sent, phases):
    files = TRACK_1 | {"sample.medical.enpl.json": [{"en": "a", "pl": "x"}]}
    for mode in sent:
        folder, _, name = mode.rpartition("/")
        files[f"{folder or 'out'}/S.1.{name}.medical.enpl.json"] = ["x\ny"]
    files["out/other.sample.medical.enpl.json"] = ["x\ny"]

    plan = make(wmt26.EDITION, tmp_path, files)

    assert list_planned(plan)[-2:] == [
        "task-2 en-pl.medical.sample", "task-2 en-pl.medical.noterm"
    ]  # fmt: skip
    assert plan.unsent == plan.faults == []
    bare = [one for one in plan.outputs if ".noterm." in one.file.name]
    assert [(output.system, output.phase) for output in bare] == [("S.1", one) for one in phases]


def test_borrowed_gold_data_without_terms_has_no_glossary_and_does_not_change(tmp_path):
    files = TRACK_1 | {"sample.medical.enpl.json": [{"en": "a", "pl": "x"}]}

    plan = make(wmt26.EDITION, tmp_path, files)

    of_mode = {one.mode: one.source for one in plan.phases[1].test_sets}
    assert of_mode["noterm"].sha256 == of_mode["noterm"].sha256 != of_mode["sample"].sha256
    told = read_test_set(
        source=BytesIO(of_mode["noterm"].read()),
        source_language="en",
        target_language="pl",
        mode="noterm",
        sources_only=True,
    )
    assert not told.has_terms
    assert [note for note in plan.notes if "is used, without its glossary" in note]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("lab.medical.enpl.track2.json", {}),
        ("Task 2/lab.medical.enpl.json", {}),
        ("lab.medical.enpl.json", {"track": "track2"}),
        ("lab.medical.enpl.json", {"track": "2"}),
        ("lab.medical.enpl.task-2.json", {"track": "Task 2"}),
    ],
)
def test_no_mode_of_task_2_has_the_glossary_that_scored_it(tmp_path, name, more):
    glossary = GOLD_2 | {"glossary": GOLD_1["glossary"]} | more

    plan = make(wmt26.EDITION, tmp_path, {name: glossary})

    assert list_planned(plan) == ["task-2 en-pl.medical.sample", "task-2 en-pl.medical.noterm"]
    for planned in plan.phases[0].test_sets:
        told = read_test_set(
            source=BytesIO(planned.source.read()),
            source_language="en",
            target_language="pl",
            mode=planned.mode,
            sources_only=True,
        )
        assert (told.has_terms, told.other_lists) == (False, ())
    says_it = "track" in more
    assert len({planned.source.sha256 for planned in plan.phases[0].test_sets}) == 2 - says_it


def test_years_of_a_system_are_joined_in_order(tmp_path):
    years = (2023, 2015, 2021, 2017, 2019)
    files = {f"full_data_{year}.jsonl": f"{year}" for year in years}
    outputs = {f"x/S.1.{year}.enzh.noterm.jsonl": f"out {year}\n" for year in years}
    more = {"S.1.2016.enzh.proper.jsonl": "x", "T.2015.enzh.noterm.jsonl": "x",
            "T.2015.zhen.noterm.jsonl": "x", "T.2015.enzh.easy.jsonl": "x"}  # fmt: skip

    plan = make(wmt25.EDITION, tmp_path, files | outputs | more)

    [phase] = plan.phases
    assert phase.test_sets[0].source.read().split() == [b"2015", b"2017", b"2019", b"2021", b"2023"]
    [output] = plan.outputs
    assert (output.system, output.file.name) == ("S.1", "S.1.enzh.noterm.jsonl")
    assert output.file.read().startswith(b"out 2015\nout 2017\n")
    assert sorted(plan.unsent) == [
        "S.1.enzh.proper.jsonl: the years 2015, 2017, 2019, 2021, 2023 are missing; the year "
        "2016 is of the other direction.",
        "T.2015.enzh.easy.jsonl: there is no mode easy; the modes are proper, noterm, random.",
        "T.enzh.noterm.jsonl: the years 2017, 2019, 2021, 2023 are missing.",
        "T.zhen.noterm.jsonl: there is no test set of zhen.",
    ]


def test_outputs_of_wmt21_find_their_set_by_name_or_size(tmp_path):
    def seg(count, kind="tstset", system='sysid="Sys A"'):
        return f"<{kind}><doc {system}>" + "<seg>x</seg>" * count

    sets = {
        f"{name}.cs-de.{side}.sgm": seg(count, kind)
        for name, count in (("dev", 2), ("test", 3))
        for side, kind in (("cs", "srcset"), ("de", "refset"))
    }
    files = {
        **sets,
        "dev.cs-de.cs.xml": "another form",
        "cs-de.dev.out.sgm": seg(1),
        "cs-de.hyp.xml": seg(3),
        "cs-de.other.xml": seg(7),
        "en-fr.hyp.sgm": seg(2),
        "cs-de.nobody.sgm": seg(2, system=""),
    }

    plan = make(wmt21.EDITION, tmp_path, files)

    assert list_planned(plan) == ["dev cs-de.proper", "test cs-de.proper"]
    assert list_outputs(plan) == [
        ("Sys A", "dev", "cs-de.dev.out.sgm"),
        ("Sys A", "test", "cs-de.hyp.xml"),
    ]
    assert [line.partition(":")[0] for line in plan.unsent] == [
        "cs-de.nobody.sgm", "cs-de.other.xml", "en-fr.hyp.sgm"
    ]  # fmt: skip
    assert plan.notes == ["dev.cs-de.cs.xml is not read: dev.cs-de.cs.sgm is the same set."]


def test_a_folder_may_not_be_endless(tmp_path, monkeypatch):
    monkeypatch.setattr("editions.file_index.MAX_FILES", 2)
    write(tmp_path, dict.fromkeys(("a", "b/c", "d"), ""))

    with pytest.raises(EditionError, match="more than 2 files"):
        FileIndex(tmp_path)
    monkeypatch.setattr("editions.file_index.MAX_FILE_BYTES", 3)
    big = write(tmp_path / "e", {"full_data.ende.jsonl": "abcd"})
    [file] = [file for _, file in FileIndex(big).match(wmt25.SEGMENTS, [])]
    with pytest.raises(EditionError, match="larger than 3 bytes"):
        file.read()
