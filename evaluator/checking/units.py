"""What the lines of a file without ids may stand for."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.types import Segment, TestSet, UnscoredSegment

AnySegment = Segment | UnscoredSegment


def list_choices(test_set: TestSet) -> list[Sequence[AnySegment]]:
    """Return what lines may stand for: the segments, or all segments of the source file."""
    choices: list[Sequence[AnySegment]] = [test_set.segments]
    if test_set.unscored:
        by_place = {segment.place: segment for segment in test_set.unscored}
        scored = iter(test_set.segments)
        total = len(test_set.segments) + len(test_set.unscored)
        choices.append(
            [by_place[place] if place in by_place else next(scored) for place in range(total)]
        )
    return choices
