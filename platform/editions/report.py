"""What came of the outputs of an edition: refused files, warnings, and what is odd on boards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import QuerySet

from leaderboard import boards
from leaderboard.implausible import find_implausible
from leaderboard.models import BoardSnapshot
from leaderboard.snapshots import Board
from sharedtasks.models import TestSet
from submissions.models import Entry, Submission, Verdict
from submissions.states import EntryState, SubmissionState

PROBLEMS_SHOWN = 10  # of a file


@dataclass(slots=True)
class Report:
    """Lines to print, and how many files made no scored entry."""

    lines: list[str] = field(default_factory=list)
    scored: int = 0
    refused: int = 0


def build_report(submissions: QuerySet[Submission]) -> Report:
    """Build the report from what is stored; boards that are stale are built first."""
    report = Report()
    for submission in submissions.select_related("phase", "team"):
        _add_submission(report, submission)
    test_sets = TestSet.objects.filter(entries__submission__in=submissions.order_by().values("pk"))
    for test_set in test_sets.select_related("phase", "terminology_mode").distinct():
        boards.rebuild(test_set.pk)
        report.lines += _list_copies(test_set)
        report.lines += _list_implausible(test_set)
    return report


def _add_submission(report: Report, submission: Submission) -> None:
    heading = f"{submission.system}, {submission.phase.slug}"
    if submission.state == SubmissionState.FAILED:
        report.refused += 1
        report.lines.append(f"{heading}: our side failed. {submission.reason}")
    for verdict in submission.verdicts.select_related("entry", "test_set"):
        entry = verdict.entry
        if entry is not None and entry.state == EntryState.SCORED:
            report.scored += 1
        elif entry is not None:
            report.refused += 1
            report.lines.append(f"{heading}: {verdict.file}: {entry.state}. {entry.reason}")
        else:
            report.refused += 1
        report.lines += [f"{heading}: {line}" for line in _list_problems(verdict)]


def _list_problems(verdict: Verdict) -> Iterator[str]:
    """Yield the first problems of a file, and how many more there are."""
    kind = "refused" if verdict.is_refused else "warning"
    problems = list(verdict.problems.all()[: PROBLEMS_SHOWN + 1])
    for problem in problems[:PROBLEMS_SHOWN]:
        place = f", line {problem.line}" if problem.line else ""
        yield f"{kind}: {verdict.file}{place}: {problem.message}"
    more = verdict.errors + verdict.warnings - PROBLEMS_SHOWN
    if more > 0:
        yield f"{kind}: {verdict.file}: … and {more:,} more."


def _list_copies(test_set: TestSet) -> Iterator[str]:
    """Yield which teams have, to the letter, the same hypotheses."""
    rows = Entry.objects.filter(test_set=test_set, kind=Entry.Kind.SYSTEM, withdrawn_at=None)
    rows = rows.exclude(hypotheses=None).order_by("hypotheses_id", "submission_id")
    for _, same in groupby(rows, key=lambda entry: entry.hypotheses_id):
        first, *others = same
        for other in others:
            if other.team_id != first.team_id:
                yield (
                    f"{_name(test_set)}: {other.system} is, to the letter, the output of "
                    f"{first.system}."
                )


def _list_implausible(test_set: TestSet) -> Iterator[str]:
    snapshot = BoardSnapshot.objects.filter(
        test_set=test_set, population=BoardSnapshot.Population.SCORED
    ).first()
    if snapshot is not None:
        board = Board.from_json(snapshot.body, snapshot.teams)
        for row in find_implausible(board, test_set.terminology_mode):
            yield f"{_name(test_set)}: {row}"


def _name(test_set: TestSet) -> str:
    return f"{test_set.phase.slug}, {test_set.slug}"
