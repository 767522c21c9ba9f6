"""A test set in the formats that participants download.

Everything but `references_*` is written from the sources' plain text and the terminology alone:
annotations come from a reference, and stay here. What is written, the evaluator reads back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from xml.sax.saxutils import escape

import evaluator
from evaluator.terms import TermIndex, annotate

LAYOUT = re.compile(r"[\t\r\n]+")  # what a cell of a table can't hold


def sources_text(content: evaluator.TestSet) -> Iterator[str]:
    """One source a line, in the order in which plain text is paired."""
    for segment in content.segments:
        yield f"{segment.source}\n"


def sources_tsv(content: evaluator.TestSet) -> Iterator[str]:
    """A table of id, doc and source; a tab inside a source is written as a space."""
    yield "id\tdoc\tsource\n"
    for segment in content.segments:
        yield f"{segment.id}\t{segment.document}\t{_cell(segment.source)}\n"


def sources_sgml(content: evaluator.TestSet) -> Iterator[str]:
    """WMT SGML, a `<srcset>` without a `<term>`."""
    language = _attribute(content.source_language)
    yield f'<srcset setid="{_attribute(_pair(content))}" srclang="{language}">\n'
    for document, segments in groupby(content.segments, key=lambda segment: segment.document):
        yield f'<doc docid="{_attribute(document)}">\n'
        for segment in segments:
            yield f'<seg id="{_attribute(segment.id)}">{escape(segment.source)}</seg>\n'
        yield "</doc>\n"
    yield "</srcset>\n"


def sources_jsonl(content: evaluator.TestSet) -> Iterator[str]:
    """What a system reads (docs/contract.md 1), but with the test set's own ids."""
    index = TermIndex(given_terms(content), content.source_language)
    for segment in content.segments:
        found = annotate(segment.source, index)
        row = {
            "id": segment.id,
            "doc": segment.document,
            "source": segment.source,
            "terms": [{"source": t.source, "targets": list(t.targets)} for t in found.terms],
            "annotated": found.annotated,
        }
        yield _line(row)


def terms_tsv(content: evaluator.TestSet) -> Iterator[str]:
    """The terms that systems are given: source, then the accepted targets joined by `|`."""
    yield "source\ttargets\n"
    for term in given_terms(content):
        yield f"{_cell(term.source)}\t{'|'.join(map(_cell, term.targets))}\n"


def terms_jsonl(content: evaluator.TestSet) -> Iterator[str]:
    """The same as JSON lines, which are read to the letter."""
    for term in given_terms(content):
        yield _line({"id": term.id, "source": term.source, "targets": list(term.targets)})


def references_tsv(content: evaluator.TestSet) -> Iterator[str]:
    """The sources' table with a column for each reference."""
    number = len(content.segments[0].references)
    names = ["target", *(f"target_{n}" for n in range(2, number + 1))]
    yield "\t".join(["id", "doc", "source", *names]) + "\n"
    for segment in content.segments:
        texts = map(_cell, (segment.source, *segment.references))
        yield "\t".join([segment.id, segment.document, *texts]) + "\n"


def references_jsonl(content: evaluator.TestSet) -> Iterator[str]:
    """A test set that `terminarium score` takes."""
    for segment in content.segments:
        row = {
            "id": segment.id,
            "doc": segment.document,
            "source": segment.source,
            "references": list(segment.references),
        }
        yield _line(row)


def given_terms(content: evaluator.TestSet) -> tuple[evaluator.Term, ...]:
    """What of its terminology a test set's mode gives to systems."""
    if content.mode == "noterm" or content.terminology is None:
        return ()
    return content.terminology.terms


def fits_lines(content: evaluator.TestSet) -> bool:
    """Say whether every source is one line."""
    return not any("\n" in one.source or "\r" in one.source for one in content.segments)


def fits_table(content: evaluator.TestSet) -> bool:
    """Say whether a table can hold the ids as they are."""
    names = [name for one in content.segments for name in (one.id, one.document)]
    return all(one.id for one in content.segments) and not any(
        LAYOUT.search(name) or name != name.strip() for name in names
    )


def fits_sgml(content: evaluator.TestSet) -> bool:
    """Say whether every segment and its document have a name, as SGML wants."""
    return all(one.id and one.document for one in content.segments)


def _pair(content: evaluator.TestSet) -> str:
    return f"{content.source_language}-{content.target_language}"


def _line(row: Mapping[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _cell(text: str) -> str:
    return LAYOUT.sub(" ", text)


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})
