"""The input of a system: segments with their terms, under meaningless ids."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import Literal, Protocol, TypeVar

from evaluator.terms.source_terms import annotate_segments
from evaluator.types import Term, TestSet

TerminologyMode = Literal["terms", "none"]
ID_BYTES = 8  # of randomness: enough for ids that differ, too many to guess
SMOKE_LINES = 5
CHUNK = 64 * 1024  # bytes, written at once


class _OfDocument(Protocol):
    @property
    def document(self) -> str: ...


Item = TypeVar("Item", bound=_OfDocument)


@dataclass(frozen=True, slots=True)
class SystemInput:
    """A segment as a system gets it."""

    document: str
    source: str
    terms: tuple[Term, ...]
    annotated: str  # the source, XML-escaped, with its terms marked


@dataclass(frozen=True, slots=True)
class Setting:
    """The languages and the mode of all segments."""

    source_language: str  # BCP 47
    target_language: str
    terminology_mode: TerminologyMode


def system_inputs(test_set: TestSet, mode: TerminologyMode = "terms") -> tuple[SystemInput, ...]:
    """Return the segments of a test set, in its order, with the terms of their addresses.

    The mode `none` leaves the terms out. Nothing comes from a reference or an annotation.
    """
    marked = annotate_segments(test_set, gives_terms=mode == "terms")
    return tuple(
        SystemInput(segment.document, segment.source, source.terms, source.annotated)
        for segment, source in zip(test_set.segments, marked, strict=True)
    )


def take_documents(segments: Sequence[Item], least: int = SMOKE_LINES) -> tuple[Item, ...]:
    """Return the first whole documents that have so many lines together, or all of them.

    For a smoke run: a system that translates documents gets none in part.
    """
    documents: dict[str, list[Item]] = {}
    for segment in segments:
        documents.setdefault(segment.document, []).append(segment)
    taken: list[Item] = []
    for own in documents.values():
        if len(taken) >= least:
            break
        taken += own
    return tuple(taken)


def as_json(segment: SystemInput, *, id: str, document: str) -> str:
    """Return the line that a system reads for a segment."""
    terms = [{"source": term.source, "targets": list(term.targets)} for term in segment.terms]
    return json.dumps(
        {
            "id": id,
            "doc": document,
            "source": segment.source,
            "terms": terms,
            "annotated": segment.annotated,
        },
        ensure_ascii=False,
    )


class Disguise:
    """The segments of a run: new ids, documents in a new order, their segments in the old order.

    So the ids and places that a system remembers from another run are worthless.
    """

    def __init__(self, segments: Sequence[SystemInput], *, random: Random | None = None) -> None:
        random = random or SystemRandom()
        self._segments = segments
        self.ids: tuple[str, ...] = _new_ids(len(segments), random)  # in the order of `segments`
        documents: dict[str, list[int]] = {}
        for place, segment in enumerate(segments):
            documents.setdefault(segment.document, []).append(place)
        self._documents = dict(zip(documents, _new_ids(len(documents), random), strict=True))
        shuffled = list(documents.values())
        random.shuffle(shuffled)
        self.order: tuple[int, ...] = tuple(place for places in shuffled for place in places)

    def chunks(self) -> Iterator[bytes]:
        """Yield the input of the system in pieces of some size."""
        chunk = bytearray()
        for place in self.order:
            segment = self._segments[place]
            document = self._documents[segment.document]
            line = as_json(segment, id=self.ids[place], document=document)
            chunk += line.encode() + b"\n"
            if len(chunk) >= CHUNK:
                yield bytes(chunk)
                chunk.clear()
        if chunk:
            yield bytes(chunk)


def _new_ids(count: int, random: Random) -> tuple[str, ...]:
    ids: dict[str, None] = {}
    while len(ids) < count:
        ids.setdefault(random.randbytes(ID_BYTES).hex())
    return tuple(ids)
