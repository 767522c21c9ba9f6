"""Every integer of the cases in docs/metrics.md 5, from data that a formula gives."""

import numpy as np
import pytest

from evaluator.metrics import METRICS
from evaluator.significance import Correction, Test, compare, write_place, write_range
from evaluator.significance.comparison import choose_resamples
from evaluator.significance.corrections import correct_benjamini_hochberg, correct_holm
from evaluator.significance.orders import order_by_mean_rank, order_on_resamples
from evaluator.significance.presets import Preset, autorank, cluster
from evaluator.significance.ranges import correct
from evaluator.significance.resampling import draw_counts, draw_flips
from evaluator.significance.stability import (
    detect_by_pilot,
    detect_chrf,
    detect_term_success,
    factor_against,
    leave_one_document_out,
    write_detectable,
)

SUCCESS = METRICS["term-success"](None)
CHRF = METRICS["chrf++"](None)
OVER = METRICS["over-application"](None)
PAIRS = np.triu_indices(6, 1)  # (0,1) (0,2) … (4,5)


def h(a, b, c):
    return (7919 * a + 104729 * b + 1299709 * c + (a**2 % 1009) * (b + 3) + 17 * a * b) % 1000


def make_rows(counts):
    """Make statistics of term success from rows of required and rendered."""
    rows = np.array(counts)
    return np.pad(rows, ((0, 0), (0, 8)))


def make_a():
    chances = [900, 900, 850, 820, 700, 700]
    systems = {}
    for system in (0, 2, 3, 4, 5):
        counts = []
        for i in range(200):
            required = 1 + i**2 % 3
            counts.append(
                (required, sum(h(i, system, k) < chances[system] for k in range(required)))
            )
        systems[system] = make_rows(counts)
    return {0: systems[0], 1: systems[0].copy()} | systems


A = make_a()


def make_documents(systems, documents):
    return {
        entry: np.array([rows[number::documents].sum(axis=0) for number in range(documents)])
        for entry, rows in systems.items()
    }


def make_d(step, segments):
    numbers = np.arange(segments)
    systems = {}
    for system, group in enumerate(np.repeat(range(5), [9, 9, 9, 8, 8])):
        value = (6 * h(numbers, 1000, 7) + 4 * h(numbers, system + 50, 11)) // 10
        hits = value < 640 - step * group
        systems[system] = make_rows(np.stack([np.ones(segments, int), hits], axis=1))
    return systems


def run(systems, **options):
    [comparison] = compare([(SUCCESS, systems)], **{"unit": "segment", **options})
    return comparison


def test_the_index_matrices_are_pinned():
    [first] = draw_counts(500, 1, 1)
    assert first[0, [349, 113, 394, 158, 102, 398]].all()
    whole = np.vstack(list(draw_counts(500, 1000, 1000)))
    assert int((whole * np.arange(500)).sum()) == 124_703_036
    assert int(draw_flips(500, 1000).sum()) == 249_343


@pytest.mark.parametrize("block", [1, 299, 300, 999])
def test_blocks_do_not_change_the_resamples(block):
    whole = np.vstack(list(draw_counts(501, 1000, 1000)))
    assert np.array_equal(np.vstack(list(draw_counts(501, 1000, block))), whole)


EXTREME = {
    (Test.BOOTSTRAP, 1_000): "1000 108 0 0 0 108 0 0 0 44 0 0 0 0 243",
    (Test.FLIPS, 1_000): "1000 104 0 0 0 104 0 0 0 57 0 0 0 0 256",
    (Test.SACREBLEU, 1_000): "0 52 0 0 0 52 0 0 0 23 0 0 0 0 103",
    (Test.BOOTSTRAP, 10_000): "10000 964 2 0 0 964 2 0 0 435 0 0 0 0 2105",
    (Test.FLIPS, 10_000): "10000 1203 2 0 0 1203 2 0 0 688 0 0 0 1 2547",
}


@pytest.mark.parametrize(("test", "resamples"), EXTREME)
def test_case_a_counts(test, resamples):
    comparison = run(A, test=test, resamples=resamples)

    assert [int(rows[:, 1].sum()) for rows in A.values()] == [303, 303, 290, 273, 224, 236]
    counts = comparison.pairs.extreme[PAIRS].tolist()
    assert counts == list(map(int, EXTREME[test, resamples].split()))
    assert comparison.entries == (0, 1, 2, 3, 5, 4)
    assert comparison.p_value(0, 2) == (counts[1] + 1) / (resamples + 1)


def test_case_a_intervals():
    comparison = run(A, resamples=1_000)

    by_entry = dict(zip(comparison.entries, comparison.intervals, strict=True))
    expected = {
        0: (88.0000, 94.0476),
        1: (88.0000, 94.0476),
        2: (83.4337, 90.1840),
        3: (77.7778, 85.5856),
        4: (63.0631, 71.4715),
        5: (66.7683, 75.0789),
    }
    assert by_entry == {entry: pytest.approx(ends, abs=5e-5) for entry, ends in expected.items()}


OWN, STRICT, FDR, PAIRWISE = (
    Correction.OWN,
    Correction.STRICT,
    Correction.FDR,
    Correction.PAIRWISE,
)


@pytest.mark.parametrize(
    ("correction", "options", "ranges", "lines"),
    [
        (OWN, {"resamples": 10_000}, "1–3 1–3 1–4 4 5–6 5–6", (4,)),
        (OWN, {"resamples": 10_000, "test": Test.FLIPS}, "1–3 1–3 1–4 3–4 5–6 5–6", (4,)),
        (PAIRWISE, {"resamples": 1_000}, "1–3 1–3 1–3 4 5–6 5–6", (3, 4)),
        (FDR, {"resamples": 1_000}, "1–3 1–3 1–4 3–4 5–6 5–6", (4,)),
        (STRICT, {"resamples": 1_000}, "1–3 1–3 1–4 3–4 5–6 5–6", (4,)),
    ],
)  # fmt: skip
def test_case_a_ranges(correction, options, ranges, lines):
    comparison = run(A, correction=correction, **options)

    assert " ".join(map(write_range, comparison.ranges)) == ranges
    assert comparison.lines == lines


def test_case_b_is_refused():
    comparison = run(make_documents(A, 6), unit="document")

    assert comparison.too_few == "too few documents (6) for significance"
    whole = run(make_documents(A, 1), unit="testset")
    assert (whole.too_few, whole.ranges) == ("the whole test set is a single unit", ())
    assert (comparison.ranges, comparison.lines, comparison.signature) == ((), (), "")
    assert set(comparison.intervals) == {None}
    assert comparison.p_value(0, 4) is None


@pytest.mark.parametrize(
    ("resamples", "correction", "counts", "ranges"),
    [
        (1_000, OWN, "1000 162 8 0 0 162 8 0 0 143 0 0 0 0 155", "1–3 1–3 1–4 3–4 5–6 5–6"),
        (
            10_000,
            OWN,
            "10000 1575 50 0 0 1575 50 0 0 1302 0 0 0 3 1525",
            "1–3 1–3 1–4 3–4 5–6 5–6",
        ),
        (1_000, STRICT, "1000 162 8 0 0 162 8 0 0 143 0 0 0 0 155", "1–4 1–4 1–4 1–4 5–6 5–6"),
    ],
)
def test_case_c_flips_documents(resamples, correction, counts, ranges):
    comparison = run(
        make_documents(A, 20), unit="document", resamples=resamples, correction=correction
    )

    assert comparison.signature.startswith("sig:flips|unit:document|n:20|")
    assert comparison.pairs.extreme[PAIRS].tolist() == list(map(int, counts.split()))
    assert " ".join(map(write_range, comparison.ranges)) == ranges
    assert comparison.lines == (4,)


@pytest.mark.parametrize(
    ("step", "segments", "lines", "first", "strict", "fdr"),
    [
        (0, 500, (), "1–43", 0, 0),
        (60, 500, (9, 27, 35), "1–9", 707, 742),
        (100, 500, (9, 18, 27, 35), "1–9", 739, 745),
        (40, 2_100, (9, 18, 27, 35), "1–9", 739, 744),
        (60, 2_100, (9, 18, 27, 35), "1–9", 739, 743),
    ],
)
def test_case_d_has_43_systems_in_five_groups(step, segments, lines, first, strict, fdr):
    systems = make_d(step, segments)

    own = run(systems)
    assert (own.lines, write_range(own.ranges[0])) == (lines, first)
    corrected = {
        STRICT: correct(run(systems, correction=STRICT).p_values, STRICT),
        FDR: correct(own.p_values, FDR),
    }
    upper = np.triu_indices(43, 1)
    told_apart = {name: int((values[upper] < 0.05).sum()) for name, values in corrected.items()}
    assert told_apart == {STRICT: strict, FDR: fdr}


def by_entry(*values):
    return dict(enumerate(values))


E = [(SUCCESS, by_entry(90, 90, 80, 70)), (CHRF, by_entry(50, 60, 60, 40))]


def test_case_e_orders_by_mean_rank():
    order = order_by_mean_rank(E)

    assert order.entries == (1, 0, 2, 3)
    assert order.mean_ranks == (1.5, 2.25, 2.25, 4)
    assert [write_place(place) for place in order.places] == ["1", "2=", "2=", "4"]


def test_case_f_is_autorank():
    assert autorank(E) == by_entry(1.75, 1, 1.75, 4)
    three = autorank([*E, (OVER, by_entry(5, 1, 1, 3))])
    assert three == pytest.approx(by_entry(2.8, 1, 1.6, 4))


def test_case_g_is_clusters():
    wmt25, wmt26 = (cluster(preset, SUCCESS, A) for preset in Preset)

    assert wmt25.entries == wmt26.entries == (0, 1, 2, 3, 5, 4)
    assert " ".join(map(write_range, wmt25.ranges)) == "1–3 1–3 1–4 3–4 5–6 5–6"
    assert wmt25.lines == wmt26.lines == (4,)
    assert wmt26.ranges == ()


def test_case_h_is_corrections():
    p_values = np.array([0.01, 0.04, 0.03, 0.005])

    assert correct_holm(p_values) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert correct_benjamini_hochberg(p_values) == pytest.approx([0.02, 0.04, 0.04, 0.02])


def test_case_i_drops_undefined_resamples():
    counts = {0: (2, 1), 1: (0, 1)}
    systems = {}
    for entry, (first, second) in counts.items():
        rows = [(0, 0)] * 12
        rows[0], rows[5] = (2, first), (2, second)
        systems[entry] = make_rows(rows)

    comparison = run(systems, test=Test.BOOTSTRAP, resamples=1_000)

    assert comparison.scores == (75, 25)
    assert (comparison.pairs.kept[0, 1], comparison.pairs.extreme[0, 1]) == (880, 242)
    assert comparison.p_value(0, 1) is None
    assert comparison.intervals == (None, None)
    assert comparison.ranges == ((1, 2), (1, 2))


def test_scores_that_differ_by_rounding_are_equal():
    rows = np.zeros((200, 3))
    rows[:, 0], rows[:, 1] = 0.3, 1
    other = rows.copy()
    other[:, 0] += 1e-12
    metric = METRICS["wmt21-1-term"](None)

    [comparison] = compare([(metric, {4: rows, 2: other})], unit="segment", resamples=1_000)

    assert comparison.entries == (2, 4)
    assert comparison.p_value(2, 4) == 1


def test_lower_is_better_where_the_metric_says_so():
    rows = {entry: np.array([(i % 10 < entry, 1) for i in range(300)]) for entry in (1, 4, 7)}

    [comparison] = compare([(OVER, rows)], unit="segment")

    assert comparison.entries == (1, 4, 7)
    assert comparison.ranges == ((1, 1), (2, 2), (3, 3))
    assert comparison.lines == (1, 2)


def test_an_entry_without_a_score_is_left_out():
    [comparison] = compare([(SUCCESS, A | {9: np.zeros((200, 10), int)})], unit="segment")

    assert comparison.entries == (0, 1, 2, 3, 5, 4)


def test_metrics_share_their_resamples():
    rows = {entry: own[:, :2] for entry, own in A.items()}
    together = compare([(SUCCESS, A), (OVER, rows)], unit="segment", resamples=1_000)
    alone = compare([(OVER, rows)], unit="segment", resamples=1_000)

    assert np.array_equal(together[1].pairs.extreme, alone[0].pairs.extreme)


@pytest.mark.parametrize(
    ("systems", "correction", "resamples"),
    [(2, OWN, 10_000), (43, OWN, 10_000), (700, FDR, 13_980), (43, STRICT, 36_120)],
)
def test_the_number_of_resamples_follows_the_systems(systems, correction, resamples):
    assert choose_resamples(systems, correction) == resamples


def test_too_many_systems_are_refused_by_strict():
    with pytest.raises(ValueError, match="at most 100 systems by the correction holm-strict"):
        choose_resamples(101, STRICT)


@pytest.mark.parametrize("other", [200, 20])
def test_other_units_are_refused(other):
    with pytest.raises(ValueError, match="same"):
        run({0: A[0], 1: A[0][: other - 1]})


def test_the_order_has_ranges_and_lines():
    comparison = run(A)
    order = order_on_resamples([(SUCCESS, A)], {"term-success": comparison})

    assert order.places == ((1, 2), (1, 2), (3, 3), (4, 4), (5, 5), (6, 6))
    assert order.lines == comparison.lines == (4,)
    for (low, high), (first, last) in zip(order.ranges, order.places, strict=True):
        assert low <= first <= last <= high


def test_a_line_needs_one_metric_and_no_contrary_one():
    mirrored = {entry: A[order] for entry, order in zip(A, (4, 5, 3, 2, 1, 0), strict=True)}
    other = METRICS["term-success"](None)
    other.name = "mirrored"
    metrics = [(SUCCESS, A), (other, mirrored)]
    comparisons = {
        metric.name: own
        for (metric, _), own in zip(metrics, compare(metrics, unit="segment"), strict=True)
    }

    assert order_on_resamples(metrics, comparisons).lines == ()


def test_what_can_be_told_apart():
    assert write_detectable(500, 540) == (
        "500 segments with 540 terms: differences of about 5.4 points of term success and 2.3 of "
        "chrF++ can be told apart."
    )
    assert write_detectable(1_000, 0).startswith("1,000 segments: differences of about 1.6 of")
    assert write_detectable(10, 540).startswith("10 segments with 540 terms: differences of about")
    assert write_detectable(9, 540) == "Fewer than 10 segments: too few to tell systems apart."
    assert factor_against(42) == pytest.approx(4.1, abs=0.05)
    assert detect_term_success(540, rivals=42) > detect_term_success(540)
    assert detect_chrf(2_000) == pytest.approx(detect_chrf(500) / 2)


def test_a_pilot_tells_what_more_segments_would():
    here = detect_by_pilot(SUCCESS, (A[0], A[4]), units=200)

    assert 5 < here < 20
    assert detect_by_pilot(SUCCESS, (A[0], A[4]), units=800) == pytest.approx(here / 2)


def lead(scores):
    order = order_by_mean_rank(scores)
    return frozenset(
        entry for entry, place in zip(order.entries, order.places, strict=True) if place[0] == 1
    )


def test_leaving_out_a_document_may_change_the_first_place():
    one = make_rows([(1, 1), (1, 1), (1, 0), (1, 0), (1, 1), (1, 1)])
    two = make_rows([(1, 0), (1, 0), (1, 1), (1, 0), (1, 1), (1, 1)])
    documents = ["a", "a", "b", "b", "c", "c"]

    result = leave_one_document_out([(SUCCESS, {1: one, 2: two})], documents, lead)

    assert (result.documents, result.changing) == (3, ("a",))
    for single in (["a"] * 6, list("abcdef")):
        assert leave_one_document_out([(SUCCESS, {1: one, 2: two})], single, lead) is None
