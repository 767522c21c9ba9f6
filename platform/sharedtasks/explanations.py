"""What the metrics page says of each metric, beside the text in its template."""

from __future__ import annotations

from dataclasses import dataclass

from sharedtasks.columns import BY_METRIC, Column


@dataclass(frozen=True, slots=True)
class Explanation:
    """One definition; some metrics share theirs."""

    metrics: tuple[str, ...]  # the evaluator's names
    template: str  # with the definition in words and as a formula
    range: str
    absent: str  # when there is no score

    @property
    def columns(self) -> list[Column]:
        """Return how the leaderboards show them."""
        return [BY_METRIC[metric] for metric in self.metrics]

    @property
    def title(self) -> str:
        """Return the labels of the columns."""
        return ", ".join(column.label for column in self.columns)

    @property
    def higher_is_better(self) -> bool:
        """Say which end is the better one."""
        return self.columns[0].higher_is_better


@dataclass(frozen=True, slots=True)
class Family:
    """Metrics that share their principles."""

    slug: str
    title: str
    explanations: tuple[Explanation, ...]


def _explanation(*metrics: str, template: str, range: str, absent: str) -> Explanation:
    return Explanation(metrics, f"sharedtasks/metrics/{template}.html", range, absent)


NO_TERM = "the test set requires no term"
NOT_WMT21 = "the test set is not tokenised, or has no annotated terms"
NEVER = "never, unless the test set is empty"

FAMILIES = (
    Family(
        "term",
        "Terms",
        (
            _explanation("term-success", template="success", range="0 to 100", absent=NO_TERM),
            _explanation(
                "term-consistency", template="consistency", range="0 to 100",
                absent="no term is required twice in a document",
            ),
            _explanation(
                "term-window-overlap-2", "term-window-overlap-3",
                template="window_overlap", range="0 to 100",
                absent="no reference renders a required term with a word beside it",
            ),
            _explanation(
                "term-1-ter", template="ter", range="at most 100; can be negative", absent=NO_TERM
            ),
            _explanation(
                "over-application", template="over_application", range="0 to 100",
                absent="the test set has no terminology",
            ),
        ),
    ),
    Family(
        "quality",
        "Translation quality",
        (
            _explanation("bleu", template="bleu", range="0 to 100", absent=NEVER),
            _explanation("chrf", "chrf++", template="chrf", range="0 to 100", absent=NEVER),
        ),
    ),
    Family(
        "wmt21",
        "As in WMT 2021",
        (
            _explanation(
                "wmt21-exact-match", template="wmt21_exact_match", range="0 to 1",
                absent=NOT_WMT21,
            ),
            _explanation(
                "wmt21-window-overlap-2", "wmt21-window-overlap-3",
                template="wmt21_window_overlap", range="0 to 1", absent=NOT_WMT21,
            ),
            _explanation(
                "wmt21-1-term", template="wmt21_term", range="at most 1; can be negative",
                absent=NOT_WMT21,
            ),
        ),
    ),
)  # fmt: skip

# What stands in a signature, `key:value` joined by `|`.
SIGNATURE_KEYS = (
    ("nrefs", "how many references each segment was compared with"),
    ("case", "mixed: as written; folded: upper and lower case are the same (but WHO is not who)"),
    ("eff", "whether orders longer than the text are left out (chrF: yes, BLEU: no)"),
    ("tok", "the tokeniser with its version; of the family term those of source > target"),
    ("smooth", "how BLEU treats an order without any match"),
    ("nc", "the longest sequence of characters of chrF"),
    ("nw", "the longest sequence of words of chrF"),
    ("space", "whether chrF counts spaces"),
    ("version", "sacrebleu's"),
    ("unicode", "of the tables by which characters are normalised and told apart"),
    ("lemma", "the lemmatisers with their versions, of source > target in the family term"),
    ("form", "whether the test set is raw or tokenised"),
    ("weight", "what a wrong or missing word of a term costs"),
    ("ter", "whose search for shifts it is"),
    ("v", "of our definition; any change to a number raises it"),
    ("unit", "what one row of the stored statistics stands for, and what is resampled"),
    ("testset", "the beginning of the digest over sources, references, terms and settings"),
)
