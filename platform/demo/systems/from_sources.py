"""Texts made from the sources: word by word, with all, some or none of the terms laid over.

No reference is used. Each function takes a language pair's material and returns a text for each
segment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from demo.systems.material import Material, Words
from demo.systems.words import chance, joined, spaced
from evaluator.types import Segment, Term

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place in a source where an entry of the terminology occurs."""

    segment: Segment
    term: Term
    start: int
    end: int


Use = Callable[[Material, Occurrence], str | None]  # the translation to lay over, or None


def first_listed(_: Material, place: Occurrence) -> str:
    """The preferred translation."""
    return place.term.targets[0]


def last_listed(_: Material, place: Occurrence) -> str:
    """The translation listed last."""
    return place.term.targets[-1]


def in_even_documents(material: Material, place: Occurrence) -> str | None:
    """The preferred translation in the first, third, fifth … document."""
    if material.documents[place.segment.document] % 2:
        return None
    return place.term.targets[0]


def of_several_words(_: Material, place: Occurrence) -> str | None:
    """The preferred translation if the entry has several words."""
    return place.term.targets[0] if " " in place.term.source else None


def at_random(percent: int) -> Use:
    """The preferred translation for so many of a hundred occurrences, drawn at random."""

    def use(material: Material, place: Occurrence) -> str | None:
        seed = f"{place.segment.id}:{place.start}"
        drawn = chance("terms", percent, material.language_pair, seed).random()
        return place.term.targets[0] if drawn * 100 < percent else None

    return use


def copy(material: Material) -> list[str]:
    """The sources as they are."""
    return [segment.source for segment in material.test_set.segments]


def terms_in_copy(material: Material) -> list[str]:
    """The sources, with the terms translated."""
    return _texts(material, {}, first_listed)


def word_by_word(material: Material, *, use: Use | None = None) -> list[str]:
    """Each word by the lexicon, the terms as `use` says; unknown words stay."""
    return _texts(material, material.lexicon, use)


def word_by_word_with_learnt_terms(material: Material) -> list[str]:
    """Word by word, by a lexicon that includes the terminology's single-word entries."""
    terminology = material.test_set.terminology
    terms = terminology.terms if terminology else ()
    learnt = {term.source.lower(): term.targets[0] for term in terms if " " not in term.source}
    return word_by_word(replace(material, lexicon={**material.lexicon, **learnt}))


def terms_alone(material: Material) -> list[str]:
    """The terms' preferred translations in the order of the source, and nothing else."""
    rows = _occurrences(material)
    targets = ([place.term.targets[0] for place in row] for row in rows)
    return [joined(row, material.target_language) for row in targets]


def _texts(material: Material, lexicon: Words, use: Use | None) -> list[str]:
    segments = material.test_set.segments
    rows = zip(segments, _occurrences(material), strict=True)
    return [_text(material, segment, row, lexicon, use) for segment, row in rows]


def _text(
    material: Material, segment: Segment, row: list[Occurrence], lexicon: Words, use: Use | None
) -> str:
    pieces, at = [], 0
    for place in row:
        target = use(material, place) if use else None
        if target is not None:
            pieces += [_by_lexicon(segment.source[at : place.start], lexicon), target]
            at = place.end
    pieces.append(_by_lexicon(segment.source[at:], lexicon))
    text = "".join(pieces)
    return spaced(text, material.target_language) if lexicon else text


def _by_lexicon(text: str, lexicon: Words) -> str:
    return _WORD.sub(lambda word: lexicon.get(word[0].lower(), word[0]), text)


def _occurrences(material: Material) -> Iterator[list[Occurrence]]:
    index = next(iter(material.required.indexes), None)  # all segments have the same terms
    entries = index.entries if index else ()
    segments = material.test_set.segments
    for segment, terms in zip(segments, material.required.in_sources, strict=True):
        yield [
            Occurrence(segment, entries[place.entry], place.start, place.end)
            for place in terms.occurrences
        ]
