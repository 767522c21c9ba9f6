"""What the family shares: range, signature keys, and a dictionary's sources with their targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from evaluator.metrics.base import OWN_KEYS, Group, Metric
from evaluator.types import Term


class Wmt25Metric(Metric):
    """A metric of docs/metrics.md 7, in [0, 1], as the organisers wrote it."""

    group = Group.WMT25
    range = "0 to 1"
    decimals = 3
    signature_keys: ClassVar[Mapping[str, str]] = {**Metric.signature_keys, **OWN_KEYS}
    version: ClassVar[int] = 1  # of our code; any change to a number raises it


def merge_targets(terms: Iterable[Term]) -> dict[str, tuple[str, ...]]:
    """Return the targets of each source string, both as written, in order.

    Sources that differ in a letter's case are two entries, as two keys of a dictionary are. An
    empty target stays: it is a part of every text, as in the organisers' figures.
    """
    merged: dict[str, dict[str, None]] = {}
    for term in terms:
        if term.source.strip():
            merged.setdefault(term.source, {}).update(dict.fromkeys(term.targets))
    return {source: tuple(targets) for source, targets in merged.items()}
