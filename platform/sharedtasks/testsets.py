"""Importing test sets, and reading an imported one back for scoring."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, Literal, cast

from django.db import transaction

import evaluator
from files import storage
from sharedtasks.models import Phase, TestSet, TestSetReference

MAX_TEST_SET_BYTES = 64 * 1024 * 1024
KEPT_IN_MEMORY = 8  # parsed test sets a worker keeps; each is a few megabytes


@dataclass(frozen=True, slots=True)
class TestSetFiles:
    """What an organiser hands in for one test set."""

    source: BinaryIO
    references: tuple[BinaryIO, ...]
    names: tuple[str, ...]  # the source's, then the references', for messages


def import_test_set(
    *,
    phase: Phase,
    source_language: str,
    target_language: str,
    files: TestSetFiles,
    text_form: str,
    mode: str = TestSet.Mode.PROPER,
    version: int = 1,
    lemmatiser: str = "simplemma",
    ranking_metric: str = "wmt21-exact-match",
) -> TestSet:
    """Check the files and make a test set of them; raises `evaluator.TestSetError`."""
    content = evaluator.read_test_set(
        source=files.source,
        references=files.references,
        source_language=source_language,
        target_language=target_language,
        text_form=_text_form(text_form),
        names=files.names,
    )
    source_file = storage.put(files.source, max_bytes=MAX_TEST_SET_BYTES)
    references = [storage.put(file, max_bytes=MAX_TEST_SET_BYTES) for file in files.references]
    test_set = TestSet(
        phase=phase,
        source_language=content.source_language,  # zh-CN, also where zh_cn or zho-CN was said
        target_language=content.target_language,
        mode=mode,
        version=version,
        text_form=text_form,
        lemmatiser=lemmatiser,
        ranking_metric=ranking_metric,
        source_file=source_file,
        digest=content.digest,
        segments=len(content.segments),
        documents=len({segment.document for segment in content.segments}),
        required_terms=sum(len(segment.reference_terms[0]) for segment in content.segments),
    )
    test_set.full_clean()
    with transaction.atomic():
        test_set.save()
        TestSetReference.objects.bulk_create(
            TestSetReference(test_set=test_set, file=file, position=position)
            for position, file in enumerate(references)
        )
    return test_set


def read(test_set: TestSet) -> evaluator.TestSet:
    """Return an imported test set's content; a warm worker has parsed it before."""
    return _read(test_set.pk, test_set.digest)


@lru_cache(maxsize=KEPT_IN_MEMORY)
def _read(pk: int, digest: str) -> evaluator.TestSet:
    test_set = TestSet.objects.select_related("source_file").get(pk=pk, digest=digest)
    references = TestSetReference.objects.filter(test_set=test_set).select_related("file")
    with ExitStack() as stack:
        return evaluator.read_test_set(
            source=stack.enter_context(storage.open_file(test_set.source_file)),
            references=[stack.enter_context(storage.open_file(r.file)) for r in references],
            source_language=test_set.source_language,
            target_language=test_set.target_language,
            text_form=_text_form(test_set.text_form),
        )


def _text_form(value: str) -> Literal["raw", "tokenised"]:
    return cast('Literal["raw", "tokenised"]', TestSet.TextForm(value).value)
