"""Dictionaries kept on disk answer as simplemma's own, and a folder that fails costs time only."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
from simplemma.strategies.dictionaries import DefaultDictionaryFactory

from evaluator.normalise.dictionaries import KeptDictionaries, TrieDictionary


@pytest.fixture(scope="module", autouse=True)
def _decoded_once():
    """Let simplemma decode each dictionary once: it is read only, and compared as a whole."""
    decode = cache(DefaultDictionaryFactory().get_dictionary)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DefaultDictionaryFactory, "get_dictionary", lambda _, lang: decode(lang))
        yield


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "dictionaries"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("code", ["fr", "cs"])
def test_each_word_has_the_lemma_that_simplemma_gives(folder, code):
    decoded = DefaultDictionaryFactory().get_dictionary(code)
    KeptDictionaries(folder).get_dictionary(code)
    [file] = folder.iterdir()
    kept = KeptDictionaries(folder).get_dictionary(code)

    assert file.name == f"{code}.trie"
    assert isinstance(kept, TrieDictionary)
    assert len(kept) == len(decoded) > 10_000
    assert all(kept[word] == lemma for word, lemma in decoded.items())
    assert sum(1 for _ in kept) == len(decoded)
    assert not any(map(kept.get, ("qqqqq", "\0", "a\0", "\0a", "a\0b")))


@pytest.mark.parametrize("content", [b"", b"no trie at all", b"We love Marisa."])
def test_a_file_that_is_damaged_is_written_again(folder, content):
    (folder / "fr.trie").write_bytes(content)

    assert KeptDictionaries(folder).get_dictionary("fr")["étaient"] == "être"
    assert len((folder / "fr.trie").read_bytes()) > 1_000_000


def test_half_a_file_is_written_again(folder):
    KeptDictionaries(folder).get_dictionary("fr")
    file = folder / "fr.trie"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])

    assert KeptDictionaries(folder).get_dictionary("fr")["étaient"] == "être"
    assert file.read_bytes() == whole


@pytest.mark.parametrize("kind", ["a file", "relative", "read-only"])
def test_a_folder_that_cannot_be_written_changes_no_answer(folder, kind, monkeypatch):
    place = folder / "place"
    if kind == "a file":
        place.write_text("in the way")
    elif kind == "relative":
        place = place.relative_to(folder)
    else:
        monkeypatch.setattr(os, "replace", _refuse)

    dictionary = KeptDictionaries(place).get_dictionary("fr")

    assert dictionary["étaient"] == "être"
    assert not isinstance(dictionary, TrieDictionary)
    assert not list(folder.rglob("*.trie"))


def _refuse(*_):
    raise PermissionError("read-only file system")


def test_several_may_write_at_once(folder):
    with ThreadPoolExecutor(3) as pool:
        lemmas = list(
            pool.map(lambda _: KeptDictionaries(folder).get_dictionary("fr")["étaient"], range(3))
        )

    assert lemmas == ["être"] * 3
    assert [file.name for file in folder.iterdir()] == ["fr.trie"]


def test_an_unknown_language_is_an_error(folder):
    with pytest.raises(ValueError, match="xx"):
        KeptDictionaries(folder).get_dictionary("xx")
