"""The results of checking a submission's files, as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import evaluator
from evaluator.checking import fold
from evaluator.types import Severity
from submissions.models import Problem, Submission, Verdict

FILES_SHOWN = 200  # of one submission
PROBLEMS_SHOWN = 100  # of one file


@dataclass(frozen=True, slots=True)
class FileReport:
    """A file with the first of its problems; equal problems are folded, in the order of lines."""

    verdict: Verdict
    problems: Sequence[evaluator.Problem]
    hidden: int  # problems that are not shown

    @property
    def has_places(self) -> bool:
        """Return whether a problem shown has a line or a segment."""
        return any(problem.line or problem.segment for problem in self.problems)


def report_on(submission: Submission) -> list[FileReport]:
    """Report on the first files of a submission, with two queries."""
    verdicts = submission.verdicts.select_related("test_set", "entry")
    return build_reports(verdicts.order_by("position")[:FILES_SHOWN])


def build_reports(verdicts: Iterable[Verdict]) -> list[FileReport]:
    """Report on the files of these verdicts."""
    by_pk = {verdict.pk: verdict for verdict in verdicts}
    problems: dict[int, list[evaluator.Problem]] = {pk: [] for pk in by_pk}
    # All that are kept, at most some thousands: folding shortens them.
    for row in Problem.objects.filter(verdict__in=by_pk).order_by("pk"):
        severity: Severity = "warning" if row.severity == Problem.Severity.WARNING else "error"
        problem = evaluator.Problem(severity, row.message, row.line, row.segment or None)
        problems[row.verdict_id].append(problem)
    return [_build_report(verdict, problems[pk]) for pk, verdict in by_pk.items()]


def _build_report(verdict: Verdict, problems: Sequence[evaluator.Problem]) -> FileReport:
    total = verdict.errors + verdict.warnings
    segments = verdict.test_set.segments if verdict.test_set else None
    folded = fold(problems, of=segments, total=total)[:PROBLEMS_SHOWN]
    hidden = total - sum(group.count for group in folded)
    return FileReport(verdict, [group.problem for group in folded], max(hidden, 0))
