"""From a submission's files to its entries: each file is judged by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import transaction

import evaluator
from evaluator.checking import find_warnings, read_slots
from evaluator.errors import SeveralSystemsError
from files import storage
from files.models import StoredFile
from sharedtasks.models import TestSet
from sharedtasks.testsets import Slots
from submissions import hypotheses, work
from submissions.models import Entry, Problem, Submission, Verdict
from submissions.pipeline.checking.problems import MAX_NAME, count_in_words, rows, storable
from submissions.states import SubmissionState

PROBLEMS_KEPT = 1000  # of one submission, shared out among its files
PROBLEMS_KEPT_OF_EACH = 50  # at the least


@dataclass(frozen=True, slots=True)
class Fit:
    """A file that fits its test set."""

    test_set: TestSet
    hypotheses: StoredFile


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found out about one file."""

    file: str  # its name as messages show it
    test_set: TestSet | None  # the one it is for; None: its name says none that is wanted
    fit: Fit | None  # None: it was refused
    problems: Sequence[evaluator.Problem]  # the first ones
    total: int  # of its problems
    systems: Sequence[str] = ()  # those of a file that holds several, where none was chosen


def check(submission: Submission, *, owner: str) -> None:
    """Check every file and write down what was found. Raises NoLongerOurs."""
    conclude(submission, judge(submission), owner=owner)


def judge(submission: Submission) -> list[Judged]:
    """Read and check every file of a submission; writes no row but of stored hypotheses."""
    slots = Slots([submission.test_set] if submission.test_set else _test_sets(submission))
    chosen = submission.test_set.slot if submission.test_set else None
    found: list[Judged] = []
    with ExitStack() as stack:
        files = [
            (stack.enter_context(storage.open_file(one.file)), one.name)
            for one in submission.files.select_related("file")
            if one.file is not None  # which it is only long after it was checked
        ]
        verdicts = read_slots(
            files,
            slots,
            max_bytes=settings.MAX_UPLOAD_BYTES,
            chosen=chosen,
            system=submission.chosen_system if submission.chosen_file else None,
            is_wanted=partial(_is_wanted, submission),
        )
        for verdict in verdicts:  # one file's hypotheses are in memory at a time
            found.append(_judge(submission, verdict, slots, found))
    return found


def conclude(submission: Submission, judged: Sequence[Judged], *, owner: str) -> None:
    """Write down what was found, make the entries and send them to be scored.

    Raises NoLongerOurs if another worker has the submission by now.
    """
    fitting = [one.fit for one in judged if one.fit is not None]
    to = SubmissionState.ACCEPTED if fitting else SubmissionState.REFUSED
    with transaction.atomic():
        if not work.finish(submission, to=to, owner=owner, reason=_reason(judged, len(fitting))):
            raise work.NoLongerOurs
        _keep_verdicts(submission, judged)
        total = sum(one.total for one in judged)
        Submission.objects.filter(pk=submission.pk).update(problems_total=total)


def _test_sets(submission: Submission) -> Iterator[TestSet]:
    return TestSet.objects.filter(phase=submission.phase_id).iterator()


def _is_wanted(submission: Submission, file: str) -> bool:
    """Say whether a file is to be read: where a system was chosen, only the one that has it."""
    return submission.chosen_file in ("", storable(file)[-MAX_NAME:])


def _judge(
    submission: Submission, verdict: evaluator.FileVerdict, slots: Slots, earlier: Sequence[Judged]
) -> Judged:
    test_set = slots.rows.get(verdict.slot or "")
    if (error := verdict.error) is not None:
        systems = error.systems if isinstance(error, SeveralSystemsError) else ()
        return Judged(verdict.file, test_set, None, error.problems, error.total, systems)
    assert test_set is not None  # read_slots promises both
    assert verdict.hypotheses is not None
    kept = hypotheses.store(verdict.hypotheses)
    found = [
        *find_warnings(verdict.hypotheses, slots[test_set.slot]),
        *_same_here(verdict, kept, earlier),
        *_sent_before(submission, verdict, kept),
    ]
    return Judged(verdict.file, test_set, Fit(test_set, kept), found, len(found))


def _same_here(
    verdict: evaluator.FileVerdict, kept: StoredFile, earlier: Sequence[Judged]
) -> Iterator[evaluator.Problem]:
    """Warn of the same hypotheses for another test set of the same submission."""
    for one in earlier:
        if one.fit is not None and one.fit.hypotheses == kept:
            yield evaluator.Problem(
                "warning",
                f"These are, to the letter, the hypotheses for {one.fit.test_set.slug} too. Check "
                "whether one of the two files was sent in the other's place.",
                file=verdict.file,
            )


def _sent_before(
    submission: Submission, verdict: evaluator.FileVerdict, kept: StoredFile
) -> Iterator[evaluator.Problem]:
    """Warn of the same hypotheses in an earlier entry of the team, of whatever test set."""
    same = Entry.objects.filter(team=submission.team, hypotheses=kept)
    earlier = same.exclude(submission=submission).select_related("test_set").first()
    if earlier is not None:
        yield evaluator.Problem(
            "warning",
            f"These are, to the letter, the hypotheses of {earlier.system} for "
            f"{earlier.test_set.slug}, which your team has sent before. Check that this is the "
            "file you meant.",
            file=verdict.file,
        )


def _reason(judged: Sequence[Judged], fitting: int) -> str:
    if fitting == len(judged) and judged:
        return ""
    total = sum(one.total for one in judged if one.fit is None)
    count = count_in_words(total)
    if not fitting:
        return f"{count} found; nothing was scored."
    others = "the other, which is" if fitting == len(judged) - 1 else "the others, which are"
    return f"{fitting} of {len(judged)} files fit; {count} in {others} not scored."


def _keep_verdicts(submission: Submission, judged: Sequence[Judged]) -> None:
    of_each = max(PROBLEMS_KEPT // max(len(judged), 1), PROBLEMS_KEPT_OF_EACH)
    verdicts = Verdict.objects.bulk_create(
        Verdict(
            submission=submission,
            position=position,
            file=storable(one.file)[-MAX_NAME:],
            test_set=one.test_set,
            entry=_make_entry(submission, one.fit) if one.fit else None,
            errors=0 if one.fit else one.total,
            warnings=one.total if one.fit else 0,
            systems=list(one.systems),
        )
        for position, one in enumerate(judged)
    )
    Problem.objects.bulk_create(
        row
        for verdict, one in zip(verdicts, judged, strict=True)
        for row in rows(verdict, one.problems[:of_each])
    )


def _make_entry(submission: Submission, fit: Fit) -> Entry:
    entry = Entry.objects.create(
        submission=submission,
        team=submission.team,
        test_set=fit.test_set,
        system=submission.system,
        hypotheses=fit.hypotheses,
    )
    work.record_birth(entry, reason="no errors found in the upload")
    work.announce(entry)
    return entry
