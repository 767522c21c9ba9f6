"""What the lines of a file without ids may stand for."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.types import Segment, TestSet, UnscoredSegment

AnySegment = Segment | UnscoredSegment


def list_choices(test_set: TestSet) -> list[Sequence[AnySegment]]:
    """Return what lines may stand for: the segments, or all segments of the source file.

    Of a document all paragraphs are translated: a shorter choice would tell which of them have
    no reference.
    """
    if not test_set.unscored:
        return [test_set.segments]
    by_place = {segment.place: segment for segment in test_set.unscored}
    scored = iter(test_set.segments)
    total = len(test_set.segments) + len(test_set.unscored)
    whole = [by_place[place] if place in by_place else next(scored) for place in range(total)]
    return [whole] if test_set.unit == "document" else [test_set.segments, whole]
