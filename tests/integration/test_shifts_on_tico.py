"""The check of the order on real translations: silent on honest files, awake to a lost line."""

from __future__ import annotations

import random
import re
from functools import cache

import pytest

from evaluator.checking.shifted import find_shift
from evaluator.formats.test_sets import read_test_set

pytestmark = pytest.mark.slow

FILES = [f"{part}.en-{target}" for part in ("dev", "test") for target in ("fr", "ru", "zh")]


@pytest.fixture(scope="module")
def load(shared_data):
    def load_pair(name):
        languages = {"source_language": "en", "target_language": name[-2:]}
        with (shared_data / "tico19" / "text" / f"{name}.tsv").open("rb") as stream:
            test_set = read_test_set(source=stream, text_form=None, **languages)
        return (
            [segment.source for segment in test_set.segments],
            [segment.references[0] for segment in test_set.segments],
        )

    return cache(load_pair)  # two tenths of a second for each


def without_marks(texts):
    """Only lengths are left to tell: no numerals, no words that source and target share."""
    return [re.sub(r"\w", "x", re.sub(r"\d", "", text)) for text in texts]


@pytest.mark.parametrize("name", FILES)
def test_an_honest_file_is_not_called_shifted(load, name):
    sources, references = load(name)
    half = len(sources) // 2

    for texts in (
        references,
        without_marks(references),
        sources,
        [""] * len(sources),
        references[:half] + [""] * (len(sources) - half),
    ):
        assert find_shift(sources, texts) is None


@pytest.mark.parametrize("name", FILES)
def test_nor_is_a_short_one_or_a_sorted_one(load, name):
    sources, references = load(name)
    texts = without_marks(references)

    for size in (1, 2, 5, 24, 25, 40, 100):
        for start in range(0, len(sources) - size, max(size, 50)):
            part = slice(start, start + size)
            assert find_shift(sources[part], texts[part]) is None
    order = sorted(range(len(sources)), key=lambda number: len(sources[number]))
    by_length = [texts[number] for number in order]
    assert find_shift([sources[number] for number in order], by_length) is None


@pytest.mark.parametrize("name", FILES)
def test_an_order_without_any_sense_is_not_called_shifted(load, name):
    sources, references = load(name)
    texts = without_marks(references)

    for seed in range(10):
        mixed = random.Random(seed).sample(texts, len(texts))
        assert find_shift(sources, mixed) is None


@pytest.mark.parametrize("name", FILES)
def test_a_line_lost_or_doubled_is_found_by_lengths_alone(load, name):
    sources, references = load(name)
    texts = without_marks(references)
    half = len(texts) // 2

    lost = find_shift(sources, [*texts[:half], *texts[half + 1 :], "x"])
    doubled = find_shift(sources, [*texts[:half], texts[half - 1], *texts[half:-1]])

    assert (lost.offset, doubled.offset) == (1, -1)
    assert abs(lost.start - half) <= 2
    assert abs(doubled.start - half) <= 2
