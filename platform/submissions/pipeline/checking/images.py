"""From an image, sent or fetched, to entries that wait for a node, for each test set."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction

import evaluator
from evaluator.container.registries import NetworkError, parse_reference
from evaluator.errors import ImageError, InfrastructureError
from files import storage
from files.models import StoredFile
from images import intake
from images.intake import Taken
from images.models import Image
from submissions import slots, work
from submissions.models import Entry, Problem, Submission, Verdict
from submissions.pipeline.checking.problems import (
    MAX_NAME,
    build_rows,
    count_in_words,
    make_storable,
)
from submissions.removals import exclude_if_removed
from submissions.states import EntryState, SubmissionState

PROBLEMS_KEPT = 100
TELL_EVERY = 2  # seconds between two notes of how much is fetched


class NotFetchedError(InfrastructureError):
    """A registry does not send an image now; the text is shown to the team."""


@dataclass(frozen=True, slots=True)
class JudgedImage:
    """What checking an image has shown."""

    name: str  # the archive's, or the reference
    upload: StoredFile | None  # None: it came from a registry
    image: Image | None  # None: it was refused
    problems: Sequence[evaluator.Problem]  # the first ones
    total: int


def check(submission: Submission, *, owner: str) -> None:
    """Check the image and write down the result. Raises NoLongerOurs, NotFetchedError."""
    conclude(submission, judge(submission, owner=owner), owner=owner)


def judge(submission: Submission, *, owner: str) -> JudgedImage:
    """Read and check the archive, or what the registry sends, and keep its image.

    Writes no other row, and what is fetched only while the submission is the owner's. Raises
    NoLongerOurs, NotFetchedError.
    """
    if submission.image_reference:
        name, upload = submission.image_reference, None
    else:
        sent = submission.files.select_related("file").get()
        name, upload = sent.name, sent.file
    try:
        if upload:
            with storage.open_file(upload) as stream:
                taken = intake.take_in(stream, name)
        else:
            taken = _fetch(submission, owner=owner)
    except ImageError as error:
        return JudgedImage(name, upload, None, error.problems, error.total)
    if taken.image.quarantined_at is not None:
        fault = evaluator.Problem("error", _why_quarantined(taken.image), file=name)
        return JudgedImage(name, upload, None, [fault], 1)
    notes = [evaluator.Problem("warning", note, file=name) for note in taken.notes]
    problems = [*notes, *_find_copies(submission, taken.image, name)]
    return JudgedImage(name, upload, taken.image, problems, len(problems))


def conclude(submission: Submission, judged: JudgedImage, *, owner: str) -> None:
    """Write down the result, and make the entries. Raises NoLongerOurs."""
    to = SubmissionState.ACCEPTED if judged.image else SubmissionState.REFUSED
    reason = "" if judged.image else f"{count_in_words(judged.total)} found; nothing was run."
    with transaction.atomic():
        # Before it is accepted: the database takes no accepted submission without its image.
        Submission.objects.filter(pk=submission.pk).update(
            image=judged.image, problems_total=judged.total
        )
        if not work.finish(submission, to=to, owner=owner, reason=reason):
            raise work.NoLongerOurs
        verdict = Verdict.objects.create(
            submission=submission,
            position=0,
            file=make_storable(judged.name)[-MAX_NAME:],
            errors=0 if judged.image else judged.total,
            warnings=judged.total if judged.image else 0,
        )
        Problem.objects.bulk_create(build_rows(verdict, judged.problems[:PROBLEMS_KEPT]))
        if judged.image:
            for test_set in filter(slots.takes_images, slots.list_expected(submission.phase)):
                entry = Entry.objects.create(
                    submission=submission,
                    team=submission.team,
                    test_set=test_set,
                    system=submission.system,
                    state=EntryState.WAITING,
                    **exclude_if_removed(submission),
                )
                work.record_birth(entry, reason="the image was checked")
        # A team whose image was refused has the archive still; an accepted image is kept.
        submission.files.all().delete()
        if judged.upload:
            storage.let_go(judged.upload)


def _fetch(submission: Submission, *, owner: str) -> Taken:
    reference = parse_reference(submission.image_reference)
    try:
        return intake.fetch(reference, on_progress=_build_teller(submission, owner=owner))
    except NetworkError as error:
        raise NotFetchedError(
            f"The registry {reference.host} did not send the whole image."
        ) from error


def _build_teller(submission: Submission, *, owner: str) -> Callable[[float], None]:
    """Return a function that notes which share is fetched; it raises NoLongerOurs."""
    next_at = -math.inf

    def tell(share: float) -> None:
        nonlocal next_at
        now = time.monotonic()
        if now < next_at and share < 1:
            return
        next_at = now + TELL_EVERY
        if not work.select_held(submission, owner=owner).update(fetched=int(100 * share)):
            raise work.NoLongerOurs

    return tell


def _why_quarantined(image: Image) -> str:
    nodes = "a machine of ours" if image.nodes_lost == 1 else f"{image.nodes_lost} machines of ours"
    return (
        f"The image {image.short} is not run any more: {nodes} fell silent while running it. "
        "Try it with terminarium run on your own machine, and ask the organisers."
    )


def _find_copies(submission: Submission, image: Image, name: str) -> Iterator[evaluator.Problem]:
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
