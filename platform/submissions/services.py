"""All writes of the participants' side. Each function is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

import evaluator
from accounts.models import Membership, Team, User
from files import storage
from files.models import StoredFile
from sharedtasks import testsets
from sharedtasks.models import TestSet
from submissions import hypotheses as kept_hypotheses
from submissions import work
from submissions.models import Entry, Problem, Score, Submission
from submissions.states import EntryState, SubmissionState

PROBLEMS_KEPT = 1000
MAX_STATISTICS_BYTES = 256 * 1024 * 1024


class NoLongerOurs(Exception):
    """The claim went to somebody else while we worked; what we found out is dropped."""


@dataclass(frozen=True, slots=True)
class SystemDescription:
    """What a team says of the system that made the outputs."""

    name: str
    description: str = ""
    is_constrained: bool = True
    terminology_use: str = Submission.TerminologyUse.INFERENCE


def submit(
    *,
    team: Team,
    member: User,
    test_set: TestSet,
    system: SystemDescription,
    wants_primary: bool,
    file: IO[bytes],
    file_name: str,
) -> Submission:
    """Store an upload and tell the workers; opens nothing. Raises ValidationError."""
    if not Membership.objects.filter(team=team, user=member).exists():
        raise ValidationError(f"You are not a member of {team}; ask one of its owners.")
    if not test_set.phase.is_open(timezone.now()):
        raise ValidationError(f"{test_set.phase.name} takes no submissions at the moment.")
    try:
        stored = storage.put(file, max_bytes=settings.MAX_UPLOAD_BYTES)
    except storage.FileTooLarge as error:
        raise ValidationError(str(error)) from error
    submission = Submission(
        team=team,
        member=member,
        phase=test_set.phase,
        test_set=test_set,
        system=system.name,
        description=system.description,
        is_constrained=system.is_constrained,
        terminology_use=system.terminology_use,
        wants_primary=wants_primary,
        file=stored,
        file_name=file_name[-200:],
    )
    submission.full_clean()
    with transaction.atomic():
        submission.save()
        work.record_birth(submission, reason="uploaded", actor=member)
        work.announce(submission)
    return submission


def accept(
    submission: Submission,
    *,
    owner: str,
    hypotheses: StoredFile,
    warnings: tuple[evaluator.Problem, ...],
) -> None:
    """Make the entry of a submission in which no error was found, and send it to be scored."""
    with transaction.atomic():
        if not work.finish(submission, to=SubmissionState.ACCEPTED, owner=owner):
            raise NoLongerOurs
        _keep_problems(submission, warnings, total=len(warnings))
        entry = Entry.objects.create(
            submission=submission,
            team=submission.team,
            test_set=submission.test_set,
            system=submission.system,
            hypotheses=hypotheses,
        )
        work.record_birth(entry, reason="no errors found in the upload")
        work.announce(entry)


def sent_before(submission: Submission, hypotheses: StoredFile) -> tuple[evaluator.Problem, ...]:
    """Warn of the same hypotheses in an earlier entry of the team, of whatever test set."""
    same = Entry.objects.filter(team=submission.team, hypotheses=hypotheses)
    earlier = same.exclude(submission=submission).select_related("test_set").first()
    if earlier is None:
        return ()
    message = (
        f"These are, to the letter, the hypotheses of {earlier.system} for "
        f"{earlier.test_set.slug}, which your team has sent before. Check that this is the file "
        "you meant."
    )
    return (evaluator.Problem("warning", message, file=submission.file_name),)


def refuse(submission: Submission, *, owner: str, error: evaluator.SubmissionError) -> None:
    """Close a submission with all that is wrong with it."""
    count = "1 problem" if error.total == 1 else f"{error.total:,} problems"
    with transaction.atomic():
        reason = f"{count} found; nothing was scored."
        if not work.finish(submission, to=SubmissionState.REFUSED, owner=owner, reason=reason):
            raise NoLongerOurs
        _keep_problems(submission, error.problems, total=error.total)


def evaluate(entry: Entry) -> evaluator.ScoringResult:
    """Compute every metric that the entry's test set has; reads files, writes nothing."""
    test_set = testsets.read(entry.test_set)
    texts = kept_hypotheses.load(entry.hypotheses)
    return evaluator.score(test_set, texts, lemmatiser=entry.test_set.lemmatiser)


def record_scores(entry: Entry, result: evaluator.ScoringResult, *, owner: str) -> None:
    """Keep scores and statistics and finish the entry; the board is stale from here on."""
    buffer = BytesIO()
    evaluator.save_statistics(result, buffer)
    statistics = storage.put(buffer, max_bytes=MAX_STATISTICS_BYTES)
    rows = [
        Score(
            entry=entry,
            metric=score.metric,
            value=score.value,
            signature=score.signature,
            details=dict(score.details),
        )
        for score in result.scores
    ]
    with transaction.atomic():
        if not work.finish(entry, to=EntryState.SCORED, owner=owner):
            raise NoLongerOurs
        Score.objects.bulk_create(rows)
        is_primary = entry.submission.wants_primary and _end_primary(entry.submission)
        Entry.objects.filter(pk=entry.pk).update(statistics=statistics, is_primary=is_primary)
        touch_board(entry.test_set_id)


def touch_board(test_set_id: int) -> None:
    """Note that a test set's results have changed, and have its board built again."""
    TestSet.objects.filter(pk=test_set_id).update(results_version=F("results_version") + 1)
    work.send(TestSet.RANK_TASK, test_set_id)


def _keep_problems(
    submission: Submission, problems: tuple[evaluator.Problem, ...], *, total: int
) -> None:
    Problem.objects.bulk_create(
        Problem(
            submission=submission,
            severity=problem.severity,
            file=submission.file_name,
            line=problem.line,
            segment=_storable(problem.segment or "")[:200],
            message=_storable(problem.message),
        )
        for problem in problems[:PROBLEMS_KEPT]
    )
    Submission.objects.filter(pk=submission.pk).update(problems_total=total)


def _storable(text: str) -> str:
    # Problems quote hostile bytes: PostgreSQL takes no NUL, UTF-8 no lone surrogate.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def _end_primary(submission: Submission) -> bool:
    """Make the team's primary contrastive, unless it was uploaded later than this submission.

    Only an entry that has been scored takes its place: one that fails costs a team nothing.
    """
    # The lock: two submissions of one team that both want to be primary take turns.
    Team.objects.select_for_update().get(pk=submission.team_id)
    primary = Entry.objects.filter(
        team=submission.team_id, test_set=submission.test_set_id, is_primary=True
    )
    if primary.filter(submission__created_at__gt=submission.created_at).exists():
        return False
    primary.update(is_primary=False)
    return True
