"""How an entry's hypotheses are kept: one JSON string a line, in the test set's order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO

from django.conf import settings

import evaluator
from files import storage
from files.models import StoredFile
from submissions.models import Entry


class NotThere(Exception):
    """A system has written nothing, or nothing yet."""


def store(hypotheses: evaluator.Hypotheses) -> StoredFile:
    """Keep checked hypotheses."""
    lines = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in hypotheses.texts)
    return storage.put(BytesIO(lines.encode()), max_bytes=settings.MAX_HYPOTHESES_BYTES)


def load(entry: Entry) -> evaluator.Hypotheses:
    """Read an entry's hypotheses back; raises NotThere if it has none."""
    return evaluator.Hypotheses(texts=tuple(texts(entry)))


def texts(entry: Entry) -> Iterator[str]:
    """Read an entry's hypotheses back one by one; raises NotThere if it has none."""
    if entry.hypotheses is None:
        raise NotThere(f"entry {entry.pk} has no hypotheses")
    with storage.open_file(entry.hypotheses) as stream:
        for line in stream:
            yield json.loads(line)
