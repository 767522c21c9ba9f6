"""Language codes: which are known, and what others stand for."""

from __future__ import annotations

import io

import pytest

from evaluator import LanguageError, TestSetError, read_terminologies, read_test_set
from evaluator.cli import main
from evaluator.normalise import canonical, canonical_pair, sacrebleu_tokeniser

TABLE = b"id\tsource\ttarget\n1\ta cat\tun chat\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("fr", "fr"),
        ("FR", "fr"),
        ("fra", "fr"),  # ISO 639-2 has two codes for some languages
        ("fre", "fr"),
        ("zho", "zh"),
        ("chi", "zh"),
        ("cmn", "zh"),  # what ISO 639-3 calls Mandarin
        ("kor", "ko"),
        ("rus", "ru"),
        ("deu", "de"),
        ("ger", "de"),
        ("ces", "cs"),
        ("cze", "cs"),
        ("eng", "en"),
        ("zh_CN", "zh-CN"),  # as POSIX and TICO-19 write it
        ("zh-hans-cn", "zh-Hans-CN"),
        ("zho_Hans", "zh-Hans"),  # as FLORES writes it
        ("srp_Cyrl", "sr-Cyrl"),
        ("es-419", "es-419"),
        ("de-DE-1996", "de-DE-1996"),
        ("yue", "yue"),  # a language of its own
        ("hsb", "hsb"),  # no code of two letters
        ("iw", "he"),  # an old one
    ],
)
def test_a_code_is_brought_to_the_form_of_bcp_47(code, expected):
    assert canonical(code) == expected


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("cn", r"'cn' is no language known here. Do you mean zh \(Chinese\)\?"),
        ("jp", r"Do you mean ja \(Japanese\)\?"),
        ("french", r"Do you mean fr \(French\)\?"),
        ("xx", "no language known here. Do you mean "),
        ("", "'' is no language code. Write it as BCP 47 does: en, zh-CN"),
        ("en-", "no language code"),
        ("zh-yue", "no language code"),  # the old form of yue
        ("en\nfr", "no language code"),
        ("e" * 1000, "'e+…' is no language"),
        ("de-DE-variant1-variant2", "no language code"),  # longer than is kept
    ],
)
def test_what_is_no_known_language_is_refused_with_the_nearest_one(code, words):
    with pytest.raises(LanguageError, match=words):
        canonical(code)


@pytest.mark.parametrize(
    ("source", "target"), [("en", "en"), ("eng", "en"), ("en", "en-US"), ("zh-Hans-CN", "zh-Hans")]
)
def test_a_language_is_not_translated_into_itself(source, target):
    with pytest.raises(LanguageError, match="are the same"):
        canonical_pair(source, target)


def test_two_scripts_or_regions_are_two_languages():
    assert canonical_pair("zh_Hans", "zh_Hant") == ("zh-Hans", "zh-Hant")
    assert canonical_pair("pt-BR", "pt-PT") == ("pt-BR", "pt-PT")


@pytest.mark.parametrize("code", ["zh", "zho", "chi", "cmn", "zh_CN", "zh-Hans"])
def test_every_code_of_chinese_has_the_tokeniser_for_chinese(code):
    assert sacrebleu_tokeniser(code) == "zh"


def read(source, target):
    return read_test_set(source=io.BytesIO(TABLE), source_language=source, target_language=target)


def test_a_test_set_knows_its_languages_by_their_canonical_codes():
    found = read("eng", "fr_fr")

    assert (found.source_language, found.target_language) == ("en", "fr-FR")


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [("en", "cn", "Do you mean zh"), ("en", "en", "are the same"), ("", "fr", "no language code")],
)
def test_a_test_set_of_impossible_languages_is_refused(source, target, words):
    with pytest.raises(TestSetError, match=words):
        read(source, target)
    with pytest.raises(TestSetError, match=words):
        read_terminologies([], source_language=source, target_language=target)


@pytest.mark.parametrize("command", ["score", "validate"])
@pytest.mark.parametrize("code", ["cn", "en", "xx", ""])
def test_a_wrong_target_language_is_wrong_usage(command, code, tmp_path, capsys):
    (tmp_path / "test.tsv").write_bytes(TABLE)

    with pytest.raises(SystemExit) as caught:
        main(
            [
                command,
                f"--source={tmp_path / 'test.tsv'}",
                f"--hypotheses={tmp_path / 'test.tsv'}",
                f"--target-language={code}",
            ]
        )

    assert caught.value.code == 2
    assert "language" in capsys.readouterr().err.splitlines()[-1]


def test_an_alias_scores_like_the_code(tmp_path, capsys):
    (tmp_path / "test.tsv").write_text("id\tsource\ttarget\n1\ta cat there\t那里有一只猫。\n")
    (tmp_path / "ours.txt").write_text("那里有只猫。\n")
    printed = []

    for code in ("zh", "zho"):
        main(
            [
                "score",
                f"--source={tmp_path / 'test.tsv'}",
                f"--hypotheses={tmp_path / 'ours.txt'}",
                f"--target-language={code}",
                "--metrics=bleu",
                "--json",
            ]
        )
        printed.append(capsys.readouterr().out)

    assert printed[0] == printed[1]
    assert "tok:zh" in printed[0]
