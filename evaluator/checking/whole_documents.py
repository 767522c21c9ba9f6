"""Documents with paragraphs that no score counts, such as those without a reference.

Participants translate every paragraph, and what they are told must not show which of them count.
So a file is paired and reviewed as if all did, and the others are set aside at the end.
"""

from __future__ import annotations

from dataclasses import replace

from evaluator.types import Hypotheses, Segment, TestSet


def has_uncounted_paragraphs(test_set: TestSet) -> bool:
    """Return whether documents hold paragraphs that no score counts."""
    return test_set.unit == "document" and bool(test_set.unscored)


def count_all_paragraphs(test_set: TestSet) -> TestSet:
    """Return a test set of documents as if every paragraph counted; another test set as it is."""
    if not has_uncounted_paragraphs(test_set):
        return test_set
    segments = list(test_set.segments)
    for other in sorted(test_set.unscored, key=lambda segment: segment.place):
        segment = Segment(other.id, other.document, other.source, (), terms=other.terms)
        segments.insert(other.place, segment)
    return replace(test_set, segments=tuple(segments), unscored=())


def set_aside(hypotheses: Hypotheses, test_set: TestSet) -> Hypotheses:
    """Return the hypotheses of paragraphs that count, from those of all paragraphs."""
    places = {segment.place for segment in test_set.unscored}
    counted = [at for at in range(len(hypotheses.texts)) if at not in places]
    return replace(
        hypotheses,
        texts=tuple(hypotheses.texts[at] for at in counted),
        lines=tuple(hypotheses.lines[at] for at in counted),
        aside=tuple((hypotheses.texts[at], hypotheses.lines[at]) for at in sorted(places)),
    )


def join_aside(hypotheses: Hypotheses, test_set: TestSet) -> Hypotheses:
    """Return the hypotheses of all paragraphs: the opposite of `set_aside`."""
    texts, lines = list(hypotheses.texts), list(hypotheses.lines)
    places = sorted(segment.place for segment in test_set.unscored)
    for place, (text, line) in zip(places, hypotheses.aside, strict=True):
        texts.insert(place, text)
        lines.insert(place, line)
    return replace(hypotheses, texts=tuple(texts), lines=tuple(lines), aside=())
