"""Scores for people, in tables, and for programs, as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tabulate import tabulate

from evaluator.metrics import FAMILIES, METRICS, describe, split_name
from evaluator.metrics.wording import STOPPED_MARK, STOPPED_NOTE, count_stopped
from evaluator.types import Score, ScoringResult


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A line of a table: a file, a baseline, or what terms change."""

    name: str
    result: ScoringResult
    kind: Literal["system", "noterm", "difference", "baseline"] = "system"


def list_metrics() -> str:
    """Return a line for each metric and for each family."""
    metrics = []
    for name, metric in METRICS.items():
        direction = "" if metric.higher_is_better else ", lower is better"
        metrics.append([name, f"{metric.meaning.rstrip('.')} ({metric.range}{direction})"])
    families = [[name, " ".join(names)] for name, names in FAMILIES.items()]
    lines = align_columns([*metrics, *families])
    title = "Families (a name means all of its metrics):"
    return "\n".join([*lines[: len(metrics)], "", title, *lines[len(metrics) :]])


def difference(first: SystemRow, second: SystemRow) -> SystemRow:
    """Return the first's scores minus the second's, where both have them."""
    others = {score.metric: score for score in second.result.scores}
    scores = tuple(
        Score(
            score.metric,
            score.value - others[score.metric].value,
            score.signature,
            # A difference from such a number is such a number.
            {**count_stopped(others[score.metric].details), **count_stopped(score.details)},
        )
        for score in first.result.scores
        if score.metric in others
    )
    return SystemRow("with terms − without", ScoringResult(scores, {}), kind="difference")


def as_rows(rows: Sequence[SystemRow]) -> list[dict[str, object]]:
    """Return each row for JSON: {"name", "kind", "scores": [{"metric", "value", …}]}."""
    return [
        {
            "name": row.name,
            "kind": row.kind,
            "scores": [
                {
                    "metric": score.metric,
                    "value": score.value,
                    "signature": score.signature,
                    "details": dict(score.details),
                }
                for score in row.result.scores
            ],
        }
        for row in rows
    ]


def show_system(row: SystemRow, *, verbose: bool) -> str:
    """Return a line for each metric, with its parts."""
    lines = align_columns(
        [score.metric, _number(score), describe(score.metric, score.details)]
        for score in row.result.scores
    )
    return "\n".join([*lines, *(_exact([row]) if verbose else [])])


def show_systems(rows: Sequence[SystemRow], *, verbose: bool) -> str:
    """Return a line for each row, with a column for each metric."""
    scores = [score for row in rows for score in row.result.scores]
    metrics = list(dict.fromkeys(score.metric for score in scores))
    marked = {score.metric for score in scores if count_stopped(score.details)}
    absent = "–" if sys.stdout.isatty() else "-"
    table = [["", *metrics]]
    for row in rows:
        numbers = {
            score.metric: _number(score) + (_mark(score) if score.metric in marked else "")
            for score in row.result.scores
        }
        name = typeset(row.name) if row.kind == "difference" else row.name
        gaps = (absent + " " if metric in marked else absent for metric in metrics)
        table.append([name, *map(numbers.get, metrics, gaps)])
    lines = align_columns(table, ("left", *["right"] * len(metrics)))
    if marked:
        lines.append(f"{STOPPED_NOTE}: see the row by itself.")
    return "\n".join([*lines, *(_exact(rows) if verbose else [])])


def align_columns(
    rows: Iterable[Sequence[str]], alignment: Sequence[str] | None = None
) -> list[str]:
    """Return a line for each row, its cells to the left unless `alignment` says otherwise."""
    # The spaces before a number are kept, so that the points of all metrics stand in a line.
    text = tabulate(
        list(rows),
        tablefmt="plain",
        colalign=alignment,
        disable_numparse=True,
        preserve_whitespace=True,
    )
    return [line.rstrip() for line in text.splitlines()]


def _number(score: Score) -> str:
    metric, _ = split_name(score.metric)
    decimals = METRICS[metric].decimals  # before them four places: points stand in a line
    return typeset(f"{score.value:{4 + decimals}.{decimals}f}")


def _mark(score: Score) -> str:
    """Return a mark for a number in which a search was cut short; a space for another number.

    So the points of a column with marks stand in a line.
    """
    return STOPPED_MARK if count_stopped(score.details) else " "


def typeset(text: str) -> str:
    """Return a text with a typographic minus for a terminal; programs get the ASCII minus."""
    return text.replace("-", "−") if sys.stdout.isatty() else text.replace("−", "-")


def _exact(rows: Sequence[SystemRow]) -> list[str]:
    lines = []
    for row in rows:
        for score in row.result.scores:
            title = f"{score.metric}  {score.value!r}"
            lines += ["", title if len(rows) == 1 else f"{row.name}  {title}"]
            lines.append(f"  {score.signature}")
    return lines
