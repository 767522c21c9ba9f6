"""Where a test set has several lists of terms, each gives scores of its own."""

from __future__ import annotations

import io

import pytest

from evaluator.metrics import FAMILIES, METRICS, describe, split_name
from evaluator.scoring import (
    defined_metrics,
    load_by_term,
    load_statistics,
    save_statistics,
    score,
)
from evaluator.types import Hypotheses, Segment, Term, Terminology, TermList, TestSet

FOLLOWERS = [name for name, metric in METRICS.items() if metric.follows_list]


def terms(**targets):
    return tuple(Term(source, source, (target,)) for source, target in targets.items())


def make(mode="proper", *, other="random"):
    """Two segments with a term each: of the own list in the first, of the other in both."""
    own = terms(mask="masque"), ()
    others = terms(order="ordre"), terms(order="commande")
    segments = tuple(
        Segment(str(at), "d", source, ("le masque, l'ordre",), (), ((),), own[at])
        for at, source in enumerate(("the mask, the order", "the order, the mask"))
    )
    return TestSet(
        "en", "fr", segments, "raw", mode=mode, other_lists=(TermList(other, None, (), others),)
    )


OUTPUTS = Hypotheses(("le masque", "la commande"))


@pytest.mark.parametrize(
    ("mode", "other"), [("proper", "random"), ("noterm", "random"), ("random", "proper")]
)
def test_the_other_lists_values_stand_beside_the_own(mode, other):
    result = score(make(mode, other=other), OUTPUTS, metrics=["term-success", "bleu"])

    name = f"term-success@{other}"
    assert [s.metric for s in result.scores] == ["term-success", "bleu", name]
    own, _, others = result.scores
    assert (own.value, own.details["required"]) == (100, 1)
    assert (others.value, others.details["required"]) == (50, 2)
    assert own.signature != others.signature  # the digest of the test set covers its terms
    assert list(result.statistics) == ["term-success", "bleu", name]
    assert result.statistics[name][:, 0].tolist() == [1, 1]
    assert describe(name, others.details) == describe("term-success", others.details) != ""


def test_only_metrics_that_count_terms_follow_a_list():
    assert set(FOLLOWERS) == {
        *FAMILIES["term"], "wmt25-term-success", "wmt25-document-term-success",
    }  # fmt: skip
    result = score(make(), OUTPUTS)
    named = [split_name(s.metric) for s in result.scores]
    own = [metric for metric, name in named if not name]
    assert own == list(defined_metrics(make()))
    assert [m for m, name in named if name == "random"] == [m for m in own if m in FOLLOWERS]


def test_a_list_that_requires_nothing_gives_no_scores():
    test_set = make()
    empty = TermList("random", Terminology("en", "fr", terms(fever="fièvre")), (), ())
    for other in (TermList("random", None, (), ()), empty):
        without = TestSet("en", "fr", test_set.segments, "raw", other_lists=(other,))
        result = score(without, OUTPUTS, metrics=["term-success", "term-consistency"])
        assert [s.metric for s in result.scores] == ["term-success"]


def test_statistics_of_other_lists_are_stored_by_their_full_names():
    stream = io.BytesIO()
    result = score(make(), OUTPUTS, metrics=["term-success"])
    save_statistics(result, stream)

    for name, rows in result.statistics.items():
        stream.seek(0)
        assert load_statistics(stream)[name].tolist() == rows.tolist()
        stream.seek(0)
        assert load_by_term(stream, name)[:, :2].tolist() == result.by_term[name][:, :2].tolist()
    assert set(result.by_term) == {"term-success", "term-success@random"}


def test_each_score_is_announced_by_its_full_name():
    seen = []

    score(make(), OUTPUTS, metrics=["wmt25", "chrf"], on_metric=seen.append)

    assert seen == ["wmt25-term-success", "chrf", "wmt25-term-success@random"]
