"""`terminarium compare`: what it prints, refuses and escapes."""

import json

import pytest

from evaluator.cli import main

WORDS = "tablet fever order cough needle drop dose sleep".split()
FRENCH = "comprimé fièvre commande toux aiguille goutte dose sommeil".split()


@pytest.fixture
def edition(tmp_path):
    """A test set of 240 segments, a terminology, and three systems that render fewer and fewer."""
    rows, systems = ["seg_id\ttuid\tsource\ttarget"], {"good": [], "fair": [], "poor": []}
    for number in range(240):
        word, translation = WORDS[number % 8], FRENCH[number % 8]
        rows.append(
            f"{number}\td{number // 12}:{number}\tThe {word} is here.\tVoici {translation}."
        )
        systems["good"].append(f"Voici {translation if number % 11 else 'rien'}.")
        systems["fair"].append(f"Voici {translation if number % 9 else 'rien'}.")
        systems["poor"].append(f"Voici {translation if number % 2 else 'rien'}.")
    (tmp_path / "test.en-fr.tsv").write_text("\n".join(rows) + "\n")
    terms = "".join(f"{a}\t{b}\n" for a, b in zip(WORDS, FRENCH, strict=True))
    (tmp_path / "terms.en-fr.tsv").write_text(terms)
    for name, lines in systems.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def compare(edition, capsys):
    def run(*options, systems=("good", "fair", "poor"), metrics=("term-success", "chrf++")):
        source = ["--source", str(edition / "test.en-fr.tsv"), "--target-language", "fr"]
        terms = ["--terminology", str(edition / "terms.en-fr.tsv")]
        files = [
            word for name in systems for word in ("--hypotheses", str(edition / f"{name}.txt"))
        ]
        status = main(["compare", *source, *terms, *files, "--metrics", *metrics, *options])
        return status, capsys.readouterr().out

    return run


def test_the_table_has_ranges_p_values_and_lines(compare):
    status, text = compare()

    assert status == 0
    lines = text.splitlines()
    title = lines.index("term-success")
    assert [word in lines[title + 1] for word in ("range", "system", "95 % interval")] == [True] * 3
    assert lines[title + 2].split()[:4] == ["1.", "1–2", "good.txt", "90.8"]
    assert lines[title + 3].split()[:4] == ["2.", "1–2", "fair.txt", "88.8"]
    assert set(lines[title + 4]) == {"-"}
    assert lines[title + 5].split()[:4] == ["3.", "3", "poor.txt", "50.0"]
    assert "sig:bootstrap|unit:segment|n:240|b:10000|" in lines[title + 6]
    assert "mean of ranks over term-success and chrf++" in lines
    assert lines[-1].startswith("240 segments with 240 terms: differences of about 8.1 points")


def test_json_holds_what_the_table_shows(compare):
    status, text = compare("--json")

    answer = json.loads(text)
    assert (status, answer["command"], answer["exit_status"]) == (0, "compare", 0)
    success, chrf = answer["comparisons"]
    assert (success["metric"], chrf["metric"]) == ("term-success", "chrf++")
    assert [own["name"] for own in success["systems"]] == ["good.txt", "fair.txt", "poor.txt"]
    assert [own["range"] for own in success["systems"]] == [[1, 2], [1, 2], [3, 3]]
    assert success["lines"] == [2]
    assert success["p_values"][0][0] is None
    assert success["p_values"][0][2] == success["p_values"][2][0] < 0.001
    assert answer["order"]["metrics"] == ["term-success", "chrf++"]
    assert [own["place"] for own in answer["order"]["systems"]] == [[1, 1], [2, 2], [3, 3]]


def test_identical_systems_are_equal(compare, edition):
    (edition / "twin.txt").write_text((edition / "good.txt").read_text())

    _, text = compare("--json", systems=("good", "twin"))

    answer = json.loads(text)
    assert [own["p_values"][0][1] for own in answer["comparisons"]] == [1, 1]
    assert [own["place"] for own in answer["order"]["systems"]] == [[1, 2], [1, 2]]


def test_latex_is_booktabs_with_a_rule_for_each_line(compare, edition):
    hostile = r"a_b%$&#{}~^\input{x}"
    (edition / f"{hostile}.txt").write_text((edition / "poor.txt").read_text())

    _, text = compare("--latex", "--preset", "autorank", systems=("good", "fair", hostile))

    titles = [line.split(",")[0] for line in text.splitlines() if line.startswith("% ")]
    order = "mean of ranks over term-success and chrf++"
    assert titles[1:] == [f"% {name}" for name in ("term-success", "chrf++", order, "autorank")]
    assert text.count(r"\begin{tabular}") == 4
    assert [table.count(r"\midrule") for table in text.split(r"\end{tabular}")] == [2, 2, 2, 1, 0]
    marks = r"a\_b\%\$\&\#\textbraceleft{}\textbraceright{}\textasciitilde{}\textasciicircum{}"
    assert rf"{marks}\textbackslash{{}}input\textbraceleft{{}}x\textbraceright{{}}" in text


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (["--preset", "wmt25-clusters"], "clusters"),
        (["--preset", "wmt26-clusters"], "clusters"),
        (["--preset", "autorank"], "autorank"),
    ],
)
def test_presets_stand_beside_the_comparisons(compare, options, key):
    status, text = compare("--json", *options)

    answer = json.loads(text)
    assert status == 0
    own = answer[key]
    if key == "clusters":
        assert own[0]["systems"] == ["good.txt", "fair.txt", "poor.txt"]
        assert (own[0]["lines"], own[0]["ranges"] is None) == ([2], "26" in options[1])
    else:
        assert own["good.txt"] == 1
        assert own["poor.txt"] == 3
    assert compare(*options)[0] == 0


def test_few_units_give_no_p_values(compare, edition):
    rows = (edition / "test.en-fr.tsv").read_text().splitlines()[:9]
    (edition / "test.en-fr.tsv").write_text("\n".join(rows) + "\n")
    for name in ("good", "fair"):
        lines = (edition / f"{name}.txt").read_text().splitlines()[:8]
        (edition / f"{name}.txt").write_text("\n".join(lines) + "\n")

    status, text = compare(systems=("good", "fair"))

    assert status == 0
    assert "No p-values: too few segments (8) for significance." in text


@pytest.mark.parametrize(
    ("systems", "options"),
    [((), []), (("good",), []), (("good",) * 101, ["--correction", "holm-strict"])],
)
def test_too_few_or_too_many_systems_are_wrong_usage(compare, systems, options):
    with pytest.raises(SystemExit) as caught:
        compare(*options, systems=systems)
    assert caught.value.code == 2


def test_a_file_that_does_not_fit_is_refused(compare, edition, capsys):
    (edition / "fair.txt").write_text("Voici.\n")

    assert compare("--json")[0] == 1
