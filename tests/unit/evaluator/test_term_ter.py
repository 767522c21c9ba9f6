"""TERm against a second implementation, written naively from its definition.

The search in NumPy and the compiled search both, and the one against the other.
"""

from __future__ import annotations

import random

import pytest

from evaluator.metrics import kernels
from evaluator.metrics.kernels import Kernel
from evaluator.metrics.wmt21 import compiled_shifts, shifts
from evaluator.metrics.wmt21.shifts import Pair
from evaluator.metrics.wmt21.term_ter import TermTer
from evaluator.normalise import LEMMATISERS, Lemmatiser
from evaluator.types import Hypotheses, Segment, TermAnnotation, TestSet

ENOUGH = 10**12  # cells for all searches together


def naive_distance(words, original, reference, weighted, weight):
    m = len(reference)
    unit = [1] * (m + 1)
    heavy = [weight if k in weighted else 1 for k in range(m)] + [1]
    row = list(range(m + 1))
    w = heavy
    for i in range(1, len(words) + 1):
        if words[i - 1 : i] != original[i - 1 : i]:  # from there on prefixes differ
            w = unit
        new = [i]
        for j in range(1, m + 1):
            substitute = row[j - 1] + (0 if words[i - 1] == reference[j - 1] else w[j - 1])
            new.append(min(substitute, new[j - 1] + w[j - 1], row[j] + w[j]))
        row = new
    return row[m]


def naive_edits(hypothesis, reference, weighted, weight=2):
    current = original = list(hypothesis)
    count = 0
    distance = naive_distance(current, original, reference, weighted, weight)
    seen = {}  # several shifts may give the same words
    while True:
        best = None
        for i in range(len(current)):
            for j in range(len(reference)):
                if i == j or current[i] != reference[j]:
                    continue
                length = 0
                while (
                    i + length < len(current)
                    and j + length < len(reference)
                    and current[i + length] == reference[j + length]
                ):
                    length += 1
                rest = current[:i] + current[i + length :]
                new = rest[:j] + current[i : i + length] + rest[j:]
                if tuple(new) not in seen:
                    seen[tuple(new)] = naive_distance(new, original, reference, weighted, weight)
                gain = distance - seen[tuple(new)]
                if best is None or (gain, new) > best:
                    best = (gain, new)
        if best is None or best[0] <= 0:
            return count, distance
        count += 1
        distance -= best[0]
        current = best[1]


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    loaded = kernels.load(TermTer.kernel, kernels.SEGMENTS)
    assert loaded, kernels.problem()
    return loaded


def compare(kernel, *cases):
    """Compare both searches with the definition."""
    pairs = [Pair(tuple(words), tuple(wanted), frozenset(at)) for words, wanted, at in cases]

    compiled = compiled_shifts.find_all(kernel, pairs, ENOUGH)

    assert compiled == shifts.find_all(pairs, ENOUGH)
    for pair, edits in zip(pairs, compiled, strict=True):
        assert (edits.shifts, edits.distance) == naive_edits(*pair), pair


@pytest.mark.parametrize(
    ("hypothesis", "reference", "weighted"),
    [
        ("b a", "a b", {0}),  # both shifts gain alike: the greater word list wins
        ("b a", "a b", set()),  # … and without a term
        ("é z a", "z é a", {1}),  # greater by code points, not by any alphabet
        ("Z a", "a Z", {1}),  # capitals come before small letters
        ("x a b c y", "a b c x y", {1}),  # the whole run, never its shorter prefix
        ("a b x a b c", "a b c a b x", {2}),  # a shorter run at another place
        ("q b c a", "a b c q", {0, 3}),  # a run that could be extended to the left
        ("b c d a", "a b c d", {1}),  # a suffix of a run is a candidate of its own pair
        ("t t t a", "a t t t", {1, 2}),  # repeated words, many equal shifts
        ("a b", "x y z a b", {0}),  # a target beyond the end of the rest: appended
        ("c a t", "a t c", {1, 2}),  # unit rows behind the window
        ("d c b a", "a b c d", {0, 1, 2, 3}),  # several shifts, every word a term's
        ("a a b b", "b b a a", {3}),  # a shift that undoes nothing; equal words leap
        ("a", "b", {0}),  # no candidate at all
        ("a b c", "a b c", {1}),  # nothing to do
        ("a b c d e f", "f", {0}),  # reference of one token
    ],
)
def test_it_equals_the_definition_in_chosen_cases(kernel, hypothesis, reference, weighted):
    compare(kernel, (hypothesis.split(), reference.split(), weighted))


def test_it_equals_the_definition_in_random_cases(kernel):
    random_source = random.Random(20211)
    cases = []
    for _ in range(3000):
        words = "abcdé"[: random_source.randint(1, 5)]
        hypothesis = random_source.choices(words, k=random_source.randint(1, 9))
        reference = random_source.choices(words, k=random_source.randint(1, 9))
        weighted = {k for k in range(len(reference)) if random_source.random() < 0.4}
        cases.append((hypothesis, reference, weighted))
    compare(kernel, *cases)


def test_it_equals_the_definition_for_shuffled_sentences(kernel):
    """More different words: long windows, and searches of several shifts."""
    random_source = random.Random(20212)
    cases = []
    for _ in range(150):
        reference = random_source.choices("abcdefghijklmnop", k=random_source.randint(6, 16))
        hypothesis = reference.copy()
        for _ in range(random_source.randint(1, 4)):
            at = random_source.randrange(len(hypothesis))
            run = hypothesis[at : at + 3]
            del hypothesis[at : at + 3]
            to = random_source.randint(0, len(hypothesis))
            hypothesis[to:to] = run
        weighted = {k for k in range(len(reference)) if random_source.random() < 0.3}
        cases.append((hypothesis, reference, weighted))
    compare(kernel, *cases)


def test_chunks_change_nothing(monkeypatch, kernel):
    monkeypatch.setattr(shifts, "CHUNK", 1)
    random_source = random.Random(20213)
    words = [random_source.choices("abc", k=15) for _ in range(100)]
    compare(kernel, *((both[:8], both[8:], {0, 3}) for both in words))


def test_a_search_beyond_the_limit_stops_and_says_so(kernel):
    pair = Pair(tuple("a b c d".split()), tuple("d c b a".split()), frozenset())

    [edits] = shifts.find_all([pair], 1)

    assert not edits.is_complete
    assert (edits.shifts, edits.distance) == (0, edits.first_distance)
    assert compiled_shifts.find_all(kernel, [pair], 1) == [edits]


def disturb(words, source, vocabulary):
    """Move runs, and replace, drop and add words, and repeat some."""
    words = list(words)
    for _ in range(source.randint(0, 6)):
        at, to = source.randrange(len(words) + 1), source.randrange(len(words) + 1)
        run = words[at : at + 3]
        kind = source.randrange(4)
        if kind != 3:
            del words[at : at + 3]
        if kind != 2:
            words[to:to] = [source.choice(vocabulary)] if kind == 1 else run
    return words


@pytest.mark.parametrize(
    ("left", "cells"),
    [(ENOUGH, shifts.CELLS), (300_000, shifts.CELLS), (0, shifts.CELLS), (ENOUGH, 500)],
)
def test_the_compiled_search_equals_numpys(kernel, monkeypatch, left, cells):
    """Empty hypotheses, other weights, and bounds that stop the searches in the middle."""
    monkeypatch.setattr(shifts, "CELLS", cells)
    source = random.Random(left + cells)
    pairs = []
    for _ in range(300):
        vocabulary = [chr(0x61 + n) for n in range(source.choice([1, 2, 3, 6, 20, 60]))]
        reference = source.choices(vocabulary, k=source.randint(1, source.choice([3, 12, 24])))
        hypothesis = source.choices(vocabulary, k=source.randint(0, source.choice([3, 12, 24])))
        if source.random() < 0.6:
            hypothesis = disturb(reference, source, [*vocabulary, "new"])
        weighted = frozenset(n for n in range(len(reference)) if source.random() < 0.3)
        pairs.append(Pair(tuple(hypothesis), tuple(reference), weighted))
    for weight in (1, 2, 3):
        expected = shifts.find_all(pairs, left, weight=weight)

        assert compiled_shifts.find_all(kernel, pairs, left, weight=weight) == expected


def test_the_compiled_search_equals_numpys_where_rows_have_several_blocks(kernel):
    source = random.Random(20214)
    pairs = []
    for length in (63, 64, 65, 127, 128, 129):
        vocabulary = [str(n) for n in range(5 * length)]
        reference = source.choices(vocabulary, k=length)
        weighted = frozenset(n for n in range(length) if source.random() < 0.2)
        for words in (reference, reference[: length // 2], [*reference, *reference[:20]], ["x"]):
            moved = tuple(disturb(words, source, vocabulary))
            pairs.append(Pair(moved, tuple(reference), weighted))

    assert compiled_shifts.find_all(kernel, pairs, ENOUGH) == shifts.find_all(pairs, ENOUGH)
    assert compiled_shifts.find_all(kernel, [], ENOUGH) == []


def test_a_hostile_line_ends_in_bounded_time(kernel):
    reference = tuple(f"w{n % 20}" for n in range(60))
    hypothesis = tuple(f"w{(n * 7) % 20}" for n in range(3000))
    pairs = [Pair(hypothesis, reference, frozenset({1}))]

    edits = shifts.find_all(pairs, 10_000_000)

    assert not edits[0].is_complete
    assert compiled_shifts.find_all(kernel, pairs, 10_000_000) == edits


def term_of(lemmatiser, reference, hypothesis, *terms):
    annotations = tuple(
        TermAnnotation("1", f"src_original_and_{kind}", "s", form, form) for kind, form in terms
    )
    segment = Segment("1", "d", "s", (reference,), (), (annotations,))
    test_set = TestSet("en", "fr", (segment,), "tokenised")
    [row] = TermTer(lemmatiser).statistics(test_set, Hypotheses((hypothesis,)))
    return row[0]


def test_only_terms_of_the_surface_weigh_in_the_surface():
    assert term_of(None, "a b t", "a b", ("tgt_original", "t")) == 2 / 3
    assert term_of(None, "a b t", "a b", ("tgt_lemma", "t")) == 1 / 3


def test_terms_of_lemmas_add_a_second_pass_over_lemmas_and_the_mean_counts():
    upper, term = Lemmatiser("upper", str.upper), ("tgt_lemma", "t")
    identity = LEMMATISERS["identity"]("fr")

    # Surface, unit weights: A → a and t are missing, 2 of 3. Lemmas: only T is missing, cost 2.
    assert term_of(upper, "a b t", "A b", term) == (2 / 3 + 2 / 3) / 2
    assert term_of(identity, "a b t", "a b", term) == (1 / 3 + 2 / 3) / 2


def test_an_empty_hypothesis_has_term_1_whatever_its_terms_weigh():
    assert term_of(None, "a t", "  ", ("tgt_original", "t")) == 1.0
