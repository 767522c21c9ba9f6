"""How an entry's hypotheses are kept: one JSON string a line, in the test set's order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO

import evaluator
from files import storage
from files.models import StoredFile

# Escapes make a text at most six times as long (\\u0001), so the upload's limit bounds this.
MAX_BYTES = 6 * 64 * 1024 * 1024


def store(hypotheses: evaluator.Hypotheses) -> StoredFile:
    """Keep checked hypotheses."""
    lines = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in hypotheses.texts)
    return storage.put(BytesIO(lines.encode()), max_bytes=MAX_BYTES)


def load(file: StoredFile) -> evaluator.Hypotheses:
    """Read them back."""
    return evaluator.Hypotheses(texts=tuple(texts(file)))


def texts(file: StoredFile) -> Iterator[str]:
    """Read them back one by one."""
    with storage.open_file(file) as stream:
        for line in stream:
            yield json.loads(line)
