"""A WMT SGML file → its documents' segments, with every structural problem."""

from __future__ import annotations

from dataclasses import dataclass, field

from evaluator.errors import ProblemLog
from evaluator.formats.limits import (
    MAX_ID,
    MAX_LINE_BYTES,
    Budget,
    Refused,
    require_few_marks,
)
from evaluator.formats.sgml import PROLOG, Tag, clean, tokenise

SETS = ("srcset", "refset", "tstset")
MAX_TAGS = 600_000  # a file of tags alone would otherwise keep a worker busy for minutes
TERM_OBJECTS = 6  # what a term takes of the budget, in lines


@dataclass(frozen=True, slots=True)
class MarkedTerm:
    """A `<term>` element as it stands in the file."""

    line: int
    attributes: dict[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class MarkedSegment:
    """A `<seg>` element: its text without tags, and its terms."""

    line: int
    document: str
    id: str
    text: str
    terms: tuple[MarkedTerm, ...]


@dataclass(slots=True)
class _OpenSegment:
    line: int
    id: str
    length: int = 0  # characters
    pieces: list[str] = field(default_factory=list)
    terms: list[MarkedTerm] = field(default_factory=list)


@dataclass(slots=True)
class _OpenTerm:
    line: int
    attributes: dict[str, str]
    pieces: list[str] = field(default_factory=list)


class SegmentReader:
    """Walks through one file. Hypotheses are read with `annotated=False`: their terms are text."""

    def __init__(self, log: ProblemLog, budget: Budget, *, annotated: bool) -> None:
        self.log = log
        self.budget = budget
        self.annotated = annotated
        self.kind = ""  # the first of SETS seen
        self.languages: dict[str, str] = {}  # its attributes srclang and trglang
        self.segments: list[MarkedSegment] = []
        self.broken: list[MarkedSegment] = []  # not closed: without a text
        self._document: str | None = None
        self._segment: _OpenSegment | None = None
        self._term: _OpenTerm | None = None

    def read(self, data: bytearray) -> list[MarkedSegment]:
        """Return all segments in file order; problems go to the log.

        Raises Refused where reading on would cost too much.
        """
        require_few_marks(data, b"<&")
        tags = 0
        for line, token in tokenise(data):
            if isinstance(token, str):
                self._text(line, token)
                continue
            tags += 1
            if tags > MAX_TAGS:
                raise Refused(f"More than {MAX_TAGS:,} tags. Give a smaller file.", line)
            self._tag(line, token)
        self._require_closed("at the end of the file")
        if not self.segments and not self.log.total:
            self.log.add('The file holds no segment. Write each as <seg id="…">…</seg>.')
        return self.segments

    def _text(self, line: int, text: str) -> None:
        if self._segment is not None:
            self._segment.pieces.append(text)
            self._segment.length += len(text)
            if self._segment.length > MAX_LINE_BYTES:
                message = f"A segment is longer than {MAX_LINE_BYTES:,} characters. Shorten it."
                raise Refused(message, self._segment.line)
            if self._term is not None:
                self._term.pieces.append(text)
        elif not text.isspace() and PROLOG.sub("", text).strip():
            line += text[: len(text) - len(text.lstrip())].count("\n")
            self.log.add(
                "There is text outside <seg>. Move it into a segment or remove it; "
                "if it is a tag, check its quotes and its >.",
                line=line,
            )

    def _tag(self, line: int, tag: Tag) -> None:
        if tag.name in SETS and not tag.is_end:
            if not self.kind:
                self.kind = tag.name
                self.languages = {
                    key: tag.attributes[key]
                    for key in ("srclang", "trglang")
                    if key in tag.attributes
                }
        elif tag.name == "doc":
            self._doc(line, tag)
        elif tag.name == "seg":
            self._end_segment(line) if tag.is_end else self._start_segment(line, tag)
        elif tag.name == "term" and self.annotated:
            self._end_term(line) if tag.is_end else self._start_term(line, tag)

    def _doc(self, line: int, tag: Tag) -> None:
        self._require_closed(f"at the {'end' if tag.is_end else 'start'} of a document")
        self._document = None
        if tag.is_end:
            return
        self._document = tag.attributes.get("docid", "")
        if not self._document:
            self.log.add('A <doc> has no docid. Write <doc docid="…">.', line=line)
        self._require_short(self._document, line)

    def _start_segment(self, line: int, tag: Tag) -> None:
        self._require_closed(f"when the next one starts in line {line}")
        identifier = tag.attributes.get("id", "")
        if not identifier:
            self.log.add('A <seg> has no id. Write <seg id="…"> as in the source file.', line=line)
        self._require_short(identifier, line)
        if self._document is None:
            self.log.add(
                'The segment stands outside any <doc>. Put <doc docid="…"> before it.',
                line=line,
                segment=identifier or None,
            )
        self._segment = _OpenSegment(line, identifier)
        if tag.is_empty:
            self._end_segment(line)

    def _end_segment(self, line: int) -> None:
        if self._segment is None:
            self.log.add("A </seg> has no <seg> before it. Remove it or add its start.", line=line)
            return
        self._require_closed_term()
        done, self._segment = self._segment, None
        text = clean("".join(done.pieces))
        self.budget.charge(text, done.id, line=done.line)
        self.segments.append(
            MarkedSegment(done.line, self._document or "", done.id, text, tuple(done.terms))
        )

    def _require_closed(self, place: str) -> None:
        """A segment still open is kept out: where its text ends is unknown."""
        if self._segment is not None:
            self.log.add(
                f"The segment is not closed {place}. End it with </seg> before.",
                line=self._segment.line,
                segment=self._segment.id or None,
            )
            broken = self._segment
            self.budget.charge(broken.id, line=broken.line)
            self.broken.append(MarkedSegment(broken.line, self._document or "", broken.id, "", ()))
        self._segment = self._term = None

    def _start_term(self, line: int, tag: Tag) -> None:
        if self._segment is None:
            self.log.add("A <term> stands outside <seg>. Move or remove it.", line=line)
        elif self._term is not None:
            self.log.add(
                "A <term> stands inside another. Close the first with </term> before the second.",
                line=line,
                segment=self._segment.id,
            )
        else:
            self._term = _OpenTerm(line, tag.attributes)

    def _end_term(self, line: int) -> None:
        if self._segment is None or self._term is None:
            segment = self._segment.id if self._segment else None
            self.log.add(
                "A </term> has no <term> before it. Remove it or add its start.",
                line=line,
                segment=segment,
            )
            return
        done, self._term = self._term, None
        self.budget.charge(*done.attributes.values(), line=line, objects=TERM_OBJECTS)
        self._segment.terms.append(
            MarkedTerm(done.line, done.attributes, clean("".join(done.pieces)))
        )

    def _require_closed_term(self) -> None:
        if self._segment is not None and self._term is not None:
            self.log.add(
                "A <term> is not closed. End it with </term> before </seg>.",
                line=self._term.line,
                segment=self._segment.id,
            )
        self._term = None

    def _require_short(self, identifier: str, line: int) -> None:
        if len(identifier) > MAX_ID:
            message = f"An id is longer than {MAX_ID:,} characters. Use the source file's ids."
            raise Refused(message, line)
