"""Terms inside longer words: the third tier of term success (docs/longer-words.md).

`Speicher` renders "memory" in `Speicherkapazität`, not in `Speicherung`. This file finds where a
form stands in a word; whether it counts there is in longer_word_rule.py, how compounds are cut in
compounds.py, and the lists of each language in evaluator/normalise/longer_word_rules.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from evaluator.normalise import Form, NormalisedText, Normaliser
from evaluator.normalise.longer_word_rules import LongerWordRules, find_rules
from evaluator.normalise.offsets import fold
from evaluator.normalise.words import count_letters
from evaluator.terms.longer_word_rule import LEAST, Rule, Stem, Word

LONGEST = 60  # letters of a word in which terms are looked for
LEAST_BEFORE_CHANGE = 5  # letters of a word whose last letter may change


class LongerMatch(NamedTuple):
    """A form inside a longer word."""

    form: int  # its index among the forms
    start: int  # in NormalisedText.text: the form's own letters only
    end: int


class LongerWordIndex:
    """Forms of a language of the table, searched together inside words."""

    def __init__(self, forms: Sequence[Form], code: str, rules: LongerWordRules) -> None:
        self._rule = Rule(code, rules)
        self._stems, self._capitals, self._lemmas = _Stems(), _Stems(), _Stems()
        several = [number for number, form in enumerate(forms) if len(form.words) > 1]
        self._several = _SeveralWords(forms, several, self._rule) if several else None
        for number, form in enumerate(forms):
            if len(form.words) == 1:
                stems = _list_stems(number, form, rules)
                (self._capitals if form.is_capital else self._stems).add(stems)
                self._lemmas.add(_make_stem(number, form, 0, lemma) for lemma in form.word_lemmas)

    @classmethod
    def for_language(cls, forms: Sequence[Form], normaliser: Normaliser) -> LongerWordIndex | None:
        """Return the index, None for a language without this tier."""
        found = find_rules(normaliser.language)
        return cls(forms, *found) if found else None

    def find(self, text: NormalisedText) -> Iterator[LongerMatch]:
        """Yield the matches that count, overlapping too; a match may come twice."""
        words = _list_words(text)
        for word in words:
            if len(word.text) <= LONGEST:
                yield from self._find_in(word)
        if self._several is not None:
            yield from self._several.find(text, words)

    def _find_in(self, word: Word) -> Iterator[LongerMatch]:
        for stems, string in ((self._stems, word.folded), (self._capitals, word.text)):
            for at, stem in stems.find(string):
                end = at + len(stem.string)
                left, right = string[:at], string[end:]
                is_inside = bool(left or right or stem.is_lemma)
                if is_inside and self._rule.allows(stem, word, left, right):
                    yield LongerMatch(stem.form, *_place(word, string, at, end))
        if word.lemma and word.lemma != word.folded:
            for stem in self._lemmas.find_ends(word.lemma):
                left = word.lemma.removesuffix(stem.string)
                if left and self._rule.allows_lemma(stem, word, left):
                    place = _place(word, word.folded, len(left), len(word.folded))
                    yield LongerMatch(stem.form, *place)


class _SeveralWords:
    """Forms of several words: the first may end, the last may begin a longer word."""

    def __init__(self, forms: Sequence[Form], numbers: Sequence[int], rule: Rule) -> None:
        self._forms, self._rule = forms, rule
        self._firsts, self._capital_firsts = _Stems(), _Stems()
        self._by_lemma: dict[str, list[Stem]] = {}
        self._lasts = {number: _list_stems(number, forms[number], rule.rules) for number in numbers}
        for number in numbers:
            form = forms[number]
            first = _make_stem(number, form, 0, _shape(form, form.words[0]))
            (self._capital_firsts if form.is_capital else self._firsts).add([first])
            for lemma in form.word_lemmas[:1]:
                self._by_lemma.setdefault(lemma, []).append(first)

    def find(self, text: NormalisedText, words: Sequence[Word]) -> Iterator[LongerMatch]:
        """Yield the matches that count."""
        for word in words:
            for number, start, is_whole in self._find_firsts(word):
                last = word.at + len(self._forms[number].words) - 1
                if last < len(words) and self._fits_between(number, text, words, word.at):
                    for end in self._find_ends(number, words[last], is_whole):
                        yield LongerMatch(number, start, end)

    def _find_firsts(self, word: Word) -> Iterator[tuple[int, int, bool]]:
        """Yield forms whose first word this is or ends, where it starts, and whether it is."""
        for stem in self._by_lemma.get(word.lemma or "", ()):
            yield stem.form, word.start, True
        for stems, string in ((self._firsts, word.folded), (self._capital_firsts, word.text)):
            for stem in stems.find_ends(string):
                left = string.removesuffix(stem.string)
                if not left:
                    yield stem.form, word.start, True
                elif len(word.text) <= LONGEST and self._rule.allows(stem, word, left, ""):
                    yield stem.form, _place(word, string, len(left), len(string))[0], False

    def _fits_between(
        self, number: int, text: NormalisedText, words: Sequence[Word], first: int
    ) -> bool:
        """Return whether the inner words, and what stands between all words, are the form's."""
        form = self._forms[number]
        places = text.words[first : first + len(form.words)]
        between = [text.text[a[1] : b[0]] for a, b in zip(places, places[1:], strict=False)]
        inner = range(1, len(form.words) - 1)
        return between == list(form.gaps[1:-1]) and all(
            _is_same(form, at, words[first + at]) for at in inner
        )

    def _find_ends(self, number: int, word: Word, is_whole: bool) -> Iterator[int]:
        """Yield where a form ends in its last word; `is_whole`: its first word is not longer."""
        form = self._forms[number]
        if not is_whole and _is_same(form, -1, word):
            yield word.start + len(word.text)
        elif len(word.text) <= LONGEST:
            string = _shape(form, word.text)
            for stem in self._lasts[number]:
                right = string.removeprefix(stem.string)
                is_inside = bool(right or stem.is_lemma)
                if is_inside and string.startswith(stem.string):
                    if self._rule.allows(stem, word, "", right):
                        yield _place(word, string, 0, len(stem.string))[1]


class _Stems:
    """Stems by their strings."""

    def __init__(self) -> None:
        self._stems: dict[str, list[Stem]] = {}
        self._lengths: set[int] = set()
        self._lengths_of: dict[str, set[int]] = {}  # by their first letters

    def add(self, stems: Iterator[Stem] | Sequence[Stem]) -> None:
        for stem in stems:
            length = len(stem.string)
            self._stems.setdefault(stem.string, []).append(stem)
            self._lengths.add(length)
            self._lengths_of.setdefault(stem.string[:LEAST], set()).add(length)

    def find(self, text: str) -> Iterator[tuple[int, Stem]]:
        """Yield where each stem stands in a word; those of fewer than LEAST letters nowhere."""
        for at in range(len(text) - LEAST + 1):
            for length in self._lengths_of.get(text[at : at + LEAST], ()):
                for stem in self._stems.get(text[at : at + length], ()):
                    yield at, stem

    def find_ends(self, text: str) -> Iterator[Stem]:
        """Yield the stems with which a word ends."""
        for length in self._lengths:
            if length <= len(text):
                yield from self._stems.get(text[-length:], ())


def _list_words(text: NormalisedText) -> list[Word]:
    lemmas = text.word_lemmas or (None,) * len(text.words)
    words = []
    for at, ((start, end), lemma) in enumerate(zip(text.words, lemmas, strict=True)):
        word = text.text[start:end]
        words.append(Word(at, start, word, fold(word)[0], lemma))
    return words


def _list_stems(number: int, form: Form, rules: LongerWordRules) -> list[Stem]:
    """Return what is looked up for a form's last word.

    That is the word, its lemma, and both with a changed last letter; of a form in capitals only
    the word.
    """
    own = _make_stem(number, form, -1, _shape(form, form.words[-1]))
    stems = [own]
    if form.is_capital:
        return stems
    for lemma in form.word_lemmas[-1:]:
        if lemma != own.string and count_letters(lemma) >= rules.least:
            letters = count_letters(lemma)
            stems.append(
                replace(own, string=lemma, letters=letters, is_variant=False, is_lemma=True)
            )
    changed = []
    for stem in stems:
        for change in rules.changed_finals:
            if stem.string.endswith(change.letter) and stem.letters >= LEAST_BEFORE_CHANGE:
                string = stem.string.removesuffix(change.letter) + change.becomes
                changed.append(
                    replace(
                        stem,
                        string=string,
                        letters=count_letters(string),
                        is_variant=False,
                        is_lemma=False,
                        changed=change,
                    )
                )
    return stems + changed


def _make_stem(number: int, form: Form, at: int, string: str) -> Stem:
    word = form.words[at]
    return Stem(number, string, count_letters(string), word[0].isupper(), word[0].islower())


def _shape(form: Form, word: str) -> str:
    """Return a word as the form is compared: forms in capitals unfolded."""
    return word if form.is_capital else fold(word)[0]


def _is_same(form: Form, at: int, word: Word) -> bool:
    """Return whether a word of a text is a word of a form, on the surface or by lemma."""
    if _shape(form, form.words[at]) == _shape(form, word.text):
        return True
    return bool(form.word_lemmas) and form.word_lemmas[at] == word.lemma


def _place(word: Word, string: str, start: int, end: int) -> tuple[int, int]:
    """Map [start, end) of a word, folded or not, to the text."""
    if len(string) != len(word.text):
        start, end = fold(word.text)[1].span(start, end)
    return word.start + start, word.start + end
