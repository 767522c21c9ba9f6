"""Test sets that are imported once in a process, and copied for each test after that.

An import reads, checks and writes eight files with thirty queries; nearly every test needs a test
set. A copy has the rows and the files that the import made. test_importing_test_sets imports.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Model
from django.utils import timezone

from files.models import StoredFile
from sharedtasks.models import Phase, TestSet, TestSetDownload, TestSetReference
from sharedtasks.terminology_modes import find_mode
from sharedtasks.testsets import TestSetFiles, import_test_set
from tests.integration.actors import OPERATOR
from tests.integration.samples import REFERENCE, SOURCE

Values = dict[str, Any]  # of a row's columns

PARTS = (TestSetReference, TestSetDownload)  # the sample has no term list


@dataclass(frozen=True, slots=True)
class Kept:
    """What an import made."""

    test_set: Values
    parts: tuple[tuple[type[Model], list[Values]], ...]
    files: tuple[tuple[Values, bytes], ...]
    digests: dict[int, str]  # of the files, by the keys that their rows had


_kept: dict[tuple[tuple[str, Any], ...], Kept] = {}


def make_sample_test_set(
    phase: Phase, *, state: str = "announced", version: int = 1, **options: Any
) -> TestSet:
    """Import the sample, or copy what an earlier import with these options made."""
    key = tuple(sorted(options.items()))
    if key in _kept:
        return _copy(_kept[key], phase, {"state": state, "version": version})
    test_set = import_sample(phase, version=version, **options)
    test_set.state = state
    test_set.save()
    _kept[key] = _keep(test_set)
    return test_set


def import_sample(phase: Phase, **options: Any) -> TestSet:
    """Import the sample as an organiser does."""
    files = TestSetFiles(
        source=BytesIO(SOURCE.encode()),
        references=(BytesIO(REFERENCE.encode()),),
        names=("source.sgm", "reference.sgm"),
    )
    return import_test_set(actor=OPERATOR, phase=phase, files=files, **options).test_set


def _keep(test_set: TestSet) -> Kept:
    parts = tuple(
        (part, [_values(row) for row in part._default_manager.filter(test_set=test_set)])
        for part in PARTS
    )
    keys = {test_set.source_file_id} | {row["file_id"] for _, rows in parts for row in rows}
    files = StoredFile.objects.filter(pk__in=keys)
    return Kept(
        _values(test_set),
        parts,
        tuple((_values(file), Path(default_storage.path(file.key)).read_bytes()) for file in files),
        {file.pk: file.sha256 for file in files},
    )


def _values(row: Model) -> Values:
    """Return a row's columns but for its key; Django sets the time it is created at."""
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key and field.name != "created_at"
    }


def _copy(kept: Kept, phase: Phase, values: Values) -> TestSet:
    files = _copy_files(kept)
    test_set = TestSet(
        **deepcopy(kept.test_set)
        | values
        | {
            "phase_id": phase.pk,
            "source_file_id": files[kept.test_set["source_file_id"]].pk,
        }
        | {"terminology_mode_id": find_mode(phase.shared_task, kept.test_set["mode"]).pk}
    )
    test_set.phase = phase
    test_set.save(force_insert=True)
    for part, rows in kept.parts:
        part._default_manager.bulk_create(
            part(**row | {"test_set_id": test_set.pk, "file_id": files[row["file_id"]].pk})
            for row in rows
        )
    return test_set


def _copy_files(kept: Kept) -> dict[int, StoredFile]:
    """Return the files, written unless they are there already, by the keys they had."""
    now, digests = timezone.now(), kept.digests.values()
    rows = {file.sha256: file for file in StoredFile.objects.filter(sha256__in=digests)}
    new = [
        (StoredFile(**values | {"used_at": now}), content)
        for values, content in kept.files
        if values["sha256"] not in rows
    ]
    for file, content in new:
        path = Path(default_storage.path(file.key))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    rows |= {file.sha256: file for file in StoredFile.objects.bulk_create(file for file, _ in new)}
    return {key: rows[digest] for key, digest in kept.digests.items()}
