"""TBX-Basic (ISO 30042): `martif` of 2008 and `tbx` of 2019, both spellings of its data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import DefusedXMLParser, ParseError  # type: ignore[import-untyped]

from evaluator.errors import ProblemLog
from evaluator.formats.terminologies.changes import Change, quote, quote_all, shorten
from evaluator.formats.terminologies.listed import (
    MAX_CELL,
    MAX_ENTRIES,
    ListedTerm,
    is_language,
)
from evaluator.formats.terminologies.statuses import read_flag, read_status

ROOTS = ("martif", "tbx")
OTHER_ROOTS = {
    "mtf": "The file is MultiTerm's own XML (<mtf>). Export the term base as TBX.",
    "tmx": "The file is a translation memory (<tmx>), not a list of terms.",
    "xliff": "The file is a translation in XLIFF, not a list of terms.",
    "workbook": "The file is an Excel workbook in XML. Save it as CSV (UTF-8).",
    "html": "The file is a web page, <html>, not <tbx> or <martif>. Save its table as CSV (UTF-8).",
    "rdf": "The file is RDF (SKOS). Export the terms as TBX or as a table.",
}
CONCEPTS = ("termEntry", "conceptEntry")
LANGUAGES = ("langSet", "langSec")
TERMS = ("tig", "ntig", "termSec")
STATUSES = {  # in small letters: MultiTerm writes Status, and Usage status
    "normativeauthorization", "administrativestatus", "termstatus", "usagestatus", "status",
    "usage", "approvalstatus",
}  # fmt: skip
NOTES = ("termNote", "descrip", "admin")  # elements whose type may be one of STATUSES
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
MAX_DEPTH = 50  # elements; a real file has about ten
MAX_TERMS = 200  # of a concept; its sources and targets are combined
MAX_STATUSES = 50  # of a term, or of a concept with its languages
MAX_NAMES = 300  # of elements and attributes; the parser keeps each for ever, TBX has about 100
MAX_NAME = 60  # characters of a name that is looked at
MAX_ELEMENTS = 1_500_000  # 100,000 concepts of 15; the parser takes about 4 µs for each
GIVE_TBX = "Give plain TBX-Basic."
LONG_TAG = re.compile(r"<[^<]{65536}")  # characters; a tag is held in memory whole


@dataclass(slots=True)
class _Term:
    language: str
    text: str = ""
    statuses: list[str] = field(default_factory=list)

    @property
    def rank(self) -> int:
        """0 preferred, 1 admitted or without a status, 2 deprecated."""
        statuses = {read_status(status) for status in self.statuses}
        return 2 if "forbidden" in statuses else 0 if "preferred" in statuses else 1


@dataclass(slots=True)
class _Concept:
    line: int
    id: str
    terms: list[_Term] = field(default_factory=list)
    statuses: list[tuple[str, str]] = field(default_factory=list)  # by language; "": of all

    def spread_statuses(self) -> None:
        """Give each term the statuses of its language and of the concept."""
        for language, status in self.statuses:
            for term in self.terms:
                if language in ("", term.language):
                    term.statuses.append(status)


class _RefusedError(Exception):
    """The file is not read further; the text is for its organiser."""


class _Place(Protocol):
    CurrentLineNumber: int


class _Collector:
    """Takes the parser's events; holds a concept at a time, never a tree."""

    def __init__(self) -> None:
        self.place: _Place | None = None
        self.root = ""
        self.concepts: list[_Concept] = []
        self.count = 0
        self._depth = 0
        self._elements = 0
        self._names: set[str] = set()
        self._concept: _Concept | None = None
        self._language = ""
        self._term: _Term | None = None
        self._take: Callable[[str], None] | None = None  # called with the text when it ends
        self._inside = 0  # the depth of the element whose text is being collected
        self._text: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _RefusedError(f"Elements are nested more than {MAX_DEPTH} deep. {GIVE_TBX}")
        name = _local(tag)
        self._check(tag, attributes)
        if name in CONCEPTS:
            line = self.place.CurrentLineNumber if self.place is not None else 1
            self._concept, self._language = _Concept(line, attributes.get("id", "")), ""
            self.count += 1
            if self.count > MAX_ENTRIES:
                raise _RefusedError(f"There are more than {MAX_ENTRIES:,} concepts. {GIVE_TBX}")
        elif name in LANGUAGES:
            self._language = attributes.get(LANGUAGE, attributes.get("lang", ""))
        elif name in TERMS:
            self._start_term()
        elif self._take is not None:
            pass  # markup inside a term: its text counts
        elif name == "term" and self._term is not None:
            term = self._term
            self._collect(lambda text: setattr(term, "text", text))
        else:
            name = attributes.get("type", "") if name in NOTES else name
            if name_says := _read_name(name):
                self._collect(self._add_status if name_says == "status" else self._add_flag(name))

    def _check(self, tag: str, attributes: dict[str, str]) -> None:
        if not self.root:
            self.root = _local(tag)
            if self.root not in ROOTS:
                other = f"The file is <{shorten(self.root)}>, not <tbx> or <martif>. {GIVE_TBX}"
                raise _RefusedError(OTHER_ROOTS.get(self.root.lower(), other))
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise _RefusedError(f"There are more than {MAX_ELEMENTS:,} elements. {GIVE_TBX}")
        self._names.update([tag, *attributes])
        if len(self._names) > MAX_NAMES:
            raise _RefusedError(f"There are more than {MAX_NAMES} names of elements. {GIVE_TBX}")

    def _start_term(self) -> None:
        self._term = _Term(self._language)
        if self._concept is not None:
            self._concept.terms.append(self._term)
            if len(self._concept.terms) > MAX_TERMS:
                raise _RefusedError(f"A concept has more than {MAX_TERMS} terms. {GIVE_TBX}")

    def _add_status(self, text: str) -> None:
        """Note a status of the open term, or else of its whole language or concept."""
        noted = 0
        if self._term is not None:
            self._term.statuses.append(text.strip())
            noted = len(self._term.statuses)
        elif self._concept is not None:
            self._concept.statuses.append((self._language, text.strip()))
            noted = len(self._concept.statuses)
        if noted > MAX_STATUSES:
            raise _RefusedError(
                f"A term or concept has more than {MAX_STATUSES} statuses. {GIVE_TBX}"
            )

    def _add_flag(self, name: str) -> Callable[[str], None]:
        return lambda text: self._add_status(read_flag(name, text))

    def _collect(self, take: Callable[[str], None]) -> None:
        self._take, self._inside = take, self._depth
        self._text.clear()

    def data(self, text: str) -> None:
        if self._take is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        name = _local(tag)
        if self._take is not None and self._depth == self._inside:
            # One character more than allowed is enough to see that it is too long.
            self._take("".join(self._text)[: MAX_CELL + 1])
            self._take = None
        elif name in TERMS:
            self._term = None
        elif name in LANGUAGES:
            self._language = ""
        elif name in CONCEPTS and self._concept is not None:
            self._concept.spread_statuses()
            self.concepts.append(self._concept)
            self._concept = None
        self._depth -= 1

    def close(self) -> None:
        """End of the file."""


@lru_cache(maxsize=MAX_NAMES)
def _read_name(name: str) -> str:
    """Return `status` for what holds a status, `flag` for yes or no of `forbidden`, or nothing."""
    if len(name) > MAX_NAME:
        return ""
    if re.sub(r"^x-|[\s_-]", "", name.casefold()) in STATUSES:
        return "status"
    return "flag" if read_status(name) == "forbidden" else ""


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2]


def read_tbx(
    text: str, source: str, target: str, log: ProblemLog, report: list[Change]
) -> Iterator[ListedTerm]:
    """Yield each source term of each concept, with the concept's targets, preferred first.

    Forbidden terms, and concepts without a term on a side, are dropped and reported. A DOCTYPE
    may name TBX's own DTD, which is never loaded; a DOCTYPE with declarations is refused.
    """
    languages: dict[str, None] = {}
    for concept in _read_concepts(text, log):
        languages |= dict.fromkeys(term.language for term in concept.terms)
        yield from _list_terms(concept, source, target, log.file, report)
    has_both = all(any(is_language(code, side) for code in languages) for side in (source, target))
    if not log.total and not has_both:
        named = quote_all(tuple(languages)) or "no language"
        log.add(
            f"The file has terms in {named}, and {source}-{target} is wanted. "
            "Give a file with both languages, named in xml:lang."
        )


def _read_concepts(text: str, log: ProblemLog) -> list[_Concept]:
    collector = _Collector()
    parser = DefusedXMLParser(target=collector, forbid_entities=True, forbid_external=True)
    parser.parser.StartDoctypeDeclHandler = _refuse_declarations
    collector.place = parser.parser
    try:
        if LONG_TAG.search(text):
            message = "A tag, with the text behind it, has more than 65,536 characters."
            raise _RefusedError(f"{message} {GIVE_TBX}")
        parser.feed(text)  # at once: expat looks through an unfinished tag again with each piece
        parser.close()
    except _RefusedError as error:
        problem = str(error)
    except DefusedXmlException:
        problem = "The file declares entities. Remove the declarations, write the characters."
    except ParseError as error:
        problem = f"The file is not well-formed XML ({error}). Fix it, or export it again."
    else:
        return collector.concepts
    log.add(problem, line=parser.parser.CurrentLineNumber)
    return collector.concepts


def _refuse_declarations(name: str, system: str, public: str, has_declarations: bool) -> None:
    if has_declarations:
        raise _RefusedError("The file has declarations of its own: remove <!DOCTYPE … [ … ]>.")


def _list_terms(
    concept: _Concept, source: str, target: str, file: str, report: list[Change]
) -> Iterator[ListedTerm]:
    """Yield a concept's source terms; statuses that forbid or are unknown go to the report."""
    sources = _sort_terms(concept, source)
    targets = _sort_terms(concept, target)
    terms = [*sources, *targets]
    for term in (term for term in terms if term.rank == 2):
        words = quote_all([word for word in term.statuses if read_status(word) == "forbidden"])
        message = f"{quote(term.text)} ({term.language}) has the status {words}: not accepted."
        report.append(Change(concept.line, shorten(term.text), "dropped", message, file))
    unknown: dict[str, str] = {}  # by word: the first term that has it
    for term in terms:
        for word in term.statuses:
            if read_status(word) == "unknown":
                unknown.setdefault(word, term.text)
    for word, first in unknown.items():
        message = f"The status {quote(word)} is not known: still accepted."
        report.append(Change(concept.line, shorten(first), "doubtful", message, file))
    forms = tuple(term.text for term in targets if term.rank < 2)
    accepted = [term.text for term in sources if term.rank < 2]
    for text in accepted or [""]:
        yield ListedTerm(concept.line, concept.id, text, forms)


def _sort_terms(concept: _Concept, language: str) -> list[_Term]:
    """Return a concept's terms in a language, preferred terms first."""
    terms = [term for term in concept.terms if is_language(term.language, language)]
    return sorted(terms, key=lambda term: term.rank)
