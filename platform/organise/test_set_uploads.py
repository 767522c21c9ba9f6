"""The files of a test set between the check and its creation: stored, and named by a signed token.

Nothing refers to the files yet, so storage removes them after a day unless the test set is created.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from accounts.models import User
from files import storage
from files.models import StoredFile
from sharedtasks.models import Phase, SharedTask
from sharedtasks.services.test_sets import Description
from sharedtasks.terminology_modes import find_mode
from sharedtasks.testsets import MAX_TEST_SET_BYTES, ImportedTestSet, TermFile, TestSetFiles

SOURCE, REFERENCE, SAMPLES = "source", "reference", "samples"
SALT = "organise.test_set_uploads"
KEPT_FOR = timedelta(hours=2)  # far less than storage keeps what nothing refers to
WARNINGS_KEPT = 50
START_AGAIN = "Choose the files again: they are kept for 2 hours after the check."


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A stored file, and what it holds: a source, a reference, samples, or terms of a list."""

    part: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class TestSetUpload:
    """A test set that was checked and is not created yet."""

    __test__ = False  # the name looks like a test class to pytest

    phase: Phase
    description: Description
    files: Sequence[KeptFile]
    metrics: Sequence[str]  # that its board can rank by
    order: Sequence[str]  # that it ranks by unless somebody chooses another
    warnings: int

    def sign(self, user: User) -> str:
        """Return a token that gives this user the upload back."""
        values = {
            "user": user.pk,
            "phase": self.phase.pk,
            "description": asdict(self.description),
            "files": [asdict(file) for file in self.files],
            "metrics": list(self.metrics),
            "order": list(self.order),
            "warnings": self.warnings,
        }
        return signing.dumps(values, salt=SALT, compress=True)

    @contextmanager
    def open_files(self) -> Iterator[TestSetFiles]:
        """Open the stored files. Raises ValidationError."""
        digests = [file.sha256 for file in self.files]
        stored = {row.sha256: row for row in StoredFile.objects.filter(sha256__in=digests)}
        if not stored.keys() >= set(digests):
            raise ValidationError(START_AGAIN)
        with ExitStack() as stack:
            streams = [stack.enter_context(storage.open_file(stored[key])) for key in digests]
            named = [
                (file.part, (stream, file.name))
                for file, stream in zip(self.files, streams, strict=True)
            ]
            yield gather_files(named, self.phase.shared_task, self.description)


def keep_upload(
    phase: Phase,
    description: Description,
    uploads: Iterable[tuple[str, UploadedFile[Any]]],
    checked: ImportedTestSet,
) -> TestSetUpload:
    """Store the files of a test set that was checked."""
    files = [
        KeptFile(part, file.name or "", storage.put(file, max_bytes=MAX_TEST_SET_BYTES).sha256)
        for part, file in uploads
    ]
    return TestSetUpload(
        phase=phase,
        description=description,
        files=files,
        metrics=checked.metrics,
        order=checked.test_set.official_order,
        warnings=len(checked.list_notes(WARNINGS_KEPT)),
    )


def read_upload(token: str, user: User, task: SharedTask) -> TestSetUpload:
    """Return the upload that a token names. Raises ValidationError."""
    try:
        values = signing.loads(token, salt=SALT, max_age=KEPT_FOR)
    except signing.BadSignature as error:
        raise ValidationError(START_AGAIN) from error
    phase = task.phases.filter(pk=values["phase"]).first()
    if phase is None or values["user"] != user.pk:
        raise ValidationError(START_AGAIN)
    phase.shared_task = task
    return TestSetUpload(
        phase=phase,
        description=Description(**values["description"]),
        files=[KeptFile(**file) for file in values["files"]],
        metrics=values["metrics"],
        order=values["order"],
        warnings=values["warnings"],
    )


def gather_files(
    files: Iterable[tuple[str, TermFile]], task: SharedTask, description: Description
) -> TestSetFiles:
    """Return files, each after the name of its part, as an import takes them."""
    parts: dict[str, tuple[TermFile, ...]] = {SOURCE: (), REFERENCE: (), SAMPLES: ()}
    for part, file in files:
        parts[part] = (*parts.get(part, ()), file)
    (source,), references, samples = parts.pop(SOURCE), parts.pop(REFERENCE), parts.pop(SAMPLES)
    own = parts.pop(find_mode(task, description.mode).list_name, ())
    return TestSetFiles(
        source=source[0],
        references=tuple(stream for stream, _ in references),
        names=(source[1], *(name for _, name in references)),
        terminologies=own,
        other_lists=parts,
        samples=samples[0] if samples else None,
    )
