"""The command line as a whole: languages, standard input, JSON, names of metrics."""

from __future__ import annotations

import io
import json
import sys

import pytest

from evaluator.cli import COMMANDS, main
from evaluator.metrics import METRICS

TABLE = "id\tdoc\tsource\ttarget\n1\td\tTake the tablet.\tPrenez le comprimé.\n2\td\tGo.\tAllez.\n"
OURS = "Prenez la tablette.\nAllez.\n"
TICO = "id\tsource\ttarget\tsourceLang\ttargetLang\n1\tGo.\tAllez.\ten\tfr\n2\tNo.\tNon.\ten\tfr\n"
SGML = '<{kind} setid="x" {languages}><doc docid="d"><seg id="1">a b</seg>\n</doc></{kind}>\n'


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write files into a folder of their own, which is the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(**files):
        for name, text in files.items():
            (tmp_path / name).write_text(text)

    return lambda files: write(**files)


@pytest.fixture
def take_input(monkeypatch):
    def take(text):
        stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(text.encode())), "utf-8")
        monkeypatch.setattr(sys, "stdin", stream)

    return take


def pair_of(capsys):
    answer = json.loads(capsys.readouterr().out)
    return answer["source_language"], answer["target_language"]


@pytest.mark.parametrize(
    ("source", "options", "pair"),
    [
        ("test.en-fr.tsv", [], ("en", "fr")),
        ("test.eng-fra.tsv", [], ("en", "fr")),
        ("test.en2fr.tsv", ["--target-language=fr"], ("en", "fr")),
        ("test_cs_de-v1.tsv", [], ("cs", "de")),
        ("test.zh-TW-en.tsv", ["--target-language=en"], ("zh-TW", "en")),
        ("spring.test.pt-BR-fr.source.tsv", [], ("pt-BR", "fr")),
        ("dev.cs.tsv", ["--target-language=de"], ("cs", "de")),
        ("test.tsv", ["--language-pair=sr-Latn-en"], ("sr-Latn", "en")),
        ("test.tsv", ["--language-pair=EN_FR"], ("en", "fr")),
        ("test.tsv", ["--target-language=en-fr"], ("en", "fr")),
        ("test.tsv", ["--target-language=zh-tw-en"], ("zh-TW", "en")),
        ("test.tsv", ["--source-language=en-fr"], ("en", "fr")),
        ("test.tsv", ["--source-language=eng", "--target-language=en-fr"], ("en", "fr")),
        ("test.tsv", ["--source-language=en", "--target-language=pt-br"], ("en", "pt-BR")),
        ("test.tsv", ["--source-language=en", "--target-language=zh-MY"], ("en", "zh-MY")),
        ("test.pt-br.tsv", ["--target-language=en"], ("pt-BR", "en")),
        ("test.tsv", ["--language-pair=fr>ca"], ("fr", "ca")),
        ("test.en-fr.tsv", ["--language-pair=de-cs"], ("de", "cs")),  # options come first
    ],
)
@pytest.mark.parametrize("command", ["validate", "score", "annotate"])
def test_languages_come_from_options_and_names(write, capsys, command, source, options, pair):
    write({source: TABLE, "ours.txt": OURS, "terms.tsv": "tablet\tcomprimé\n"})
    files = [f"--source={source}", "--terminology=terms.tsv"]
    if command != "annotate":
        files.append("--hypotheses=ours.txt")
    if command == "score":
        files.append("--metrics=chrf")

    assert main([command, *files, *options, "--json"]) == 0

    assert pair_of(capsys) == pair


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        (TICO, ("en", "fr")),
        (TICO.replace("fr\n", "pt-BR\n"), ("en", "pt-BR")),
        (SGML.format(kind="srcset", languages='srclang="cs" trglang="de"'), ("cs", "de")),
        ('<?xml version="1.0"?><dataset id="x"><doc id="d"><src lang="en"><p><seg id="1">a b</seg>'
         '</p></src><ref lang="uk" translator="A"><p><seg id="1">c</seg></p></ref></doc></dataset>',
         ("en", "uk")),
    ],
)  # fmt: skip
def test_languages_come_from_the_test_set_itself(write, capsys, text, pair):
    write({"test": text, "ours": "c d\n" if "<" in text else OURS})

    assert main(["validate", "--source=test", "--hypotheses=ours", "--json"]) == 0

    assert pair_of(capsys) == pair


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        ("test.tsv", [], "Name them: --language-pair en-fr"),
        ("test.tsv", ["--target-language=fr"], "which language is translated from?"),
        ("test.tsv", ["--source-language=fr"], "which language is translated into?"),
        ("dev.cs.tsv", [], "which language is translated into?"),
        ("test.en-fr.tsv", ["--target-language=de"], "which language is translated from?"),
        ("test.tsv", ["--target-language=kr"], "Korean is ko"),
        ("test.tsv", ["--target-language=en-jp"], "Do you mean en-ja?"),
        ("test.tsv", ["--language-pair=fr"], "one language"),
        ("test.tsv", ["--language-pair=en-en"], "are the same"),
        ("test.tsv", ["--language-pair=en-fr", "--target-language=de"],
         "--language-pair says fr and --target-language says de"),
        ("test.tsv", ["--source-language=de", "--target-language=en-fr"], "says de and"),
        ("test.tsv", ["--language-pair=pt-BR"], "one language (Portuguese as written in Brazil)"),
        ("test.tsv", ["--language-pair=de-ch"], "German → Chamorro, or as one language"),
        ("test.tsv", ["--language-pair=en-in"], "If you mean Indonesian, write id."),
        ("test.sl-SI.tsv", [], "which language is translated into?"),
        ("test.es-ar.tsv", [], "says es and test.es-ar.tsv says es-AR. Name the languages"),
        ("my-en-fr.tsv", [], "Name the languages"),  # Burmese to English, or English to French
    ],
)  # fmt: skip
def test_languages_that_nobody_says_are_asked_for(write, capsys, source, options, words):
    write({source: TABLE, "ours.txt": OURS})

    with pytest.raises(SystemExit) as caught:
        main(["score", f"--source={source}", "--hypotheses=ours.txt", *options])

    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_a_name_that_says_other_languages_is_warned_of(write, capsys):
    write({"test.en-fr.tsv": TABLE, "ours.txt": OURS})

    main(["validate", "--source=test.en-fr.tsv", "--hypotheses=ours.txt", "--language-pair=de-cs"])

    assert "test.en-fr.tsv: its name says en-fr; it is read as de-cs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pair", "table", "options"),
    [
        ("fr-ca", TICO.replace("en\tfr\n", "fr\tca\n"), []),
        ("de-ch", TABLE, ["--target-language=ch"]),
        ("es-ar", TICO.replace("en\tfr\n", "es\tara\n"), ["--source-language=es"]),
    ],
)
def test_an_unclear_pair_is_one_where_the_test_set_or_an_option_says_so(
    write, capsys, pair, table, options
):
    write({"test.tsv": table, "ours.txt": OURS})
    files = ["--source=test.tsv", "--hypotheses=ours.txt", f"--language-pair={pair}"]

    assert main(["validate", *files, *options, "--json"]) == 0

    assert pair_of(capsys) == tuple(pair.split("-"))


@pytest.mark.parametrize("target", ["pt-BR", "fr-CA", "de-CH", "et-EE"])
def test_hypotheses_named_by_their_language_are_no_pair(write, capsys, target):
    write({"test.tsv": TABLE, f"output.{target}.txt": OURS})
    files = ["--source=test.tsv", f"--hypotheses=output.{target}.txt"]

    with pytest.raises(SystemExit):
        main(["validate", *files])
    assert "which languages are these?" in capsys.readouterr().err
    assert main(["validate", *files, f"--language-pair=en-{target}"]) == 0
    assert "its name says" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ("iw", "'iw' is an old code: Hebrew is he."),
        ("ji", "'ji' is an old code: Yiddish is yi."),
        ("jw", "'jw' is an old code: Javanese is jv."),
    ],
)
def test_old_codes_are_read_with_a_note(write, capsys, old, words):
    write({"test.tsv": TABLE, "ours.txt": OURS})

    main(["validate", "--source=test.tsv", "--hypotheses=ours.txt", f"--language-pair=en-{old}"])

    assert f"note: {words}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "kind"), [("th", "tokeniser"), ("bo", "tokeniser"), ("eu", "lemmatiser")]
)
def test_what_is_missing_for_the_target_is_said(write, capsys, target, kind):
    write({"test.tsv": TABLE, "ours.txt": OURS})
    options = ["--source=test.tsv", "--hypotheses=ours.txt", f"--language-pair=en-{target}"]

    main(["score", *options, "--metrics=chrf", "--json"])

    printed = capsys.readouterr()
    gap = json.loads(printed.out)["language_gap"]
    assert gap["kind"] == kind
    assert f"warning: {gap['message']}" in printed.err


@pytest.mark.parametrize(
    ("target", "name", "kind"),
    [("cs", "none", "lemmatiser"), ("ru", "simplemma", "chosen"), ("nl", "identity", "lemmatiser")],
)
def test_a_lemmatiser_that_was_chosen_is_said(write, capsys, target, name, kind):
    write({"test.tsv": TABLE, "ours.txt": OURS})
    options = ["--source=test.tsv", "--hypotheses=ours.txt", f"--language-pair=en-{target}"]

    main(["score", *options, "--metrics=chrf", "--json", f"--term-lemmatiser={name}"])

    printed = capsys.readouterr()
    gap = json.loads(printed.out)["language_gap"]
    assert (gap["kind"], f"“{name}” was chosen" in gap["message"]) == (kind, True)
    assert f"warning: {gap['message']}" in printed.err


def test_one_system_and_several_have_one_shape(write, capsys):
    write({"test.en-fr.tsv": TABLE, "ours.txt": OURS, "theirs.txt": "Prenez.\nAllez.\n"})
    files = ["--source=test.en-fr.tsv", "--hypotheses=ours.txt", "--metrics=chrf", "--json"]

    main(["score", *files])
    one = json.loads(capsys.readouterr().out)
    main(["score", *files, "--hypotheses=theirs.txt"])
    two = json.loads(capsys.readouterr().out)

    assert one.keys() == two.keys()
    assert two["systems"][0] == one["systems"][0]
    assert [system["name"] for system in two["systems"]] == ["ours.txt", "theirs.txt"]
    assert {"command": "score", "exit_status": 0, "messages": []}.items() <= two.items()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["validate", "--source=test.en-fr.tsv", "--hypotheses=short.txt"],
            "The file has 1 line, ",
        ),
        (["score", "--source=test.en-fr.tsv", "--hypotheses=short.txt"], "The file has 1 line, "),
        (["score", "--source=test.en-fr.tsv", "--hypotheses=no.txt"], "there is no such file"),
        (["validate", "--source=no.tsv", "--hypotheses=short.txt"], "there is no such file"),
        (["check-image", "short.txt"], ""),
        (["check-image", "no.tar"], "there is no such file"),
    ],
)
def test_what_fails_is_json_too(write, capsys, arguments, message):
    write({"test.en-fr.tsv": TABLE, "short.txt": "Prenez.\n"})

    assert main([*arguments, "--json"]) == 1

    answer = json.loads(capsys.readouterr().out)
    assert answer["exit_status"] == 1
    [said] = answer["messages"]
    assert said["severity"] == "error"
    assert message in said["message"]
    assert {"file", "line", "segment"} <= said.keys()


@pytest.mark.parametrize(
    ("arguments", "file", "message"),
    [
        (["score", "--source=test.en-fr.tsv", "--hypotheses=no.txt"], "no.txt", "there is no such"),
        (["validate", "--source=no.en-fr.tsv", "--hypotheses=ours"], "no.en-fr.tsv", "there is no"),
        (["annotate", "--source=test.en-fr.tsv", "--terminology=."], ".", "this is a folder."),
        (["check-image", "no.tar"], "no.tar", "there is no such file."),
    ],
)
def test_a_file_that_cannot_be_opened_is_named(write, capsys, arguments, file, message):
    write({"test.en-fr.tsv": TABLE})

    assert main([*arguments, "--json"]) == 1

    printed = capsys.readouterr()
    [said] = json.loads(printed.out)["messages"]
    assert said["file"] == file
    assert said["message"].startswith(message)
    assert f"{file}: {said['message']}" in printed.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "--source=test.tsv", "--hypotheses=ours.txt"],  # which languages?
        ["score", "--source=test.tsv", "--hypotheses=ours.txt", "--language-pair=pt-BR"],
        ["score", "--source=test.tsv"],
        ["annotate", "--source=test.tsv", "--no-such-option"],
    ],
)
def test_wrong_usage_prints_no_json(write, capsys, arguments):
    write({"test.tsv": TABLE, "ours.txt": OURS})

    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--json"])

    assert caught.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "error: " in printed.err


@pytest.mark.parametrize("command", ["score", "validate"])
def test_columns_that_are_not_read_are_a_note(write, capsys, command):
    write({"test.en-fr.tsv": TABLE.replace("target\n", "target\tReference A\n")
           .replace(".\n", ".\tx\n"), "ours.txt": OURS})  # fmt: skip
    metrics = ["--metrics=chrf"] if command == "score" else []

    assert (
        main([command, "--source=test.en-fr.tsv", "--hypotheses=ours.txt", *metrics, "--json"]) == 0
    )

    printed = capsys.readouterr()
    [said] = json.loads(printed.out)["messages"]
    assert (said["severity"], said["file"]) == ("note", "test.en-fr.tsv")
    assert said["message"].startswith("Columns that are not read: Reference A.")
    assert f"note: test.en-fr.tsv: {said['message']}" in printed.err


@pytest.mark.parametrize("option", ["--source", "--hypotheses", "--terminology", "--reference"])
def test_standard_input_stands_for_a_file(write, take_input, capsys, option):
    texts = {
        "--source": "Take the tablet.\nGo.\n",
        "--reference": "Prenez le comprimé.\nAllez.\n",
        "--hypotheses": OURS,
        "--terminology": "tablet\tcomprimé\n",
    }
    write({f"{name.strip('-')}.txt": text for name, text in texts.items()})
    take_input(texts[option])
    paths = {name: f"{name.strip('-')}.txt" for name in texts} | {option: "-"}

    files = [f"{name}={path}" for name, path in paths.items()]
    assert main(["score", *files, "--language-pair=en-fr", "--metrics", "term-success"]) == 0

    assert "term-success" in capsys.readouterr().out


def test_standard_input_is_read_once(write, take_input, capsys):
    write({"test.en-fr.tsv": TABLE})
    take_input(OURS)

    with pytest.raises(SystemExit) as caught:
        main(["validate", "--source=test.en-fr.tsv", "--hypotheses=-", "--terminology=-"])

    assert caught.value.code == 2
    assert "standard input (-) can be read only once" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("One.\nTwo.\n", 2),
        ("[Music]\n<3 you\n{so}\n", 3),
        ("A\tB\nC\nD\n", 3),
        ("One.\n\nTwo.\n", 3),
    ],
)
def test_sources_may_be_plain_text(write, capsys, text, lines):
    write({"spring.test.en-fr.source.txt": text, "ours.txt": "Un.\n" * lines})

    options = ["--source=spring.test.en-fr.source.txt", "--hypotheses=ours.txt"]
    assert main(["validate", *options]) == 0

    assert f"fits the test set ({lines} segments)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "a\tb\nc\td\n",
        "source,target\na,b\n",
        '[["a"], ["b"]]\n',
        "<tmx>\n</tmx>\n",
        '{"x": 1,\n "y": 2}\n',
    ],
)
def test_tables_and_markup_are_not_read_as_plain_text(write, text):
    write({"test.en-fr.txt": text, "ours.txt": OURS})

    assert main(["validate", "--source=test.en-fr.txt", "--hypotheses=ours.txt"]) == 1


@pytest.mark.parametrize(
    "words",
    [["bleu", "chrf"], ["bleu,chrf"], ["bleu,", "chrf"], ["BLEU", "chrf"], ["bleu", "bleu,chrf"]],
)
def test_metrics_are_named_with_spaces_or_commas(write, capsys, words):
    write({"test.en-fr.tsv": TABLE, "ours.txt": OURS})
    files = ["--source=test.en-fr.tsv", "--hypotheses=ours.txt"]

    main(["score", *files, "--json", "--metrics", *words])

    [system] = json.loads(capsys.readouterr().out)["systems"]
    assert [score["metric"] for score in system["scores"]] == ["bleu", "chrf"]


@pytest.mark.parametrize("words", [["blue"], ["bleu", "meteor"], ["bleu,comet"], [","]])
def test_unknown_metrics_are_refused_with_the_list(capsys, words):
    with pytest.raises(SystemExit) as caught:
        main(["score", "--source=x", "--hypotheses=y", "--metrics", *words])

    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert all(name in error for name in METRICS)


def test_metrics_are_listed_without_any_file(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["score", "--metrics", "list"])

    assert caught.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    for line, (name, metric) in zip(lines, METRICS.items(), strict=False):
        direction = "" if metric.higher_is_better else ", lower is better"
        meaning = metric.meaning.removesuffix(".")
        assert line.split(maxsplit=1) == [name, f"{meaning} ({metric.range}{direction})"]


def test_programs_read_an_ascii_minus(write, capsys, monkeypatch):
    write({"test.en-fr.tsv": TABLE, "ours.txt": OURS, "other.txt": "Prenez le comprimé.\nAllez.\n"})
    files = ["--source=test.en-fr.tsv", "--hypotheses=ours.txt", "--noterm-hypotheses=other.txt"]

    main(["score", *files, "--metrics=chrf,term-success", "--baselines"])
    piped = capsys.readouterr().out
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    main(["score", *files, "--metrics=chrf", "--baselines"])

    assert "−" not in piped
    assert "with terms - without" in piped
    assert "−" in capsys.readouterr().out


def test_without_arguments_there_is_help(capsys):
    assert main([]) == 0

    printed = capsys.readouterr().out
    assert all(name in printed for name in COMMANDS)


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])

    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("terminarium 0.")
