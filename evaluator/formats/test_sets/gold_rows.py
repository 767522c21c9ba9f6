"""Test sets as WMT26 keeps them for scoring: a JSON object with documents, terms and samples.

`documents[].{document_id, paragraphs[].{source, reference, segments[].{source, reference,
seen_as_sample, terms[].{source, target, target_inflected, glossary_targets[]}}}}`,
`glossary.{proper, random}[].{source, targets[]}`, `samples[].{source, target, terms[]}`,
`paragraph_delimiter`, `track`. A paragraph becomes a segment, and its segments' terms gold terms.
A paragraph without a reference is translated, but not scored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from evaluator.errors import ProblemLog
from evaluator.formats.json_lines import wrong_id, wrong_string
from evaluator.formats.limits import Budget, Refused, require_few_marks
from evaluator.formats.test_sets.json_rows import is_delimiter
from evaluator.formats.test_sets.json_terms import read_term_list
from evaluator.formats.test_sets.rows import (
    AnyRow,
    DocumentRow,
    ListRow,
    Options,
    TestSetRow,
)
from evaluator.types import DEFAULT_DELIMITER, GoldTerm

Object = Mapping[str, object]
_TRACK = re.compile(r"\s*(?:(?:track|task)[-_ ]*)?([12])(?:\.0)?\s*", re.IGNORECASE)
_KEY = re.compile(r'(?<!\\)"(?:documents|glossary|samples)"\s*+:\s*+[\[{]')


def is_gold(head: str) -> bool:
    """Return whether a file begins like a test set of WMT26 with its references."""
    return head.startswith("{") and _KEY.search(head) is not None


def read_gold_rows(
    data: bytearray, log: ProblemLog, budget: Budget, options: Options
) -> Iterator[AnyRow]:
    """Yield the lists of terms, then each document and its paragraphs; faults go to `log`.

    With `sources_only`, references and everything that was derived from them are left out. The
    glossary is a list for systems, except for mode `sample` and where the file says track 2:
    there it was made for scoring. Raises Refused for anything but such an object.
    """
    require_few_marks(data, b'[{"')
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Refused(f"The file is not valid JSON ({error}).") from None
    if not isinstance(value, dict) or not isinstance(value.get("documents"), list):
        raise Refused('The file holds no list "documents". Give a test set of WMT26.')
    reader = _Reader(log, budget, options, _Samples.read(value.get("samples")))
    if options.mode != "sample" and find_track(value.get("track")) != "2":
        yield from reader.read_glossary(value.get("glossary"))
    delimiter = reader.find_delimiter(value)
    for number, document in enumerate(value["documents"], 1):
        yield from reader.read_document(number, document, delimiter)


def find_track(said: object) -> str:
    """Return the number of the track that gold data says: 2, "2", "track2"; "" if it says none."""
    match = _TRACK.fullmatch(str(said))
    return match[1] if match else ""


@dataclass(frozen=True, slots=True)
class _Samples:
    """Which terms the sample bitexts hold; None where there are no samples."""

    terms: frozenset[str] = frozenset()
    text: str = ""  # of all samples' sources, where no sample lists its terms
    are_given: bool = False

    @classmethod
    def read(cls, value: object) -> _Samples:
        """Return what the list of samples holds."""
        if not isinstance(value, list):
            return cls()
        samples = [sample for sample in value if isinstance(sample, dict)]
        listed = [term for sample in samples for term in sample.get("terms") or ()]
        terms = frozenset(str(term.get("source")) for term in listed if isinstance(term, dict))
        texts = (str(sample.get("source", "")) for sample in samples)
        return cls(terms, "" if terms else "\n".join(texts).casefold(), are_given=True)

    def hold(self, term: str) -> bool | None:
        """Return whether a term stands in the samples, None where there are none."""
        if not self.are_given:
            return None
        if self.terms:
            return term in self.terms
        return re.search(rf"(?<!\w){re.escape(term.casefold())}(?!\w)", self.text) is not None


@dataclass(slots=True)
class _Reader:
    """Reads the parts of the object; problems go to `log`, with their place."""

    log: ProblemLog
    budget: Budget
    options: Options
    samples: _Samples
    held: dict[str, bool | None] = field(default_factory=dict)  # terms looked up in the samples

    def read_glossary(self, value: object) -> Iterator[ListRow]:
        """Yield each list of the glossary."""
        if value is None:
            return
        if not isinstance(value, dict):
            self.log.add('"glossary" must be an object of lists: {"proper": […]}.')
            return
        for name, entries in value.items():
            terms = read_term_list(entries)
            if terms is None:
                self.log.add(
                    f'The glossary\'s list "{name[:50]}" must be a list such as '
                    '[{"source": "…", "targets": ["…"]}].'
                )
                continue
            for source, targets in terms:
                self.budget.charge(source, *targets)
            yield ListRow(name, terms)

    def find_delimiter(self, value: Object) -> str | None:
        """Return what joins the paragraphs: as the caller says, else as the file does."""
        delimiter = self.options.delimiter
        if delimiter is None:
            given = value.get("paragraph_delimiter", DEFAULT_DELIMITER)
            if given is not None and not is_delimiter(given):
                self.log.add('"paragraph_delimiter" must be a string such as "\\n\\n", or null.')
                return None
            delimiter = str(given or "")
        return delimiter or None

    def read_document(self, number: int, value: object, delimiter: str | None) -> Iterator[AnyRow]:
        """Yield a document and its paragraphs."""
        where = f"Document {number}"
        if not isinstance(value, dict) or not isinstance(value.get("paragraphs"), list):
            self.log.add(f'{where} must be an object with a list "paragraphs".')
            return
        name = value.get("document_id", str(number))
        fault = wrong_id("document_id", name)
        if fault:
            self.log.add(f"{where}: {fault}")
            return
        yield DocumentRow(number, str(name), delimiter=delimiter, is_unit=True)
        for place, paragraph in enumerate(value["paragraphs"], 1):
            row = self._read_paragraph(number, str(name), place, paragraph)
            if row is not None:
                yield row

    def _read_paragraph(
        self, number: int, document: str, place: int, value: object
    ) -> TestSetRow | None:
        where = f"Document {number}, paragraph {place}"
        if not isinstance(value, dict):
            self.log.add(f"{where} must be an object with a source.")
            return None
        source = value.get("source")
        reference = None if self.options.sources_only else value.get("reference")
        faults = [wrong_string("source", source)]
        if reference is not None:
            faults.append(wrong_string("reference", reference))
        gold = [] if reference is None else self._read_gold(value.get("segments"), faults)
        problems = [fault for fault in faults if fault]
        for problem in problems:
            self.log.add(f"{where}: {problem}")
        if problems:
            return None
        references = () if reference is None else (str(reference),)
        self.budget.charge(document, str(source), *references)
        return TestSetRow(
            number,
            document,
            str(place),
            str(source),
            references,
            is_scored=bool(references) or self.options.sources_only,
            gold_terms=tuple(gold),
        )

    def _read_gold(self, segments: object, faults: list[str | None]) -> list[GoldTerm]:
        """Return the marked terms of a paragraph, in the order of its segments."""
        terms: list[GoldTerm] = []
        if segments is None:
            return terms
        if not isinstance(segments, list) or not all(isinstance(item, dict) for item in segments):
            faults.append('"segments" must be a list of objects.')
            return terms
        for segment in segments:
            listed = segment.get("terms") or []
            if not isinstance(listed, list) or not all(isinstance(term, dict) for term in listed):
                faults.append('"terms" of a segment must be a list of objects.')
                continue
            is_seen = bool(segment.get("seen_as_sample")) if self.samples.are_given else None
            for term in listed:
                if fault := _find_fault(term):
                    faults.append(fault)
                else:
                    terms.append(self._build_term(term, is_seen))
        return terms

    def _build_term(self, term: Object, is_seen: bool | None) -> GoldTerm:
        source = str(term["source"])
        if source not in self.held:
            self.held[source] = self.samples.hold(source)
        inflected = term.get("target_inflected")
        targets = term.get("glossary_targets")
        alternatives = [str(target) for target in targets] if isinstance(targets, list) else []
        self.budget.charge(source, str(term["target"]), *alternatives)
        return GoldTerm(
            source,
            str(term["target"]),
            None if inflected is None else str(inflected),
            tuple(alternatives),
            is_seen,
            self.held[source],
        )


def _find_fault(term: Object) -> str | None:
    """Return what is wrong with a marked term, None for a good term."""
    faults = [
        wrong_string("source", term.get("source")),
        wrong_string("target", term.get("target")),
    ]
    if term.get("target_inflected") is not None:
        faults.append(wrong_string("target_inflected", term["target_inflected"]))
    targets = term.get("glossary_targets")
    if targets is not None and not isinstance(targets, list):
        faults.append('"glossary_targets" must be a list of strings.')
    elif targets:
        faults += [wrong_string("glossary_targets", target) for target in targets]
    return next((fault for fault in faults if fault), None)
