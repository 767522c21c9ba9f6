"""`manage.py import_test_set`."""

from __future__ import annotations

from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command

import evaluator
from sharedtasks import models, testsets
from sharedtasks.models import SharedTask
from tests.integration.samples import REFERENCE, SOURCE

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.sgm"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def reference(tmp_path):
    path = tmp_path / "reference.sgm"
    path.write_text(REFERENCE)
    return path


@pytest.fixture
def run(source, reference):
    """Run the command with the sample, but for the options given; return what it says."""

    def run(*, create=True, **options):
        usual = {
            "shared_task": "spring",
            "phase": "test",
            "language_pair": "en-fr",
            "source": source,
            "reference": [reference],
        }
        words = [
            f"--{name.replace('_', '-')}={value}"
            for name, given in (usual | options).items()
            for value in (given if isinstance(given, list) else [given])
        ]
        words += ["--create"] if create else []
        output = StringIO()
        call_command("import_test_set", *words, stdout=output)
        return output.getvalue()

    return run


def nothing_was_made():
    return not models.TestSet.objects.exists() and not SharedTask.objects.exists()


def test_it_imports_and_says_what_and_where(run):
    said = run(shared_task_name="Spring edition")

    test_set = models.TestSet.objects.get()
    assert "tokenised text, 4 segments in 2 documents, 1 reference, 4 required terms" in said
    assert "/boards/spring/test/en-fr" in said
    assert "Fewer than 10 segments: too few to tell systems apart." in said
    assert test_set.phase.shared_task.name == "Spring edition"
    assert test_set.official_order == ["term-success", "chrf++"]
    assert test_set.lemmatiser == "simplemma"
    assert (test_set.results_version, test_set.ranked_version) == (0, 0)


def test_what_was_imported_reads_back_as_it_was(run):
    run()

    test_set = models.TestSet.objects.get()
    expected = evaluator.read_test_set(
        source=BytesIO(SOURCE.encode()),
        references=[BytesIO(REFERENCE.encode())],
        source_language="en",
        target_language="fr",
    )
    assert testsets.read(test_set) == expected
    assert test_set.digest == expected.digest


def test_references_keep_their_order(run, reference, tmp_path):
    second = tmp_path / "second.sgm"
    second.write_text(REFERENCE.replace("repas", "dîner"))

    run(reference=[second, reference])

    segments = testsets.read(models.TestSet.objects.get()).segments
    assert ["dîner" in text for text in segments[2].references] == [True, False]


def test_options_say_which_test_set_it_is(run):
    run(language_pair="cs-de", mode="noterm", test_set_version=2, text_form="raw")

    test_set = models.TestSet.objects.get()
    assert test_set.slug == "cs-de.noterm.v2"
    assert test_set.text_form == "raw"


def test_a_second_test_set_joins_the_first(run):
    run()
    run(language_pair="en-ko")

    assert SharedTask.objects.count() == 1
    assert models.Phase.objects.count() == 1
    assert models.TestSet.objects.count() == 2


def test_the_same_one_twice_is_refused(run):
    run()

    with pytest.raises(CommandError, match="This phase has that test set already"):
        run()

    assert models.TestSet.objects.count() == 1


@pytest.mark.parametrize("pair", ["enfr", "en-", "-fr", "", "-"])
def test_a_pair_that_is_none_is_refused(run, pair):
    with pytest.raises(CommandError, match=r"is (not a language pair|one language)"):
        run(language_pair=pair)

    assert nothing_was_made()


@pytest.mark.parametrize("pair", ["en-f/r", "../-fr", "en-" + "x" * 21])
def test_a_pair_that_fits_no_address_is_refused(run, client, pair):
    with pytest.raises(CommandError):
        run(language_pair=pair)

    assert nothing_was_made()
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("option", ["shared_task", "phase"])
@pytest.mark.parametrize("slug", ["Spring 2021", "a/b", "", "x" * 51])
def test_a_name_that_fits_no_address_is_refused(run, option, slug):
    with pytest.raises(CommandError):
        run(**{option: slug})

    assert nothing_was_made()


def test_a_missing_file_is_named(run, tmp_path):
    absent = tmp_path / "absent.sgm"

    with pytest.raises(CommandError, match=r"absent\.sgm can't be read: No such file"):
        run(reference=[absent])

    assert nothing_was_made()


def test_a_folder_is_no_file(run, tmp_path):
    with pytest.raises(CommandError, match="can't be read: Is a directory"):
        run(source=tmp_path)


def test_a_broken_file_lists_its_problems_with_their_lines(run, reference):
    broken = REFERENCE.replace('<seg id="2"> appelez', '<seg id="7"> appelez')
    reference.write_text(broken.replace('tgt="toux"', 'tgt=""'))

    with pytest.raises(CommandError) as caught:
        run()

    lines = str(caught.value).splitlines()
    assert lines[0] == "The test set was not imported:"
    assert any(line.startswith("reference.sgm:4: segment 7:") for line in lines)
    assert any(line.startswith("source.sgm:4: segment 2:") for line in lines)


def test_a_broken_file_leaves_no_empty_shared_task_behind(run, reference):
    reference.write_text("<refset>")

    with pytest.raises(CommandError):
        run()

    assert nothing_was_made()


def test_many_problems_are_cut_off(run, reference):
    term = '<term type="x" src="a" tgt="b"> les </term>'
    reference.write_text(REFERENCE.replace(" les ", f" {term} " * 80))

    with pytest.raises(CommandError, match=r"… and 3\d more\."):
        run()


def test_source_and_reference_the_wrong_way_round_are_told_apart(run, source, reference):
    with pytest.raises(CommandError, match="A <srcset> is wanted here"):
        run(source=reference, reference=[source])


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (["best"], r"no metric 'best'\. Choose one of: .*wmt21-exact-match"),
        (["chrf++", "BLEU"], r"no metric 'BLEU'"),
        (["chrf", "bleu", "chrf"], "chrf is named twice"),
        (["bleu", "wmt25-consistency"], "no scores of wmt25-consistency, so it cannot rank by it"),
    ],
)
def test_an_order_of_other_metrics_is_refused(run, order, words):
    with pytest.raises(CommandError, match=words):
        run(official_order=order)

    assert nothing_was_made()


@pytest.mark.parametrize("pair", ["eng-fra", "en-fre", "EN-FR", "en_fr", "en2fr", "en>fr"])
def test_other_codes_of_a_language_are_one_and_the_same(run, pair):
    run(language_pair=pair)

    assert models.TestSet.objects.get().language_pair == "en-fr"


@pytest.mark.parametrize(
    ("pair", "words"),
    [("en-cn", r"not a language pair\. Do you mean en-zh\?"), ("en-eng", "are the same")],
)
def test_impossible_languages_are_refused(run, pair, words):
    with pytest.raises(CommandError, match=words):
        run(language_pair=pair)

    assert nothing_was_made()


@pytest.mark.parametrize(
    ("pair", "source", "target"),
    [("zh-TW-en", "zh-TW", "en"), ("pt-br-fr", "pt-BR", "fr"), ("sr-Latn-en", "sr-Latn", "en")],
)
def test_scripts_and_countries_stay_with_their_language(run, tmp_path, pair, source, target):
    table = tmp_path / "test.tsv"
    table.write_text("id\tdoc\tsource\ttarget\na\td\tA fever.\tUne fièvre.\n")

    run(source=table, reference=[], language_pair=pair)

    test_set = models.TestSet.objects.get()
    assert (test_set.source_language, test_set.target_language) == (source, target)


@pytest.mark.parametrize(
    ("pair", "words"),
    [("en-eu", "no lemmatiser for Basque"), ("en-km", "no tokeniser"), ("en-ja", "no tokeniser")],
)
def test_what_is_missing_for_a_language_is_said_at_import_and_on_its_board(
    run, client, tmp_path, pair, words
):
    table = tmp_path / "test.tsv"
    table.write_text("id\tdoc\tsource\ttarget\na\td\tA fever.\tUne fièvre.\n")

    said = run(source=table, reference=[], language_pair=pair)

    assert words in said
    call_command("announce", "--shared-task=spring", "--phase=test", "--show-scores")
    board = client.get(models.TestSet.objects.get().get_absolute_url()).text
    assert words.partition(" for ")[0] in board


@pytest.mark.parametrize("columns", ["Reference A", "reference_b", "target_de"])
def test_columns_that_are_not_read_are_named(run, tmp_path, columns):
    table = tmp_path / "test.tsv"
    table.write_text(f"id\tsource\ttarget\t{columns}\na\tA fever.\tUne fièvre.\tx\n")

    said = run(source=table, reference=[])

    assert f"note: Columns that are not read: {columns}. References are named" in said
    assert "1 reference," in said


@pytest.mark.parametrize("pair", ["pt-BR", "de-CH", "fr-ca", "en-in"])
def test_one_language_with_a_country_is_not_imported_as_a_pair(run, pair):
    with pytest.raises(CommandError, match="one language") as caught:
        run(language_pair=pair)

    assert f"'{pair}'" in str(caught.value)
    assert nothing_was_made()


def test_a_table_is_raw_text_unless_it_is_said_to_be_tokenised(run, tmp_path):
    table = tmp_path / "test.tsv"
    table.write_text("id\tdoc\tsource\ttarget\na\td\tA fever.\tUne fièvre.\n")

    said = run(source=table, reference=[])

    assert "raw text, 1 segment in 1 document" in said
    assert models.TestSet.objects.get().text_form == "raw"


def test_what_became_of_a_terminology_is_told(run, tmp_path):
    terms = tmp_path / "terms.csv"
    rows = [f"a{n};«b{n}»;" for n in range(60)]
    lines = ["Englisch;Französisch;Status", *rows, "glove;moufle;Do not use", "mask;masque;green"]
    terms.write_text("\n".join(lines) + "\n")

    said = run(terminology=terms)

    assert "note: terms.csv:1: The first row is read as a header" in said
    assert "“moufle” has the status “Do not use”: not accepted" in said
    assert "The status “green” is not known: still accepted" in said
    assert "14 more changes like these are not shown" in said
    assert "61 terms: 60 changed, 1 dropped, 1 kept with doubts." in said
