"""The lemmatiser of a test set's term metrics: named, shown, and refused where it is missing."""

from __future__ import annotations

import sys
from html import unescape
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from evaluator.normalise import language_gaps, lemmatisers, text
from evaluator.normalise.dictionaries import share_dictionaries
from leaderboard.tasks import rank
from sharedtasks import models, testsets
from submissions import work
from submissions.models import Entry, Rescore, Score
from submissions.pipeline import scorer as scorers
from submissions.pipeline.tasks import rescore, score
from submissions.states import EntryState
from tests.integration.samples import PERFECT

pytestmark = pytest.mark.django_db
INSTALL = {
    "morfeusz2": "pip install morfeusz2==1.99.15",
    "pymorphy3": "pip install 'pymorphy3>=2,<3' 'pymorphy3-dicts-ru>=2.4.417150,<3'",
    "simplemma": "pip install simplemma==2.0.0",
}


def forget_lemmatisers():
    lemmatisers.lemmatiser_for.cache_clear()
    text._build.cache_clear()
    language_gaps.find_gap.cache_clear()
    testsets._read.cache_clear()


@pytest.fixture
def uninstall(monkeypatch):
    """Return a function that makes imports of a package fail, here and in the scoring process."""

    def uninstall(package):
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, package, None)
        forget = f"import sys; sys.modules[{package!r}] = None; "
        monkeypatch.setattr(scorers, "START", forget + scorers.START)
        forget_lemmatisers()
        scorers.scorer.close()

    yield uninstall
    forget_lemmatisers()
    scorers.scorer.close()


@pytest.fixture
def _small_polish(monkeypatch):
    """Give simplemma a word of Polish, here and in the scoring process: all of it takes 15 s."""
    small = {"gorączki": "gorączka"}
    monkeypatch.setitem(share_dictionaries()._opened, "pl", small)
    teach = (
        "from evaluator.normalise.dictionaries import share_dictionaries; "
        f"share_dictionaries()._opened['pl'] = {small}; "
    )
    monkeypatch.setattr(scorers, "START", teach + scorers.START)
    scorers.scorer.close()
    yield
    scorers.scorer.close()


@pytest.fixture
def run(tmp_path, shared_task, phase):
    """Import a table of two segments with a term."""
    table, terms = tmp_path / "test.tsv", tmp_path / "terms.csv"
    table.write_text("id\tdoc\tsource\ttarget\na\td\tA fever.\tEine x.\nb\td\tTwo.\tZwei.\n")

    def run(pair, *options):
        source, target = pair.split("-")
        terms.write_text(f"{source},{target}\nfever,gorączka\n")
        output = StringIO()
        call_command(
            "import_test_set", "--announce", "--shared-task=spring", "--phase=test",
            f"--language-pair={pair}", f"--source={table}", f"--terminology={terms}", *options,
            stdout=output,
        )  # fmt: skip
        models.TestSet.objects.update(state="announced")
        return output.getvalue()

    return run


@pytest.mark.usefixtures("_small_polish")
@pytest.mark.parametrize(
    ("pair", "name", "words"),
    [
        ("en-pl", "simplemma", "“simplemma” was chosen instead of “morfeusz2”"),
        ("en-ru", "none", "“none” was chosen, which gives no lemmas for Russian"),
        ("en-cs", "identity", "“identity” was chosen, which gives no lemmas for Czech"),
        ("en-sv", "none", "missed unless inside a longer word. Those rules are provisional"),
        ("en-de", "identity", "German (de): inflected terms count as missed unless inside"),
        ("en-eu", "none", "There is no lemmatiser for Basque"),
        ("en-fr", "simplemma", ""),
        ("en-pl", "morfeusz2", ""),
    ],
)
def test_a_test_set_names_its_lemmatiser_and_says_so(run, client, pair, name, words):
    said = run(pair, f"--term-lemmatiser={name}")

    test_set = models.TestSet.objects.get()
    assert (test_set.term_lemmatiser, test_set.lemmatiser) == (name, "simplemma")
    assert testsets.read(test_set).lemmatiser == name
    rank.apply(args=[test_set.pk])
    board = client.get(test_set.get_absolute_url()).text
    assert (words in said, words in board) == (True, True)
    assert ("language-gap" in board) == bool(words)
    assert f"lemmatiser: {name}" in client.get(test_set.phase.shared_task.get_absolute_url()).text


@pytest.mark.parametrize(
    ("pair", "name", "choices"),
    [
        ("en-fr", "morfeusz2", "identity, simplemma, none"),
        ("en-pl", "pymorphy3", "identity, simplemma, morfeusz2, none"),
        ("en-zh", "simplemma", "identity, none"),
        ("ru-eu", "pymorphy3", "identity, none"),
    ],
)
def test_a_lemmatiser_that_does_not_know_the_language_is_refused(run, pair, name, choices):
    with pytest.raises(CommandError, match=f"{name} does not know .* Choose one of: {choices};"):
        run(pair, f"--term-lemmatiser={name}")

    assert not models.TestSet.objects.exists()


@pytest.mark.parametrize(
    ("package", "pair", "options"),
    [
        ("morfeusz2", "en-pl", []),
        ("morfeusz2", "pl-en", ["--term-lemmatiser=none"]),  # of sources
        ("morfeusz2", "en-pl", ["--term-lemmatiser=morfeusz2"]),
        ("pymorphy3", "en-ru", []),
        ("pymorphy3", "ru-de", []),
        ("simplemma", "en-fr", []),
        ("simplemma", "ru-pl", ["--term-lemmatiser=simplemma"]),
    ],
)
def test_an_import_that_lacks_a_lemmatiser_says_how_to_install_it(
    run, uninstall, package, pair, options
):
    uninstall(package)

    with pytest.raises(CommandError) as caught:
        run(pair, *options)

    assert INSTALL[package] in str(caught.value)
    assert not models.TestSet.objects.exists()


@pytest.mark.usefixtures("_small_polish")
def test_what_a_test_set_does_not_need_may_be_missing(run, uninstall):
    uninstall("morfeusz2")
    uninstall("pymorphy3")

    run("en-pl", "--term-lemmatiser=simplemma")
    run("cs-pl", "--term-lemmatiser=none")

    assert models.TestSet.objects.count() == 2


@pytest.mark.usefixtures("_small_polish")
def test_entries_are_scored_by_the_lemmatiser_that_is_named(make_test_set, make_scored_entry):
    test_sets = {  # before the entries: a test set with entries gets no second version
        name: make_test_set(target_language="pl", term_lemmatiser=name, version=version)
        for version, name in enumerate(["", "simplemma", "none"], 1)
    }
    by_name = {
        name: make_scored_entry(test_set=test_set, system=f"System {test_set.version}")
        for name, test_set in test_sets.items()
    }

    digests = {entry.test_set.digest for entry in by_name.values()}
    signatures = [
        Score.objects.get(entry=entry, metric="term-success").signature
        for entry in by_name.values()
    ]
    assert len(digests) == 1  # so that the scoring process has to tell them apart by the name
    assert [">morfeusz2-" in s for s in signatures] == [True, False, False]
    assert [">simplemma-2.0.0-pl" in s for s in signatures] == [False, True, False]
    assert [">none" in s for s in signatures] == [False, False, True]


@pytest.mark.parametrize(
    ("target", "package"), [("pl", "morfeusz2"), ("ru", "pymorphy3"), ("cs", "simplemma")]
)
def test_where_a_lemmatiser_is_missing_entries_fail_as_ours_and_pages_answer(
    make_test_set, make_scored_entry, make_entry, as_role, uninstall, target, package
):
    test_set = make_test_set(target_language=target)
    scored = make_scored_entry(test_set=test_set)
    rank.apply(args=[test_set.pk])
    uninstall(package)

    entry = make_entry(PERFECT, test_set=test_set, system="Other")
    for attempt in range(work.MAX_ATTEMPTS + 1):
        Entry.objects.filter(pk=entry.pk).update(next_try_at=None)
        score.apply(args=[entry.pk], task_id=f"attempt-{attempt}")
    entry.refresh_from_db()

    assert entry.state == EntryState.FAILED
    assert entry.reason.startswith("Our side failed. For its operators: ")
    assert INSTALL[package] in entry.reason
    task = test_set.phase.shared_task.slug
    addresses = [
        test_set.get_absolute_url(),
        scored.get_absolute_url(),
        entry.get_absolute_url(),
        reverse("entry-jsonl", args=[scored.pk]),
        *(reverse(name, args=[task]) for name in ("task-metrics", "task-data", "shared-task")),
        reverse("task-how-to-submit", args=[task]),
        reverse("submit", args=[task, test_set.phase.slug]),
    ]
    alices = as_role("alice")
    assert {url: alices.get(url).status_code for url in addresses} == dict.fromkeys(addresses, 200)
    assert INSTALL[package] in unescape(alices.get(entry.get_absolute_url()).text)
    change = reverse("admin:sharedtasks_testset_change", args=[test_set.pk])
    assert as_role("operator").get(change).status_code == 200
    with pytest.raises(CommandError) as caught:
        call_command("rescore_entries", "--dry-run", stdout=StringIO())
    assert INSTALL[package] in str(caught.value)


def test_a_rescore_that_lacks_a_lemmatiser_says_how_to_install_it(
    make_test_set, make_scored_entry, uninstall
):
    entry = make_scored_entry(test_set=make_test_set(target_language="pl"))
    row = Rescore.objects.create(entry=entry, wanted={})
    uninstall("morfeusz2")

    rescore.apply(args=[row.pk], task_id="attempt")

    row.refresh_from_db()
    assert INSTALL["morfeusz2"] in row.reason
