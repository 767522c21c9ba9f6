"""How an entry's hypotheses are kept: one JSON string a line, in the test set's order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO

import evaluator
from files import storage
from files.models import StoredFile
from submissions.models import Entry

# Escapes make a text at most six times as long (\\u0001), so the upload's limit bounds this.
MAX_BYTES = 6 * 64 * 1024 * 1024


class NotThere(Exception):
    """A system has written nothing, or nothing yet."""


def store(hypotheses: evaluator.Hypotheses) -> StoredFile:
    """Keep checked hypotheses."""
    lines = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in hypotheses.texts)
    return storage.put(BytesIO(lines.encode()), max_bytes=MAX_BYTES)


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
