"""Controls: texts made from the references by spoiling one thing, so that scores show it.

Each function takes a language pair's material and returns a text for each segment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from demo.systems import from_sources
from demo.systems.material import Material
from demo.systems.words import chance, joined, shuffled, spaced, units
from evaluator.normalise import Normaliser
from evaluator.terms import Required, Requirements

Units = list[str]

# "l'asthme" is one token; the article is not part of the term.
_ELIDED = re.compile(r"\w{1,2}['’]")


def shuffled_within(material: Material, *, window: int) -> list[str]:
    """Words in random order within windows of so many."""
    generator = chance("shuffle", window, material.language_pair)

    def change(words: Units) -> Units:
        windows = (words[at : at + window] for at in range(0, len(words), window))
        return [word for part in windows for word in shuffled(part, generator)]

    return _changed(material, change)


def with_words_dropped(material: Material, *, percent: int, seed: int = 1) -> list[str]:
    """Each word left out with this probability."""
    generator = chance("drop", percent, seed, material.language_pair)
    return _changed(
        material, lambda words: [word for word in words if generator.random() * 100 >= percent]
    )


def with_every_third_dropped(material: Material) -> list[str]:
    """The third, sixth, ninth … word of each segment left out."""
    return _changed(material, lambda words: [w for n, w in enumerate(words, 1) if n % 3])


def with_neighbours_swapped(material: Material, *, percent: int) -> list[str]:
    """Each word swapped with the next word with this probability."""
    return _changed(material, _swapping(material, percent))


def with_random_words(material: Material, *, percent: int) -> list[str]:
    """Each word replaced by some word of the lexicon with this probability."""
    generator = chance("noise", percent, material.language_pair)
    others = [word for word in material.lexicon.values() if word]

    def replace(word: str) -> str:
        if generator.random() * 100 >= percent:
            return word
        return others[int(generator.random() * len(others))]

    return _changed(material, lambda words: [replace(word) for word in words])


def reversed_words(material: Material) -> list[str]:
    """The words of each segment from the last to the first."""
    return _changed(material, lambda words: words[::-1])


def beginnings(material: Material, *, percent: int) -> list[str]:
    """So many of each segment's words from its beginning, at least the first."""
    return _changed(material, lambda words: words[: max(1, len(words) * percent // 100)])


def with_gaps(material: Material, *, percent: int) -> list[str]:
    """Each segment empty with this probability."""
    generator = chance("gaps", percent, material.language_pair)
    return ["" if generator.random() * 100 < percent else text for text in material.references]


def with_loose_wordings(material: Material, *, every: int = 1) -> list[str]:
    """Terms worded as the terminology does not have them, in every such document."""
    loose = _LooseWordings(material)
    return [
        loose(text) if material.documents[segment.document] % every == 0 else text
        for segment, text in zip(material.test_set.segments, material.references, strict=True)
    ]


def with_loose_wordings_swapped(material: Material, *, percent: int) -> list[str]:
    """Loose wordings, and then neighbouring words swapped."""
    return _changed(material, _swapping(material, percent), with_loose_wordings(material))


def with_first_variants(material: Material) -> list[str]:
    """Each rendered term in the form that the terminology lists first, not inflected."""
    return _with_variants(material, lambda required, _: required.accepted[0].raw)


def with_changing_variants(material: Material) -> list[str]:
    """Each entry's listed variants in turn, occurrence by occurrence."""
    return _with_variants(
        material, lambda required, number: required.accepted[number % required.listed].raw
    )


def with_absent_terms(material: Material, *, every: int) -> list[str]:
    """The translation of an entry that no source holds added to every such segment."""
    targets = material.absent_targets
    return [
        spaced(f"{text} {targets[number // every % len(targets)]}", material.target_language)
        if number % every == 0
        else text
        for number, text in enumerate(material.references)
    ]


def lower_cased(material: Material) -> list[str]:
    """All in lower case, punctuation set apart by spaces."""
    texts = (re.sub(r"\s*([.,;:?!])(?=\s|$)", r" \1", text) for text in material.references)
    return [text.lower() for text in texts]


def upper_cased(material: Material) -> list[str]:
    """All in capitals."""
    return [text.upper() for text in material.references]


def in_some_documents(material: Material, *, every: int) -> list[str]:
    """The reference in every such document, word by word with the terms in the others."""
    others = from_sources.word_by_word(material, use=from_sources.first_listed)
    rows = zip(material.test_set.segments, material.references, others, strict=True)
    return [
        reference if material.documents[segment.document] % every == 0 else other
        for segment, reference, other in rows
    ]


def _changed(
    material: Material, change: Callable[[Units], Units], texts: Sequence[str] | None = None
) -> list[str]:
    """Change the units of texts, by default the references."""
    language = material.target_language
    texts = material.references if texts is None else texts
    return [joined(change(units(text, language)), language) for text in texts]


def _swapping(material: Material, percent: int) -> Callable[[Units], Units]:
    generator = chance("swap", percent, material.language_pair)

    def change(words: Units) -> Units:
        words = list(words)
        for at in range(len(words) - 1):
            if generator.random() * 100 < percent:
                words[at], words[at + 1] = words[at + 1], words[at]
        return words

    return change


class _LooseWordings:
    """Replaces the forms of the list of synonyms in any case, longer forms first."""

    def __init__(self, material: Material) -> None:
        self._synonyms = {form.lower(): loose for form, loose in material.synonyms.items()}
        forms = sorted(self._synonyms, key=lambda form: (-len(form), form))
        # Where a word begins and ends shows only where words are set apart; in Korean, particles
        # follow it.
        before = "" if material.target_language == "zh" else r"(?<!\w)"
        after = "" if material.target_language in ("zh", "ko") else r"(?!\w)"
        choice = "|".join(map(re.escape, forms))
        self._pattern = re.compile(f"{before}(?:{choice}){after}", re.IGNORECASE)

    def __call__(self, text: str) -> str:
        return self._pattern.sub(self._loose, text)

    def _loose(self, match: re.Match[str]) -> str:
        loose = self._synonyms[match[0].lower()]
        # A sentence still begins with a capital; a form that is all capitals says nothing.
        if match.start() == 0 and match[0][0].isupper():
            return loose[0].upper() + loose[1:]
        return loose


def _with_variants(material: Material, form: Callable[[Required, int], str]) -> list[str]:
    """Put `form` (a required term, the number of its occurrence) in place of each rendering."""
    counts: dict[str, int] = {}
    texts = []
    for required, text in zip(material.required.per_segment, material.references, strict=True):
        pieces, at = [], 0
        for start, end, entry in _find_renderings(material, required, text):
            number = counts.get(entry.key, 0)
            counts[entry.key] = number + 1
            pieces += [text[at:start], form(entry, number)]
            at = end
        texts.append("".join([*pieces, text[at:]]))
    return texts


def _find_renderings(
    material: Material, required: tuple[Required, ...], text: str
) -> Iterator[tuple[int, int, Required]]:
    """Yield where the required terms are rendered, in the order of the text."""
    normaliser = Normaliser.for_language(material.target_language)
    normalised = normaliser.normalise(text)
    chosen = Requirements(required, normaliser).assign(normalised).chosen
    for rendering in sorted(chosen, key=lambda rendering: rendering.start):
        start, end = normalised.raw_span(rendering.start, rendering.end)
        elided = _ELIDED.match(text, start, end)
        yield elided.end() if elided else start, end, required[rendering.entry]
