"""Terms inside longer words: the third tier of term success (docs/longer-words.md).

`Speicher` renders "memory" in `Speicherkapazität`, not in `Speicherung`. This file finds where a
form stands in a word; whether it counts there is in longer_word_rule.py, how compounds are cut in
compounds.py, and the lists of each language in evaluator/normalise/longer_word_rules.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from evaluator.normalise import Form, NormalisedText, Normaliser
from evaluator.normalise.longer_word_rules import LongerWordRules, find_rules
from evaluator.normalise.offsets import fold, fold_each, folded
from evaluator.normalise.words import count_letters
from evaluator.terms.longer_word_rule import Rule, Stem, Word
from evaluator.terms.string_table import StringTable

LONGEST = 60  # letters of a word in which terms are looked for
LEAST_BEFORE_CHANGE = 5  # letters of a word whose last letter may change
# Different places of a text at which the rule is asked: under two seconds of hostile words. The
# longest segments of past editions have some dozens.
MOST_PLACES = 2_000
LINE_END = "\n"


class LongerMatch(NamedTuple):
    """A form inside a longer word."""

    form: int  # its index among the forms
    start: int  # in NormalisedText.text: the form's own letters only
    end: int


class _Words:
    """A text's words: as they are, folded, and their lemmas; () without a lemmatiser."""

    def __init__(self, text: NormalisedText) -> None:
        self._starts = [start for start, _ in text.words]
        self.own = [text.text[start:end] for start, end in text.words]
        self.folded = fold_each(self.own)
        self.lemmas = text.word_lemmas

    def __getitem__(self, at: int) -> Word:
        lemma = self.lemmas[at] if self.lemmas else None
        return Word(at, self._starts[at], self.own[at], self.folded[at], lemma)


class LongerWordIndex:
    """Forms of a language of the table, searched together inside words."""

    def __init__(self, forms: Sequence[Form], code: str, rules: LongerWordRules) -> None:
        self._rule = Rule(code, rules)
        self._stems, self._capitals = StringTable[Stem](), StringTable[Stem]()
        self._lemmas = StringTable[Stem]()
        # No part counts of a form that begins or ends with a sign, such as C++.
        whole = [n for n, form in enumerate(forms) if not (form.gaps[0] or form.gaps[-1])]
        several = [number for number in whole if len(forms[number].words) > 1]
        self._several = _SeveralWords(forms, several, rules) if several else None
        for number in whole:
            form = forms[number]
            if len(form.words) == 1:
                for stem in _list_stems(number, form, rules):
                    (self._capitals if form.is_capital else self._stems).add(stem.string, stem)
                for lemma in form.word_lemmas:
                    self._lemmas.add(lemma, _make_stem(number, form, 0, lemma))

    @classmethod
    def for_language(cls, forms: Sequence[Form], normaliser: Normaliser) -> LongerWordIndex | None:
        """Return the index, None for a language without this tier."""
        entry = find_rules(normaliser.language)
        return cls(forms, *entry) if entry else None

    def find(self, text: NormalisedText) -> tuple[set[LongerMatch], bool]:
        """Return the matches that count, overlapping too; and whether all places were looked at."""
        words = _Words(text)
        asked = _Asked(self._rule)
        matches: set[LongerMatch] = set()
        for at in self._list_candidates(words):
            if len(words.own[at]) <= LONGEST:
                matches.update(self._find_in(words[at], asked))
        if self._several is not None:
            matches.update(self._several.find(text, words, asked))
        return matches, asked.is_complete

    def _list_candidates(self, words: _Words) -> list[int]:
        """Return the words that a form may be in, in order: a few, of most texts and forms."""
        candidates = {
            *self._stems.list_holders(words.folded),
            *self._capitals.list_holders(words.own),
            *self._lemmas.list_holders(words.lemmas, LINE_END),
        }
        return sorted(candidates)

    def _find_in(self, word: Word, asked: _Asked) -> Iterator[LongerMatch]:
        for stems, string in ((self._stems, word.folded), (self._capitals, word.text)):
            for at in stems.list_starts(string):
                for stem, end in stems.find_at(string, at):
                    left, right = string[:at], string[end:]
                    is_inside = left or right or stem.is_lemma
                    if is_inside and asked.allows(stem, word, left, right):
                        yield LongerMatch(stem.form, *_place(word, string, at, end))
        if word.lemma and word.lemma != word.folded:
            for stem, at in self._lemmas.find_ending(word.lemma):
                if at and asked.allows_lemma(stem, word, word.lemma[:at]):
                    place = _place(word, word.folded, at, len(word.folded))
                    yield LongerMatch(stem.form, *place)


class _SeveralWords:
    """Forms of several words: the first may end, the last may begin a longer word."""

    def __init__(
        self, forms: Sequence[Form], numbers: Sequence[int], rules: LongerWordRules
    ) -> None:
        self._forms = forms
        self._firsts, self._capital_firsts = StringTable[Stem](), StringTable[Stem]()
        self._by_lemma: dict[str, list[int]] = {}
        self._lasts = {number: _list_stems(number, forms[number], rules) for number in numbers}
        for number in numbers:
            form = forms[number]
            first = _make_stem(number, form, 0, _shape(form, form.words[0]))
            (self._capital_firsts if form.is_capital else self._firsts).add(first.string, first)
            for lemma in form.word_lemmas[:1]:
                self._by_lemma.setdefault(lemma, []).append(number)

    def find(self, text: NormalisedText, words: _Words, asked: _Asked) -> Iterator[LongerMatch]:
        """Yield the matches that count."""
        for at in self._list_candidates(words):
            for number, start, is_whole in self._find_firsts(words[at], asked):
                last = at + len(self._forms[number].words) - 1
                if last < len(words.own) and self._fits_between(number, text, words, at):
                    for end in self._find_ends(number, words[last], is_whole, asked):
                        yield LongerMatch(number, start, end)

    def _list_candidates(self, words: _Words) -> list[int]:
        """Return the words that a form's first word may be or end, in order."""
        candidates = {
            *self._firsts.list_holders(words.folded, LINE_END),
            *self._capital_firsts.list_holders(words.own, LINE_END),
        }
        if not self._by_lemma.keys().isdisjoint(words.lemmas):
            candidates |= {at for at, lemma in enumerate(words.lemmas) if lemma in self._by_lemma}
        return sorted(candidates)

    def _find_firsts(self, word: Word, asked: _Asked) -> Iterator[tuple[int, int, bool]]:
        """Yield forms whose first word this is or ends, where it starts, and whether it is."""
        for number in self._by_lemma.get(word.lemma or "", ()):
            yield number, word.start, True
        for stems, string in ((self._firsts, word.folded), (self._capital_firsts, word.text)):
            for stem, at in stems.find_ending(string):
                if not at:
                    yield stem.form, word.start, True
                elif len(word.text) <= LONGEST and asked.allows(stem, word, string[:at], ""):
                    yield stem.form, _place(word, string, at, len(string))[0], False

    def _fits_between(self, number: int, text: NormalisedText, words: _Words, first: int) -> bool:
        """Return whether the inner words, and what stands between all words, are the form's."""
        form = self._forms[number]
        places = text.words[first : first + len(form.words)]
        between = [text.text[a[1] : b[0]] for a, b in pairwise(places)]
        inner = range(1, len(form.words) - 1)
        return between == list(form.gaps[1:-1]) and all(
            _is_same(form, at, words[first + at]) for at in inner
        )

    def _find_ends(self, number: int, word: Word, is_whole: bool, asked: _Asked) -> Iterator[int]:
        """Yield where a form ends in its last word; `is_whole`: its first word is not longer."""
        form = self._forms[number]
        if not is_whole and _is_same(form, -1, word):
            yield word.start + len(word.text)
        elif len(word.text) <= LONGEST:
            string = _shape(form, word.text)
            for stem in self._lasts[number]:
                if not string.startswith(stem.string):
                    continue
                right = string.removeprefix(stem.string)
                if (right or stem.is_lemma) and asked.allows(stem, word, "", right):
                    yield _place(word, string, 0, len(stem.string))[1]


class _Asked:
    """The rule's answers for a text, each place once and not more than MOST_PLACES."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._answers: dict[tuple[Stem, str, str, str | None], bool] = {}
        self.is_complete = True

    def allows(self, stem: Stem, word: Word, left: str, right: str) -> bool:
        """Return whether a stem with this before and after it counts."""
        key = stem, word.text, left, right
        if key not in self._answers and self._has_room():
            self._answers[key] = self._rule.allows(stem, word, left, right)
        return self._answers.get(key, False)

    def allows_lemma(self, stem: Stem, word: Word, left: str) -> bool:
        """Return whether a stem that ends the word's lemma counts."""
        key = stem, word.text, left, None
        if key not in self._answers and self._has_room():
            self._answers[key] = self._rule.allows_lemma(stem, word, left)
        return self._answers.get(key, False)

    def _has_room(self) -> bool:
        if len(self._answers) >= MOST_PLACES:
            self.is_complete = False
        return self.is_complete


def _list_stems(number: int, form: Form, rules: LongerWordRules) -> list[Stem]:
    """Return what is looked up for a form's last word.

    That is the word, its lemma, and both with a changed last letter; of a form in capitals only
    the word.
    """
    own = _make_stem(number, form, -1, _shape(form, form.words[-1]))
    own = replace(own, letters=count_letters(form.words[-1]))  # Maß has three, though folded four
    if form.is_capital:
        return [own]
    stems = [own]
    for lemma in form.word_lemmas[-1:]:
        if lemma != own.string and count_letters(lemma) >= rules.least:
            stem = _make_stem(number, form, -1, lemma)
            stems.append(replace(stem, is_variant=False, is_lemma=True))
    changed = []
    for stem in stems:
        for change in rules.changed_finals:
            if stem.string.endswith(change.letter) and len(stem.string) >= LEAST_BEFORE_CHANGE:
                string = stem.string.removesuffix(change.letter) + change.becomes
                other = _make_stem(number, form, -1, string)
                changed.append(replace(other, is_variant=False, changed=change))
    return stems + changed


def _make_stem(number: int, form: Form, at: int, string: str) -> Stem:
    word = form.words[at]
    return Stem(number, string, count_letters(string), word[0].isupper(), word[0].islower())


def _shape(form: Form, word: str) -> str:
    """Return a word as the form is compared: forms in capitals unfolded."""
    return word if form.is_capital else folded(word)


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
