"""How an entry's hypotheses are kept: a JSON string in each line, in the test set's order.

Of documents a team's entry has every paragraph, also those that no score counts: the team gets
back what it sent, and cannot see which paragraphs count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO

from django.conf import settings

import evaluator
from evaluator.checking import count_all_paragraphs, join_aside, set_aside
from files import storage
from files.models import StoredFile
from sharedtasks import testsets
from submissions.models import Entry


class NoHypotheses(Exception):
    """An entry has no hypotheses, or none yet."""


def store(hypotheses: evaluator.Hypotheses, test_set: evaluator.TestSet) -> StoredFile:
    """Store checked hypotheses for a test set."""
    whole = join_aside(hypotheses, test_set) if hypotheses.aside else hypotheses
    lines = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in whole.texts)
    return storage.put(BytesIO(lines.encode()), max_bytes=settings.MAX_HYPOTHESES_BYTES)


def load(entry: Entry) -> evaluator.Hypotheses:
    """Read an entry's hypotheses of what scores count. Raises NoHypotheses."""
    texts = tuple(read_texts(entry))
    if not _has_uncounted(entry):
        return evaluator.Hypotheses(texts)
    whole = evaluator.Hypotheses(texts, tuple(range(1, len(texts) + 1)))
    return set_aside(whole, testsets.read(entry.test_set))


def list_segments(entry: Entry) -> tuple[evaluator.Segment, ...]:
    """Return the segments for which `read_texts` has a text, in its order."""
    test_set = testsets.read(entry.test_set)
    return (count_all_paragraphs(test_set) if _has_uncounted(entry) else test_set).segments


def _has_uncounted(entry: Entry) -> bool:
    """Return whether its texts are of all paragraphs; those of the test set's own rows are not."""
    return bool(entry.test_set.unscored_segments) and entry.team_id is not None


def read_texts(entry: Entry) -> Iterator[str]:
    """Read an entry's hypotheses back segment by segment. Raises NoHypotheses."""
    if entry.hypotheses is None:
        raise NoHypotheses(f"entry {entry.pk} has no hypotheses")
    with storage.open_file(entry.hypotheses) as stream:
        for line in stream:
            yield json.loads(line)
