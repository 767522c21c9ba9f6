"""A source file and its references, WMT21 SGML → a TestSet, or every reason why not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import BinaryIO

from evaluator.errors import ProblemLog, TestSetError
from evaluator.formats.decoding import MAX_BYTES, read_text
from evaluator.formats.segments import MarkedSegment, MarkedTerm, SegmentReader
from evaluator.types import Segment, TermAnnotation, TestSet, TextForm

TERM_TYPES = frozenset(
    f"{source}_and_{target}"
    for source in ("src_original", "src_lemma")
    for target in ("tgt_original", "tgt_lemma")
)
Key = tuple[str, str]  # document id, segment id


def read_test_set(
    *,
    source: BinaryIO,
    references: Sequence[BinaryIO],
    source_language: str,
    target_language: str,
    text_form: TextForm = "tokenised",
    names: Sequence[str] = (),
    max_bytes: int = MAX_BYTES,
) -> TestSet:
    """Read WMT21 SGML (metrics.md section 3); `names` are the files', the source's first.

    Segments come in the order of the first reference; the files' segments are paired by
    (document id, segment id). Texts: entities decoded once, no tags, layout as single spaces.

    Raises TestSetError with all problems of all files: files that can't be read, ids that
    don't pair up, empty references, broken terms. No reference at all is one of them.
    """
    streams = [source, *references]
    labels = [*names, *(f"file {n}" for n in range(len(names) + 1, len(streams) + 1))]
    log = ProblemLog()
    files = [
        _read_file(stream, label, "refset" if number else "srcset", log, max_bytes)
        for number, (stream, label) in enumerate(zip(streams, labels, strict=False))
    ]
    if not references:
        log.add("A test set needs at least one reference. Add a <refset> file.")
    log.raise_as(TestSetError)
    _check_pairs(files, labels, log)
    log.raise_as(TestSetError)
    segments = _segments(files, labels, log)
    log.raise_as(TestSetError)
    return TestSet(source_language, target_language, segments, text_form)


def _read_file(
    stream: BinaryIO, name: str, kind: str, log: ProblemLog, max_bytes: int
) -> dict[Key, MarkedSegment]:
    own = ProblemLog(name)
    text = read_text(stream, own, max_bytes=max_bytes)
    found: dict[Key, MarkedSegment] = {}
    if text is not None:
        reader = SegmentReader(own, annotated=True)
        for segment in reader.read(text):
            if found.setdefault((segment.document, segment.id), segment) is not segment:
                own.add(
                    f"The id is used twice in document {segment.document}. Give it its own.",
                    line=segment.line,
                    segment=segment.id,
                )
        if reader.kind != kind:
            seen = f"a <{reader.kind}>" if reader.kind else "none"
            own.add(f"A <{kind}> is wanted here, this file has {seen}. Give the right file.")
    log.merge(own)
    return found


def _check_pairs(
    files: Sequence[dict[Key, MarkedSegment]], labels: Sequence[str], log: ProblemLog
) -> None:
    """Every file has the segments of every other."""
    for file, name in zip(files[1:], labels[1:], strict=False):
        for here, there, label, other in (
            (file, files[0], name, labels[0]),
            (files[0], file, labels[0], name),
        ):
            own = ProblemLog(label)
            for key in here:
                if key not in there:
                    own.add(
                        f"Document {key[0]} has this segment here but not in {other}. "
                        "Add it there or remove it here.",
                        line=here[key].line,
                        segment=key[1],
                    )
            log.merge(own)


def _segments(
    files: Sequence[dict[Key, MarkedSegment]], labels: Sequence[str], log: ProblemLog
) -> tuple[Segment, ...]:
    annotated = [
        _terms_of_file(file, label, log, is_reference=number > 0)
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
        for key in files[1]
    )


def _terms_of_file(
    file: dict[Key, MarkedSegment], name: str, log: ProblemLog, *, is_reference: bool
) -> dict[Key, tuple[TermAnnotation, ...]]:
    own = ProblemLog(name)
    annotations: dict[Key, tuple[TermAnnotation, ...]] = {}
    for key, segment in file.items():
        if is_reference and not segment.text.split():
            own.add(
                "The reference is empty. Translate it or remove the segment.",
                line=segment.line,
                segment=segment.id,
            )
        annotations[key] = tuple(_annotation(term, segment, own) for term in segment.terms)
    log.merge(own)
    return annotations


def _annotation(term: MarkedTerm, segment: MarkedSegment, log: ProblemLog) -> TermAnnotation:
    tokens = term.text.split()
    attributes = {name: term.attributes.get(name, "") for name in ("id", "type", "src", "tgt")}
    for message in _faults(tokens, attributes, segment):
        log.add(message, line=term.line, segment=segment.id)
    return TermAnnotation(
        attributes["id"], attributes["type"], attributes["src"], attributes["tgt"], " ".join(tokens)
    )


def _faults(tokens: list[str], attributes: dict[str, str], segment: MarkedSegment) -> list[str]:
    faults = []
    if not tokens:
        faults.append("The <term> has no text. Put the term's words into it.")
    if not attributes["type"]:
        faults.append('The <term> has no type. Write type="src_original_and_tgt_original".')
    elif attributes["type"] not in TERM_TYPES:
        faults.append(
            f"The <term> has the unknown type {attributes['type']!r}. "
            f"Write one of {', '.join(sorted(TERM_TYPES))}."
        )
    if not attributes["tgt"].strip():
        faults.append('The <term> has no tgt. Write the accepted translations as tgt="…|…".')
    present = set(segment.text.split())
    for token in tokens:
        if token not in present:
            faults.append(
                f"The <term>'s word {token!r} is no token of the segment: the tag stands "
                "inside a word. Put white space around the words of the term."
            )
    for form in (" ".join(tokens), *attributes["tgt"].split("|")):
        if is_explosive(form):
            faults.append(
                f"The form {form!r} is a regular expression that can take for ever. "
                "Escape its repetitions with a backslash."
            )
    return faults


# Forms are regular expressions to the WMT21 scorer (metrics.md section 3), and hypotheses are
# hostile: what repeats a group, a class or any character, or repeats twice, can take more than
# linear time. Terms as people write them (C++, "nez ?", "(COVID-19)") pass.
_REPEATED_CLASS = re.compile(r"(?:[.\])]|\\.)[*+{]")
_REPETITION = re.compile(r"[*+{]++")
_OPTIONALS_ALLOWED = 8


def is_explosive(form: str) -> bool:
    """Whether matching `form` as a regular expression may take more than linear time."""
    if _REPEATED_CLASS.search(form):
        return True
    return len(_REPETITION.findall(form)) > 1 or form.count("?") > _OPTIONALS_ALLOWED
