"""A test set with a marker in each place that a reference, an annotator or another mode has filled.

Whatever leaves the platform for participants or nodes is searched for the markers.
"""

from __future__ import annotations

import evaluator
from evaluator.types import Document, GoldTerm, Segment, TermAnnotation, TermList, UnscoredSegment

# By what they stand in; none is in a source or in what the mode gives.
MARKERS = {
    "a reference": "zqxreference",
    "another reference": "zqxsecond",
    "an annotation of a source": "zqxsourcenote",
    "an annotation of a reference": "zqxtargetnote",
    "a gold term": "zqxgold",
    "an inflected form": "zqxinflected",
    "an alternative of a gold term": "zqxalternative",
    "a gold term's source": "zqxgoldsource",
    "the other list": "zqxotherlist",
    "the other list of a segment": "zqxothersegment",
    "the other list of a document": "zqxotherdocument",
}
# Targets of the mode's own list; the last is given with a paragraph that no score counts.
OWN = ("zqyeverywhere", "zqydocument", "zqysegment", "zqyuncounted")
SAMPLE = "zqzsample"  # in the translation of a sample


def annotation(marker: str) -> TermAnnotation:
    kind = "src_original_and_tgt_original"
    return TermAnnotation("1", kind, "pill", marker, marker)


def term(source: str, target: str) -> evaluator.Term:
    return evaluator.Term(f"term {source}", source, (target,))


def make_segment(number: int, document: str, source: str, *terms: evaluator.Term) -> Segment:
    gold = GoldTerm(
        MARKERS["a gold term's source"],
        MARKERS["a gold term"],
        MARKERS["an inflected form"],
        (MARKERS["an alternative of a gold term"],),
        is_in_sample_segment=True,
        is_in_samples=True,
    )
    return Segment(
        id=str(number),
        document=document,
        source=source,
        references=(MARKERS["a reference"], MARKERS["another reference"]),
        source_terms=(annotation(MARKERS["an annotation of a source"]),),
        reference_terms=((annotation(MARKERS["an annotation of a reference"]),), ()),
        terms=terms or None,
        gold_terms=(gold,),
    )


def terminology(*terms: evaluator.Term) -> evaluator.Terminology:
    return evaluator.Terminology("en", "fr", terms)


MARKED = evaluator.TestSet(
    "en",
    "fr",
    (
        make_segment(1, "a", "Take a pill and a drop.", term("drop", OWN[2])),
        make_segment(2, "a", "A syrup, a pill."),
        make_segment(1, "b", "A pill, a drop and a syrup."),
    ),
    "raw",
    terminology=terminology(term("pill", OWN[0])),
    unscored=(UnscoredSegment(1, "3", "a", "No reference here.", (term("reference", OWN[3]),)),),
    unit="document",
    documents=(Document("a", (term("syrup", OWN[1]),), "\n\n"), Document("b", None, "\n")),
    other_lists=(
        TermList(
            "random",
            terminology(term("and", MARKERS["the other list"])),
            ((term("a", MARKERS["the other list of a document"]),), None),
            ((term("take", MARKERS["the other list of a segment"]),), None, None),
        ),
    ),
)


def find_markers(text: str) -> list[str]:
    """Return the places whose marker is in a text."""
    return [place for place, marker in MARKERS.items() if marker in text]
