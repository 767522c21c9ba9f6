"""How each metric is shown: its heading, its digits, what it says in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evaluator.metrics import FAMILIES, METRICS


class Group(StrEnum):
    """The families of columns, as boards head them."""

    TERMS = "Terms"
    WMT21 = "WMT 2021 scorer"
    QUALITY = "Quality"


# The few that say most, for places with room for no more.
HEADLINES = ("term-success", "term-consistency", "over-application", "bleu", "chrf")


@dataclass(frozen=True, slots=True)
class Column:
    """One metric's column on a board."""

    metric: str  # the evaluator's name
    label: str
    decimals: int
    meaning: str

    @property
    def group(self) -> Group:
        """Return the family that it stands with."""
        if self.metric in FAMILIES["term"]:
            return Group.TERMS
        return Group.WMT21 if self.metric in FAMILIES["wmt21"] else Group.QUALITY

    @property
    def is_headline(self) -> bool:
        """Say whether it is among the few that the start page shows."""
        return self.metric in HEADLINES

    @property
    def higher_is_better(self) -> bool:
        """Say which end of the column is its top, as the evaluator's metric says."""
        return METRICS[self.metric](None).higher_is_better


COLUMNS = [
    Column(
        "term-success", "Term success", 1,
        "Share of the required occurrences of terms that are rendered, each in a place of its own.",
    ),
    Column(
        "term-consistency", "Consistency", 1,
        "Share of repeated terms that a document renders by one and the same variant.",
    ),
    Column(
        "term-window-overlap-2", "Overlap 2", 1,
        "How well two content words either side of each rendered term agree with a reference.",
    ),
    Column(
        "term-window-overlap-3", "Overlap 3", 1,
        "How well three content words either side of each rendered term agree with a reference.",
    ),
    Column(
        "term-1-ter", "Term TER", 1,
        "100 minus the edit rate in which a wrong or missing word of a term counts twice.",
    ),
    Column(
        "over-application", "Over-applied", 1,
        "Share of segments that use the target of a term whose source is not there; low is good.",
    ),
    Column(
        "wmt21-exact-match", "Exact match", 3,
        "Share of the required terms whose translation occurs in the hypotheses, as in WMT 2021.",
    ),
    Column(
        "wmt21-window-overlap-2", "Window 2", 3,
        "How well two words either side of each term agree with the reference, as in WMT 2021.",
    ),
    Column(
        "wmt21-window-overlap-3", "Window 3", 3,
        "How well three words either side of each term agree with the reference, as in WMT 2021.",
    ),
    Column(
        "wmt21-1-term", "1 − TERm", 3,
        "One minus the edit rate in which a wrong term counts twice, as in WMT 2021.",
    ),
    Column("bleu", "BLEU", 1, "Agreement of word sequences with the reference, by sacrebleu."),
    Column("chrf", "chrF2", 1, "Agreement of letter sequences with the reference, by sacrebleu."),
    Column("chrf++", "chrF++", 1, "chrF2 with word sequences of length one and two, by sacrebleu."),
]  # fmt: skip

BY_METRIC = {column.metric: column for column in COLUMNS}
