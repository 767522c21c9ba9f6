"""A reader of bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from evaluator import HypothesisFile, read_hypotheses


@pytest.fixture
def read() -> Callable[..., HypothesisFile]:
    """Read hypotheses from bytes or text."""

    def read_bytes(content: bytes | str, **options: Any) -> HypothesisFile:
        data = content.encode() if isinstance(content, str) else content
        return read_hypotheses(io.BytesIO(data), "output", **options)

    return read_bytes
