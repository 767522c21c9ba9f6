"""TICO-19's twenty term lists: what becomes of them, to the entry."""

from __future__ import annotations

from collections import Counter

import pytest

from evaluator.formats.terminologies import read_terminologies, read_terminology

# File, pair, rows; entries, rows changed, dropped, in doubt; changes by kind.
# A rule that changes a number here changes scores: say so in the changelog.
LISTS = [
    ("f_en-cs_CZ", "en-cs", 306, (306, 2, 0, 0), {"optional": 2}),
    ("f_en-de_DE", "en-de", 306, (306, 0, 0, 0), {}),
    ("f_en-fr_XX", "en-fr", 306, (306, 0, 0, 0), {}),
    ("f_en-ko_KR", "en-ko", 306, (306, 1, 0, 0), {"cleaned": 1}),
    ("f_en-ru_RU", "en-ru", 306, (306, 0, 0, 0), {}),
    ("f_en-zh_CN", "en-zh", 306, (306, 9, 0, 0), {"optional": 9}),
    ("f_en-zh_TW", "en-zh", 306, (306, 2, 0, 0), {"optional": 2}),
    ("g_cs_en", "cs-en", 50, (50, 0, 0, 1), {"doubtful": 1}),
    ("g_de_en", "de-en", 50, (50, 0, 0, 0), {}),
    ("g_en_cs", "en-cs", 328, (318, 10, 0, 2), {"merged": 10, "doubtful": 2}),
    ("g_en_de", "en-de", 337, (327, 10, 0, 3), {"merged": 10, "doubtful": 3}),
    ("g_en_fr-FR", "en-fr", 336, (326, 10, 0, 3), {"merged": 10, "doubtful": 3}),
    ("g_en_ko", "en-ko", 337, (327, 14, 0, 2), {"merged": 10, "doubtful": 2, "split": 4}),
    ("g_en_ru", "en-ru", 328, (318, 14, 0, 4),
     {"merged": 10, "doubtful": 4, "split": 2, "optional": 3}),
    ("g_en_zh-CN", "en-zh", 337, (327, 13, 0, 2),
     {"merged": 10, "doubtful": 2, "split": 3, "optional": 2, "note_removed": 1}),
    ("g_en_zh-TW", "en-zh", 337, (327, 11, 0, 2),
     {"merged": 10, "doubtful": 2, "split": 1, "note_removed": 1}),
    ("g_fr_en", "fr-en", 50, (50, 0, 0, 1), {"doubtful": 1}),
    ("g_ko_en", "ko-en", 43, (43, 0, 0, 1), {"doubtful": 1}),
    ("g_ru_en", "ru-en", 50, (50, 0, 0, 0), {}),
    ("g_zh-CN_en", "zh-en", 50, (50, 0, 0, 3), {"doubtful": 3}),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "tico19" / "terminologies"


def read(folder, name, pair):
    source, target = pair.split("-")
    with (folder / f"{name}.csv").open("rb") as stream:
        return read_terminology(stream, name, source_language=source, target_language=target)


def test_all_lists_are_here(folder):
    assert sorted(path.stem for path in folder.glob("*.csv")) == sorted(row[0] for row in LISTS)


@pytest.mark.parametrize(("name", "pair", "rows", "counts", "kinds"), LISTS)
def test_each_list_gives_the_pinned_numbers(folder, name, pair, rows, counts, kinds):
    imported = read(folder, name, pair)

    entries = len(imported.terminology.terms)
    assert (entries, imported.changed, imported.dropped, imported.doubtful) == counts
    assert Counter(change.kind for change in imported.report) == kinds
    # Every row is an entry, merged into one, or dropped.
    assert rows == entries + kinds.get("merged", 0) + imported.dropped


@pytest.mark.parametrize(
    ("pair", "names", "entries", "targets"),
    [
        ("en-fr", ("f_en-fr_XX", "g_en_fr-FR"), 589, 608),
        ("en-ru", ("f_en-ru_RU", "g_en_ru"), 581, 612),
        ("en-zh", ("f_en-zh_CN", "g_en_zh-CN"), 590, 633),
    ],
)
def test_both_lists_of_a_pair_become_one_terminology(folder, pair, names, entries, targets):
    source, target = pair.split("-")
    files = [((folder / f"{name}.csv").open("rb"), name) for name in names]

    terms = read_terminologies(
        files, source_language=source, target_language=target
    ).terminology.terms

    for stream, _ in files:
        stream.close()
    assert len(terms) == len({term.id for term in terms}) == entries
    assert sum(len(term.targets) for term in terms) == targets


def test_a_list_of_another_script_can_be_told_apart(folder):
    with (folder / "f_en-zh_TW.csv").open("rb") as stream:
        imported = read_terminology(stream, "x", source_language="en", target_language="zh-Hant")

    assert len(imported.terminology.terms) == 306
