"""Importing test sets, and reading an imported one back for checking and scoring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, cast

from django.core.exceptions import ValidationError
from django.db import transaction

import evaluator
from evaluator.formats import read_test_set
from evaluator.metrics import RANKING
from evaluator.terms import required_terms
from evaluator.types import Mode, TextForm
from files import storage
from sharedtasks import downloads
from sharedtasks.models import (
    Phase,
    TestSet,
    TestSetReference,
    TestSetTerminology,
    known_metric,
)

MAX_TEST_SET_BYTES = 64 * 1024 * 1024
KEPT_IN_MEMORY = 16  # parsed test sets a worker keeps; each is a few megabytes


@dataclass(frozen=True, slots=True)
class TestSetFiles:
    """What an organiser hands in for one test set."""

    source: BinaryIO
    references: tuple[BinaryIO, ...]
    names: tuple[str, ...]  # the source's, then the references', for messages
    terminologies: tuple[tuple[BinaryIO, str], ...] = ()  # each with its name


@dataclass(frozen=True, slots=True)
class ImportedTestSet:
    """A new test set, and what was changed in reading its terminology."""

    test_set: TestSet
    terminology: evaluator.ImportedTerminology | None
    references: int  # of each segment
    notes: tuple[str, ...] = ()  # what was not read of its files


def import_test_set(
    *,
    phase: Phase,
    source_language: str,
    target_language: str,
    files: TestSetFiles,
    text_form: str | None,  # None: as the format has it
    mode: str = TestSet.Mode.PROPER,
    version: int = 1,
    lemmatiser: str = "simplemma",
    ranking_metric: str | None = None,
    leave_out: Sequence[str] = (),
) -> ImportedTestSet:
    """Check the files and make a test set of them; raises `evaluator.TestSetError`.

    Documents to `leave_out` belong to no score and need no reference; participants may translate
    them or not. Without a `ranking_metric` the first of RANKING that the test set defines ranks.
    """
    terminology = None
    if files.terminologies:
        terminology = evaluator.read_terminologies(
            files.terminologies, source_language=source_language, target_language=target_language
        )
    notes: list[str] = []
    content = read_test_set(
        source=files.source,
        references=files.references,
        source_language=source_language,
        target_language=target_language,
        text_form=cast("TextForm", TestSet.TextForm(text_form).value) if text_form else None,
        names=files.names,
        mode=cast("Mode", TestSet.Mode(mode).value),
        terminology=terminology.terminology if terminology else None,
        leave_out=leave_out,
        on_note=notes.append,
    )
    required = _required(content)
    ranked_by = _ranking_metric(ranking_metric, content)
    test_set = TestSet(
        phase=phase,
        source_language=content.source_language,  # zh-CN, also where zh_cn or zho-CN was said
        target_language=content.target_language,
        mode=mode,
        version=version,
        text_form=content.text_form,
        lemmatiser=lemmatiser,
        ranking_metric=ranked_by,
        source_file=storage.put(files.source, max_bytes=MAX_TEST_SET_BYTES),
        digest=content.digest,
        segments=len(content.segments),
        documents=len({segment.document for segment in content.segments}),
        required_terms=required,
        terms=len(content.terminology.terms) if content.terminology else 0,
        left_out=sorted(set(leave_out)),
    )
    test_set.full_clean()
    _save(test_set, files, content)
    references = len(content.segments[0].references)
    return ImportedTestSet(test_set, terminology, references, tuple(notes))


def _ranking_metric(wanted: str | None, content: evaluator.TestSet) -> str:
    """Return what the board ranks by; ValidationError for a metric that is not defined."""
    defined = evaluator.defined_metrics(content)
    metric = wanted or next((name for name in RANKING if name in defined), RANKING[-1])
    known_metric(metric)
    if metric not in defined:
        raise ValidationError(
            f"This test set has no scores of {metric}, so it cannot rank by it. "
            f"Choose one of: {', '.join(defined)}."
        )
    return metric


def _save(test_set: TestSet, files: TestSetFiles, content: evaluator.TestSet) -> None:
    references = [storage.put(file, max_bytes=MAX_TEST_SET_BYTES) for file in files.references]
    term_lists = [
        (storage.put(file, max_bytes=MAX_TEST_SET_BYTES), name)
        for file, name in files.terminologies
    ]
    for_participants = downloads.store(content)
    with transaction.atomic():
        test_set.save()
        TestSetReference.objects.bulk_create(
            TestSetReference(test_set=test_set, file=file, position=position)
            for position, file in enumerate(references)
        )
        TestSetTerminology.objects.bulk_create(
            TestSetTerminology(test_set=test_set, file=file, name=name[-200:], position=position)
            for position, (file, name) in enumerate(term_lists)
        )
        downloads.record(test_set, for_participants)


def _required(content: evaluator.TestSet) -> int:
    found = required_terms(content)
    return sum(term.count for segment in found.per_segment for term in segment)


class Slots(Mapping[str, evaluator.TestSet]):
    """Test sets by what file names call them, each read only when it is asked for.

    Of several versions of one test set the newest takes the files.
    """

    def __init__(self, test_sets: Iterable[TestSet]) -> None:
        ordered = sorted(test_sets, key=lambda test_set: test_set.version)
        self.rows = {test_set.slot: test_set for test_set in ordered}

    def __getitem__(self, slot: str) -> evaluator.TestSet:
        return read(self.rows[slot])

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def read(test_set: TestSet) -> evaluator.TestSet:
    """Return an imported test set's content; a warm worker has parsed it before."""
    return _read(test_set.pk, test_set.digest)


@lru_cache(maxsize=KEPT_IN_MEMORY)
def _read(pk: int, digest: str) -> evaluator.TestSet:
    test_set = TestSet.objects.select_related("source_file").get(pk=pk, digest=digest)
    references = TestSetReference.objects.filter(test_set=test_set).select_related("file")
    with ExitStack() as stack:
        return read_test_set(
            source=stack.enter_context(storage.open_file(test_set.source_file)),
            references=[stack.enter_context(storage.open_file(r.file)) for r in references],
            source_language=test_set.source_language,
            target_language=test_set.target_language,
            text_form=cast("TextForm", test_set.text_form),
            mode=cast("Mode", test_set.mode),
            terminology=_terminology(test_set),
            leave_out=test_set.left_out,
        )


def _terminology(test_set: TestSet) -> evaluator.Terminology | None:
    term_lists = list(test_set.term_lists.select_related("file"))
    if not term_lists:
        return None
    with ExitStack() as stack:
        return evaluator.read_terminologies(
            [(stack.enter_context(storage.open_file(one.file)), one.name) for one in term_lists],
            source_language=test_set.source_language,
            target_language=test_set.target_language,
        ).terminology
