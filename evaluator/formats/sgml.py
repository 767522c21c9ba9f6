"""WMT SGML as the WMT21 scorer saw it, neither XML nor HTML: its tags, and its segments.

Only `doc p seg term hl srcset refset tstset` and their end tags are tags; every other `<`, `>`
and `&` is text, which parsers of XML and HTML lose after `<!`, `<unk>` or a bare `&`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from evaluator.errors import ProblemLog
from evaluator.formats.limits import (
    MAX_ID,
    MAX_LINE_BYTES,
    Budget,
    Refused,
    require_few_marks,
)

SETS = ("srcset", "refset", "tstset")
MAX_TAGS = 600_000  # a file of tags alone would otherwise keep a worker busy for minutes
TERM_OBJECTS = 6  # what a term takes of the budget, in lines

# A quoted value may hold ">" but not "<": every attempt ends at the next "<" at the latest, and
# nothing is tried twice, so the whole is linear on any input. Possessive quantifiers stand on
# single characters only: on whole groups Python 3.11 has failed once, at random. The first
# look-ahead says nothing new: it makes a file of "<" six times faster.
TAG = re.compile(
    rb"""<(?=[/dpsthr])(/?)(doc|p|seg|term|hl|srcset|refset|tstset)(?=[\s/>])"""
    rb"""([^<>"']*+(?:(?:"[^"<]*+"|'[^'<]*+')[^<>"']*+)*)>""",
    re.IGNORECASE,
)
# The look-behind lets a name start only where a word does; else a long word costs its square.
ATTRIBUTE = re.compile(
    r"""(?<![\w:.-])([a-z_][\w:.-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>=]++))""",
    re.IGNORECASE | re.ASCII,
)
# Markup around the segments that carries nothing.
PROLOG = re.compile(
    r"<\?xml[^<>]*+>|<!doctype[^<>]*+>|</?mteval[^<>]*+>|<!--[^<>]*?-->",
    re.IGNORECASE | re.ASCII,
)
_PROLOG = re.compile(rf"(?:{PROLOG.pattern})\s*+", PROLOG.flags)
_FIRST_TAG = re.compile(r"<(?:tstset|refset|srcset|doc|seg)(?=[\s/>])", re.IGNORECASE | re.ASCII)
LAYOUT = re.compile(r"[ \t\r\n\f\v]++")
MAX_TAG = 64 * 1024  # bytes
_LONG_NUMBER = re.compile(r"&#([0-9]{8,}+);?")  # int() raises at 4,300 digits
REPLACEMENT = "\ufffd"  # what `html.unescape` makes of a number that is no character


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag or an end tag."""

    name: str  # lower case
    is_end: bool
    is_empty: bool  # <seg id="1"/>
    attributes: dict[str, str]  # entities decoded


def tokenise(data: bytearray) -> Iterator[tuple[int, str | Tag]]:
    """Yield (line, tag or text with its entities still encoded), in linear time.

    Raises Refused where no tag follows for 1 MiB, or a tag is longer than 64 KiB.
    """
    line, position = 1, 0
    window = MAX_LINE_BYTES + MAX_TAG
    while position < len(data):
        match = TAG.search(data, position, position + window)
        end = match.start() if match else len(data)
        if end - position > MAX_LINE_BYTES:
            message = (
                f"No tag follows for more than {MAX_LINE_BYTES:,} bytes. "
                "End each segment with </seg>, and shorten it."
            )
            raise Refused(message, line)
        if end > position:
            yield line, data[position:end].decode()
            line += data.count(b"\n", position, end)
        position = end
        if match:
            slash, name, rest = match.groups()
            if len(rest) > MAX_TAG:
                message = f"A tag is longer than {MAX_TAG:,} bytes. Shorten its attributes."
                raise Refused(message, line)
            attributes = {
                attribute[1].lower(): unescape(attribute[2] or attribute[3] or attribute[4] or "")
                for attribute in (ATTRIBUTE.finditer(rest.decode()) if rest else ())
            }
            yield line, Tag(name.decode().lower(), bool(slash), rest.endswith(b"/"), attributes)
            position = match.end()
            line += data.count(b"\n", end, position)


def is_sgml(head: str) -> bool:
    """Return whether a text begins with a tag of WMT SGML."""
    return bool(_FIRST_TAG.match(head) or _FIRST_TAG.match(skip_prolog(head)))


def skip_prolog(head: str) -> str:
    """Return what stands after white space and prolog."""
    position = 0
    while match := _PROLOG.match(head, position):
        position = match.end()
    return head[position:]


def unescape(text: str) -> str:
    """Decode entities once, as `html.unescape` does, but for any number of digits."""
    return html.unescape(_LONG_NUMBER.sub(_shorten, text)) if "&" in text else text


def _shorten(number: re.Match[str]) -> str:
    digits = number[1].lstrip("0")
    return f"&#{digits or 0};" if len(digits) < 8 else REPLACEMENT


def clean(text: str) -> str:
    """Decode entities once; layout (white space of ASCII) becomes single spaces, none at the ends.

    A line break in a segment is layout of the file. Other white space, such as a no-break
    space, stays: it is part of the text.
    """
    return LAYOUT.sub(" ", unescape(text)).strip(" ")


def collapse(text: str) -> str:
    """Return the text with its layout as single spaces, none at the ends."""
    return LAYOUT.sub(" ", text).strip(" ")


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


@dataclass(slots=True)
class SegmentReader:
    """Reads a file's segments. In hypotheses (`annotated=False`) terms are text."""

    log: ProblemLog
    budget: Budget
    annotated: bool
    kind: str = ""  # the first of SETS seen
    languages: dict[str, str] = field(default_factory=dict)  # its attributes srclang and trglang
    segments: list[MarkedSegment] = field(default_factory=list)
    broken: list[MarkedSegment] = field(default_factory=list)  # not closed: without a text
    _document: str | None = None
    _segment: _OpenSegment | None = None
    _term: _OpenTerm | None = None

    def read(self, data: bytearray) -> list[MarkedSegment]:
        """Return all segments in file order; problems go to the log.

        Raises Refused where reading on would cost too much.
        """
        require_few_marks(data, b"<&")
        starts = {"doc": self._change_document, "seg": self._start_segment}
        ends = {"doc": self._change_document, "seg": self._end_segment}
        if self.annotated:
            starts["term"], ends["term"] = self._start_term, self._end_term
        tags = 0
        for line, token in tokenise(data):
            if isinstance(token, str):
                self._take_text(line, token)
                continue
            tags += 1
            if tags > MAX_TAGS:
                raise Refused(f"More than {MAX_TAGS:,} tags. Give a smaller file.", line)
            if token.name in SETS and not token.is_end and not self.kind:
                self.kind, named = token.name, token.attributes
                self.languages = {key: named[key] for key in ("srclang", "trglang") if key in named}
            elif action := (ends if token.is_end else starts).get(token.name):
                action(line, token)
        if self._segment is not None:
            self._report_open(self._segment, "at the end of the file")
        if not self.segments and not self.log.total:
            self.log.add('The file holds no segment. Write each as <seg id="…">…</seg>.')
        return self.segments

    def _take_text(self, line: int, text: str) -> None:
        """Add text to the open segment and term; outside a segment only layout may stand."""
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

    def _change_document(self, line: int, tag: Tag) -> None:
        if self._segment is not None:
            place = f"at the {'end' if tag.is_end else 'start'} of a document"
            self._report_open(self._segment, place)
        self._document = None
        if tag.is_end:
            return
        self._document = tag.attributes.get("docid", "")
        if not self._document:
            self.log.add('A <doc> has no docid. Write <doc docid="…">.', line=line)
        if len(self._document) > MAX_ID:
            raise _too_long_id(line)

    def _start_segment(self, line: int, tag: Tag) -> None:
        if self._segment is not None:
            self._report_open(self._segment, f"when the next one starts in line {line}")
        identifier = tag.attributes.get("id", "")
        if not identifier:
            self.log.add('A <seg> has no id. Write <seg id="…"> as in the source file.', line=line)
        if len(identifier) > MAX_ID:
            raise _too_long_id(line)
        if self._document is None:
            self.log.add(
                'The segment stands outside any <doc>. Put <doc docid="…"> before it.',
                line=line,
                segment=identifier or None,
            )
        self._segment = _OpenSegment(line, identifier)
        if tag.is_empty:
            self._end_segment(line, tag)

    def _end_segment(self, line: int, tag: Tag) -> None:
        if self._segment is None:
            self.log.add("A </seg> has no <seg> before it. Remove it or add its start.", line=line)
            return
        if self._term is not None:
            self.log.add(
                "A <term> is not closed. End it with </term> before </seg>.",
                line=self._term.line,
                segment=self._segment.id,
            )
        done, self._segment, self._term = self._segment, None, None
        text = clean("".join(done.pieces))
        self.budget.charge(text, done.id, line=done.line)
        self.segments.append(
            MarkedSegment(done.line, self._document or "", done.id, text, tuple(done.terms))
        )

    def _report_open(self, segment: _OpenSegment, place: str) -> None:
        """Report a segment that is still open, and leave it out: where it ends is unknown."""
        self.log.add(
            f"The segment is not closed {place}. End it with </seg> before.",
            line=segment.line,
            segment=segment.id or None,
        )
        self.budget.charge(segment.id, line=segment.line)
        self.broken.append(MarkedSegment(segment.line, self._document or "", segment.id, "", ()))
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

    def _end_term(self, line: int, tag: Tag) -> None:
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


def _too_long_id(line: int) -> Refused:
    return Refused(f"An id is longer than {MAX_ID:,} characters. Use the source file's ids.", line)
