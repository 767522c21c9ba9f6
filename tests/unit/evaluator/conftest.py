"""Real data where it is at hand, and small test sets made on the spot."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from evaluator import HypothesisFile, TestSet, read_hypotheses, read_test_set

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real test data beside the repository; a must where CI says it is CI."""
    if SHARED.is_dir():
        return SHARED
    reason = "../shared/data is not there: the published digits can't be checked"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def make_test_set() -> Callable[..., TestSet]:
    """Make a test set of one document from marked-up references (and sources)."""

    def make(*references: str, sources: tuple[str, ...] = (), language: str = "fr") -> TestSet:
        sources = sources or tuple("a source of some words" for _ in references)
        return read_test_set(
            source=io.BytesIO(sgml("srcset", sources)),
            references=[io.BytesIO(sgml("refset", references))],
            source_language="en",
            target_language=language,
            names=("source.sgm", "reference.sgm"),
        )

    return make


@pytest.fixture
def read() -> Callable[..., HypothesisFile]:
    """Read hypotheses from bytes or text."""

    def read_bytes(content: bytes | str, **options: int) -> HypothesisFile:
        data = content.encode() if isinstance(content, str) else content
        return read_hypotheses(io.BytesIO(data), "output", **options)

    return read_bytes


def sgml(kind: str, segments: tuple[str, ...]) -> bytes:
    rows = "\n".join(f'<seg id="{n}"> {text} </seg>' for n, text in enumerate(segments, 1))
    return f'<{kind} setid="x">\n<doc docid="d">\n<p>\n{rows}\n</p>\n</doc>\n</{kind}>\n'.encode()
