"""Baselines of a test set: its references and its sources, scored as if they were systems.

References do not comply with a terminology by themselves, so not 100 but the oracle rows are the
ceiling; the copied source is the floor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from evaluator.scoring import DEFAULT, score
from evaluator.types import Hypotheses, ScoringResult, TestSet

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Baseline:
    """A row beside the systems."""

    name: str  # "reference 1" …, or "source"
    references: int  # how many it was scored against; a single reference is scored against itself
    result: ScoringResult


@dataclass(frozen=True, slots=True)
class PlannedBaseline:
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
    """Score every reference against the others, and the copied source against all.

    A single reference is scored against itself, where BLEU is trivially 100. Metrics, values and
    errors are those of `scoring.score`; a test set without references gives (). `on_metric` is
    called with the baseline's name and the metric's before each is computed.
    """
    baselines = []
    for planned in plan_baselines(test_set):
        result = score(
            planned.against,
            planned.hypotheses,
            metrics=metrics,
            lemmatiser=lemmatiser,
            on_metric=partial(on_metric, planned.name) if on_metric else None,
        )
        references = len(planned.against.segments[0].references)
        baselines.append(Baseline(planned.name, references, result))
    return tuple(baselines)


def plan_baselines(test_set: TestSet) -> Iterator[PlannedBaseline]:
    """Yield every reference, then the copied source; nothing for a test set without references."""
    if not test_set.segments or not test_set.segments[0].references:
        return
    count = len(test_set.segments[0].references)
    for number in range(count):
        texts = tuple(segment.references[number] for segment in test_set.segments)
        name, against = f"reference {number + 1}", test_set
        if count > 1:
            against = replace(
                test_set,
                segments=tuple(
                    replace(
                        segment,
                        references=_leave_out(segment.references, number),
                        reference_terms=_leave_out(segment.reference_terms, number),
                    )
                    for segment in test_set.segments
                ),
            )
        yield PlannedBaseline(name, True, Hypotheses(texts), against)
    sources = tuple(segment.source for segment in test_set.segments)
    yield PlannedBaseline("source", False, Hypotheses(sources), test_set)


def _leave_out(items: tuple[Item, ...], number: int) -> tuple[Item, ...]:
    return (*items[:number], *items[number + 1 :])
