"""Documents whose paragraphs are put together again, for metrics of the unit document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.types import TestSet

DELIMITER = "\n"  # where a document does not name its own


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """The segments of a document."""

    id: str
    places: tuple[int, ...]  # in TestSet.segments
    delimiter: str

    def join(self, texts: Sequence[str]) -> str:
        """Return the document's text, from texts in the order of the test set's segments."""
        return self.delimiter.join(texts[at] for at in self.places)


def group_paragraphs(test_set: TestSet) -> tuple[Paragraphs, ...]:
    """Return the documents, by first appearance."""
    delimiters = {document.id: document.delimiter for document in test_set.documents}
    places: dict[str, list[int]] = {}
    for at, segment in enumerate(test_set.segments):
        places.setdefault(segment.document, []).append(at)
    return tuple(
        Paragraphs(name, tuple(own), delimiters.get(name) or DELIMITER)
        for name, own in places.items()
    )
