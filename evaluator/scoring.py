"""Hypotheses + test set + metrics → scores, and the statistics from which they are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO

import numpy as np

from evaluator.errors import MisalignedError
from evaluator.metrics import FAMILIES, METRICS, OTHER_LIST, Metric
from evaluator.metrics.base import total
from evaluator.metrics.kept import keep_per_test_set
from evaluator.normalise import Lemmatiser, lemmatiser_for
from evaluator.terms import with_list
from evaluator.types import Hypotheses, Problem, Score, ScoringResult, Statistics, TestSet

DEFAULT: tuple[str, ...] = tuple(METRICS)
BY_TERM = "@terms"  # after a metric's name: its statistics by term in a file


def score(
    test_set: TestSet,
    hypotheses: Hypotheses,
    *,
    metrics: Sequence[str] = DEFAULT,
    lemmatiser: str | None = "simplemma",
    on_metric: Callable[[str], None] | None = None,
) -> ScoringResult:
    """Score aligned hypotheses by the metrics or families named, in the order named.

    A metric that the test set doesn't define is absent: no score is not zero. Where the test set
    has other lists of terms, metrics of terms are scored against these, too, and named for them:
    `term-success@random`. `lemmatiser` is the family wmt21's, a name in LEMMATISERS; None or
    "none" skips all lemma parts. (All other families ask the test set.) `on_metric` is called
    with the name of each score before it is computed.

    Raises KeyError for an unknown metric or lemmatiser, MisalignedError if the number of texts
    is not the number of segments, InfrastructureError if a tokeniser or lemmatiser isn't installed.
    """
    given, expected = len(hypotheses.texts), len(test_set.segments)
    if given != expected:
        message = f"{given} hypotheses for {expected} segments. Give one for each."
        raise MisalignedError([Problem("error", message)])
    own_lemmatiser = lemmatiser_for(lemmatiser, test_set.target_language)
    scores: list[Score] = []
    statistics: dict[str, Statistics] = {}
    by_term: dict[str, Statistics] = {}
    for full_name, metric, view in _plan(test_set, expand(metrics), own_lemmatiser):
        if not metric.is_defined(view):
            continue
        if metric.needs_alignments and not hypotheses.alignments:
            continue
        if on_metric is not None:
            on_metric(full_name)
        rows = metric.statistics(view, hypotheses)
        summed = total(rows)
        value = metric.aggregate(summed)
        if value is not None:
            details = metric.details(summed)
            scores.append(Score(full_name, value, metric.signature(view), details))
            statistics[full_name] = rows
            terms = metric.by_term(view, hypotheses)
            if terms is not None:
                by_term[full_name] = terms
    return ScoringResult(tuple(scores), statistics, by_term)


def _plan(
    test_set: TestSet, names: Sequence[str], lemmatiser: Lemmatiser | None
) -> Iterator[tuple[str, Metric, TestSet]]:
    """Yield each score's name, its metric, and the test set with the list of terms that counts.

    First all scores of the test set's own list.
    """
    metrics = [METRICS[name](lemmatiser) for name in names]
    for metric in metrics:
        yield metric.name, metric, test_set
    followers = [metric for metric in metrics if metric.follows_list]
    for other in test_set.other_lists if followers else ():
        view = _take_list(test_set, other.name)
        for metric in followers:
            yield f"{metric.name}{OTHER_LIST}{other.name}", metric, view


@keep_per_test_set
def _take_list(test_set: TestSet, name: str) -> TestSet:
    """Return the test set with another of its lists; kept, as metrics keep what they read in it."""
    return with_list(test_set, name)


def defined_metrics(test_set: TestSet) -> tuple[str, ...]:
    """Return the names of the metrics that the test set defines, in the order of METRICS.

    Without metrics that need more of a system than its hypotheses, and without other lists of
    terms: `term-success` stands for `term-success@random`, too.
    """
    return tuple(
        name
        for name, make in METRICS.items()
        if not make.needs_alignments and make(None).is_defined(test_set)
    )


def current_signatures(
    test_set: TestSet, *, lemmatiser: str | None = "simplemma"
) -> Mapping[str, str]:
    """Return the signature that `score` would give now, by the name of each score.

    Without metrics that need more of a system than its hypotheses.

    Raises KeyError for an unknown lemmatiser.
    """
    own_lemmatiser = lemmatiser_for(lemmatiser, test_set.target_language)
    return {
        name: metric.signature(view)
        for name, metric, view in _plan(test_set, tuple(METRICS), own_lemmatiser)
        if not metric.needs_alignments and metric.is_defined(view)
    }


def expand(names: Sequence[str]) -> tuple[str, ...]:
    """Replace families by their metrics, each metric once; KeyError for an unknown name."""
    expanded = [metric for name in names for metric in FAMILIES.get(name, (name,))]
    for name in expanded:
        METRICS[name]  # the check
    return tuple(dict.fromkeys(expanded))


def save_statistics(result: ScoringResult, stream: IO[bytes]) -> None:
    """Write the statistics as compressed .npz: an array per metric name, and beside it by term.

    Most numbers are small counts, so this takes a tenth of the bytes. What earlier releases wrote
    is not compressed, and is read like this.
    """
    by_term = {name + BY_TERM: rows for name, rows in result.by_term.items()}
    # NumPy's signature can't tell array names from its own options.
    np.savez_compressed(stream, **{**result.statistics, **by_term})  # type: ignore[arg-type]


def load_statistics(stream: IO[bytes]) -> Mapping[str, Statistics]:
    """Read the arrays by metric name that `save_statistics` wrote.

    Never unpickles (ValueError for an object array).
    """
    with np.load(stream, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files if not name.endswith(BY_TERM)}


def load_by_term(stream: IO[bytes], metric: str = "term-success") -> Statistics | None:
    """Read a metric's statistics by term, for `per_term`; None if the file has none.

    Never unpickles (ValueError for an object array).
    """
    name = metric + BY_TERM
    with np.load(stream, allow_pickle=False) as archive:
        return archive[name] if name in archive.files else None
