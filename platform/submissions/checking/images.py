"""From the archive of an image to entries that wait for a node: one for each test set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction

import evaluator
from evaluator.errors import ImageError
from files import storage
from files.models import StoredFile
from images import intake
from images.models import Image
from submissions import slots, work
from submissions.checking.problems import MAX_NAME, count_in_words, rows, storable
from submissions.models import Entry, Problem, Submission, Verdict
from submissions.states import EntryState, SubmissionState

PROBLEMS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found out about an archive."""

    name: str
    upload: StoredFile
    image: Image | None  # None: it was refused
    problems: Sequence[evaluator.Problem]  # the first ones
    total: int


def check(submission: Submission, *, owner: str) -> None:
    """Check the archive and write down what was found. Raises NoLongerOurs."""
    conclude(submission, judge(submission), owner=owner)


def judge(submission: Submission) -> Judged:
    """Read and check the archive, and keep its image; writes no other row."""
    sent = submission.files.select_related("file").get()
    try:
        with storage.open_file(sent.file) as stream:
            taken = intake.take_in(stream, sent.name)
    except ImageError as error:
        return Judged(sent.name, sent.file, None, error.problems, error.total)
    if taken.image.quarantined_at is not None:
        fault = evaluator.Problem("error", _why_quarantined(taken.image), file=sent.name)
        return Judged(sent.name, sent.file, None, [fault], 1)
    notes = [evaluator.Problem("warning", note, file=sent.name) for note in taken.notes]
    found = [*notes, *_sent_before(submission, taken.image, sent.name)]
    return Judged(sent.name, sent.file, taken.image, found, len(found))


def conclude(submission: Submission, judged: Judged, *, owner: str) -> None:
    """Write down what was found, and make the entries. Raises NoLongerOurs."""
    to = SubmissionState.ACCEPTED if judged.image else SubmissionState.REFUSED
    reason = "" if judged.image else f"{count_in_words(judged.total)} found; nothing was run."
    with transaction.atomic():
        # Before it is accepted: the database lets none of these be without its image.
        Submission.objects.filter(pk=submission.pk).update(
            image=judged.image, problems_total=judged.total
        )
        if not work.finish(submission, to=to, owner=owner, reason=reason):
            raise work.NoLongerOurs
        _keep_verdict(submission, judged)
        if judged.image:
            for test_set in slots.wanted(submission.phase):
                entry = Entry.objects.create(
                    submission=submission,
                    team=submission.team,
                    test_set=test_set,
                    system=submission.system,
                    state=EntryState.WAITING,
                )
                work.record_birth(entry, reason="the image was checked")
        # Whoever was refused has it still; of what was accepted the image is kept.
        submission.files.all().delete()
        storage.let_go(judged.upload)


def _why_quarantined(image: Image) -> str:
    nodes = "a machine of ours" if image.nodes_lost == 1 else f"{image.nodes_lost} machines of ours"
    return (
        f"The image {image.short} is not run any more: {nodes} fell silent while running it. "
        "Try it with terminarium run on your own machine, and ask the organisers."
    )


def _sent_before(submission: Submission, image: Image, name: str) -> Iterator[evaluator.Problem]:
    """Warn of the same image in an earlier submission of the team, of whatever phase."""
    same = Submission.objects.filter(team=submission.team, image=image).exclude(pk=submission.pk)
    earlier = same.select_related("phase").order_by("-pk").first()
    if earlier is not None:
        at = earlier.created_at
        yield evaluator.Problem(
            "warning",
            f"This is, to the letter, the image of {earlier.system}, which your team sent for "
            f"{earlier.phase.name} on {at.day} {at:%b %Y} (submission {earlier.pk}). Check that "
            "this is the one you meant.",
            file=name,
        )


def _keep_verdict(submission: Submission, judged: Judged) -> None:
    verdict = Verdict.objects.create(
        submission=submission,
        position=0,
        file=storable(judged.name)[-MAX_NAME:],
        errors=0 if judged.image else judged.total,
        warnings=judged.total if judged.image else 0,
    )
    Problem.objects.bulk_create(rows(verdict, judged.problems[:PROBLEMS_KEPT]))
