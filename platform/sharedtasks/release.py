"""What of a test set leaves the platform: for participants before the references, and for nodes.

A list of what may be told, and of nothing else. All downloads but the references and all runs get
their test set from here, so what is derived from a reference (annotations, gold terms, inflected
forms, other lists of terms) cannot be written by them: their test set does not have it.
"""

from __future__ import annotations

from dataclasses import dataclass

import evaluator
from evaluator.formats import Sample
from evaluator.types import Document, Segment, UnscoredSegment
from sharedtasks.terminology_modes import Mode


@dataclass(frozen=True, slots=True)
class Release:
    """A test set in a mode, as participants get it."""

    test_set: evaluator.TestSet  # what is to be translated and counts, with the mode's terms
    whole: evaluator.TestSet  # and the segments that no score counts
    samples: tuple[Sample, ...] = ()


def make_release(
    test_set: evaluator.TestSet, mode: Mode, samples: tuple[Sample, ...] = ()
) -> Release:
    """Return what participants get in a mode: terms and samples only where it gives them."""
    return Release(
        release_test_set(test_set, gives_terms=mode.gives_terms),
        _copy(test_set, test_set.all_segments, gives_terms=mode.gives_terms),
        samples if mode.gives_samples else (),
    )


def release_test_set(test_set: evaluator.TestSet, *, gives_terms: bool) -> evaluator.TestSet:
    """Return languages, documents, sources, and the terms if systems are given them."""
    return _copy(test_set, test_set.segments, gives_terms=gives_terms)


def _copy(
    test_set: evaluator.TestSet,
    segments: tuple[Segment | UnscoredSegment, ...],
    *,
    gives_terms: bool,
) -> evaluator.TestSet:
    return evaluator.TestSet(
        source_language=test_set.source_language,
        target_language=test_set.target_language,
        segments=tuple(_copy_segment(segment, gives_terms) for segment in segments),
        text_form=test_set.text_form,
        terminology=test_set.terminology if gives_terms else None,
        unit=test_set.unit,
        documents=tuple(
            Document(document.id, document.terms if gives_terms else None, document.delimiter)
            for document in test_set.documents
        ),
    )


def _copy_segment(segment: Segment | UnscoredSegment, gives_terms: bool) -> Segment:
    terms = segment.terms if gives_terms and isinstance(segment, Segment) else None
    return Segment(
        id=segment.id,
        document=segment.document,
        source=segment.source,
        references=(),
        terms=terms,
    )
