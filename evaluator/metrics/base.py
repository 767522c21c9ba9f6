"""What every metric is: statistics per segment → sum → score, with a signature."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from math import isnan
from typing import ClassVar

import numpy as np

from evaluator.metrics.kept import digest_of
from evaluator.normalise import Lemmatiser
from evaluator.types import Hypotheses, Scores, Statistics, TestSet

Details = Mapping[str, int | float | str]

# Parts of a signature in which the families of our own have to explain themselves.
OWN_KEYS = {
    "lemma": "the lemmatisers with their versions, of source > target in the families term and "
    "wmt25",
    "v": "of our definition; any change to a number raises it",
}


class Group(StrEnum):
    """Metrics that stand side by side, as boards head them and in their order."""

    TERMS = "Terms"
    WMT21 = "WMT 2021 scorer"
    WMT25 = "WMT 2025 figures"
    WMT26 = "WMT 2026 figures"
    QUALITY = "Quality"


class Metric(ABC):
    """A metric with its settings, and all that pages and the command line say about it.

    Only `statistics` and `by_term` read hypotheses. The definition in words and as a formula
    stands in an HTML file beside the module, with the module's name.
    """

    name: ClassVar[str]
    label: ClassVar[str]  # heads a column of a board
    meaning: ClassVar[str]  # a sentence
    group: ClassVar[Group]
    range: ClassVar[str] = "0 to 100"
    decimals: ClassVar[int] = 1
    higher_is_better: ClassVar[bool] = True
    is_headline: ClassVar[bool] = False  # stays where the page has room for a few only
    # Beside the test set's own list of terms, its other lists give further scores.
    follows_list: ClassVar[bool] = False
    needs_alignments: ClassVar[bool] = False  # Hypotheses.alignments, from a file of their own
    kernel: ClassVar[str] = ""  # the module of its compiled search, see `metrics.kernels`
    absent: ClassVar[str] = "never, unless the test set is empty"  # when the score is absent
    version: ClassVar[int] = 0  # `v:` of the signature; 0: another program's, without the part
    signature_keys: ClassVar[Mapping[str, str]] = {  # the parts of the signature, explained
        "nrefs": "how many references each segment was compared with",
        "case": "mixed: as written; lc: in lower case; folded: upper and lower case are the same "
        "(but WHO is not who)",
        "tok": "the tokeniser with its version; of the family term those of source > target; "
        "words: runs of letters and digits, and every other sign by itself",
        "unit": "what one row of the stored statistics stands for, and what is resampled",
        "testset": "the beginning of the digest over sources, references, terms and settings",
    }

    def __init__(self, lemmatiser: Lemmatiser | None = None) -> None:
        self.lemmatiser = lemmatiser  # for the family wmt21 only: `term` asks the test set

    def lacks(self, test_set: TestSet) -> str | None:
        """What the test set lacks that the metric needs, in words; None if it has all of it."""
        return None if test_set.segments else "a segment"

    def is_defined(self, test_set: TestSet) -> bool:
        """Return whether the test set has what the metric needs; if not there is no score."""
        return self.lacks(test_set) is None

    @abstractmethod
    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return [segments, k], int64 or float64: sums of its rows are all a score needs."""

    def by_term(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics | None:
        """Return what a view of single terms sums up; None for a metric without it."""
        return None

    @abstractmethod
    def aggregate_many(self, totals: Statistics) -> Scores:
        """Turn sums of rows [..., k] into scores [...], float64; NaN where undefined."""

    def aggregate(self, total: Statistics) -> float | None:
        """Turn a sum of rows [k] into the score; None where it is undefined."""
        value = float(self.aggregate_many(total))
        return None if isnan(value) else value

    @abstractmethod
    def signature(self, test_set: TestSet) -> str:
        """Name every choice that can change the number, `key:value` joined by `|`."""

    def details(self, total: Statistics) -> Details:
        """Name the parts of a score, from a sum of rows [k]; {} if there are none to show."""
        return {}

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write `details` in words; empty if they say nothing that a reader needs."""
        return ""


def total(statistics: Statistics) -> Statistics:
    """Sum rows [n, k] → [k], in order, row after row; zeros for no rows.

    Plain left-to-right float64 sums: NumPy's `sum` adds pairwise and Python's from 3.12 on
    compensates, and either changes last digits of published scores.
    """
    if not len(statistics):
        return np.zeros(statistics.shape[1:], dtype=statistics.dtype)
    running: Statistics = np.add.accumulate(statistics, axis=0)
    last: Statistics = running[-1]
    return last


def divide(counts: Statistics | Scores, by: Statistics | Scores) -> Scores:
    """Return quotients [...], float64; NaN where the divisor is 0."""
    empty = np.full(np.broadcast(counts, by).shape, np.nan)
    quotients: Scores = np.divide(counts, by, out=empty, where=by != 0)
    return quotients


def testset_part(test_set: TestSet) -> str:
    """The end of every signature: unit of resampling and which references and terms."""
    return f"unit:segment|testset:{digest_of(test_set)[:12]}"
