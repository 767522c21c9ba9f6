"""Consistency of WMT 2025: whether a system translates a term the same way each time.

A file says which words of a hypothesis translate a term. Macro averages
are not sums over segments, so the only row of statistics is the whole test set's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from evaluator.metrics.base import Details, divide
from evaluator.metrics.kept import digest_of
from evaluator.metrics.wmt25.base import Wmt25Metric, merge_targets
from evaluator.metrics.wording import write_number
from evaluator.metrics.words import find_lemmatiser, lemmatise, write_lemmatiser
from evaluator.normalise import Lemmatiser
from evaluator.terms.source_terms import with_list
from evaluator.types import Hypotheses, Scores, Statistics, TermAlignment, TestSet

# How a term's pseudo-reference is chosen, the strategy whose value is the score first.
STRATEGIES = ("frequent", "first", "predefined")
WIDTH = 4  # columns of a strategy: hits, occurrences, sum of shares, pseudo-references

Targets = list[str | None]  # of the occurrences, as they are compared; None: not aligned
Chosen = Mapping[str, str | None]  # by source term; None: nothing can equal it


class Wmt25Consistency(Wmt25Metric):
    """Share of a term's occurrences whose aligned target is the term's pseudo-reference.

    In [0, 1], higher is better: micro average, most frequent target. Only for hypotheses with a
    file of alignments. docs/metrics.md 7.
    """

    name = "wmt25-consistency"
    label = "Consistency 2025"
    meaning = (
        "Share of the occurrences of terms that are translated by their most frequent translation, "
        "as in WMT 2025."
    )
    needs_alignments = True
    absent = "no file says which words of the hypotheses translate the terms"

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return float64 [1, 12]: per strategy hits, occurrences, sum of shares, their number.

        Without alignments [0, 12].
        """
        occurrences = sorted(hypotheses.alignments, key=lambda occurrence: occurrence.segment)
        if not occurrences:
            return np.zeros((0, WIDTH * len(STRATEGIES)))
        normalise = partial(_normalise, lemmatiser=find_lemmatiser(test_set))
        choose: dict[str, Callable[[Sequence[TermAlignment], Targets], Chosen]] = {
            "frequent": _choose_frequent,
            "first": _choose_first,
            "predefined": partial(_choose_predefined, test_set, normalise),
        }
        row: list[float] = []
        for strategy in STRATEGIES:
            given = [getattr(occurrence, strategy) for occurrence in occurrences]
            if any(given):  # the file's own: compared as it writes them
                row += _count([o.target for o in occurrences], occurrences, given)
                continue
            targets = [normalise(o.target) if o.target else None for o in occurrences]
            chosen = choose[strategy](occurrences, targets)
            row += _count(targets, occurrences, [chosen[o.source] for o in occurrences])
        return np.array([row], dtype=np.float64)

    def aggregate_many(self, totals: Statistics) -> Scores:
        """Return the micro average of the most frequent targets; NaN without an occurrence."""
        return divide(totals[..., 0], totals[..., 1])

    def details(self, total: Statistics) -> Details:
        """Return the number of occurrences, and both averages of each strategy."""
        parts: dict[str, int | float | str] = {"occurrences": int(total[1])}
        for number, strategy in enumerate(STRATEGIES):
            hits, occurrences, shares, kinds = total[WIDTH * number :][:WIDTH].tolist()
            if occurrences:
                parts[f"{strategy}_micro"] = hits / occurrences
                parts[f"{strategy}_macro"] = shares / kinds
        return parts

    @classmethod
    def describe(cls, details: Details) -> str:
        """Write the averages."""
        averages = [
            f"{strategy} {float(details[f'{strategy}_micro']):.3f} "
            f"(macro {float(details[f'{strategy}_macro']):.3f})"
            for strategy in STRATEGIES
            if f"{strategy}_micro" in details
        ]
        return f"occurrences {write_number(details, 'occurrences')}: {', '.join(averages)}"

    def signature(self, test_set: TestSet) -> str:
        """The target's lemmatiser with its version, unit, test set."""
        lemmatiser = write_lemmatiser(find_lemmatiser(test_set))
        return (
            f"case:lc|tok:words|lemma:{lemmatiser}|v:{self.version}"
            f"|unit:testset|testset:{digest_of(test_set)[:12]}"
        )


def _normalise(text: str, *, lemmatiser: Lemmatiser | None) -> str:
    if lemmatiser is None:
        return " ".join(text.lower().split())
    return " ".join(lemmatise(text, lemmatiser))


def _count(
    targets: Targets, occurrences: Sequence[TermAlignment], references: Sequence[str | None]
) -> tuple[float, float, float, float]:
    """Return hits, occurrences, sum of the shares of pseudo-references, and their number.

    Terms with the same pseudo-reference share it; a term without any has a share of 0.
    """
    hits, counts = Counter[tuple[str, bool]](), Counter[tuple[str, bool]]()
    for target, occurrence, reference in zip(targets, occurrences, references, strict=True):
        kind = (occurrence.source, False) if reference is None else (reference, True)
        counts[kind] += 1
        hits[kind] += target is not None and target == reference
    shares = 0.0
    for kind, count in counts.items():
        shares += hits[kind] / count
    return hits.total(), counts.total(), shares, len(counts)


def _choose_frequent(occurrences: Sequence[TermAlignment], targets: Targets) -> Chosen:
    """Choose the most frequent target, of several the first by code points.

    Where occurrences without a target are more frequent than any target, there is none.
    """
    by_source: dict[str, Counter[str | None]] = {}
    for occurrence, target in zip(occurrences, targets, strict=True):
        by_source.setdefault(occurrence.source, Counter())[target] += 1
    return {
        source: min(counts, key=lambda target: (-counts[target], target is None, target or ""))
        for source, counts in by_source.items()
    }


def _choose_first(occurrences: Sequence[TermAlignment], targets: Targets) -> Chosen:
    """Choose the target of the first occurrence; none where that is not aligned."""
    chosen: dict[str, str | None] = {}
    for occurrence, target in zip(occurrences, targets, strict=True):
        chosen.setdefault(occurrence.source, target)
    return chosen


def _choose_predefined(
    test_set: TestSet,
    normalise: Callable[[str], str],
    occurrences: Sequence[TermAlignment],
    targets: Targets,
) -> Chosen:
    """Choose the target that the list has and the hypotheses use, of several the first."""
    has_proper = any(other.name == "proper" for other in test_set.other_lists)
    proper = with_list(test_set, "proper") if has_proper else test_set  # whatever the mode
    whole = merge_targets(proper.terminology.terms if proper.terminology else ())
    documents = {document.id: merge_targets(document.terms or ()) for document in proper.documents}
    used: dict[str, list[str]] = {occurrence.source: [] for occurrence in occurrences}
    for occurrence, target in zip(occurrences, targets, strict=True):
        segment = proper.segments[occurrence.segment]
        lists = merge_targets(segment.terms or ()), documents.get(segment.document, {}), whole
        listed = [form for targets in lists for form in targets.get(occurrence.source, ())]
        if target is not None and target in map(normalise, listed):
            used[occurrence.source].append(target)
    return {source: min(mine, default=None) for source, mine in used.items()}
