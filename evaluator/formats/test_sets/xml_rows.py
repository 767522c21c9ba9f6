"""Test sets in WMT XML: a file with the sources and the references of all translators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from evaluator.errors import ProblemLog, in_document
from evaluator.formats.limits import Budget
from evaluator.formats.test_sets.rows import Options, TestSetRow, count_segments
from evaluator.formats.test_sets.sgml_sets import build_annotation, find_annotation_faults
from evaluator.formats.wmt_xml import XmlSegment, read_xml
from evaluator.normalise import contradicts
from evaluator.types import TermAnnotation

Key = tuple[str, str]  # document id, segment id


@dataclass(slots=True)
class _Source:
    line: int
    text: str
    is_scored: bool
    terms: tuple[TermAnnotation, ...]
    references: dict[str, str] = field(default_factory=dict)  # by translator
    reference_terms: dict[str, tuple[TermAnnotation, ...]] = field(default_factory=dict)


def read_xml_rows(
    data: bytearray, log: ProblemLog, budget: Budget, options: Options
) -> Iterator[TestSetRow]:
    """Yield the segments of the sources in file order, with the references of all translators.

    Segments of test suites and of documents that are left out have no references.
    """
    reader = _Reader(options, log)
    parts = ("src",) if options.sources_only else ("src", "ref")
    for segment in read_xml(data, log, parts=parts, suites=True):
        reader.check_language(segment)
        budget.charge(segment.text, segment.id, line=segment.line)
        if segment.part == "src":
            reader.add_source(segment)
        elif segment.document not in options.leave_out:
            reader.add_reference(segment)
    for translator in reader.translators:
        reader.report_missing(translator)
    for (document, identifier), source in reader.sources.items():
        names = reader.translators if source.is_scored else ()
        if any(name not in source.references for name in names):
            continue  # as the log says
        texts = tuple(source.references[name] for name in names)
        yield TestSetRow(
            source.line,
            document,
            identifier,
            source.text,
            texts,
            is_scored=source.is_scored,
            source_terms=source.terms,
            reference_terms=tuple(source.reference_terms[name] for name in names),
        )


@dataclass(slots=True)
class _Reader:
    """The sources so far, each with its references; problems go to `log`."""

    options: Options
    log: ProblemLog
    sources: dict[Key, _Source] = field(default_factory=dict)
    translators: dict[str, None] = field(default_factory=dict)  # in order of appearance
    wrong_parts: set[str] = field(default_factory=set)  # in another language, as `log` says

    def check_language(self, segment: XmlSegment) -> None:
        """Report a source or reference in another language, the first of each."""
        part, language = segment.part, segment.language
        expected = self.options.pair[0 if part == "src" else 1]
        if contradicts(language, expected) and part not in self.wrong_parts:
            self.wrong_parts.add(part)
            self.log.add(
                f"The <{part}> is in {language!r}; {expected!r} was said. "
                "Give the right file or the right languages.",
                line=segment.line,
            )

    def add_source(self, segment: XmlSegment) -> None:
        """Take a segment of the sources."""
        is_left_out = segment.document in self.options.leave_out
        is_scored = not segment.is_suite and not is_left_out
        source = _Source(segment.line, segment.text, is_scored, self.read_terms(segment))
        if self.sources.setdefault((segment.document, segment.id), source) is not source:
            self.report_repeated(segment)

    def add_reference(self, segment: XmlSegment) -> None:
        """Take a segment of a reference; its source comes before it."""
        self.translators.setdefault(segment.by)
        source = self.sources.get((segment.document, segment.id))
        if source is None:
            self.log.add(
                f"The segment{in_document(segment.document)} is in a reference but not in the "
                "source before. Add it there or remove it here.",
                line=segment.line,
                segment=segment.id,
            )
        elif segment.by in source.references:
            self.report_repeated(segment)
        else:
            source.references[segment.by] = segment.text
            source.reference_terms[segment.by] = self.read_terms(segment)

    def read_terms(self, segment: XmlSegment) -> tuple[TermAnnotation, ...]:
        """Return the annotations of a text; those that could not be scored are reported."""
        annotations = tuple(build_annotation(*term) for term in segment.terms)
        is_tokenised = self.options.text_form == "tokenised"
        for annotation in annotations:
            for fault in find_annotation_faults(
                annotation, segment.text, is_tokenised=is_tokenised
            ):
                self.log.add(fault, line=segment.line, segment=segment.id)
        return annotations

    def report_repeated(self, segment: XmlSegment) -> None:
        """Report an id that the same part of the document has twice."""
        self.log.add(
            f"The id is used twice{in_document(segment.document)}. Give it its own.",
            line=segment.line,
            segment=segment.id,
        )

    def report_missing(self, translator: str) -> None:
        """Report segments without this translator's reference; a whole document as a problem."""
        scored = {key: source for key, source in self.sources.items() if source.is_scored}
        total = Counter(document for document, _ in scored)
        lacking: dict[str, list[tuple[str, int]]] = {}  # ids and lines, by document
        for (document, identifier), source in scored.items():
            if translator not in source.references:
                lacking.setdefault(document, []).append((identifier, source.line))
        for document, segments in lacking.items():
            if len(segments) == total[document] < len(scored):
                self.log.add(
                    f"The references of {translator!r} lack the whole document {document} "
                    f"({count_segments(segments)}). Add them, or leave the document out: "
                    f"--leave-out {document} at its import.",
                    line=segments[0][1],
                )
                continue
            for identifier, line in segments:
                self.log.add(
                    f"The references of {translator!r} lack this segment{in_document(document)}. "
                    "Add it, or leave this translator's references out.",
                    line=line,
                    segment=identifier,
                )
