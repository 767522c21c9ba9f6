"""A test set of WMT21 SGML: one `<srcset>` file, one `<refset>` file for each reference."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.errors import ProblemLog, in_document
from evaluator.formats.limits import Budget, Refused
from evaluator.formats.pairs_in_names import contradicts
from evaluator.formats.segments import MarkedSegment, SegmentReader
from evaluator.formats.test_sets.annotations import Key, read_annotations
from evaluator.formats.test_sets.rows import Wanted
from evaluator.types import Segment, UnscoredSegment

File = dict[Key, MarkedSegment]


def read_sgml_set(
    contents: Sequence[bytearray], labels: Sequence[str], wanted: Wanted, log: ProblemLog
) -> tuple[tuple[Segment, ...], tuple[UnscoredSegment, ...]]:
    """Return the segments in the order of the sources; none with problems in `log`.

    After them those of documents that are left out.

    A participant has the sources alone, and plain text pairs by order: a reference in another
    order must neither move a hypothesis nor show.

    `contents` are the files', the source's first; empty where one couldn't be read.
    """
    budget = Budget()
    files = [
        _read_file(data, label, "refset" if number else "srcset", wanted, budget, log)
        for number, (data, label) in enumerate(zip(contents, labels, strict=False))
    ]
    unscored = tuple(
        UnscoredSegment(place, segment.id, segment.document, segment.text)
        for place, segment in enumerate(files[0].values())
        if segment.document in wanted.leave_out
    )
    files = [
        {key: one for key, one in file.items() if one.document not in wanted.leave_out}
        for file in files
    ]
    if not log.total:
        _check_pairs(files, labels, log)
    return ((), ()) if log.total else (_segments(files, labels, log), unscored)


def _read_file(
    data: bytearray,
    name: str,
    kind: str,
    wanted: Wanted,
    budget: Budget,
    log: ProblemLog,
) -> File:
    own = ProblemLog(name)
    reader = SegmentReader(own, budget, annotated=True)
    found: File = {}
    if not data:
        return found  # it couldn't be read, as the log says
    try:
        for segment in reader.read(data):
            if found.setdefault((segment.document, segment.id), segment) is not segment:
                own.add(
                    f"The id is used twice{in_document(segment.document)}. Give it its own.",
                    line=segment.line,
                    segment=segment.id,
                )
        _check_kind(reader, kind, wanted, own)
    except Refused as refused:
        own.add(refused.message, line=refused.line)
    log.merge(own)
    return found


def _check_kind(reader: SegmentReader, kind: str, wanted: Wanted, log: ProblemLog) -> None:
    if reader.kind != kind:
        seen = f"a <{reader.kind}>" if reader.kind else "none"
        log.add(f"A <{kind}> is wanted here, this file has {seen}. Give the right file.")
    for attribute, expected in (
        ("srclang", wanted.source_language),
        ("trglang", wanted.target_language),
    ):
        found = reader.languages.get(attribute, "")
        if contradicts(found, expected):
            log.add(
                f"The file says {attribute}={found!r}; {expected!r} was said. "
                "Give the right file or the right languages."
            )


def _check_pairs(files: Sequence[File], labels: Sequence[str], log: ProblemLog) -> None:
    """Every file has the segments of every other."""
    for file, name in zip(files[1:], labels[1:], strict=False):
        for here, there, label, other in (
            (file, files[0], name, labels[0]),
            (files[0], file, labels[0], name),
        ):
            own = ProblemLog(label)
            documents = {document for document, _ in there}
            for document in dict.fromkeys(document for document, _ in here):
                if document not in documents and documents:
                    _report_document(document, here, other, own)
            for key in here:
                if key not in there and (key[0] in documents or not documents):
                    own.add(
                        f"Document {key[0]} has this segment here but not in {other}. "
                        "Add it there or remove it here.",
                        line=here[key].line,
                        segment=key[1],
                    )
            log.merge(own)


def _report_document(document: str, here: File, other: str, log: ProblemLog) -> None:
    lines = [segment.line for key, segment in here.items() if key[0] == document]
    log.add(
        f"The whole document {document} ({len(lines):,} segment{'s' if len(lines) > 1 else ''}) "
        f"is here but not in {other}. Add it there, or leave it out: --leave-out {document} at "
        "its import.",
        line=lines[0],
    )


def _segments(files: Sequence[File], labels: Sequence[str], log: ProblemLog) -> tuple[Segment, ...]:
    annotated = [
        read_annotations(file, label, log, is_reference=number > 0)
        for number, (file, label) in enumerate(zip(files, labels, strict=False))
    ]
    return tuple(
        Segment(
            id=key[1],
            document=key[0],
            source=files[0][key].text,
            references=tuple(file[key].text for file in files[1:]),
            source_terms=annotated[0][key],
            reference_terms=tuple(terms[key] for terms in annotated[1:]),
        )
        for key in files[0]
    )
