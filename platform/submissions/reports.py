"""What checking found out about a submission's files, as pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from submissions.models import Problem, Submission, Verdict

FILES_SHOWN = 200  # of one submission
PROBLEMS_SHOWN = 100  # of one file


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file with the first of its problems."""

    verdict: Verdict
    problems: Sequence[Problem]

    @property
    def hidden(self) -> int:
        """Return how many problems are not shown."""
        return self.verdict.errors + self.verdict.warnings - len(self.problems)


def of_submission(submission: Submission) -> list[FileReport]:
    """Report on the first files; two queries however many there are."""
    verdicts = submission.verdicts.select_related("test_set", "entry")
    return of_verdicts(verdicts.order_by("position")[:FILES_SHOWN])


def of_verdicts(verdicts: Iterable[Verdict]) -> list[FileReport]:
    """Report on these files."""
    found = {verdict.pk: verdict for verdict in verdicts}
    number = Window(RowNumber(), partition_by=F("verdict"), order_by="pk")
    problems: dict[int, list[Problem]] = {pk: [] for pk in found}
    first = Problem.objects.filter(verdict__in=found).annotate(number=number)
    for problem in first.filter(number__lte=PROBLEMS_SHOWN).order_by("pk"):
        problems[problem.verdict_id].append(problem)
    return [FileReport(verdict, problems[pk]) for pk, verdict in found.items()]
