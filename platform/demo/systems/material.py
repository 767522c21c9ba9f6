"""What systems are made of: test sets, terminologies, lexicons, loose wordings; all read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType

from evaluator.formats import read_terminology, read_test_set
from evaluator.terms import RequiredTerms, required_terms
from evaluator.types import Terminology, TestSet

LANGUAGE_PAIRS = ("en-fr", "en-zh", "en-ru", "en-ko", "cs-de")
NOTERM_PAIRS = ("en-fr", "cs-de")  # those that come without terms, too
FOLDER = Path(__file__).parents[1] / "data"

Words = Mapping[str, str]


@dataclass(frozen=True)
class Material:
    """All that there is for a language pair."""

    language_pair: str
    test_set: TestSet
    lexicon: Words  # source word in lower case → target word, or nothing
    synonyms: Words  # form in the reference → a wording that the terminology lacks

    @property
    def target_language(self) -> str:
        return self.test_set.target_language

    @cached_property
    def references(self) -> list[str]:
        """The first, and only, reference of each segment."""
        return [segment.references[0] for segment in self.test_set.segments]

    @cached_property
    def documents(self) -> dict[str, int]:
        """The documents, numbered from 0 in their order."""
        names = dict.fromkeys(segment.document for segment in self.test_set.segments)
        return {name: number for number, name in enumerate(names)}

    @cached_property
    def required(self) -> RequiredTerms:
        """The terms that occur in the sources."""
        return required_terms(self.test_set)

    @cached_property
    def absent_targets(self) -> list[str]:
        """The first translations of the entries that no source holds."""
        index = next(iter(self.required.indexes), None)  # all segments have the same terms
        if index is None:
            return []
        present = {entry for terms in self.required.in_sources for entry in terms.present}
        return [term.targets[0] for n, term in enumerate(index.entries) if n not in present]


@lru_cache(maxsize=len(LANGUAGE_PAIRS))
def material(language_pair: str) -> Material:
    """Read all of a language pair's files."""
    return Material(
        language_pair,
        demo_test_set(language_pair),
        _read_words(language_pair, "lexicon"),
        _read_words(language_pair, "synonyms"),
    )


def demo_test_set(language_pair: str) -> TestSet:
    """Read a test set of the demo, with its terminology."""
    source_language, target_language = language_pair.split("-")
    path = FOLDER / f"{language_pair}.tsv"
    with path.open("rb") as stream:
        return read_test_set(
            source=stream,
            source_language=source_language,
            target_language=target_language,
            text_form="raw",
            names=[path.name],
            terminology=_read_terminology(source_language, target_language),
        )


def _read_terminology(source_language: str, target_language: str) -> Terminology:
    path = FOLDER / f"{source_language}-{target_language}.terms.tsv"
    with path.open("rb") as stream:
        return read_terminology(
            stream, path.name, source_language=source_language, target_language=target_language
        ).terminology


def _read_words(language_pair: str, kind: str) -> Words:
    text = (FOLDER / f"{language_pair}.{kind}.tsv").read_text("utf-8")
    rows = (line.partition("\t") for line in text.splitlines() if line)
    return MappingProxyType({word: replacement for word, _, replacement in rows})
