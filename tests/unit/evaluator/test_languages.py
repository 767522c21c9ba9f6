"""Language codes: which are known, and what others stand for."""

from __future__ import annotations

import io
import re

import pytest

from evaluator import LanguageError, TestSetError, read_terminologies, read_test_set
from evaluator.cli import main
from evaluator.normalise import (
    canonical,
    canonical_pair,
    describe_gap,
    find_gap,
    is_single,
    parse_pair,
    sacrebleu_tokeniser,
)

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
        ("en-UK", "en-GB"),
        ("fra_Latn", "fr"),  # its script goes without saying
        ("ekk", "et"),  # the standard variety of a larger language
        ("arb", "ar"),
        ("tgl", "tl"),  # as simplemma knows it
        ("kau", "kau"),  # kr is refused
        ("ca-valencia", "ca-valencia"),
    ],
)
def test_a_code_is_brought_to_the_form_of_bcp_47(code, expected):
    assert canonical(code) == expected


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("cn", r"'cn' is not a known language. Do you mean zh \(Chinese\)\?"),
        ("jp", r"Do you mean ja \(Japanese\)\?"),
        ("french", r"Do you mean fr \(French\)\?"),
        ("ua", r"Do you mean uk \(Ukrainian\)\?"),
        ("cz", r"Do you mean cs \(Czech\)\?"),
        ("gr", r"Do you mean el \(Greek\)\?"),
        ("kz", r"Do you mean kk \(Kazakh\)\?"),
        ("in", "If you mean Indonesian, write id."),
        ("IN", "Hindi is hi"),
        ("kr", "the code of Kanuri, not of a country. Korean is ko. If you mean Kanuri, write kau"),
        ("KR", "Korean is ko"),
        ("tw", "Chinese as written in Taiwan is zh-TW. If you mean Twi, write twi"),
        ("Deutsch", r"Do you mean de \(German\)\?"),  # a name in its own language
        ("español", r"Do you mean es \(Spanish\)\?"),
        ("frensh", r"Do you mean fr \(French\)\?"),
        ("xx", "not a language code"),
        ("", "'' is not a language code. Write it as BCP 47 does: en, pt-BR"),
        ("en-", "not a language code"),
        ("zh-yue", "not a language code"),  # the old form of yue
        ("en\nfr", "not a language code"),
        ("zh-ZH", "not a language code"),  # no such country
        ("en-french", "not a language code"),
        ("qaa", "not a language code"),  # for private use
        ("mul", "not a language code"),  # several languages
        ("und", "not a language code"),
        ("e" * 1000, "'e+…' is not a language"),
        ("de-DE-variant1-variant2", "not a language code"),  # longer than is kept
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


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        ("en-fr", "en", "fr"),
        ("EN-FR", "en", "fr"),
        ("en_fr", "en", "fr"),
        ("eng-fra", "en", "fr"),
        ("eng_Latn-fra_Latn", "en", "fr"),
        ("en2fr", "en", "fr"),
        ("en>fr", "en", "fr"),
        ("en → fr", "en", "fr"),
        ("en\u2011fr", "en", "fr"),
        ("EN\u2010fr-CA", "en", "fr-CA"),
        ("en\u2212fr", "en", "fr"),
        ("en to fr", "en", "fr"),
        ("en--fr", "en", "fr"),
        ("zh-TW-en", "zh-TW", "en"),  # not Chinese and Twi
        ("zh-tw-en", "zh-TW", "en"),
        ("zh-tw-fr", "zh-TW", "fr"),  # nobody speaks Twi in France
        ("pt-BR-en", "pt-BR", "en"),
        ("pt-br-fr", "pt-BR", "fr"),  # Breton is not official in France
        ("nl-be-fr", "nl-BE", "fr"),
        ("en-zh-Hant", "en", "zh-Hant"),
        ("en-zh_TW", "en", "zh-TW"),
        ("zh-Hans-zh-Hant", "zh-Hans", "zh-Hant"),
        ("sr-Latn-en", "sr-Latn", "en"),
        ("sr-Cyrl-sr-Latn", "sr-Cyrl", "sr-Latn"),
        ("en-US-fr-FR", "en-US", "fr-FR"),
        ("mn-Cyrl-MN-en", "mn-Cyrl-MN", "en"),
        ("en-es-419", "en", "es-419"),
        ("ca-valencia-es", "ca-valencia", "es"),
        ("pt>br", "pt", "br"),
        ("fr2ca", "fr", "ca"),
        ("de → ch", "de", "ch"),
        ("EN-CA", "en", "ca"),
        ("en-FR", "en", "fr"),
        ("fr-CA-es", "fr-CA", "es"),  # capitals decide what else is ambiguous
        ("fr-ca-ES", "fr", "ca-ES"),
        ("sv-fi", "sv", "fi"),
        ("iw-en", "he", "en"),
        ("de-hsb", "de", "hsb"),
        ("en-twi", "en", "twi"),
    ],
)
def test_a_pair_is_read_however_it_is_written(text, source, target):
    assert parse_pair(text) == (source, target)


@pytest.mark.parametrize(
    "pair",
    """en-fr en-zh en-ru en-ko cs-de en-de de-en fr-de es-pt ja-zh et-en sv-fi en-et en-sl en-ca
    es-ca sl-en hi-en en-hi en-id ar-en en-cs ko-ja en-mt en-kn en-bs en-my fi-sv fr-rw fr-ht en-ga
    en-pt es-fr fr-ar ar-es es-eu hr-sl sr-hr mk-sq it-sl en-ne tr-az ru-be""".split(),
)
def test_usual_pairs_need_no_capitals(pair):
    assert parse_pair(pair) == parse_pair(pair.upper()) == tuple(pair.split("-"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("en-jp", "'en-jp' is not a language pair. Do you mean en-ja?"),
        ("cz-en", "Do you mean cs-en?"),
        ("en-cn", "Do you mean en-zh?"),
        ("English-French", "Do you mean en-fr?"),
        ("German to Czech", "Do you mean de-cs?"),
        ("en-kr", "Korean is ko"),
        ("tw-en", "Chinese as written in Taiwan is zh-TW"),
        (
            "zh-TW",
            "'zh-TW' is one language (Chinese as written in Taiwan). Write a pair like en-zh-TW",
        ),
        ("pt-BR", "(Portuguese as written in Brazil). Write a pair like en-pt-BR."),
        ("pt_BR", "(Portuguese as written in Brazil). Write a pair like en-pt-BR."),
        ("por-BR", "(Portuguese as written in Brazil). Write a pair like en-pt-BR."),
        ("fr-CA", "'fr-CA' is one language (French as written in Canada)"),
        ("de-CH", "one language (German as written in Switzerland)"),
        ("sv-SE", "one language (Swedish as written in Sweden)"),
        ("sl-SI", "one language (Slovenian as written in Slovenia)"),
        ("et-EE", "one language (Estonian as written in Estonia)"),
        ("hi-IN", "one language (Hindi as written in India)"),
        ("en-IN", "(English as written in India). Write a pair like fr-en-IN."),
        ("zh-MY", "one language (Chinese as written in Malaysia)"),
        ("zh-Hans-SG", "(Chinese (Simplified) as written in Singapore)"),
        ("en-in", "If you mean Indonesian, write id."),
        ("fr-in", "If you mean Indonesian, write id."),
        ("in-en", "If you mean Indonesian, write id."),
        ("fr-ca", "French → Catalan, or as one language (French as written in Canada)"),
        ("fr-ca", "Write 'fr>ca', or a pair like en-fr-CA."),
        ("FR-CA", "French → Catalan, or as one language (French as written in Canada)"),
        ("pt-br", "Portuguese → Breton, or as one language (Portuguese as written in Brazil)"),
        ("de-ch", "German → Chamorro, or as one language (German as written in Switzerland)"),
        ("nl_be", "Dutch → Belarusian, or as one language (Dutch as written in Belgium)"),
        ("fr", "one language"),
        ("fr-ca-es", "can be read as fr → ca-ES or as fr-CA → es"),
        ("en-fr-de", "can be read as"),
        ("en-en", "are the same"),
        ("en-en-US", "are the same"),
        ("en-qaa", "not a language pair"),
        ("en-xx", "not a language pair"),
        ("", "not a language pair"),
        ("-", "not a language pair"),
        ("en-", "not a language pair"),
        ("-" * 500, "not a language pair"),
        ("en-fr" * 100, "not a language pair"),
    ],
)
def test_what_is_not_a_pair_is_refused_with_what_may_be_meant(text, words):
    with pytest.raises(LanguageError, match=re.escape(words)):
        parse_pair(text)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("fr", True),
        ("pt-br", True),
        ("zh-TW", True),
        ("fr-ca", True),
        ("sv-FI", True),
        ("es-US", True),  # Spanish is not official there, but `us` is not a language either
        ("zh-Hans", True),
        ("zh-MY", True),
        ("en-IN", True),
        ("en-fr", False),
        ("en-FR", False),
        ("en-jp", False),
        ("de-cs", False),
    ],
)
def test_one_language_with_a_country_is_told_from_a_pair(code, expected):
    assert is_single(code) == expected


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((code, "tokeniser") for code in "th km lo my bo ja yue wuu shn ii lzh nod".split()),
        *((code, "lemmatiser") for code in "eu kk am ta fil hr ja-Latn xh".split()),
        *((code, "provisional") for code in "nl sv da nb no nor no-NO fi et hu tr fi-FI".split()),
        *((code, None) for code in "zh zh-Hant ko vi fr ru de de-AT en pl is".split()),
    ],
)
def test_what_is_missing_for_a_language_is_known_from_its_script(code, kind):
    gap = find_gap(code)

    assert (gap.kind if gap else None) == kind


def test_what_is_missing_is_told_with_the_name_of_the_language():
    assert describe_gap("kk").startswith("There is no lemmatiser for Kazakh (kk)")
    assert describe_gap("eu").startswith(
        "There is no lemmatiser for Basque (eu): inflected terms count as missed unless inside a "
        "longer word. Those rules are provisional"
    )
    assert "provisional rules in Dutch (nl)" in describe_gap("nl")
    assert describe_gap("fr") is None


@pytest.mark.parametrize(
    ("code", "chosen", "words"),
    [
        ("pl", "none", "“none” was chosen, which gives no lemmas for Polish (pl): a term counts"),
        ("sv", "none", "for Swedish (sv): inflected terms count as missed unless inside a longer "),
        ("de", "identity", "for German (de): inflected terms count as missed unless inside"),
        ("fr", "morfeusz2", "“morfeusz2” was chosen, which gives no lemmas for French"),
        ("ru", "simplemma", "“simplemma” was chosen instead of “pymorphy3”"),
        ("eu", "identity", "There is no lemmatiser for Basque"),
        ("km", "none", "Khmer (km) is written without spaces"),
        ("nl", "simplemma", "provisional rules in Dutch"),
        ("pl", "morfeusz2", None),
        ("zh", "none", None),
    ],
)
def test_a_lemmatiser_that_a_test_set_names_is_told_where_it_matters(code, chosen, words):
    sentence = describe_gap(code, chosen)

    assert (sentence is None) == (words is None)
    assert (words or "") in (sentence or "")
    assert "provisional" not in (sentence or "") or code in {"sv", "eu", "nl"}


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
    [
        ("en", "cn", "Do you mean zh"),
        ("en", "en", "are the same"),
        ("", "fr", "not a language code"),
    ],
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
                "--source-language=en",
                f"--target-language={code}",
                "--metrics=bleu",
                "--json",
            ]
        )
        printed.append(capsys.readouterr().out)

    assert printed[0] == printed[1]
    assert "tok:zh" in printed[0]
