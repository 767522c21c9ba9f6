"""From a submission's files to its entries: each file is judged by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

import evaluator
from evaluator.checking import find_warnings, read_slots
from evaluator.errors import SeveralSystemsError
from files import storage
from files.models import StoredFile
from sharedtasks.models import TestSet
from sharedtasks.states import State
from sharedtasks.testsets import Slots
from submissions import hypotheses, work
from submissions.models import Entry, Problem, Submission, Verdict
from submissions.pipeline.checking.problems import (
    MAX_NAME,
    build_rows,
    count_in_words,
    make_storable,
)
from submissions.removals import exclude_if_removed
from submissions.states import SubmissionState

PROBLEMS_KEPT = 1000  # of one submission, shared out among its files
PROBLEMS_KEPT_OF_EACH = 50  # at the least


@dataclass(frozen=True, slots=True)
class Fit:
    """What makes an entry: hypotheses that fit a test set."""

    test_set: TestSet
    hypotheses: StoredFile


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """What checking a file has shown."""

    file: str  # its name as messages show it
    test_set: TestSet | None  # None: its name says no test set of the phase
    fit: Fit | None  # None: the file is refused
    problems: Sequence[evaluator.Problem]  # the first ones
    total: int  # of its problems
    systems: Sequence[str] = ()  # to choose from, where it holds several and none was chosen


def check(submission: Submission, *, owner: str) -> None:
    """Check every file and write down the results. Raises NoLongerOurs."""
    conclude(submission, judge(submission), owner=owner)


def judge(submission: Submission) -> list[JudgedFile]:
    """Read and check every file of a submission; writes no row but of stored hypotheses."""
    test_set, chosen_file = submission.test_set, submission.chosen_file
    slots = Slots([test_set] if test_set else _list_accepting(submission))
    judged: list[JudgedFile] = []
    with ExitStack() as stack:
        files = [
            (stack.enter_context(storage.open_file(sent.file)), sent.name)
            for sent in submission.files.select_related("file")
            if sent.file is not None  # its bytes are removed only long after the check
        ]
        verdicts = read_slots(
            files,
            slots,
            max_bytes=settings.MAX_UPLOAD_BYTES,
            chosen=test_set.slot if test_set else None,
            system=submission.chosen_system if chosen_file else None,
            # Where a system was chosen, only the file that has it is read.
            is_wanted=lambda name: chosen_file in ("", make_storable(name)[-MAX_NAME:]),
        )
        for verdict in verdicts:  # only one file's hypotheses are in memory at a time
            judged.append(_judge(submission, verdict, slots, judged))
    return judged


def _list_accepting(submission: Submission) -> QuerySet[TestSet]:
    """Return the test sets that take a file: drafts only take outputs of a past edition."""
    states = [State.ANNOUNCED, State.DRAFT] if submission.is_import else [State.ANNOUNCED]
    return TestSet.objects.filter(phase=submission.phase_id, state__in=states)


def conclude(submission: Submission, judged: Sequence[JudgedFile], *, owner: str) -> None:
    """Write down the results, make the entries and send them to be scored.

    Raises NoLongerOurs if another worker has the submission by now.
    """
    fitting = sum(file.fit is not None for file in judged)
    to = SubmissionState.ACCEPTED if fitting else SubmissionState.REFUSED
    kept_of_each = max(PROBLEMS_KEPT // max(len(judged), 1), PROBLEMS_KEPT_OF_EACH)
    with transaction.atomic():
        if not work.finish(submission, to=to, owner=owner, reason=_reason(judged, fitting)):
            raise work.NoLongerOurs
        verdicts = Verdict.objects.bulk_create(
            Verdict(
                submission=submission,
                position=position,
                file=make_storable(file.file)[-MAX_NAME:],
                test_set=file.test_set,
                entry=_make_entry(submission, file.fit) if file.fit else None,
                errors=0 if file.fit else file.total,
                warnings=file.total if file.fit else 0,
                systems=list(file.systems),
            )
            for position, file in enumerate(judged)
        )
        Problem.objects.bulk_create(
            row
            for verdict, file in zip(verdicts, judged, strict=True)
            for row in build_rows(verdict, file.problems[:kept_of_each])
        )
        total = sum(file.total for file in judged)
        Submission.objects.filter(pk=submission.pk).update(problems_total=total)


def _judge(
    submission: Submission,
    verdict: evaluator.FileVerdict,
    slots: Slots,
    earlier: Sequence[JudgedFile],
) -> JudgedFile:
    test_set = slots.rows.get(verdict.slot or "")
    if (error := verdict.error) is not None:
        systems = error.systems if isinstance(error, SeveralSystemsError) else ()
        return JudgedFile(verdict.file, test_set, None, error.problems, error.total, systems)
    assert test_set is not None  # read_slots promises both
    assert verdict.hypotheses is not None
    stored = hypotheses.store(verdict.hypotheses, slots[test_set.slot])
    copies = [
        evaluator.Problem("warning", message, file=verdict.file)
        for message in _find_copies(submission, stored, earlier)
    ]
    problems = [*find_warnings(verdict.hypotheses, slots[test_set.slot]), *copies]
    return JudgedFile(verdict.file, test_set, Fit(test_set, stored), problems, len(problems))


def _find_copies(
    submission: Submission, stored: StoredFile, earlier: Sequence[JudgedFile]
) -> Iterator[str]:
    """Warn of the same hypotheses for another test set, here or in an earlier entry of the team."""
    for file in earlier:
        if file.fit is not None and file.fit.hypotheses == stored:
            yield (
                f"These are, to the letter, the hypotheses for {file.fit.test_set.slug} too. Check "
                "whether one of the two files was sent in the other's place."
            )
    same = Entry.objects.filter(team=submission.team, hypotheses=stored, adopted_from=None)
    entry = same.exclude(submission=submission).select_related("test_set").first()
    if entry is not None:
        yield (
            f"These are, to the letter, the hypotheses of {entry.system} for "
            f"{entry.test_set.slug}, which your team has sent before. Check that this is the "
            "file you meant."
        )


def _reason(judged: Sequence[JudgedFile], fitting: int) -> str:
    """Return what the team reads beside the state; empty if every file fits."""
    if fitting == len(judged) and judged:
        return ""
    total = sum(file.total for file in judged if file.fit is None)
    count = count_in_words(total)
    if not fitting:
        return f"{count} found; nothing was scored."
    others = "the other, which is" if fitting == len(judged) - 1 else "the others, which are"
    return f"{fitting} of {len(judged)} files fit; {count} in {others} not scored."


def _make_entry(submission: Submission, fit: Fit) -> Entry:
    entry = Entry.objects.create(
        submission=submission,
        team=submission.team,
        test_set=fit.test_set,
        system=submission.system,
        hypotheses=fit.hypotheses,
        **exclude_if_removed(submission),
    )
    work.record_birth(entry, reason="no errors found in the upload")
    work.announce(entry)
    return entry
