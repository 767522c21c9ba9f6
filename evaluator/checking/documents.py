"""Hypotheses that hold whole documents: each is split into the paragraphs of its source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evaluator.checking.ordering import AnySegment, list_choices
from evaluator.errors import ProblemLog
from evaluator.types import DELIMITERS, HypothesisFile, Line, TestSet

# What people join paragraphs by; also escaped twice, and Unicode's own marks.
JOINTS = (*DELIMITERS, "\\n\\n", "\\n", "\u2029", "\u2028", "<br><br>", "<br>")
_BLANK_LINE = re.compile(r"(?<=\n)[^\S\n]+(?=\n)")


@dataclass(frozen=True, slots=True)
class DocumentUnits:
    """A document with all its paragraphs, scored or not."""

    number: int  # 1-based, in the source file
    delimiter: str | None
    paragraphs: tuple[AnySegment, ...]

    @property
    def text(self) -> str:
        """The source as it was published."""
        return (self.delimiter or "").join(paragraph.source for paragraph in self.paragraphs)


def list_documents(test_set: TestSet) -> list[DocumentUnits]:
    """Return the documents of a test set whose unit is the document, in their order."""
    [units] = list_choices(test_set)
    paragraphs: dict[str, list[AnySegment]] = {}
    for unit in units:
        paragraphs.setdefault(unit.document, []).append(unit)
    delimiters = {document.id: document.delimiter for document in test_set.documents}
    return [
        DocumentUnits(number, delimiters.get(name), tuple(own))
        for number, (name, own) in enumerate(paragraphs.items(), 1)
    ]


def find_documents(file: HypothesisFile, test_set: TestSet) -> list[DocumentUnits] | None:
    """Return the documents, if the file has a line for each of them; None otherwise."""
    documents = list_documents(test_set)
    return documents if len(documents) == len(file.lines) else None


def split_documents(
    file: HypothesisFile, test_set: TestSet, log: ProblemLog, notes: ProblemLog
) -> HypothesisFile | None:
    """Return the file with a line for each paragraph of the source file.

    A file that has such lines already is returned as it is. None, with the problems in `log`, if
    there are other numbers of documents or of paragraphs.
    """
    documents = find_documents(file, test_set)
    if documents is None:
        if any(len(units) == len(file.lines) for units in list_choices(test_set)):
            return file
        _refuse_count(file, test_set, log)
        return None
    usual = next((d.delimiter for d in documents if d.delimiter), None)
    lines: list[Line] = []
    trimmed = 0
    for document, line in zip(documents, file.lines, strict=True):
        text = line.text.replace("\r\n", "\n").replace("\r", "\n")
        text = _BLANK_LINE.sub("", text)
        parts = _split(text, document, usual)
        if len(parts) != len(document.paragraphs) and text != text.strip("\n"):
            parts = _split(text.strip("\n"), document, usual)
            trimmed += len(parts) == len(document.paragraphs)
        if len(parts) != len(document.paragraphs):
            message = _describe_count(text, parts, document, usual)
            log.add(message, line=line.number)
            continue
        lines += (replace(line, text=part, source=None) for part in parts)
    if log.total:
        return None
    if trimmed:
        notes.add(
            f"Line breaks at the beginning or the end of documents are ignored, in {trimmed:,}."
        )
    return replace(file, lines=tuple(lines))


def _split(text: str, document: DocumentUnits, usual: str | None) -> list[str]:
    """Return the paragraphs of a hypothesis, of a document without delimiter the whole text.

    If its source is a single line while others have paragraphs, a delimiter still counts.
    """
    delimiter = document.delimiter
    if delimiter is None and "\n" not in document.text:
        delimiter = usual
    return text.split(delimiter) if delimiter else [text]


def _describe_count(
    text: str, parts: Sequence[str], document: DocumentUnits, usual: str | None
) -> str:
    """Return what is wrong with the number of paragraphs, and the remedy."""
    expected, delimiter = len(document.paragraphs), document.delimiter or usual or "\n\n"
    count = f"{len(parts):,} paragraph{'s' if len(parts) > 1 else ''}"
    message = f"The file's document {document.number} has {count}, expected {expected:,}"
    filled = [part for part in parts if part.strip()]
    cuts = ((mark, text.strip().split(mark)) for mark in JOINTS)
    fitting = (mark for mark, cut in cuts if len(cut) == expected and all(map(str.strip, cut)))
    other = next(fitting, None)
    if expected == 1:
        return f"{message}. Send it as a single paragraph, without {delimiter!r}."
    if other is not None and other != delimiter:
        return (
            f"{message}; this document looks {other!r}-joined. Join its paragraphs by "
            f"{delimiter!r}, as in the source."
        )
    if len(filled) == expected:
        empty = len(parts) - len(filled)
        are = "1 of them is" if empty == 1 else f"{empty:,} of them are"
        return f"{message}; {are} empty. Join paragraphs by exactly one {delimiter!r}."
    return (
        f"{message}. Translate each paragraph of the source by a single paragraph, and join them "
        f"by {delimiter!r}."
    )


def _refuse_count(file: HypothesisFile, test_set: TestSet, log: ProblemLog) -> None:
    """Report a number of strings or lines that is neither that of documents nor of paragraphs."""
    documents = list_documents(test_set)
    paragraphs = sum(len(document.paragraphs) for document in documents)
    given, expected = len(file.lines), len(documents)
    what = "string" if file.format == "json array" else "line"
    has = f"{given:,} {what}{'' if given == 1 else 's'}"
    if given < expected:
        remedy = f"Add the missing documents: {expected - given:,}."
    else:
        remedy = f"Send one {what} for each document, in the order of the source file."
    log.add(
        f"The file has {has}, the test set {expected:,} documents ({paragraphs:,} paragraphs). "
        f"{remedy}"
    )
