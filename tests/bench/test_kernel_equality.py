"""Compiled searches against their transcriptions, on more than `make test` has time for.

TERm against a plain transcription of the published scorer's: variants of the WMT21 sample, random
sequences, long sequences. Term TER with weights 1 against sacrebleu's, with others against the
search in NumPy.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sacrebleu.metrics.lib_ter import translation_edit_rate

from evaluator.metrics import kernels
from evaluator.metrics.term import compiled_edits, edits
from evaluator.metrics.term.ter import WeightedTer
from evaluator.metrics.wmt21 import compiled_shifts, shifts
from evaluator.metrics.wmt21.term_ter import TermTer
from tests.bench import published_term
from tests.bench.sample_sets import disturb, read_tico, read_wmt21

pytestmark = pytest.mark.bench
ENOUGH = 10**12


def load(module: str) -> kernels.Kernel:
    kernel = kernels.load(module, kernels.SEGMENTS)
    assert kernel, kernels.problem()
    return kernel


def move(words: list[str], chance: random.Random, vocabulary: list[str]) -> list[str]:
    words = list(words)
    for _ in range(chance.randint(0, 8)):
        at, to = chance.randrange(len(words) + 1), chance.randrange(len(words) + 1)
        run = words[at : at + 3]
        del words[at : at + 3]
        words[to:to] = run if chance.random() < 0.7 else [chance.choice(vocabulary)]
    return words


def make_random(count: int, chance: random.Random) -> list[tuple[list[str], list[str]]]:
    pairs = []
    for _ in range(count):
        vocabulary = [str(n) for n in range(chance.choice([1, 2, 3, 6, 20, 60]))]
        reference = chance.choices(vocabulary, k=chance.randint(1, chance.choice([3, 12, 30])))
        hypothesis = chance.choices(vocabulary, k=chance.randint(0, chance.choice([3, 12, 30])))
        if chance.random() < 0.6:
            hypothesis = move(reference, chance, vocabulary)
        pairs.append((hypothesis, reference))
    return pairs


def make_long(chance: random.Random) -> list[tuple[list[str], list[str]]]:
    vocabulary = [str(n) for n in range(3_000)]
    references = [chance.choices(vocabulary, k=length) for length in (250, 500, 500)]
    return [(move(words, chance, vocabulary), words) for words in references]


def test_term(shared_data: Path) -> None:
    chance = random.Random(1)
    test_set, _ = read_wmt21(shared_data)
    words = [segment.references[0].split() for segment in test_set.segments[::4]]
    cases = [(move(each, chance, words[0]), each) for each in words for _ in range(2)]
    cases += make_random(4_000, chance) + make_long(chance)
    pairs = []
    for hypothesis, reference in cases:
        weighted = frozenset(at for at in range(len(reference)) if chance.random() < 0.2)
        pairs.append(shifts.Pair(tuple(hypothesis), tuple(reference), weighted))

    ours = compiled_shifts.find_all(load(TermTer.kernel), pairs, ENOUGH)

    wrong = sum(
        (edits.shifts, edits.distance) != published_term.find_edits(*pair)
        for edits, pair in zip(ours, pairs, strict=True)
    )
    print(f"\nTERm: {len(pairs)} pairs, {wrong} differ from the transcription")
    assert wrong == 0


def test_ter(shared_data: Path) -> None:
    chance = random.Random(2)
    test_set = read_tico(shared_data, "en-fr")
    cases = [
        (text.split(), segment.references[0].split())
        for text, segment in zip(disturb(test_set, 1).texts, test_set.segments, strict=True)
    ]
    cases += make_random(4_000, chance) + make_long(chance)
    plain = [edits.Pair(*case, [1] * len(case[1])) for case in cases]
    heavy = [edits.Pair(*case, [chance.choice([1, 1, 2]) for _ in case[1]]) for case in cases]
    kernel = load(WeightedTer.kernel)

    ours = compiled_edits.find_all(kernel, heavy)
    wrong = sum(a != b for a, b in zip(ours, edits.find_all(heavy), strict=True))
    print(f"\nterm TER: {len(heavy)} pairs, {wrong} differ from NumPy's")
    ours = compiled_edits.find_all(kernel, plain)
    tenth = range(0, len(plain), 10)
    differ = sum(ours[at].total != translation_edit_rate(*cases[at])[0] for at in tenth)
    print(f"with weights 1: {len(tenth)} pairs, {differ} differ from sacrebleu's")
    assert wrong == differ == 0
