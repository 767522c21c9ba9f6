"""Term TER: with weights 1 it is sacrebleu's, with others the definition written naively.

The search in NumPy and the compiled search both, and each against the other.
"""

from __future__ import annotations

import math
import random
import time

import numpy as np
import pytest
from sacrebleu.metrics import lib_ter

from evaluator.metrics import kernels
from evaluator.metrics.term import compiled_edits, edits, gains
from evaluator.metrics.term.edits import Edits, Pair
from evaluator.metrics.term.ter import WeightedTer
from evaluator.types import Hypotheses, Segment, Term, Terminology, TestSet


class WeightedEditDistance:
    """What sacrebleu's search for shifts asks, computed cell by cell without any cache."""

    weights: tuple[int, ...] = ()

    def __init__(self, reference):
        self.reference = reference

    def __call__(self, hypothesis):
        n, m = len(hypothesis), len(self.reference)
        cells = {(0, j): (sum(self.weights[:j]), "i") for j in range(m + 1)}
        ratio = m / n if n else 1
        width = math.ceil(ratio / 2 + 25) if ratio / 2 > 25 else 25
        far = 10**9, "x"
        for i in range(1, n + 1):
            diagonal = int(i * ratio)
            for j in range(max(0, diagonal - width), min(m + 1, diagonal + width)):
                options = [(cells.get((i - 1, j), far)[0] + 1, "d")]
                if j:
                    is_same = hypothesis[i - 1] == self.reference[j - 1]
                    weight = self.weights[j - 1]
                    edit = (0, " ") if is_same else (weight, "s")
                    options.insert(0, (cells.get((i - 1, j - 1), far)[0] + edit[0], edit[1]))
                    options.append((cells.get((i, j - 1), far)[0] + weight, "i"))
                cells[i, j] = min(options, key=lambda option: option[0])  # the first of equals
        trace, i, j = "", n, m
        while i or j:
            operation = cells[i, j][1]
            trace = operation + trace
            i, j = i - (operation in "s d"), j - (operation in "s i")
        return cells[n, m][0], trace


def naive_edits(hypothesis, reference, weights, monkeypatch):
    """sacrebleu's own search for shifts over the naive distance."""
    monkeypatch.setattr(lib_ter, "BeamEditDistance", WeightedEditDistance)
    monkeypatch.setattr(WeightedEditDistance, "weights", tuple(weights))
    found, _ = lib_ter.translation_edit_rate(hypothesis, reference)
    monkeypatch.undo()
    return found


def find_edits(hypothesis, reference, weights, **options):
    """Return what both searches give."""
    kernel = kernels.load(WeightedTer.kernel, kernels.SEGMENTS)
    assert kernel, kernels.problem()
    pair = Pair(hypothesis, reference, weights)

    [compiled] = compiled_edits.find_all(kernel, [pair], **options)

    assert compiled == edits.find_edits(*pair, **options), pair
    return compiled


def shuffled(words, source, moves):
    """Move runs of up to three tokens, and replace some."""
    words = list(words)
    for _ in range(moves):
        at = source.randrange(len(words))
        run = words[at : at + 3]
        del words[at : at + 3]
        to = source.randint(0, len(words))
        words[to:to] = run
        if source.random() < 0.4:
            words[source.randrange(len(words))] = "new"
    return words


def test_with_weights_1_it_is_sacrebleu_in_random_cases():
    source = random.Random(20221)
    for _ in range(2000):
        words = "abcdef"[: source.randint(1, 6)]
        hypothesis = source.choices(words + "z", k=source.randint(0, 9))
        reference = source.choices(words, k=source.randint(0, 9))

        found = find_edits(hypothesis, reference, [1] * len(reference))

        wanted = lib_ter.translation_edit_rate(hypothesis, reference)
        assert (found.total, len(reference)) == wanted, (hypothesis, reference)
        assert found.is_complete


def test_with_weights_1_it_is_sacrebleu_for_shuffled_sentences():
    """More different words: searches of several shifts, most of them over few tokens."""
    source = random.Random(20222)
    for _ in range(100):
        reference = source.choices("abcdefghijklmnopqrst", k=source.randint(5, 24))
        hypothesis = shuffled(reference, source, source.randint(1, 5))

        found = find_edits(hypothesis, reference, [1] * len(reference))

        wanted, _ = lib_ter.translation_edit_rate(hypothesis, reference)
        assert found.total == wanted, (hypothesis, reference)


@pytest.mark.parametrize(
    ("hypothesis", "reference"),
    [
        ([60, 61, *range(100, 168)], range(70)),  # a run at a distance of 60: too far to shift
        ([40, 41, *range(100, 168)], range(70)),  # … of 40: near enough
        ([*range(100, 114), *range(14)], range(28)),  # a run longer than the longest shift
        ([*range(30, 55), *range(30)], range(55)),  # … and beyond the beam
        ([7], range(120)),  # length ratio over 50: the beam widens
        ([7, 200, 9], range(170)),  # … and its rows have to meet
        (range(120), [60]),  # more rows than the beam is wide
        ([n % 4 for n in range(60)], [n % 5 for n in range(60)]),  # the limit on candidates
        ([n % 2 for n in range(90)], [n % 3 for n in range(30)]),  # … with other lengths
        ([1, 1, 2, 2] * 12, [2, 1, 1, 2] * 12),  # … after some shifts
    ],
)
def test_with_weights_1_it_has_the_limits_of_sacrebleu(hypothesis, reference):
    hypothesis, reference = list(map(str, hypothesis)), list(map(str, reference))

    found = find_edits(hypothesis, reference, [1] * len(reference))

    assert found.total == lib_ter.translation_edit_rate(hypothesis, reference)[0]


@pytest.mark.parametrize(
    ("hypothesis", "reference", "weights", "shifts", "distance"),
    [
        ("a b c", "a b c", (1, 2, 1), 0, 0),  # nothing to do
        ("a x c", "a b c", (1, 2, 1), 0, 2),  # a term's token substituted
        ("a x c", "a b c", (2, 1, 2), 0, 1),  # another token substituted, between terms
        ("a c", "a b c", (1, 2, 1), 0, 2),  # a term's token omitted
        ("a b x c", "a b c", (1, 2, 2), 0, 1),  # a superfluous token inside a term
        ("", "a b c", (1, 2, 2), 0, 5),  # the first row sums the weights
        ("a", "a b c", (2, 2, 1), 0, 3),  # … and so does its end
        ("x y", "", (), 0, 2),  # nothing to write: only superfluous tokens
        ("", "", (), 0, 0),  # nothing at all
        ("b a", "a b", (2, 2), 1, 0),  # a shift costs 1, whatever it moves
        ("b c a", "a b c", (1, 2, 2), 1, 0),  # a term of two tokens moves as one
        ("x t", "t y", (2, 1), 0, 2),  # dropping x and omitting y saves the term
        ("x t", "t y", (1, 2), 1, 2),  # here that costs 3; so does shifting t, x → y
        ("x y z", "t u", (2, 2), 0, 5),  # two substituted, one superfluous
        ("d c b a", "a b c d", (1, 1, 1, 2), 1, 2),  # d moves, from 5 to 2; then no shift gains
    ],
)
def test_it_weighs_as_worked_out_by_hand(hypothesis, reference, weights, shifts, distance):
    found = find_edits(hypothesis.split(), reference.split(), weights)

    assert found == Edits(shifts, distance)


def test_the_weighted_search_equals_the_naive_one_in_random_cases(monkeypatch):
    source = random.Random(20223)
    for _ in range(600):
        words = "abcdefgh"[: source.randint(1, 8)]
        reference = source.choices(words, k=source.randint(1, 10))
        hypothesis = source.choices(words + "z", k=source.randint(0, 10))
        if source.random() < 0.5:
            hypothesis = shuffled(reference, source, source.randint(1, 3))
        weights = [source.choice([1, 1, 2]) for _ in reference]

        found = find_edits(hypothesis, reference, weights)

        wanted = naive_edits(hypothesis, reference, weights, monkeypatch)
        assert found.total == wanted, (hypothesis, reference, weights)


def test_the_distance_for_long_pairs_is_that_of_the_search_before_any_shift(monkeypatch):
    source = random.Random(20224)
    monkeypatch.setattr(edits, "TIMES", 0)
    for length in (0, 1, 5, 30, 70):
        reference = source.choices("abcdefgh", k=source.choice([1, 20, 60, 90]))
        hypothesis = source.choices("abcdefghz", k=length)
        weights = [source.choice([1, 2]) for _ in reference]
        monkeypatch.setattr(WeightedEditDistance, "weights", tuple(weights))

        found = find_edits(hypothesis, reference, weights, longest=0)

        wanted, _ = WeightedEditDistance(reference)(hypothesis)
        assert found == Edits(0, wanted, is_complete=False)


def test_it_has_the_constants_of_sacrebleu():
    assert edits.MAX_SHIFT_SIZE == lib_ter._MAX_SHIFT_SIZE
    assert edits.MAX_SHIFT_DISTANCE == lib_ter._MAX_SHIFT_DIST
    assert edits.MAX_SHIFT_CANDIDATES == lib_ter._MAX_SHIFT_CANDIDATES
    assert gains.BEAM_WIDTH == lib_ter._BEAM_WIDTH


def test_a_search_beyond_the_limit_stops_and_says_so():
    found = find_edits(list("dcba"), list("abcd"), [1, 1, 1, 1], max_work=1)

    assert found == Edits(0, 4, is_complete=False)


@pytest.mark.parametrize(
    ("hypothesis", "reference"),
    [
        (["w1"] * 50_000, [f"w{n % 20}" for n in range(40)]),  # 100,000 characters, one word
        ([f"w{n * 7 % 20}" for n in range(2_000)], [f"w{n % 20}" for n in range(60)]),  # shuffled
        (sorted(map(str, range(2_000))), list(map(str, range(2_000)))),  # all places near by
    ],
)
def test_a_hostile_line_ends_in_bounded_time(hypothesis, reference):
    start = time.process_time()

    find_edits(hypothesis, reference, [2] * len(reference))

    assert time.process_time() - start < 5  # seconds; it takes well under one


def _test_set(source, references, *terms, target="fr"):
    entries = tuple(Term(str(n), text, tuple(targets)) for n, (text, *targets) in enumerate(terms))
    segment = Segment("1", "d", source, tuple(references), (), tuple(() for _ in references))
    terminology = Terminology("en", target, entries)
    return TestSet("en", target, (segment,), "raw", "proper", terminology)


def _row(test_set, hypothesis):
    (row,) = WeightedTer().statistics(test_set, Hypotheses((hypothesis,))).tolist()
    return row


@pytest.mark.parametrize(
    ("hypothesis", "edits_made"),
    [
        ("Le virus circule encore.", 0),  # the reference itself
        ("le VIRUS circule encore.", 0),  # folded
        ("Le microbe circule encore.", 2),  # the term substituted
        ("Le virus circule toujours.", 1),  # another word substituted
        ("Le circule encore.", 2),  # the term omitted
        ("Virus le circule encore.", 1),  # the term shifted
        ("Le nouveau virus circule encore.", 1),  # a superfluous word
        ("", 6),  # everything omitted: five tokens, one of them a term
    ],
)
def test_terms_of_the_reference_weigh_twice(hypothesis, edits_made):
    test_set = _test_set("The virus", ["Le virus circule encore."], ("virus", "virus", "agent"))

    assert _row(test_set, hypothesis) == [edits_made, 5, 0]


@pytest.mark.parametrize(
    ("reference", "edits_made"),
    [
        ("un virus", 3),  # an accepted variant
        ("un agent pathogène", 5),  # another one, two tokens
        ("un microbe", 2),  # none
        ("virus et virus", 5),  # the reference says it more often than the source: each weighs
        ("des commandes", 3),  # one found among lemmas
        ("des virussen", 2),  # no match inside a word
    ],
)
def test_any_span_of_any_accepted_variant_weighs(reference, edits_made):
    test_set = _test_set(
        "The virus order",
        [reference],
        ("virus", "virus", "agent pathogène"),
        ("order", "commande"),
        ("microbe", "microbe"),  # not in the source, so not required
    )

    assert _row(test_set, "") == [edits_made, len(reference.split()), 0]


def test_the_reference_with_the_fewest_edits_counts_and_their_mean_length():
    test_set = _test_set("virus", ["le virus", "un autre virus encore"], ("virus", "virus"))

    assert _row(test_set, "un virus encore") == [1, 3, 0]


def test_the_score_is_not_clipped_and_sums_come_first():
    metric = WeightedTer()

    assert metric.aggregate(np.array([4.0, 16.0, 0.0])) == 75.0
    assert metric.aggregate(np.array([24.0, 16.0, 0.0])) == -50.0
    assert metric.aggregate(np.array([0.0, 0.0, 0.0])) is None  # references without a token
    assert metric.details(np.array([4.0, 16.0, 2.0])) == {"stopped_searches": 2}


def test_it_is_absent_where_nothing_is_required():
    assert not WeightedTer().is_defined(_test_set("The cat", ["Le chat"], ("virus", "virus")))


def test_a_line_too_long_to_be_searched_is_flagged():
    test_set = _test_set("virus", ["virus"], ("virus", "virus"))

    assert _row(test_set, "a " * (edits.LONGEST + 1))[2] == 1


def test_many_pairs_at_once_equal_each_by_itself():
    """Empty texts, rare words, other weights, and limits that end searches in the middle."""
    kernel = kernels.load(WeightedTer.kernel, kernels.SEGMENTS)
    source = random.Random(20226)
    pairs = []
    for _ in range(400):
        words = [str(n) for n in range(source.choice([1, 2, 5, 20, 60]))]
        reference = source.choices(words, k=source.randint(0, source.choice([3, 12, 40, 90])))
        hypothesis = source.choices([*words, "z"], k=source.randint(0, source.choice([3, 40, 90])))
        if reference and source.random() < 0.7:
            hypothesis = shuffled(reference, source, source.randint(0, 8))
        pairs.append(Pair(hypothesis, reference, [source.randint(1, 3) for _ in reference]))
    for options in ({}, {"max_work": 300_000}, {"longest": 30}):
        expected = edits.find_all(pairs, **options)

        assert compiled_edits.find_all(kernel, pairs, **options) == expected
        assert all(each.is_complete for each in expected) is (not options)
    assert compiled_edits.find_all(kernel, []) == []


def _disturb(rng, words, vocabulary):
    """Return words with some replaced, left out, added and moved."""
    words = list(words)
    for _ in range(rng.randrange(len(words) // 3)):
        at = rng.randrange(len(words))
        kind = rng.randrange(4)
        if kind == 0:
            words[at] = str(rng.randrange(vocabulary))
        elif kind == 1:
            del words[at]
        elif kind == 2:
            words.insert(at, str(rng.randrange(vocabulary)))
        else:
            run = words[at : at + 4]
            del words[at : at + 4]
            to = min(len(words), max(0, at + rng.randrange(-40, 40)))
            words[to:to] = run
    return words


@pytest.mark.parametrize("vocabulary", [20, 150, 2_000])
@pytest.mark.parametrize("share", [1.0, 0.55, 0.3])
def test_long_pairs_within_their_beam_cost_what_whole_rows_say(monkeypatch, vocabulary, share):
    rng = random.Random(f"{vocabulary} {share}")
    reference = [str(rng.randrange(vocabulary)) for _ in range(420)]
    hypothesis = _disturb(rng, reference, vocabulary)[: int(420 * share)]
    weights = [rng.choice((1, 1, 2)) for _ in reference]

    narrow = find_edits(hypothesis, reference, weights)
    monkeypatch.setattr(gains, "NARROW", 10**6)

    assert edits.find_edits(hypothesis, reference, weights) == narrow


@pytest.mark.parametrize(
    ("words", "wanted", "is_complete"),
    [(2_300, 2_400, True), (2_400, 1_300, True), (2_100, 900, False), (2_100, 1_000, False)],
)
def test_how_long_a_hypothesis_may_be_grows_with_its_reference(words, wanted, is_complete):
    found = find_edits(["a"] * words, ["b"] * wanted, [1] * wanted)

    assert found.is_complete is is_complete
    assert found.total == max(words, wanted)
