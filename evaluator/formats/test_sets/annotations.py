"""The `<term>` annotations of WMT21 SGML, and what keeps them from being scored."""

from __future__ import annotations

import re
from collections.abc import Mapping

from evaluator.errors import ProblemLog
from evaluator.formats.segments import MarkedSegment, MarkedTerm
from evaluator.formats.test_sets.blanks import is_blank
from evaluator.types import TermAnnotation

TERM_TYPES = frozenset(
    f"{source}_and_{target}"
    for source in ("src_original", "src_lemma")
    for target in ("tgt_original", "tgt_lemma")
)
Key = tuple[str, str]  # document id, segment id


def read_annotations(
    file: Mapping[Key, MarkedSegment], name: str, log: ProblemLog, *, is_reference: bool
) -> dict[Key, tuple[TermAnnotation, ...]]:
    """Return each segment's annotations; empty references and broken terms go to `log`."""
    own = ProblemLog(name)
    annotations: dict[Key, tuple[TermAnnotation, ...]] = {}
    for key, segment in file.items():
        if is_reference and is_blank(segment.text):
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


# Forms are regular expressions to the WMT21 scorer (docs/metrics.md 3), and hypotheses are
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
