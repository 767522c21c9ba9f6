"""What checking found out about a submission's files, as pages show it."""

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
    """One file with the first of its problems; equal ones are one, in the order of lines."""

    verdict: Verdict
    problems: Sequence[evaluator.Problem]
    hidden: int  # problems that are not shown

    @property
    def has_places(self) -> bool:
        """Return whether a problem shown has a line or a segment."""
        return any(problem.line or problem.segment for problem in self.problems)


def of_submission(submission: Submission) -> list[FileReport]:
    """Report on the first files; two queries however many there are."""
    verdicts = submission.verdicts.select_related("test_set", "entry")
    return of_verdicts(verdicts.order_by("position")[:FILES_SHOWN])


def of_verdicts(verdicts: Iterable[Verdict]) -> list[FileReport]:
    """Report on these files."""
    by_pk = {verdict.pk: verdict for verdict in verdicts}
    problems: dict[int, list[evaluator.Problem]] = {pk: [] for pk in by_pk}
    # All that are kept, at most some thousands: what is folded is shorter.
    for row in Problem.objects.filter(verdict__in=by_pk).order_by("pk"):
        problems[row.verdict_id].append(_problem(row))
    return [_report(verdict, problems[pk]) for pk, verdict in by_pk.items()]


def _report(verdict: Verdict, problems: Sequence[evaluator.Problem]) -> FileReport:
    total = verdict.errors + verdict.warnings
    segments = verdict.test_set.segments if verdict.test_set else None
    shown = fold(problems, of=segments, total=total)[:PROBLEMS_SHOWN]
    hidden = total - sum(one.count for one in shown)
    return FileReport(verdict, [one.problem for one in shown], max(hidden, 0))


def _problem(row: Problem) -> evaluator.Problem:
    severity: Severity = "warning" if row.severity == Problem.Severity.WARNING else "error"
    return evaluator.Problem(severity, row.message, row.line, row.segment or None)
