"""`manage.py import_edition`: faults of the folder, what is there already, teams, the report."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from django.core.management import call_command

from accounts.models import Team, User
from editions import importing, outputs, waiting
from sharedtasks import models
from submissions.models import Entry, Submission
from submissions.pipeline.tasks import check
from tests.integration import editions
from tests.integration.conftest import add_second_factor, give_role
from tests.integration.editions import GERMAN, make_output, make_set, run, write

pytestmark = pytest.mark.django_db

SHAPED = Path(__file__).parents[1] / "data" / "wmt26_shaped"
GOLD = '{"documents": [{"paragraphs": [{"source": "a", "reference": "b"}]}]}'
SET = {"data/full_data.ende.jsonl": make_set()}


def list_test_sets():
    rows = models.TestSet.objects.select_related("phase").order_by("pk")
    return [f"{row.phase.slug} {row.slug}" for row in rows]


# The folder -------------------------------------------------------------------------------


def test_files_are_read_wherever_they_lie_and_others_are_named(tmp_path):
    write(
        tmp_path,
        {
            "a/b/c/full_data.ende.jsonl": make_set(),
            "d/full_data.enes.jsonl": make_set(("a", "b", "c"), "es"),
            "copy/full_data.ende.jsonl": make_set(),  # the same once more
            "notes.txt": "nothing",
            "x/notes.txt": "something else",
            ".git/full_data.enru.jsonl": "hidden",
            "d/.full_data.enfr.jsonl": "hidden",
        },
    )
    (tmp_path / "full_data.enit.jsonl").symlink_to(tmp_path / "d" / "full_data.enes.jsonl")

    report, error = run("wmt25", tmp_path)

    assert error == ""
    modes = ("", ".noterm", ".random")
    assert list_test_sets() == [f"task-1 {p}{m}" for p in ("en-de", "en-es") for m in modes]
    assert "these files are not used: notes.txt." in report


@pytest.mark.parametrize(
    ("edition", "files", "words"),
    [
        ("wmt25", {}, "holds no test set"),
        ("wmt25", {"readme.txt": ""}, "full_data.ende.jsonl"),
        ("wmt25", SET | {"b/full_data.ende.jsonl": "{}"}, "twice, with different"),
        ("wmt25", SET | {"full_data_2016.jsonl": "{}", "full_data_2024.jsonl": "{}"},
         "zhen: the years 2018, 2020, 2022 are missing"),
        ("wmt25", {f"full_data_{y}.jsonl": "{}" for y in (2015, 2017, 2021, 2023)},
         "enzh: the year 2019 is missing. Add full_data_2019.jsonl"),
        ("wmt25", {"full_data.ende.jsonl": '{"en": "x", "fr": "y"}\n'}, "en-de.proper: "),
        ("wmt21", {"dev.en-fr.en.sgm": "<srcset>"}, "the file of fr is missing"),
        ("wmt21", {"test.cs-de.de.xml": "<refset>"}, "the file of cs is missing"),
        ("wmt26", {"track1/text.law.enpl.json": '["a"]'}, "holds no test set"),
        ("wmt26", {"a/lab.law.enpl.json": '[{"source": '}, "lab.law.enpl.json is not valid JSON"),
        ("wmt26", {"lab.law.enpl.track2.json": ""}, "lab.law.enpl.track2.json is not valid JSON"),
        ("wmt26", {"lab.law.enpl.json": '{"documents": 7}'}, "lab.law.enpl.json: the name has no"),
        ("wmt26", {"lab.law.xxqq.json": GOLD}, "lab.law.xxqq.json: 'xx-qq' is not a language pair"),
        ("wmt26", {"lab.law.enen.json": GOLD}, "lab.law.enen.json: "),
        ("wmt26", {"lab.law.full.json": GOLD}, "lab.law.full.json: "),
        ("tico19", {"train.en-fr.tsv": "x"}, "holds no test set"),
    ],
)  # fmt: skip
def test_a_fault_of_the_folder_is_told_and_nothing_is_half_made(tmp_path, edition, files, words):
    _, error = run(edition, write(tmp_path, files))

    assert words in error
    assert not models.TestSet.objects.exists()


@pytest.mark.parametrize(
    ("odd", "shown"),
    [
        (b"\xff", "\\udcff"),
        (b"\x1b[31m", "\\x1b[31m"),
        (b"a\nb", "a\\nb"),
        (b"\xe2\x80\xae", "\\u202e"),
    ],
)
def test_names_of_files_may_hold_any_bytes(tmp_path, monkeypatch, odd, shown):
    write(tmp_path, SET)
    folder = os.fsencode(tmp_path)
    for name in (b"n%s.txt", b"S%s.ende.proper.jsonl", b"x%s/T.ende.proper.jsonl"):
        path = os.path.join(folder, name % odd)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(os.fsdecode(path)).write_text("" if name.startswith(b"n") else make_output())
    write(tmp_path, {"T.ende.proper.jsonl": make_output(("a", "b", "c"))})
    editions.use_workers(monkeypatch)

    report, error = run("wmt25", tmp_path, "--outputs")

    report.encode(), error.encode()  # as a terminal does, which takes no half of a pair
    assert f"not used: n{shown}.txt" in report
    assert f"x{shown}/T.ende.proper.jsonl" in report  # the same name twice
    assert [team.name for team in Team.objects.all()] == [f"S{shown}"]
    assert not {"\x1b", "\u202e"} & {*report, *error}


def test_a_folder_that_is_none_is_told(tmp_path):
    assert "is not a folder" in run("wmt25", tmp_path / "absent")[1]


def test_only_organisers_see_it_until_it_is_announced(as_role, organiser, tmp_path):
    report, _ = run("wmt25", write(tmp_path, SET))

    assert "announce --shared-task wmt25 --phase task-1" in report
    task = models.SharedTask.objects.get(slug="wmt25")
    address = task.get_absolute_url()
    assert as_role("visitor").get(address).status_code == 404
    give_role(organiser, task)
    assert as_role("organiser").get(address).status_code == 200
    call_command("announce", "--shared-task=wmt25", "--phase=task-1")
    assert as_role("visitor").get(address).status_code == 200


def test_a_test_set_of_other_files_is_a_fault_and_stays(tmp_path):
    run("wmt25", write(tmp_path, SET))
    digests = list(models.TestSet.objects.values_list("digest", flat=True))
    write(tmp_path, {"data/full_data.ende.jsonl": make_set((*GERMAN[:2], "Anders."))})

    _, error = run("wmt25", tmp_path)

    assert "en-de is stored with other files. Different: the source." in error
    assert error.count("en-de") == 3  # every mode
    assert list(models.TestSet.objects.values_list("digest", flat=True)) == digests


@pytest.mark.parametrize("is_checked", [True, False], ids=["by the form", "by the database"])
def test_two_commands_at_once_import_and_send_everything_once(tmp_path, monkeypatch, is_checked):
    """Each looks for a row, finds none, and makes it; the slower command finds the other's."""
    files = SET | {f"{name}.ende.proper.jsonl": make_output() for name in ("A.1", "Bé")}
    write(tmp_path, files)
    editions.use_workers(monkeypatch)
    _, first_error = run("wmt25", tmp_path, "--outputs")
    counts = [model.objects.count() for model in (models.TestSet, Team, User, Submission)]
    if not is_checked:
        monkeypatch.setattr(models.TestSet, "full_clean", lambda _row, **_options: None)
    blind_once(monkeypatch, importing, "_describe_stored")
    monkeypatch.setattr(outputs, "_list_taken", list)  # as read before the other made its teams
    for name in ("_find_user", "_find_team"):
        blind_once(monkeypatch, outputs, name)

    report, error = run("wmt25", tmp_path, "--outputs")

    assert error == first_error == ""
    assert report.count(": exists already") == 3
    assert counts == [model.objects.count() for model in (models.TestSet, Team, User, Submission)]


def blind_once(monkeypatch, module, name):
    """Let a search find nothing the first time that it is asked for something."""
    search, asked = getattr(module, name), set()

    def find(*facts):
        is_first = repr(facts) not in asked
        asked.add(repr(facts))
        return None if is_first else search(*facts)

    monkeypatch.setattr(module, name, find)


def test_a_mode_that_means_something_else_is_a_fault(tmp_path):
    run("wmt25", write(tmp_path, {"full_data.ende.jsonl": make_set()}))
    models.Mode.objects.filter(name="random").update(list_name="proper")

    assert "The mode random of" in run("wmt25", tmp_path)[1]


# Outputs ----------------------------------------------------------------------------------


def test_what_cannot_be_sent_or_is_refused_is_reported(tmp_path, monkeypatch):
    editions.use_workers(monkeypatch)
    good = make_output()
    write(
        tmp_path,
        SET
        | {
            "sys.v1.ende.proper.jsonl": good,
            "sys.v1.ende.noterm.jsonl": good,
            "sys.v1.ende.random.jsonl": make_output().partition("\n")[0],
            "sys.v1.ende.sample.jsonl": good,
            "sys.v1.enfr.proper.jsonl": good,
            "sys.v1.enzh.proper.jsonl": good,
            "a/two.ende.proper.jsonl": good,
            "b/two.ende.proper.jsonl": make_output(("Eins.", "Zwei.", "Drei.")),
            "organizers_gpt-9.ende.proper.jsonl": good,
        },
    )

    report, error = run("wmt25", tmp_path, "--outputs")

    assert "1 file was refused and 4 files were not sent" in error
    assert "refused: sys.v1.ende.random.jsonl" in report
    assert "not sent: sys.v1.ende.sample.jsonl: there is no mode sample" in report
    assert "not sent: sys.v1.enfr.proper.jsonl: there is no test set of enfr" in report
    assert "not sent: sys.v1.enzh.proper.jsonl: its name has no year" in report
    assert "not sent: The folder has two.ende.proper.jsonl twice" in report
    assert "sys.v1 is, to the letter, the output of organizers_gpt-9." in report
    assert "3 outputs are scored." in report
    assert {team.name: team.is_organisers for team in Team.objects.all()} == {
        "sys.v1": False,
        "organizers_gpt-9": True,
    }


def test_a_later_file_is_sent_and_another_under_an_old_name_is_a_fault(tmp_path, monkeypatch):
    editions.use_workers(monkeypatch)
    write(tmp_path, SET | {"sys.ende.proper.jsonl": make_output()})
    run("wmt25", tmp_path, "--outputs")
    changed = make_output(("Eins.", "Zwei.", "Drei."))
    write(tmp_path, {"sys.ende.proper.jsonl": changed, "sys.ende.noterm.jsonl": make_output()})

    report, error = run("wmt25", tmp_path, "--outputs")

    assert "sys, task-1: 1 sent, 1 sent before" in report
    assert "sys.ende.proper.jsonl: a file with this name and other contents" in report
    assert error
    assert Entry.objects.count() == 2


def test_a_team_of_that_name_stays_another_team(tmp_path, team, alice):
    write(tmp_path, SET | {"LEXICA.ende.proper.jsonl": make_output()})
    with pytest.MonkeyPatch.context() as patch:
        editions.use_workers(patch)
        for _ in range(2):
            assert run("wmt25", tmp_path, "--outputs")[1] == ""

    names = set(Team.objects.values_list("name", flat=True))
    assert names == {"Lexica", "LEXICA (WMT25)"}
    assert not Submission.objects.filter(team=team).exists()
    sender = User.objects.get(username="import-wmt25")
    assert not sender.is_active
    assert not sender.has_usable_password()


def test_an_account_of_a_person_sends_nothing(tmp_path):
    User.objects.create_user("import-wmt25", password="correct horse battery")
    write(tmp_path, SET | {"sys.ende.proper.jsonl": make_output()})

    assert "belongs to a person" in run("wmt25", tmp_path, "--outputs")[1]
    assert not Team.objects.exists()


def test_without_a_worker_it_says_so_and_ends(tmp_path, monkeypatch):
    write(tmp_path, SET | {"sys.ende.proper.jsonl": make_output()})
    clock = iter(range(0, 100_000, 50))
    monkeypatch.setattr(waiting, "monotonic", lambda: next(clock))
    monkeypatch.setattr(waiting, "sleep", lambda _: None)

    report, error = run("wmt25", tmp_path, "--outputs")

    assert "1 still wait. No worker answers. Start a worker" in report
    assert "No result has come for a long time. No worker answers" in error


@pytest.mark.parametrize(
    "modes", [["proper"], ["noterm", "random"], ["noterm", "proper", "random"]]
)
def test_stopped_while_it_waits_it_says_how_to_go_on(tmp_path, monkeypatch, modes):
    write(tmp_path, SET | {f"sys.ende.{mode}.jsonl": make_output() for mode in modes})

    def press_ctrl_c(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting, "sleep", press_ctrl_c)
    _, error = run("wmt25", tmp_path, "--outputs")

    assert error.startswith("Stopped.")
    assert "Run the same command again" in error
    check.apply(args=[Submission.objects.get().pk], task_id="check")
    others = waiting._describe_others(Submission.objects.none())
    assert others == f" Other entries that wait for workers or nodes: {len(modes)}."
    assert waiting._describe_others(Submission.objects.all()) == ""
    monkeypatch.setattr(waiting, "sleep", lambda _: editions.work())
    report, error = run("wmt25", tmp_path, "--outputs")
    assert not error
    for ended in range(1, len(modes) + 1):
        assert f"[{ended} ended, {len(modes) - ended} wait] entry" in report


def test_many_files_are_several_submissions(tmp_path, monkeypatch):
    monkeypatch.setattr("submissions.services.sending.MAX_FILES", 2)
    editions.use_workers(monkeypatch)
    modes = ("proper", "noterm", "random")
    write(tmp_path, SET | {f"sys.ende.{mode}.jsonl": make_output() for mode in modes})

    report, error = run("wmt25", tmp_path, "--outputs")

    assert (error, Submission.objects.count(), Entry.objects.count()) == ("", 2, 3)
    assert "sys, task-1: 3 sent" in report


# Editions ---------------------------------------------------------------------------------


def test_documents_of_wmt25_are_joined_by_year(shared_data, tmp_path, monkeypatch):
    """The beginning of a document a year, and two systems, one without a year."""
    folder = shared_data / "wmt25-track2"
    for path in [*folder.glob("*.jsonl"), *folder.glob("submissions/*.noterm.jsonl")]:
        with path.open(encoding="utf-8") as lines:
            row = json.loads(next(lines))
        for language in ("en", "zh"):
            row[language] = row[language][:300]
        for name in ("proper", "random"):
            row[name] = dict(list(row.get(name, {}).items())[:20])
        (tmp_path / path.name).write_text(editions.as_lines([row]), encoding="utf-8")
    (tmp_path / "organizers_NLLB.2019.enzh.noterm.jsonl").unlink()
    editions.use_workers(monkeypatch)

    report, error = run("wmt25", tmp_path, "--outputs")

    slug = "en-zh-Hant"
    assert list_test_sets() == [f"task-2 {slug}{mode}" for mode in ("", ".noterm", ".random")]
    row = models.TestSet.objects.get(mode="noterm")
    assert (row.unit, row.documents) == ("document", 5)
    assert "Task 2 has no report of zhen" in report
    assert "organizers_NLLB.enzh.noterm.jsonl: the year 2019 is missing." in report
    assert "1 file was not sent" in error
    assert [str(entry) for entry in Entry.objects.all()] == [
        f"entry {Entry.objects.get().pk}: CommandA_MT on {slug}.noterm"
    ]


def test_an_edition_like_wmt26_gets_to_the_boards(tmp_path, monkeypatch, admin, operator):
    editions.use_workers(monkeypatch)

    report, error = run("wmt26", SHAPED, "--outputs")

    assert error == ""
    domains, modes = ("machine-building", "medical"), ("", ".noterm", ".random")
    first = [f"task-1 en-pl.{domain}{mode}" for domain in domains for mode in modes]
    second = [
        f"task-2 en-pl.{domain}.{mode}" for domain in domains for mode in ("sample", "noterm")
    ]
    assert list_test_sets() == [*first, *second]
    assert report.count("that of task 1 is used, without its glossary") == 2
    # With samples and without: the same documents, ranked by the same metric, for differences.
    borrowed = models.TestSet.objects.filter(phase__slug="task-2")
    assert len({tuple(row.official_order) for row in borrowed}) == 1
    assert {(row.segments, row.terms) for row in borrowed} == {(10, 0)}
    rows = models.TestSet.objects.filter(phase__slug="task-1")
    assert {(row.unit, row.documents, row.segments, row.unscored_segments) for row in rows} == {
        ("document", 4, 10, 1),  # a paragraph has no reference
        ("document", 4, 10, 0),
    }
    assert "10 paragraphs (1 without a score)" in report
    assert "6 outputs are scored." in report
    assert Team.objects.get().name == "gloss.v1"
    add_second_factor(operator)  # who owns what the command has made
    for row in rows:
        page = admin.get(row.get_absolute_url()).text
        assert "gloss.v1" in page
    assert run("wmt26", SHAPED, "--outputs")[0].count("exists already") == 1 + 2 + 10


def test_wmt21_is_imported_with_its_outputs(shared_data, tmp_path, monkeypatch):
    folder = shared_data / "wmt21-en-fr"
    for name in ("dev.en-fr.en.sgm", "dev.en-fr.fr.sgm", "en-fr.dev.txt.truecased.sgm"):
        shutil.copy(folder / name, tmp_path)
    clock = iter(range(0, 100_000, 500))  # no worker is waited for
    monkeypatch.setattr(waiting, "monotonic", lambda: next(clock))
    monkeypatch.setattr(waiting, "sleep", lambda _: None)

    report, _ = run("wmt21", tmp_path, "--outputs")

    row = models.TestSet.objects.get()
    assert (str(row), row.segments, row.text_form) == (
        "en-fr (WMT21 terminology task – Development)",
        971,
        "tokenised",
    )
    assert "[1/1] Fairseq, dev: 1 sent" in report
    assert run("wmt21", tmp_path)[0].count("exists already") == 3


def test_tico_has_the_lists_of_its_own_country(shared_data, tmp_path):
    folder = shared_data / "tico19"
    shutil.copytree(folder / "terminologies", tmp_path / "terminologies")
    for pair in ("en-fr", "en-zh", "en-ru"):
        lines = (folder / "text" / f"test.{pair}.tsv").read_bytes().splitlines(keepends=True)
        (tmp_path / f"test.{pair}.tsv").write_bytes(b"".join(lines[:60]))

    _, error = run("tico19", tmp_path)

    assert error == ""
    names = {
        row.slug: sorted(row.term_lists.values_list("name", flat=True))
        for row in models.TestSet.objects.all()
    }
    assert names == {
        "en-fr": ["f_en-fr_XX.csv", "g_en_fr-FR.csv"],
        "en-zh": ["f_en-zh_CN.csv", "g_en_zh-CN.csv"],
        "en-ru": ["f_en-ru_RU.csv", "g_en_ru.csv"],
    }
