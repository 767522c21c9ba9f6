"""A test set in WMT21 SGML: a `<srcset>` file, and a `<refset>` file for each reference.

Sources and references have `<term>` annotations; those that could not be scored are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from evaluator.errors import ProblemLog, in_document
from evaluator.formats.limits import Budget, Refused
from evaluator.formats.sgml import MarkedSegment, SegmentReader
from evaluator.formats.test_sets.rows import (
    Contents,
    NamedBytes,
    Options,
    count_segments,
    is_blank,
)
from evaluator.normalise import contradicts
from evaluator.types import Segment, TermAnnotation, UnscoredSegment

Key = tuple[str, str]  # document id, segment id
SegmentsByKey = dict[Key, MarkedSegment]

TERM_TYPES = frozenset(
    f"{source}_and_{target}"
    for source in ("src_original", "src_lemma")
    for target in ("tgt_original", "tgt_lemma")
)


def read_sgml_set(files: Sequence[NamedBytes], options: Options, log: ProblemLog) -> Contents:
    """Return the segments in the order of the sources; none if there are problems in `log`.

    Participants have only the sources, and plain text pairs by order: a reference file in another
    order must neither move a hypothesis nor be noticed.

    The source's file comes first. A file without bytes could not be read, as `log` says.
    """
    budget = Budget()
    names = [name for name, _ in files]
    sets = [
        _read_file(file, "refset" if number else "srcset", options, budget, log)
        for number, file in enumerate(files)
    ]
    unscored = tuple(
        UnscoredSegment(place, segment.id, segment.document, segment.text)
        for place, segment in enumerate(sets[0].values())
        if segment.document in options.leave_out
    )
    scored = [
        {key: segment for key, segment in file.items() if key[0] not in options.leave_out}
        for file in sets
    ]
    if not log.total:
        for file, name in zip(scored[1:], names[1:], strict=True):
            if file.keys() != scored[0].keys():
                _report_lacking(file, scored[0], name, names[0], log)
                _report_lacking(scored[0], file, names[0], name, log)
    segments = () if log.total else _build_segments(scored, names, log)
    if options.references_required and len(files) == 1:
        own = ProblemLog(names[0])
        own.add("A test set needs at least one reference. Add a <refset> file.")
        log.merge(own)
    return (
        Contents(text_form="tokenised")
        if log.total
        else Contents(segments, unscored, text_form="tokenised")
    )


def _read_file(
    file: NamedBytes, kind: str, options: Options, budget: Budget, log: ProblemLog
) -> SegmentsByKey:
    """Return the segments of one file, which should be of this kind."""
    name, data = file
    own = ProblemLog(name)
    segments: SegmentsByKey = {}
    if not data:
        return segments
    reader = SegmentReader(own, budget, annotated=True)
    try:
        for segment in reader.read(data):
            if segments.setdefault((segment.document, segment.id), segment) is not segment:
                own.add(
                    f"The id is used twice{in_document(segment.document)}. Give it its own.",
                    line=segment.line,
                    segment=segment.id,
                )
        _check_kind(reader, kind, options, own)
    except Refused as refused:
        own.add(refused.message, line=refused.line)
    if own.total:
        log.merge(own)
    return segments


def _check_kind(reader: SegmentReader, kind: str, options: Options, log: ProblemLog) -> None:
    """Report a file of another kind, or of other languages."""
    if reader.kind != kind:
        seen = f"a <{reader.kind}>" if reader.kind else "none"
        log.add(f"A <{kind}> is wanted here, this file has {seen}. Give the right file.")
    for attribute, expected in zip(("srclang", "trglang"), options.pair, strict=True):
        language = reader.languages.get(attribute, "")
        if contradicts(language, expected):
            log.add(
                f"The file says {attribute}={language!r}; {expected!r} was said. "
                "Give the right file or the right languages."
            )


def _report_lacking(
    here: SegmentsByKey, there: SegmentsByKey, name: str, other: str, log: ProblemLog
) -> None:
    """Report segments that only the first file has; a whole document as one problem."""
    own = ProblemLog(name)
    documents = {document for document, _ in there}
    lacking = dict.fromkeys(document for document, _ in here if document not in documents)
    for document in lacking if documents else ():
        lines = [segment.line for segment in here.values() if segment.document == document]
        own.add(
            f"The whole document {document} ({count_segments(lines)}) is here but not in {other}. "
            f"Add it there, or leave it out: --leave-out {document} at its import.",
            line=lines[0],
        )
    for key, segment in here.items():
        if key not in there and (segment.document in documents or not documents):
            own.add(
                f"Document {segment.document} has this segment here but not in {other}. "
                "Add it there or remove it here.",
                line=segment.line,
                segment=segment.id,
            )
    log.merge(own)


def _build_segments(
    files: Sequence[SegmentsByKey], names: Sequence[str], log: ProblemLog
) -> tuple[Segment, ...]:
    annotations = [
        _read_annotations(file, name, log, is_reference=number > 0)
        for number, (file, name) in enumerate(zip(files, names, strict=True))
    ]
    return tuple(
        Segment(
            id=key[1],
            document=key[0],
            source=files[0][key].text,
            references=tuple(file[key].text for file in files[1:]),
            source_terms=annotations[0][key],
            reference_terms=tuple(terms[key] for terms in annotations[1:]),
        )
        for key in files[0]
    )


def _read_annotations(
    file: Mapping[Key, MarkedSegment], name: str, log: ProblemLog, *, is_reference: bool
) -> dict[Key, tuple[TermAnnotation, ...]]:
    """Return each segment's annotations; empty references and broken terms go to `log`."""
    own = ProblemLog(name)
    annotations: dict[Key, tuple[TermAnnotation, ...]] = {}
    for place, segment in file.items():
        # A letter or digit is the rule, so that looking at each character is for few texts.
        if is_reference and not any(map(str.isalnum, segment.text)) and is_blank(segment.text):
            own.add(
                "The reference is empty. Translate it or remove the segment.",
                line=segment.line,
                segment=segment.id,
            )
        annotated = []
        for term in segment.terms:
            annotation = build_annotation(term.attributes, term.text)
            annotated.append(annotation)
            for fault in find_annotation_faults(annotation, segment.text):
                own.add(fault, line=term.line, segment=segment.id)
        annotations[place] = tuple(annotated)
    if own.total:
        log.merge(own)
    return annotations


def build_annotation(attributes: Mapping[str, str], text: str) -> TermAnnotation:
    """Return the annotation of a `<term>`."""
    identifier, kind, source, target = (
        attributes.get(key, "") for key in ("id", "type", "src", "tgt")
    )
    return TermAnnotation(identifier, kind, source, target, " ".join(text.split()))


def find_annotation_faults(
    term: TermAnnotation, text: str, *, is_tokenised: bool = True
) -> list[str]:
    """Return what keeps a term of this segment's text from being scored."""
    faults = []
    if not term.form:
        faults.append("The <term> has no text. Put the term's words into it.")
    if not term.type:
        faults.append('The <term> has no type. Write type="src_original_and_tgt_original".')
    elif term.type not in TERM_TYPES:
        faults.append(
            f"The <term> has the unknown type {term.type!r}. "
            f"Write one of {', '.join(sorted(TERM_TYPES))}."
        )
    if not term.target.strip():
        faults.append('The <term> has no tgt. Write the accepted translations as tgt="…|…".')
    tokens = set(text.split()) if is_tokenised else set(term.form.split())
    faults += [
        f"The <term>'s word {token!r} is not a token of the segment: the tag stands "
        "inside a word. Put white space around the words of the term."
        for token in term.form.split()
        if token not in tokens
    ]
    faults += [
        f"The form {form!r} is a regular expression that can take for ever. "
        "Escape its repetitions with a backslash."
        for form in (term.form, *term.target.split("|"))
        if is_explosive(form)
    ]
    return faults


# Forms are regular expressions to the WMT21 scorer (docs/metrics.md 3), and hypotheses are
# hostile: what repeats a group, a class or any character, or repeats twice, can take more than
# linear time. Terms as people write them (C++, "nez ?", "(COVID-19)") pass.
_REPEATED_CLASS = re.compile(r"(?:[.\])]|\\.)[*+{]")
_REPETITION = re.compile(r"[*+{]++")
_OPTIONALS_ALLOWED = 8


def is_explosive(form: str) -> bool:
    """Return whether matching `form` as a regular expression may take more than linear time."""
    if _REPEATED_CLASS.search(form):
        return True
    return len(_REPETITION.findall(form)) > 1 or form.count("?") > _OPTIONALS_ALLOWED
