"""Oracle and floor: references and sources scored as if they were systems."""

from __future__ import annotations

from evaluator import Segment, Term, Terminology, TestSet
from evaluator.baselines import score_baselines

TERMS = Terminology("en", "fr", (Term("1", "mask", ("masque",)),))


def make(*references: tuple[str, ...]) -> TestSet:
    segments = tuple(
        Segment(str(n), "d", f"a mask in room {n}", found, (), tuple(() for _ in found))
        for n, found in enumerate(zip(*references, strict=True), 1)
    )
    return TestSet("en", "fr", segments, "raw", terminology=TERMS)


FIRST = ("un masque dans la salle 1", "un masque dans la salle 2")
SECOND = ("la salle 1 a un masque", "la salle 2 a un loup")


def values(baseline) -> dict[str, float]:
    return {score.metric: score.value for score in baseline.result.scores}


def test_a_single_reference_is_scored_against_itself():
    oracle, floor = score_baselines(make(FIRST))

    assert (oracle.name, oracle.references) == ("reference 1", 1)
    assert values(oracle)["term-success"] == 100
    assert abs(values(oracle)["bleu"] - 100) < 1e-9
    assert (floor.name, floor.references) == ("source", 1)
    assert values(floor)["term-success"] == 0


def test_of_several_each_is_scored_against_the_others():
    first, second, floor = score_baselines(make(FIRST, SECOND))

    assert (first.references, second.references, floor.references) == (1, 1, 2)
    assert values(first)["bleu"] < 100
    # A reference does not keep to the terminology by itself.
    assert values(second)["term-success"] == 50


def test_who_waits_is_told_each_baseline_and_metric():
    told = []

    score_baselines(make(FIRST), metrics=["chrf"], on_metric=lambda *names: told.append(names))

    assert told == [("reference 1", "chrf"), ("source", "chrf")]


def test_without_references_there_are_no_baselines():
    assert score_baselines(make()) == ()
