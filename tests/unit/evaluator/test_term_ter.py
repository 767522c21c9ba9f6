"""TERm against a second implementation, written naively from its definition.

The search in NumPy and the compiled search both, and the one against the other.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from evaluator.metrics import kernels
from evaluator.metrics.wmt21 import shifts
from evaluator.metrics.wmt21.shifts import Edits
from evaluator.metrics.wmt21.term_ter import TermTer
from evaluator.normalise import LEMMATISERS, Lemmatiser
from evaluator.types import Segment, TermAnnotation


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


@pytest.fixture(params=["numpy", "compiled"])
def find_edits(request: pytest.FixtureRequest) -> Callable[..., Edits]:
    return search_of(request.param)


def search_of(kind: str) -> Callable[..., Edits]:
    if kind == "numpy":
        return shifts.find_edits
    module = kernels.load(TermTer.kernel, kernels.SEGMENTS)
    assert module, kernels.problem()
    return module.find_edits


def compare(find_edits, hypothesis, reference, weighted):
    edits = find_edits(tuple(hypothesis), tuple(reference), frozenset(weighted))

    assert (edits.shifts, edits.distance) == naive_edits(hypothesis, reference, weighted), (
        hypothesis,
        reference,
        weighted,
    )
    assert edits.is_complete


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
def test_it_equals_the_definition_in_chosen_cases(find_edits, hypothesis, reference, weighted):
    compare(find_edits, hypothesis.split(), reference.split(), weighted)


def test_it_equals_the_definition_in_random_cases(find_edits):
    random_source = random.Random(20211)
    for _ in range(3000):
        words = "abcdé"[: random_source.randint(1, 5)]
        hypothesis = random_source.choices(words, k=random_source.randint(1, 9))
        reference = random_source.choices(words, k=random_source.randint(1, 9))
        weighted = {k for k in range(len(reference)) if random_source.random() < 0.4}
        compare(find_edits, hypothesis, reference, weighted)


def test_it_equals_the_definition_for_shuffled_sentences(find_edits):
    """More different words: long windows, and searches of several shifts."""
    random_source = random.Random(20212)
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
        compare(find_edits, hypothesis, reference, weighted)


def test_chunks_change_nothing(monkeypatch):
    find_edits = shifts.find_edits
    monkeypatch.setattr(shifts, "CHUNK", 1)
    random_source = random.Random(20213)
    for _ in range(100):
        compare(
            find_edits, random_source.choices("abc", k=8), random_source.choices("abc", k=7), {0, 3}
        )


def test_a_search_beyond_the_limit_stops_and_says_so(find_edits):
    words = tuple("a b c d".split()), tuple("d c b a".split())

    edits = find_edits(*words, frozenset(), max_cells=1)

    assert not edits.is_complete
    assert (edits.shifts, edits.distance) == (0, edits.first_distance)


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


def test_the_compiled_search_equals_numpys_in_thousands_of_random_cases():
    """Empty hypotheses, other weights, and bounds that stop the search in the middle."""
    compiled = search_of("compiled")
    source = random.Random(20214)
    for _ in range(2500):
        vocabulary = [chr(0x61 + n) for n in range(source.choice([1, 2, 3, 6, 20, 60]))]
        reference = source.choices(vocabulary, k=source.randint(1, source.choice([3, 12, 24])))
        hypothesis = source.choices(vocabulary, k=source.randint(0, source.choice([3, 12, 24])))
        if source.random() < 0.6:
            hypothesis = disturb(reference, source, [*vocabulary, "new"])
        weighted = frozenset(n for n in range(len(reference)) if source.random() < 0.3)
        options = {"weight": source.choice([1, 2, 2, 3])}
        if source.random() < 0.3:
            options["max_cells"] = source.choice([0, 1, 100, 1_000, 10_000])
        case = tuple(hypothesis), tuple(reference), weighted

        assert compiled(*case, **options) == shifts.find_edits(*case, **options), (case, options)


@pytest.mark.parametrize("length", [63, 64, 65, 127, 128, 129, 200, 500])
def test_the_compiled_search_equals_numpys_where_rows_have_several_blocks(length):
    compiled = search_of("compiled")
    source = random.Random(length)
    vocabulary = [str(n) for n in range(5 * length)]
    reference = source.choices(vocabulary, k=length)
    weighted = frozenset(n for n in range(length) if source.random() < 0.2)
    others = reference[: length // 2], [*reference, *reference[:20]], ["x"]
    for words in (reference, *(others if length < 500 else ())):
        hypothesis = tuple(disturb(words, source, vocabulary))
        case = hypothesis, tuple(reference), weighted

        assert compiled(*case) == shifts.find_edits(*case)


def broken(error: Exception):
    def fail(name: str) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("cannot cache function 'f': no locator available\nfor file"), "no locator"),
        (OSError(28, "No space left on device"), "No space left"),
        (ImportError("Numba needs NumPy 2.6 or less"), "needs NumPy"),
        (PermissionError(13, "Permission denied", "/read-only"), "Permission denied"),
    ],
)
def test_a_search_that_can_not_be_compiled_falls_back_and_says_why(monkeypatch, error, reason):
    monkeypatch.setattr(kernels, "_problems", {})
    monkeypatch.setattr(kernels, "import_module", broken(error))

    assert kernels.load(f"test kernel, {reason}", kernels.SEGMENTS) is None
    assert reason in kernels.problem()
    assert "\n" not in kernels.problem()


def test_small_test_sets_and_machines_without_numba_compile_nothing(monkeypatch):
    monkeypatch.setattr(kernels, "_problems", {})
    monkeypatch.setattr(kernels, "import_module", broken(AssertionError("imported")))

    assert kernels.load("test kernel, small", kernels.SEGMENTS - 1) is None
    monkeypatch.setattr(kernels, "find_spec", lambda name: None)
    assert kernels.load("test kernel, no numba", kernels.SEGMENTS) is None
    assert not kernels.takes_time("test kernel, no numba", kernels.SEGMENTS)
    assert kernels.problem() is None


def test_a_hostile_line_ends_in_bounded_time(find_edits):
    reference = tuple(f"w{n % 20}" for n in range(60))
    hypothesis = tuple(f"w{(n * 7) % 20}" for n in range(3000))

    edits = find_edits(hypothesis, reference, frozenset({1}), max_cells=10_000_000)

    assert not edits.is_complete


def _segment(reference, *terms):
    annotations = tuple(
        TermAnnotation("1", f"src_original_and_{kind}", "s", form, form) for kind, form in terms
    )
    return Segment("1", "d", "s", (reference,), (), (annotations,))


def test_only_terms_of_the_surface_weigh_in_the_surface():
    metric = TermTer(None)

    assert metric.row(_segment("a b t", ("tgt_original", "t")), "a b")[0] == 2 / 3
    assert metric.row(_segment("a b t", ("tgt_lemma", "t")), "a b")[0] == 1 / 3


def test_terms_of_lemmas_add_a_second_pass_over_lemmas_and_the_mean_counts():
    upper = Lemmatiser("upper", str.upper)
    segment = _segment("a b t", ("tgt_lemma", "t"))

    # Surface, unit weights: A → a and t are missing, 2 of 3. Lemmas: only T is missing, cost 2.
    assert TermTer(upper).row(segment, "A b")[0] == (2 / 3 + 2 / 3) / 2
    assert TermTer(LEMMATISERS["identity"]("fr")).row(segment, "a b")[0] == (1 / 3 + 2 / 3) / 2


def test_an_empty_hypothesis_has_term_1_whatever_its_terms_weigh():
    assert TermTer(None).row(_segment("a t", ("tgt_original", "t")), "  ")[0] == 1.0
