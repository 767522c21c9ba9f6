"""Test sets that are imported and public at once."""

from __future__ import annotations

from typing import Any

from sharedtasks.models import Phase, TestSet
from sharedtasks.services.announcing import announce
from sharedtasks.testsets import import_test_set
from tests.integration.actors import OPERATOR


def import_announced(*, phase: Phase, **options: Any) -> TestSet:
    """Import a test set into an announced phase, and announce it."""
    test_set = import_test_set(actor=OPERATOR, phase=phase, **options).test_set
    announce(actor=OPERATOR, task=phase.shared_task, parts=[test_set])
    return test_set
