"""New versions of a test set, made of files that replace some of the old version's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

import evaluator
from audit.recording import Actor
from evaluator.types import UnscoredSegment
from files import storage
from files.models import StoredFile
from sharedtasks import testsets
from sharedtasks.models import TestSet, TestSetReference
from sharedtasks.states import State
from sharedtasks.testsets import ImportedTestSet, TermFile, TestSetFiles

CARRIED = (  # columns that a new version has from the old one
    "phase", "source_language", "target_language", "domain", "mode", "terminology_mode",
    "text_form", "unit", "delimiter", "lemmatiser", "term_lemmatiser", "left_out",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewFiles:
    """The files that replace those of the old version; what is empty stays as it was."""

    source: TermFile | None = None
    references: Sequence[TermFile] = ()  # all of them, in their order
    term_lists: Mapping[str, Sequence[TermFile]] = field(default_factory=dict)  # by list name

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is replaced."""
        return self.source is None and not self.references and not any(self.term_lists.values())


@transaction.atomic
def import_version(old: TestSet, new: NewFiles, *, actor: Actor) -> ImportedTestSet:
    """Store a new version with the same segments; raises ValidationError, `TestSetError`.

    The order of its board and all its options are those of the old version.
    """
    if new.is_empty:
        raise ValidationError("Give at least one file: a source, a reference or a terminology.")
    newest = testsets.list_versions(old).aggregate(Max("version"))["version__max"]
    carried = {name: getattr(old, name) for name in CARRIED}
    row = TestSet(**carried, version=newest + 1, state=State.DRAFT)
    with ExitStack() as stack:
        files = _join_files(stack, old, new)
        imported = testsets.import_row(row, files, old.official_order, actor=actor)
    _require_same_segments(old, testsets.read(old), testsets.read(row))
    if row.digest == old.digest:
        raise ValidationError(
            f"These files are read just like those of version {old.version}: nothing that decides "
            "a score has changed. Look whether you chose the corrected files."
        )
    return imported


def _join_files(stack: ExitStack, old: TestSet, new: NewFiles) -> TestSetFiles:
    """Open the stored files of the old version until the stack ends, and join the new ones."""

    def open_stored(file: StoredFile) -> BinaryIO:
        return stack.enter_context(storage.open_file(file))

    version = f"version {old.version}"
    source = new.source or (open_stored(old.source_file), f"the source of {version}")
    references = list(new.references) or [
        (open_stored(part.file), f"reference {part.position + 1} of {version}")
        for part in TestSetReference.objects.filter(test_set=old).select_related("file")
    ]
    lists: dict[str, tuple[TermFile, ...]] = {old.terminology_mode.list_name: ()}
    for part in old.term_lists.select_related("file"):
        if not new.term_lists.get(part.list_name):
            own = (open_stored(part.file), part.name)
            lists[part.list_name] = (*lists.get(part.list_name, ()), own)
    lists |= {name: tuple(files) for name, files in new.term_lists.items() if files}
    samples = old.samples_file
    return TestSetFiles(
        source=source[0],
        references=tuple(stream for stream, _ in references),
        names=(source[1], *(name for _, name in references)),
        terminologies=lists.pop(old.terminology_mode.list_name),
        other_lists=lists,
        samples=(open_stored(samples), f"the samples of {version}") if samples else None,
    )


def _require_same_segments(row: TestSet, old: evaluator.TestSet, new: evaluator.TestSet) -> None:
    """Raise ValidationError unless hypotheses for the one fit the other, line by line."""
    before, after = ([_locate(segment) for segment in parsed.all_segments] for parsed in (old, new))
    if before == after:
        return
    keep = (
        f"The entries of version {row.version} are scored again as they are, so a correction keeps "
        "every segment in its place. For other segments, import a test set of another domain or "
        "phase."
    )
    if len(before) != len(after):
        raise ValidationError(
            f"The new files have {len(after)} segments, version {row.version} has {len(before)}. "
            f"{keep}"
        )
    number = next(n for n, (was, now) in enumerate(zip(before, after, strict=True)) if was != now)
    raise ValidationError(
        f"Segment {number + 1} is {_name(after[number])} in the new files and "
        f"{_name(before[number])} in version {row.version}. {keep}"
    )


Location = tuple[str, str, bool]  # the document, the id, and whether scores count it


def _locate(segment: evaluator.Segment | UnscoredSegment) -> Location:
    return segment.document, segment.id, isinstance(segment, evaluator.Segment)


def _name(location: Location) -> str:
    document, segment, is_scored = location
    return f"{segment} of {document}" + ("" if is_scored else " (without a score)")
