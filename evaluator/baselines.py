"""What a test set's scores mean: its references and its sources, scored as if they were systems.

References do not comply with a terminology by themselves, so not 100 but the oracle rows are the
ceiling; the copied source is the floor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from evaluator.scoring import DEFAULT, score
from evaluator.types import Hypotheses, ScoringResult, Segment, TestSet


@dataclass(frozen=True, slots=True)
class Baseline:
    """One row beside the systems."""

    name: str  # "reference 1" …, or "source"
    references: int  # how many it was scored against; the only one is scored against itself
    result: ScoringResult


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is to be scored as if it were a system, and against what."""

    name: str  # "reference 1" …, or "source"
    is_reference: bool  # otherwise the copied source
    hypotheses: Hypotheses
    against: TestSet  # without the reference itself, where there are others


def score_baselines(
    test_set: TestSet,
    *,
    metrics: Sequence[str] = DEFAULT,
    lemmatiser: str | None = "simplemma",
    on_metric: Callable[[str, str], None] | None = None,
) -> tuple[Baseline, ...]:
    """Score every reference against the other ones, and the copied source against all.

    A single reference is scored against itself, where BLEU is trivially 100. Metrics, values and
    errors are those of `scoring.score`; a test set without references gives (). `on_metric` is
    told the baseline's name and the metric's before each is computed.
    """
    return tuple(
        Baseline(
            one.name,
            len(one.against.segments[0].references),
            score(
                one.against,
                one.hypotheses,
                metrics=metrics,
                lemmatiser=lemmatiser,
                on_metric=partial(on_metric, one.name) if on_metric else None,
            ),
        )
        for one in candidates(test_set)
    )


def candidates(test_set: TestSet) -> Iterator[Candidate]:
    """Every reference, then the copied source; nothing for a test set without references."""
    if not test_set.segments or not test_set.segments[0].references:
        return
    for number in range(len(test_set.segments[0].references)):
        texts = tuple(segment.references[number] for segment in test_set.segments)
        name, against = f"reference {number + 1}", _without(test_set, number)
        yield Candidate(name, True, Hypotheses(texts), against)
    sources = tuple(segment.source for segment in test_set.segments)
    yield Candidate("source", False, Hypotheses(sources), test_set)


def _without(test_set: TestSet, number: int) -> TestSet:
    if len(test_set.segments[0].references) == 1:
        return test_set
    return replace(test_set, segments=tuple(_drop(s, number) for s in test_set.segments))


def _drop(segment: Segment, number: int) -> Segment:
    terms = segment.reference_terms
    return replace(
        segment,
        references=(*segment.references[:number], *segment.references[number + 1 :]),
        reference_terms=(*terms[:number], *terms[number + 1 :]),
    )
