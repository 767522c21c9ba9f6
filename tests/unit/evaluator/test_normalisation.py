"""What the family `term` does to a text before it looks for anything, and the way back."""

from __future__ import annotations

import random
import time
import unicodedata
from importlib.metadata import PackageNotFoundError

import pytest
from sacrebleu.tokenizers.tokenizer_re import TokenizerRegexp

from evaluator.errors import InfrastructureError
from evaluator.normalise import (
    Normaliser,
    find_gap,
    lemmatiser_of,
    lemmatisers,
    pieces,
    tokenisers,
)
from evaluator.normalise.offsets import compose, fold, fold_each, folded
from evaluator.normalise.words import find_words

FRENCH = Normaliser.for_language("fr")

# Letters, marks that compose and that don't, ligatures, fractions, full width, Hangul syllables
# and their parts, half-width kana with voice marks, signs that unfold into words, odd marks.
ODD = "aEiſßİıﬁﬃ½①Ａ１　 \u00a0\u0301\u0323\u0328\u05b0각가\u1100\u1161\u11a8ｶﾞ℀㍿µΣς\u0f73\u0345ά…"


@pytest.mark.parametrize(
    ("raw", "text", "folded_text"),
    [
        ("", "", ""),
        (" \t\n ", "", ""),  # nothing but white space
        ("a \u00a0\u3000b", "a b", "a b"),  # a run of any white space is one space
        (" a ", "a", "a"),
        ("ﬁèvre", "fièvre", "fièvre"),  # a ligature
        ("½", "1⁄2", "1⁄2"),
        ("ＣＯＶＩＤ", "COVID", "covid"),  # full width
        ("e\u0301", "é", "é"),  # composed
        ("in\u00adfec\u200btion\u2060", "infection", "infection"),  # invisible ones go
        ("\ufeffa \u200c b", "a b", "a b"),  # … before white space is collapsed
        ("e\u200d\u0301", "e\u0301", "é"),  # NFKC comes before the removal, and again after it
        ("Straße", "Straße", "strasse"),  # folding lengthens
        ("İ", "İ", "i\u0307"),
        ("ΑΣ", "ΑΣ", "ας".replace("ς", "σ")),  # casefold, not lower: no final sigma
    ],
)
def test_a_text_is_normalised_then_folded(raw, text, folded_text):
    normalised = FRENCH.normalise(raw)

    assert (normalised.text, normalised.folded) == (text, folded_text)


@pytest.mark.parametrize(
    ("raw", "found", "expected"),
    [
        ("la ﬁèvre", "fièvre", "ﬁèvre"),  # two characters of one
        ("½ dose", "2", "½"),  # a part of a character gives all of it
        ("x e\u0301te\u0301.", "été", "e\u0301te\u0301"),  # two characters in one
        (
            "la in\u00adfec\u200btion\u00ad.",
            "infection",
            "in\u00adfec\u200btion",
        ),  # inside, not after
        ("Ｃ\u3000\u00a0Ｄ", "c d", "Ｃ\u3000\u00a0Ｄ"),
        ("die Straße!", "strasse", "Straße"),
        ("İzmir", "i\u0307z", "İz"),  # folding splits it, NFKC doesn't join it
        ("  a  b  ", "b", "b"),  # trimmed
        ("가각 각", "각 각", "각 각"),
    ],
)
def test_a_place_in_the_folded_text_is_mapped_back_to_the_raw_one(raw, found, expected):
    normalised = FRENCH.normalise(raw)
    start = normalised.folded.index(found)
    span = normalised.raw_span(*normalised.text_span(start, start + len(found)))

    assert raw[slice(*span)] == expected


def test_piecewise_composition_is_unicodes_own():
    chance = random.Random(1)
    for _ in range(3000):
        text = "".join(chance.choices(ODD, k=chance.randrange(9)))

        composed, offsets = compose(text)

        assert composed == unicodedata.normalize("NFKC", text)
        assert len(offsets.starts) == len(offsets.ends) == len(composed)
        assert list(offsets.starts) == sorted(offsets.starts)
        assert fold(text)[0] == folded(text)
        assert len(fold(text)[1].starts) == len(folded(text))


def test_every_span_maps_back_to_a_text_that_normalises_to_it():
    chance = random.Random(2)
    for _ in range(500):
        raw = "".join(chance.choices(ODD + "\u200b\u00ad", k=chance.randrange(1, 9)))
        normalised = FRENCH.normalise(raw)
        for start in range(len(normalised.text)):
            first, last = normalised.raw_span(start, start + 1)

            assert 0 <= first < last <= len(raw)
            assert normalised.text[start] in FRENCH.normalise(f"_{raw[first:last]}_").text


@pytest.mark.parametrize(
    ("language", "raw", "tokens"),
    [
        ("fr", "Le patient, 38,5 °C.", "Le patient , 38,5 °C ."),
        ("fr", "COVID-19-positif", "COVID-19 - positif"),  # 13a: a dash after a digit
        ("fr", "a &quot; b", "a & quot ; b"),  # no entity step: it would move places
        ("zh-Hans", "患者２０名（COVID-19）", "患 者 20 名 ( COVID-19 )"),
        ("ko", "코로나바이러스는 위험", "코로나 바이러스 는 위험"),  # MeCab's morphemes
        ("ko", "기침\0발열", "기침 \0 발열"),  # MeCab stops at NUL, we don't
    ],
)
def test_tokens_are_sacrebleus_with_their_places(language, raw, tokens):
    normalised = Normaliser.for_language(language).normalise(raw)

    assert " ".join(token.text for token in normalised.tokens) == tokens
    for token in normalised.tokens:
        assert normalised.text[token.start : token.end] == token.text
    assert "".join(tokens.split()) == "".join(normalised.text.split())


@pytest.mark.parametrize(
    ("language", "raw", "lemmas"),
    [
        ("en", "Masks", ("mask",)),
        ("fr", "Masques chirurgicaux", ("masque", "chirurgical")),
        ("de", "chronischen Erkrankungen", ("chronisch", "erkrankung")),  # the noun keeps its case
        ("cs", "infekcí", ("infekce",)),
        ("ru", "острого бронхита", ("острый", "бронхит")),
        # A form of zakażenie and szczepienie may be a gerund, too; homonyms have a sign.
        ("pl", "zakażeniami po szczepieniu", ("zakażenie", "po", "szczepienie")),
        ("pl", "leków", ("lek",)),
        ("zh", "口罩", ()),
        ("ko", "마스크를", ()),
        ("tlh", "Qapla", ()),  # a language without a lemmatiser
    ],
)
def test_lemmas_are_of_each_token_by_itself_then_folded(language, raw, lemmas):
    assert Normaliser.for_language(language).normalise(raw).lemmas == lemmas


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fr-CA", "simplemma-2.0.0-fr"),
        ("ru", "pymorphy3-2."),
        ("pl-PL", "morfeusz2-1.99."),
        ("zh-Hant", None),
        ("ko_KR", None),
    ],
)
def test_each_language_has_its_lemmatiser(language, expected):
    lemmatiser = lemmatiser_of(language)

    assert (lemmatiser and lemmatiser.signature.startswith(expected or "?")) == (expected and True)


def test_a_lemmatiser_that_is_not_installed_is_an_error_with_the_line_that_installs_it(monkeypatch):
    def miss(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(lemmatisers, "version", miss)

    with pytest.raises(InfrastructureError, match=r"pip install morfeusz2==1\.99"):
        Normaliser.for_language("pl-x-missing")
    assert find_gap("pl-PL") is None  # a page does not need it


def test_a_named_lemmatiser_replaces_that_of_the_language():
    russian = Normaliser.for_language("ru", "simplemma")

    assert russian.signature[1].startswith("simplemma-2.0.0-ru")
    assert Normaliser.for_language("fr", "none").normalise("masques").lemmas == ()
    assert Normaliser.for_language("pl", "simplemma").lemmatiser.lemmatise("leków") == "lek"
    with pytest.raises(KeyError):
        Normaliser.for_language("ru", "unheard of")


@pytest.mark.parametrize(
    ("raw", "key", "is_capital"),
    [
        ("WHO", "WHO", True),
        ("COVID-19", "COVID-19", True),
        ("ОРВИ", "ОРВИ", True),
        ("R0", "r0", False),  # a single cased character
        ("SARS-CoV-2", "sars-cov-2", False),
        ("19", "19", False),
        ("新冠", "新冠", False),
        ("ＷＨＯ", "WHO", True),  # after NFKC
        ("Masque", "masque", False),
    ],
)
def test_all_capital_strings_are_kept_as_they_are_and_not_lemmatised(raw, key, is_capital):
    form = FRENCH.form(raw)

    assert (form.key, form.is_capital) == (key, is_capital)
    assert bool(form.lemmas) is not is_capital


def test_a_text_without_content_has_no_tokens():
    normalised = FRENCH.normalise("\u200b \u00ad")

    assert (normalised.tokens, normalised.lemmas, FRENCH.form(" ").key) == ((), (), "")


def test_a_line_of_marks_takes_no_longer_than_its_length():
    start = time.process_time()

    FRENCH.normalise("e" + "\u0301" * 200_000)

    assert time.process_time() - start < 3


def test_words_are_split_as_sacrebleu_splits_them():
    """Every sign of ASCII beside every other, and runs of stops, commas, hyphens and digits."""
    whole = TokenizerRegexp()
    chance = random.Random(20261)
    signs = [chr(code) for code in range(32, 127)]
    lines = [f"a{one}{two}b {two}1{one}2 {one}{one}" for one in signs for two in signs]
    lines += ["".join(chance.choices(".,-0 1aé«–/_", k=12)) for _ in range(3_000)]
    for line in lines:
        assert tokenisers._load_splitter("13a")(line).split() == whole(f" {line} ").split(), line


def test_texts_folded_together_are_each_folded_by_itself():
    chance = random.Random(20262)
    for _ in range(2_000):
        texts = ["".join(chance.choices(ODD, k=chance.randint(0, 4))) for _ in range(5)]
        assert fold_each(texts) == list(map(folded, texts)), texts
    assert fold_each([]) == []


def test_a_text_read_in_pieces_is_the_text_read_as_a_whole():
    chance = random.Random(20263)
    signs = [*ODD, *" .,-0a«»_'"]
    for language in ("fr", "ru", "de"):
        normaliser = Normaliser.for_language(language)
        for _ in range(700):
            text = normaliser.normalise("".join(chance.choices(signs, k=chance.randrange(12))))

            places = tuple(zip(text.token_starts, text.token_ends, strict=True))
            assert places == tokenisers.tokenise(text.text, language)
            assert text.words == find_words(text.text)
            assert list(text.folded_tokens) == [folded(token.text) for token in text.tokens]
            assert len(text.word_lemmas) == len(text.words)


def test_long_pieces_are_not_kept():
    pieces._keep_piece.cache_clear()

    for number in range(9):
        FRENCH.normalise(f"virus {number}{'.a' * pieces.LONGEST_KEPT}")

    assert pieces._keep_piece.cache_info().currsize == 1
    assert pieces._keep_piece.cache_info().maxsize == pieces.PIECES_KEPT
