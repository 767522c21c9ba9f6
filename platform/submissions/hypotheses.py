"""How an entry's hypotheses are kept: a JSON string in each line, in the test set's order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO

from django.conf import settings

import evaluator
from files import storage
from files.models import StoredFile
from submissions.models import Entry


class NoHypotheses(Exception):
    """An entry has no hypotheses, or none yet."""


def store(hypotheses: evaluator.Hypotheses) -> StoredFile:
    """Store checked hypotheses."""
    lines = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in hypotheses.texts)
    return storage.put(BytesIO(lines.encode()), max_bytes=settings.MAX_HYPOTHESES_BYTES)


def load(entry: Entry) -> evaluator.Hypotheses:
    """Read an entry's hypotheses back. Raises NoHypotheses."""
    return evaluator.Hypotheses(texts=tuple(read_texts(entry)))


def read_texts(entry: Entry) -> Iterator[str]:
    """Read an entry's hypotheses back segment by segment. Raises NoHypotheses."""
    if entry.hypotheses is None:
        raise NoHypotheses(f"entry {entry.pk} has no hypotheses")
    with storage.open_file(entry.hypotheses) as stream:
        for line in stream:
            yield json.loads(line)
