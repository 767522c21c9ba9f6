"""From what was sent to entries: of outputs, and of images."""

from __future__ import annotations

from submissions.models import Submission
from submissions.pipeline.checking import images, outputs
from submissions.pipeline.checking.images import NotFetchedError

__all__ = ["NotFetchedError", "check"]


def check(submission: Submission, *, owner: str) -> None:
    """Check a submission that is claimed, and write down what was found.

    Raises NoLongerOurs if another worker has it by then, NotFetchedError if a registry does not
    send it now.
    """
    kind = images if submission.is_image else outputs
    kind.check(submission, owner=owner)
