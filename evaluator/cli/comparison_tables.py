"""Comparisons of systems as text, as LaTeX and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isnan
from typing import TYPE_CHECKING, NamedTuple

from evaluator import latex
from evaluator.cli.tables import align_columns
from evaluator.metrics import METRICS
from evaluator.significance import Comparison, write_place, write_range
from evaluator.significance.ranges import ALPHA

if TYPE_CHECKING:
    from evaluator.cli.compare import Outcome

LINE = "-"


class Table(NamedTuple):
    """A table as text and LaTeX have it."""

    title: str
    rows: list[list[str]]  # the heading first
    lines: Sequence[int]  # the places after which a line stands


def write_text(outcome: Outcome) -> str:
    """Return a table for each metric, then the order over several metrics."""
    blocks = [_write_comparison(comparison, outcome) for comparison in outcome.comparisons]
    for title, rows, lines in _list_further_tables(outcome):
        blocks.append("\n".join([title, *_rule(rows, lines)]))
    if outcome.detectable:
        blocks.append(outcome.detectable)
    return "\n\n".join(blocks)


def _write_comparison(comparison: Comparison, outcome: Outcome) -> str:
    numbers = [str(place + 1) for place in range(len(comparison.entries))]
    rows = [["", "range", "system", "score", "95 % interval", *numbers[1:]]]
    for place in range(len(comparison.entries)):
        p_values = [""] * place  # each pair stands once
        for value in comparison.p_values[place][place + 1 :]:
            text = f"{value:.4f}" if value < 0.1 else f"{value:.2f}"
            p_values.append("" if isnan(value) else text + ("*" if value < ALPHA else " "))
        rows.append([f"{numbers[place]}.", *_write_row(comparison, place, outcome), *p_values])
    lines = [comparison.metric, *_rule(rows, comparison.lines)]
    if comparison.too_few:
        lines.append(f"No p-values: {comparison.too_few}.")
    else:
        lines += [f"p-values of pairs, uncorrected; {comparison.signature}"]
    return "\n".join(lines)


def _write_row(comparison: Comparison, place: int, outcome: Outcome) -> list[str]:
    decimals = METRICS[comparison.metric].decimals
    interval = comparison.intervals[place]
    ends = "" if interval is None else "\u2013".join(f"{end:.{decimals}f}" for end in interval)
    return [
        write_range(comparison.ranges[place]) if comparison.ranges else "",
        outcome.names[comparison.entries[place]],
        f"{comparison.scores[place]:.{decimals}f}",
        ends,
    ]


def _list_further_tables(outcome: Outcome) -> Iterator[Table]:
    """Yield the order over several metrics, and what presets add."""
    names = outcome.names
    if order := outcome.order:
        rows = [["place", "system", "mean rank", "in 95 % of resamples"]]
        for number, entry in enumerate(order.entries):
            stable = write_range(order.ranges[number]) if order.ranges else ""
            place, mean = write_place(order.places[number]), f"{order.mean_ranks[number]:.2f}"
            rows.append([place, names[entry], mean, stable])
        metrics = " and ".join(outcome.order_metrics)
        yield Table(f"mean of ranks over {metrics}", rows, order.lines)
    for comparison, clusters in zip(outcome.comparisons, outcome.clusters, strict=False):
        rows = [["range", "system", "mean of units"]]
        for number, entry in enumerate(clusters.entries):
            own = write_range(clusters.ranges[number]) if clusters.ranges else ""
            rows.append([own, names[entry], f"{clusters.means[number]:.4f}"])
        yield Table(f"{comparison.metric}, {clusters.preset}", rows, clusters.lines)
    if outcome.autorank:
        best = sorted(outcome.autorank.items(), key=lambda pair: pair[1])
        rows = [["score", "system"], *([f"{value:.1f}", names[entry]] for entry, value in best)]
        yield Table("autorank", rows, ())


def _rule(rows: Sequence[Sequence[str]], after: Iterable[int]) -> list[str]:
    """Return aligned rows, with a rule after the heading's n-th row for each n in `after`."""
    text = align_columns(rows)
    rule = LINE * max(map(len, text))
    places = set(after)
    return [part for n, row in enumerate(text) for part in ([row, rule] if n in places else [row])]


def write_latex(outcome: Outcome) -> str:
    """Return these tables for booktabs, without p-values."""
    blocks = [latex.PREAMBLE]
    for own in outcome.comparisons:
        rows = [["range", "system", METRICS[own.metric].label, "95 % interval"]]
        rows += [_write_row(own, place, outcome) for place in range(len(own.entries))]
        title = f"{own.metric}, {own.signature or own.too_few}"
        blocks.append(_draw_latex(Table(title, rows, own.lines)))
    blocks += map(_draw_latex, _list_further_tables(outcome))
    return "\n".join(blocks)


def _draw_latex(table: Table) -> str:
    heading, *rows = table.rows
    columns = "ll" + "r" * (len(heading) - 2)
    lines = latex.write_table(
        heading, rows, columns=columns, lines=table.lines, comments=[table.title]
    )
    return "\n".join([*lines, ""])


def as_json(outcome: Outcome) -> dict[str, object]:
    """Return {"comparisons": …, "order": …}, as docs/participants.md explains them."""
    answer: dict[str, object] = {
        "comparisons": [_comparison_as_json(own, outcome) for own in outcome.comparisons],
        "detectable": outcome.detectable or None,
    }
    if outcome.order:
        order = outcome.order
        answer["order"] = {
            "metrics": list(outcome.order_metrics),
            "lines": list(order.lines),
            "systems": [
                {
                    "name": outcome.names[entry],
                    "mean_rank": order.mean_ranks[number],
                    "place": list(order.places[number]),
                    "range": list(order.ranges[number]) if order.ranges else None,
                }
                for number, entry in enumerate(order.entries)
            ],
        }
    if outcome.clusters:
        answer["clusters"] = [
            {
                "metric": comparison.metric,
                "preset": own.preset,
                "systems": [outcome.names[entry] for entry in own.entries],
                "means": list(own.means),
                "ranges": [list(places) for places in own.ranges] or None,
                "lines": list(own.lines),
            }
            for comparison, own in zip(outcome.comparisons, outcome.clusters, strict=True)
        ]
    if outcome.autorank:
        answer["autorank"] = {outcome.names[e]: value for e, value in outcome.autorank.items()}
    return answer


def _comparison_as_json(comparison: Comparison, outcome: Outcome) -> dict[str, object]:
    systems = [
        {
            "name": outcome.names[entry],
            "score": comparison.scores[place],
            "interval": comparison.intervals[place],
            "range": list(comparison.ranges[place]) if comparison.ranges else None,
        }
        for place, entry in enumerate(comparison.entries)
    ]
    return {
        "metric": comparison.metric,
        "signature": comparison.signature or None,
        "too_few": comparison.too_few or None,
        "systems": systems,
        "p_values": [
            [None if isnan(p) else p for p in row] for row in comparison.p_values.tolist()
        ],
        "lines": list(comparison.lines),
    }
