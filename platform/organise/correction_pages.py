"""What the page of a correction shows: the steps, what changed, and what that does to the board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leaderboard.correction_effects import Effects, ScoreChange, SystemChange, read_effects
from sharedtasks import testsets
from sharedtasks.corrections import CorrectionState
from sharedtasks.metric_columns import BY_METRIC, Column
from sharedtasks.models import Correction, TestSet
from sharedtasks.test_set_changes import Part, TextChange, count_changes, find_changes
from submissions.services import correcting

METRICS_SHOWN = 3
CHANGES_SHOWN = 100
OF_REFERENCES = (Part.REFERENCE, Part.ANNOTATION)


@dataclass(frozen=True, slots=True)
class ScoreCell:
    """Old, new and difference of a metric, and whether the difference is good."""

    column: Column
    change: ScoreChange

    @property
    def tone(self) -> str:
        """Return the class of the difference: a gain, a loss, or neither."""
        difference = self.change.difference
        if not difference:
            return "quiet"
        return "gain" if (difference > 0) == self.column.higher_is_better else "loss"


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """A ranked system of the comparison."""

    system: SystemChange
    cells: Sequence[ScoreCell]


def describe_correction(correction: Correction, *, reads_references: bool) -> dict[str, object]:
    """Return the page's context. References are left out for a reader who may not see them."""
    context: dict[str, object] = {"correction": correction, "step": 1}
    new = correction.successor
    if new is None:
        return context
    progress = correcting.read_progress(correction)
    why_not = correcting.why_not_ready(correction) if correction.is_open else ""
    context |= {
        "progress": progress,
        "why_not_ready": why_not,
        "step": _find_step(correction, is_ready=not why_not),
        **_describe_changes(correction.test_set, new, reads_references=reads_references),
    }
    if correction.state != CorrectionState.DRAFT:
        metrics = _choose_metrics(correction.test_set)
        effects = read_effects(correction, metrics)
        context |= {"effects": effects, "lines": _build_lines(effects)}
    return context


def _find_step(correction: Correction, *, is_ready: bool) -> int:
    if correction.state == CorrectionState.PUBLISHED:
        return 4
    if correction.state == CorrectionState.DRAFT:
        return 1
    return 3 if is_ready else 2


def _describe_changes(old: TestSet, new: TestSet, *, reads_references: bool) -> dict[str, object]:
    changes = find_changes(testsets.read(old), testsets.read(new))
    counts = count_changes(changes)
    shown = [change for change in changes if _may_show(change, reads_references=reads_references)]
    return {
        "counts": [(counts[part], str(part)) for part in (Part.SOURCE, Part.REFERENCE, Part.TERM)],
        "changes": shown[:CHANGES_SHOWN],
        "changes_hidden": len(shown) - CHANGES_SHOWN,
        "are_references_hidden": not reads_references,
    }


def _may_show(change: TextChange, *, reads_references: bool) -> bool:
    return reads_references or change.part not in OF_REFERENCES


def _choose_metrics(test_set: TestSet) -> list[str]:
    """Return the metrics that are compared: those that rank, then headline metrics."""
    headline = [name for name, column in BY_METRIC.items() if column.is_headline]
    return list(dict.fromkeys([*test_set.official_order, *headline]))[:METRICS_SHOWN]


def _build_lines(effects: Effects | None) -> list[ComparedLine]:
    systems = effects.systems if effects else ()
    return [
        ComparedLine(
            system, [ScoreCell(BY_METRIC[change.metric], change) for change in system.scores]
        )
        for system in systems
    ]
