"""Work on a test set's own side, done once: for all hypotheses that are scored with it.

A process that scores keeps it for as long as it lives. Test sets come in turn (language pairs and
modes of a phase), and none may push another out: so all of a test set's work is kept or dropped
together, within a bound on their number and on their text.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from threading import Lock
from typing import Concatenate, ParamSpec, TypeVar, cast

from evaluator.types import TestSet

# The 16 that a scoring process keeps (five pairs in three modes, and a spare), each also with its
# other list of terms, and with its documents in one piece.
TEST_SETS_KEPT = 48
# Characters of sources and references: 30 bytes of work each, 90 in short segments full of terms.
TEXT_KEPT = 4_000_000

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class _Work:
    """What was computed for a test set, by function and further arguments."""

    test_set: TestSet  # holding it keeps its `id` from being given to another
    characters: int
    results: dict[object, object] = field(default_factory=dict)


class _Kept:
    """The last test sets' work, by identity: to hash or compare one reads all of its texts."""

    def __init__(self) -> None:
        self._works: OrderedDict[int, _Work] = OrderedDict()
        self._lock = Lock()

    def results_of(self, test_set: TestSet) -> dict[object, object]:
        """Return the results for a test set, which becomes the last that is dropped."""
        with self._lock:
            work = self._works.get(id(test_set))
            if work is None:
                texts = ((s.source, *s.references) for s in test_set.segments)
                characters = sum(len(text) for row in texts for text in row)
                work = self._works[id(test_set)] = _Work(test_set, characters)
            self._works.move_to_end(id(test_set))
            while len(self._works) > 1 and (
                len(self._works) > TEST_SETS_KEPT
                or sum(work.characters for work in self._works.values()) > TEXT_KEPT
            ):
                self._works.popitem(last=False)
            return work.results


_kept = _Kept()


def keep_per_test_set(
    function: Callable[Concatenate[TestSet, P], T],
) -> Callable[Concatenate[TestSet, P], T]:
    """Compute once for each test set and further (hashable) arguments."""

    @wraps(function)
    def look_up(test_set: TestSet, *args: P.args, **kwargs: P.kwargs) -> T:
        results = _kept.results_of(test_set)
        key = (function, args, tuple(kwargs.items()))
        if key not in results:
            results[key] = function(test_set, *args, **kwargs)
        return cast("T", results[key])

    return cast("Callable[Concatenate[TestSet, P], T]", look_up)


@keep_per_test_set
def digest_of(test_set: TestSet) -> str:
    """Return the test set's digest, which every signature ends with."""
    return test_set.digest
