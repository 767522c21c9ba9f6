"""A test set in the formats that participants download.

Everything but references is written from what `handouts` lets out: sources, and the terms that
systems are given. The evaluator can read all files back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from xml.sax.saxutils import escape

import evaluator
from evaluator.formats import Sample
from evaluator.terms import annotate_segments

LAYOUT = re.compile(r"[\t\r\n]+")  # what a cell of a table can't hold


def write_sources_text(test_set: evaluator.TestSet) -> Iterator[str]:
    """Yield a line for each source, in the order in which plain text is paired."""
    for segment in test_set.segments:
        yield f"{segment.source}\n"


def write_sources_tsv(test_set: evaluator.TestSet) -> Iterator[str]:
    """Yield a table of id, doc and source; a tab inside a source is written as a space."""
    yield "id\tdoc\tsource\n"
    for segment in test_set.segments:
        yield f"{segment.id}\t{segment.document}\t{_cell(segment.source)}\n"


def write_sources_sgml(test_set: evaluator.TestSet) -> Iterator[str]:
    """Yield WMT SGML, a `<srcset>` without a `<term>`."""
    language = _attribute(test_set.source_language)
    pair = _attribute(f"{test_set.source_language}-{test_set.target_language}")
    yield f'<srcset setid="{pair}" srclang="{language}">\n'
    for document, segments in groupby(test_set.segments, key=lambda segment: segment.document):
        yield f'<doc docid="{_attribute(document)}">\n'
        for segment in segments:
            yield f'<seg id="{_attribute(segment.id)}">{escape(segment.source)}</seg>\n'
        yield "</doc>\n"
    yield "</srcset>\n"


def write_sources_jsonl(test_set: evaluator.TestSet) -> Iterator[str]:
    """Yield what a system reads (docs/contract.md 1), but with the test set's own ids."""
    marked = annotate_segments(test_set)
    for segment, annotation in zip(test_set.segments, marked, strict=True):
        row = {
            "id": segment.id,
            "doc": segment.document,
            "source": segment.source,
            "terms": _list_terms(annotation.terms),
            "annotated": annotation.annotated,
        }
        yield _line(row)


def write_sources_array(test_set: evaluator.TestSet) -> Iterator[str]:
    """Yield a JSON array with a text for each document, its paragraphs joined by its delimiter."""
    delimiters = {document.id: document.delimiter for document in test_set.documents}
    paragraphs: dict[str, list[str]] = {}
    for segment in test_set.segments:
        paragraphs.setdefault(segment.document, []).append(segment.source)
    texts = [
        (delimiters.get(document) or "\n").join(sources) for document, sources in paragraphs.items()
    ]
    yield json.dumps(texts, ensure_ascii=False, indent=0) + "\n"


def write_terms_tsv(test_set: evaluator.TestSet) -> Iterator[str]:
    """Yield the terms of the whole test set: source, then accepted targets joined by `|`."""
    yield "source\ttargets\n"
    for term in list_common_terms(test_set):
        yield f"{_cell(term.source)}\t{'|'.join(map(_cell, term.targets))}\n"


def write_terms_jsonl(test_set: evaluator.TestSet) -> Iterator[str]:
    """Yield the same as JSON lines, which keep every character."""
    for term in list_common_terms(test_set):
        yield _line({"id": term.id, "source": term.source, "targets": list(term.targets)})


def write_segment_terms(test_set: evaluator.TestSet) -> Iterator[str]:
    """Yield the documents and segments, each with the terms that are given with it.

    What has no key `terms` has those of the next wider address; terms of the whole test set are
    written apart.
    """
    yield from _write_documents(test_set)
    for segment in test_set.segments:
        row: dict[str, object] = {
            "id": segment.id,
            "doc": segment.document,
            "source": segment.source,
        }
        if segment.terms is not None:
            row["terms"] = _list_terms(segment.terms)
        yield _line(row)


def _write_documents(test_set: evaluator.TestSet, *, with_terms: bool = True) -> Iterator[str]:
    """Yield a line for each document of which something is said."""
    for document in test_set.documents:
        row: dict[str, object] = {"doc": document.id}
        if with_terms and document.terms is not None:
            row["terms"] = _list_terms(document.terms)
        if is_of_documents(test_set):
            row["delimiter"] = document.delimiter
        if len(row) > 1:
            yield _line(row)


def write_samples(samples: Sequence[Sample]) -> Iterator[str]:
    """Yield a source and its translation a line."""
    for sample in samples:
        yield _line({"source": sample.source, "target": sample.target})


def write_references_tsv(test_set: evaluator.TestSet) -> Iterator[str]:
    """Yield the sources' table with a column for each reference."""
    number = len(test_set.segments[0].references)
    names = ["target", *(f"target_{n}" for n in range(2, number + 1))]
    yield "\t".join(["id", "doc", "source", *names]) + "\n"
    for segment in test_set.segments:
        texts = map(_cell, (segment.source, *segment.references))
        yield "\t".join([segment.id, segment.document, *texts]) + "\n"


def write_references_jsonl(test_set: evaluator.TestSet) -> Iterator[str]:
    """Yield a test set that `terminarium score` takes."""
    yield from _write_documents(test_set, with_terms=False)
    for segment in test_set.segments:
        row = {
            "id": segment.id,
            "doc": segment.document,
            "source": segment.source,
            "references": list(segment.references),
        }
        yield _line(row)


def list_common_terms(test_set: evaluator.TestSet) -> tuple[evaluator.Term, ...]:
    """Return the terms that are given for the whole test set."""
    return test_set.terminology.terms if test_set.terminology is not None else ()


def has_addressed_terms(test_set: evaluator.TestSet) -> bool:
    """Return whether terms are given with segments or documents."""
    in_segments = any(segment.terms for segment in test_set.segments)
    return in_segments or any(document.terms for document in test_set.documents)


def is_of_documents(test_set: evaluator.TestSet) -> bool:
    """Return whether what is translated is whole documents."""
    return test_set.unit == "document"


def fits_lines(test_set: evaluator.TestSet) -> bool:
    """Return whether every source is one line."""
    return not any(set("\r\n") & set(segment.source) for segment in test_set.segments)


def fits_table(test_set: evaluator.TestSet) -> bool:
    """Return whether a table can hold the ids as they are."""
    segments = test_set.segments
    names = [name for segment in segments for name in (segment.id, segment.document)]
    return all(segment.id for segment in segments) and not any(
        LAYOUT.search(name) or name != name.strip() for name in names
    )


def fits_sgml(test_set: evaluator.TestSet) -> bool:
    """Return whether every segment and its document have a name, as SGML requires."""
    return all(segment.id and segment.document for segment in test_set.segments)


def _list_terms(terms: Iterable[evaluator.Term]) -> list[dict[str, object]]:
    return [{"source": term.source, "targets": list(term.targets)} for term in terms]


def _line(row: Mapping[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _cell(text: str) -> str:
    return LAYOUT.sub(" ", text)


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})
