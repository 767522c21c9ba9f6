"""Folds equal problems into a single problem with their number, in file order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evaluator.types import Problem

PLACES_NAMED = 5


@dataclass(frozen=True, slots=True)
class FoldedProblem:
    """A problem at its first place, with a message that says where else it is."""

    problem: Problem
    count: int  # how many problems it stands for


def fold(
    problems: Sequence[Problem], *, of: int | None = None, total: int | None = None
) -> list[FoldedProblem]:
    """Return problems of files without repeats, each file's in the order of its lines.

    What concerns a whole file comes first in it, what has a segment and no line last. `of` is the
    number of segments: a problem in as many lines is in all of them. `total` is the number of
    all problems, of which `problems` may be the first ones.
    """
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((problem.file, problem.severity, problem.message), []).append(problem)
    files = {name: place for place, name in enumerate(dict.fromkeys(p.file for p in problems))}
    unknown = max((total or 0) - len(problems), 0)
    folded = [_fold(sorted(group, key=_place), of, unknown) for group in groups.values()]
    return sorted(folded, key=lambda group: (files[group.problem.file], _place(group.problem)))


def _place(problem: Problem) -> tuple[int, int]:
    if problem.line is not None:
        return (1, problem.line)
    return (0, 0) if problem.segment is None else (2, 0)


def _fold(group: Sequence[Problem], of: int | None, unknown: int) -> FoldedProblem:
    first = group[0]
    if len(group) == 1:
        return FoldedProblem(first, 1)
    count = len(group)
    has_lines = first.line is not None
    places = [p.line if has_lines else p.segment for p in group]
    what = "lines" if has_lines else "segments"
    if count == of:
        where = f"in all {of:,} {what}"
    else:
        named = ", ".join(str(place) for place in places[:PLACES_NAMED])
        more = ", …" if len(places) > PLACES_NAMED else ""
        or_more = " or more" if unknown else ""
        where = f"in {count:,} {what}{or_more}: {named}{more}"
    segments = {problem.segment for problem in group}
    segment = segments.pop() if len(segments) == 1 else None
    problem = replace(first, message=f"{first.message} ({where})", segment=segment)
    return FoldedProblem(problem, count)
