"""Work on a test set's own side, done once: for all hypotheses that are scored with it.

A process that scores keeps it for as long as it lives. Test sets come in turn (language pairs and
modes of a phase), and none may push another out: so all of a test set's work is kept or dropped
together, within a bound on their number and on their text.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from operator import is_
from threading import Lock
from typing import Concatenate, ParamSpec, TypeVar, TypeVarTuple, cast

from evaluator.types import GoldTerm, Term, TermAnnotation, Terminology, TestSet

# The 16 that a scoring process keeps (five pairs in three modes, and a spare), each also with its
# other list of terms, and with its documents in one piece.
TEST_SETS_KEPT = 48
# Characters of sources, references and lists of terms: 30 bytes of work each, 90 in short segments
# full of terms.
TEXT_KEPT = 4_000_000

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


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
                work = self._works[id(test_set)] = _Work(test_set, _count_characters(test_set))
            self._works.move_to_end(id(test_set))
            while len(self._works) > 1 and (
                len(self._works) > TEST_SETS_KEPT
                or sum(work.characters for work in self._works.values()) > TEXT_KEPT
            ):
                self._works.popitem(last=False)
            return work.results


def _count_characters(test_set: TestSet) -> int:
    """Return the length of all texts from which work is made; of shared lists only once."""
    count = 0
    for segment in test_set.segments:
        count += len(segment.source) + sum(map(len, segment.references))
    lists = {id(terms): terms for terms in _list_terms(test_set)}
    return count + sum(map(_measure, (term for terms in lists.values() for term in terms)))


def _list_terms(test_set: TestSet) -> Iterator[tuple[Term | TermAnnotation | GoldTerm, ...]]:
    """Yield every list of terms or annotations, at whatever address, own or other."""

    def of(terminology: Terminology | None) -> tuple[Term, ...]:
        return terminology.terms if terminology is not None else ()

    yield of(test_set.terminology)
    for document in test_set.documents:
        yield document.terms or ()
    for segment in test_set.segments:
        yield segment.terms or ()
        yield segment.gold_terms
        yield segment.source_terms
        yield from segment.reference_terms
    for other in test_set.other_lists:
        yield of(other.terminology)
        yield from (terms or () for terms in (*other.documents, *other.segments))


def _measure(term: Term | TermAnnotation | GoldTerm) -> int:
    """Return the characters of a term and of what renders it."""
    if isinstance(term, Term):
        return len(term.source) + sum(map(len, term.targets))
    if isinstance(term, GoldTerm):
        own = len(term.source) + len(term.target) + len(term.inflected or "")
        return own + sum(map(len, term.alternatives))
    return len(term.source) + len(term.target) + len(term.form)


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


def keep_last(function: Callable[[*Ts], T]) -> Callable[[*Ts], T]:
    """Keep the last result, for the same arguments by identity: metrics ask for it in turn."""
    last: list[tuple[tuple[object, ...], T]] = []  # holding arguments keeps their `id`

    @wraps(function)
    def look_up(*args: *Ts) -> T:
        for known, result in last[:]:
            if all(map(is_, known, args)):
                return result
        last.clear()  # first, for two results would take twice the memory
        result = function(*args)
        last[:] = [(args, result)]
        return result

    return look_up


@keep_per_test_set
def digest_of(test_set: TestSet) -> str:
    """Return the test set's digest, which every signature ends with."""
    return test_set.digest
