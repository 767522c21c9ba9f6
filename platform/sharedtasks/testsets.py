"""Importing test sets, and reading them back for checking and scoring."""

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
from evaluator.types import TextForm
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
    """The files that an organiser hands in for a test set."""

    source: BinaryIO
    references: tuple[BinaryIO, ...]
    names: tuple[str, ...]  # the source's, then the references', for messages
    terminologies: tuple[tuple[BinaryIO, str], ...] = ()  # each with its name


@dataclass(frozen=True, slots=True)
class ImportedTestSet:
    """A new test set, and what was changed while its terminology was read."""

    test_set: TestSet
    terminology: evaluator.ImportedTerminology | None
    references: int  # of each segment
    notes: tuple[str, ...] = ()  # on parts of its files that were not read


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

    Documents to `leave_out` count for no score and need no reference; participants may translate
    them or not. Without a `ranking_metric` the first of RANKING that the test set defines ranks.
    """
    terminology = None
    if files.terminologies:
        terminology = evaluator.read_terminologies(
            files.terminologies, source_language=source_language, target_language=target_language
        )
    notes: list[str] = []
    parsed = read_test_set(
        source=files.source,
        references=files.references,
        source_language=source_language,
        target_language=target_language,
        text_form=cast("TextForm", TestSet.TextForm(text_form).value) if text_form else None,
        names=files.names,
        mode=TestSet.Mode(mode).value,
        terminology=terminology.terminology if terminology else None,
        leave_out=leave_out,
        on_note=notes.append,
    )
    test_set = _describe(parsed)
    test_set.phase, test_set.version, test_set.lemmatiser = phase, version, lemmatiser
    test_set.ranking_metric = _choose_ranking_metric(ranking_metric, parsed)
    test_set.source_file = storage.put(files.source, max_bytes=MAX_TEST_SET_BYTES)
    test_set.left_out = sorted(set(leave_out))
    test_set.full_clean()
    _save(test_set, files, parsed)
    references = len(parsed.segments[0].references)
    return ImportedTestSet(test_set, terminology, references, tuple(notes))


def _describe(parsed: evaluator.TestSet) -> TestSet:
    """Return a new row with what can be read from the files; the caller saves it."""
    required = required_terms(parsed).per_segment
    return TestSet(
        source_language=parsed.source_language,  # zh-CN, also if the caller wrote zh_cn or zho-CN
        target_language=parsed.target_language,
        mode=parsed.mode,
        text_form=parsed.text_form,
        digest=parsed.digest,
        segments=len(parsed.segments),
        documents=len({segment.document for segment in parsed.segments}),
        required_terms=sum(term.count for segment in required for term in segment),
        terms=len(parsed.terminology.terms) if parsed.terminology else 0,
    )


def _choose_ranking_metric(chosen: str | None, parsed: evaluator.TestSet) -> str:
    """Return what the board ranks by; ValidationError for a metric that is not defined."""
    defined = evaluator.defined_metrics(parsed)
    metric = chosen or next((name for name in RANKING if name in defined), RANKING[-1])
    known_metric(metric)
    if metric not in defined:
        raise ValidationError(
            f"This test set has no scores of {metric}, so it cannot rank by it. "
            f"Choose one of: {', '.join(defined)}."
        )
    return metric


def _save(test_set: TestSet, files: TestSetFiles, parsed: evaluator.TestSet) -> None:
    references = [storage.put(file, max_bytes=MAX_TEST_SET_BYTES) for file in files.references]
    term_lists = [
        (storage.put(file, max_bytes=MAX_TEST_SET_BYTES), name)
        for file, name in files.terminologies
    ]
    for_participants = downloads.store(parsed)
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


class Slots(Mapping[str, evaluator.TestSet]):
    """Test sets by their names in file names, each read only when it is asked for.

    Of several versions of a test set, the newest takes the files.
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
    """Return an imported test set with its segments; a process keeps those it read last."""
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
            mode=test_set.mode,
            terminology=_read_terminology(test_set),
            leave_out=test_set.left_out,
        )


def _read_terminology(test_set: TestSet) -> evaluator.Terminology | None:
    term_lists = list(test_set.term_lists.select_related("file"))
    if not term_lists:
        return None
    with ExitStack() as stack:
        return evaluator.read_terminologies(
            [(stack.enter_context(storage.open_file(row.file)), row.name) for row in term_lists],
            source_language=test_set.source_language,
            target_language=test_set.target_language,
        ).terminology
