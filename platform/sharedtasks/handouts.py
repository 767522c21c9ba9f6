"""What of a test set leaves the platform: for participants before the references, and for nodes.

Only the fields listed here are handed out. All downloads but the references and all runs get
their test set from here, so what is derived from a reference (annotations, gold terms, inflected
forms, other lists of terms) cannot be written by them: their test set does not have it.
"""

from __future__ import annotations

from dataclasses import dataclass

import evaluator
from evaluator.checking import count_all_paragraphs
from evaluator.formats import Sample
from evaluator.types import Document, Segment
from sharedtasks.terminology_modes import Mode


@dataclass(frozen=True, slots=True)
class Handout:
    """A test set in a mode, as participants get it."""

    test_set: evaluator.TestSet
    samples: tuple[Sample, ...] = ()


def make_handout(
    test_set: evaluator.TestSet, mode: Mode, samples: tuple[Sample, ...] = ()
) -> Handout:
    """Return what participants get in a mode: terms and samples only where it gives them."""
    handed_out = hand_out_test_set(test_set, gives_terms=mode.gives_terms)
    return Handout(handed_out, samples if mode.gives_samples else ())


def hand_out_test_set(test_set: evaluator.TestSet, *, gives_terms: bool) -> evaluator.TestSet:
    """Return languages, documents, sources, and the terms if systems are given them.

    Documents have all of their paragraphs: nobody shall see which of them have a reference.
    """
    whole = count_all_paragraphs(test_set)
    return evaluator.TestSet(
        source_language=whole.source_language,
        target_language=whole.target_language,
        segments=tuple(
            Segment(
                id=segment.id,
                document=segment.document,
                source=segment.source,
                references=(),
                terms=segment.terms if gives_terms else None,
            )
            for segment in whole.segments
        ),
        text_form=whole.text_form,
        terminology=whole.terminology if gives_terms else None,
        unit=whole.unit,
        documents=tuple(
            Document(document.id, document.terms if gives_terms else None, document.delimiter)
            for document in whole.documents
        ),
    )
