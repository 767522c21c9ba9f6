"""Test sets in WMT XML: a file with the sources and the references of all translators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from evaluator.errors import ProblemLog, in_document
from evaluator.formats.limits import Budget
from evaluator.formats.test_sets.rows import Options, TestSetRow, count_segments
from evaluator.formats.wmt_xml import XmlSegment, read_xml
from evaluator.normalise import contradicts

Key = tuple[str, str]  # document id, segment id


@dataclass(slots=True)
class _Source:
    line: int
    text: str
    is_scored: bool
    references: dict[str, str] = field(default_factory=dict)  # by translator


def read_xml_rows(
    data: bytearray, log: ProblemLog, budget: Budget, options: Options
) -> Iterator[TestSetRow]:
    """Yield the segments of the sources in file order, with the references of all translators.

    Segments of test suites and of documents that are left out have no references.
    """
    sources: dict[Key, _Source] = {}
    translators: dict[str, None] = {}
    wrong_parts: set[str] = set()  # in another language, as `log` says
    parts = ("src",) if options.sources_only else ("src", "ref")
    for segment in read_xml(data, log, parts=parts, suites=True):
        _check_language(segment, options, wrong_parts, log)
        budget.charge(segment.text, segment.id, line=segment.line)
        is_left_out = segment.document in options.leave_out
        if segment.part == "src":
            source = _Source(segment.line, segment.text, not segment.is_suite and not is_left_out)
            if sources.setdefault((segment.document, segment.id), source) is not source:
                _report_repeated(segment, log)
        elif not is_left_out:
            translators.setdefault(segment.by)
            _add_reference(segment, sources, log)
    scored = {key: source for key, source in sources.items() if source.is_scored}
    for translator in translators:
        _report_missing(translator, scored, log)
    for (document, identifier), source in sources.items():
        names = translators if source.is_scored else ()
        if any(name not in source.references for name in names):
            continue  # as the log says
        texts = tuple(source.references[name] for name in names)
        yield TestSetRow(
            source.line, document, identifier, source.text, texts, is_scored=source.is_scored
        )


def _check_language(
    segment: XmlSegment, options: Options, wrong_parts: set[str], log: ProblemLog
) -> None:
    """Report a source or reference in another language, the first of each."""
    part, language = segment.part, segment.language
    expected = options.pair[0] if part == "src" else options.pair[1]
    if contradicts(language, expected) and part not in wrong_parts:
        wrong_parts.add(part)
        log.add(
            f"The <{part}> is in {language!r}; {expected!r} was said. "
            "Give the right file or the right languages.",
            line=segment.line,
        )


def _add_reference(segment: XmlSegment, sources: Mapping[Key, _Source], log: ProblemLog) -> None:
    source = sources.get((segment.document, segment.id))
    if source is None:
        log.add(
            f"The segment{in_document(segment.document)} is in a reference but not in the source "
            "before. Add it there or remove it here.",
            line=segment.line,
            segment=segment.id,
        )
    elif segment.by in source.references:
        _report_repeated(segment, log)
    else:
        source.references[segment.by] = segment.text


def _report_repeated(segment: XmlSegment, log: ProblemLog) -> None:
    log.add(
        f"The id is used twice{in_document(segment.document)}. Give it its own.",
        line=segment.line,
        segment=segment.id,
    )


def _report_missing(translator: str, sources: Mapping[Key, _Source], log: ProblemLog) -> None:
    """Report segments without this translator's reference; a whole document as one problem."""
    lacking: dict[str, list[tuple[str, _Source]]] = {}
    total: Counter[str] = Counter()
    for (document, identifier), source in sources.items():
        total[document] += 1
        if translator not in source.references:
            lacking.setdefault(document, []).append((identifier, source))
    for document, segments in lacking.items():
        if len(segments) == total[document] < len(sources):
            log.add(
                f"The references of {translator!r} lack the whole document {document} "
                f"({count_segments(segments)}). Add them, or leave the document out: "
                f"--leave-out {document} at its import.",
                line=segments[0][1].line,
            )
            continue
        for identifier, source in segments:
            log.add(
                f"The references of {translator!r} lack this segment{in_document(document)}. "
                "Add it, or leave this translator's references out.",
                line=source.line,
                segment=identifier,
            )
