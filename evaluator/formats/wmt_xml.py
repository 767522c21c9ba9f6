"""WMT XML: `<dataset>`, in it documents with a source, references and systems' hypotheses.

`<dataset><doc id><src lang><p><seg id>…`, `<ref lang translator>`, `<hyp lang system>`; since
2022 with `<collection>` around documents. Only the five entities of XML are known, and a document
type definition is refused: a file of segments needs nothing that it could define.
"""

from __future__ import annotations

import codecs
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, property_lexical_handler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.expatreader import DefusedExpatParser  # type: ignore[import-untyped]

from evaluator.errors import ProblemLog
from evaluator.formats.limits import MAX_ID, MAX_LINE_BYTES, Refused, require_few_marks
from evaluator.formats.sgml import collapse

PARTS = ("src", "ref", "hyp")
CHUNK = 64 * 1024  # bytes fed at once
# Bytes in which something must begin or end: a longer tag would be held in memory whole, and
# some versions of expat look through it again with each chunk.
MAX_TOKEN = 1024 * 1024
MAX_DEPTH = 16  # elements; the format has 6
MAX_EVENTS = 800_000  # elements, comments and processing instructions
MAX_NAMES = 200  # of elements and attributes; expat keeps each for ever, the format has about 15
ESCAPE = (
    "In XML, write &amp; for & and &lt; for <, use no entity but &amp; &lt; &gt; &quot; &apos;, "
    "and close every tag."
)


@dataclass(frozen=True, slots=True)
class XmlSegment:
    """A `<seg>` of a source, a reference or a system's hypotheses."""

    line: int
    part: str  # one of PARTS
    by: str  # the translator or the system; "" where the file names none
    language: str  # "" where the file names none
    document: str
    id: str
    text: str
    is_suite: bool = False  # of a document of a test suite
    terms: tuple[tuple[Mapping[str, str], str], ...] = ()  # each <term>: attributes and text


def read_xml(
    data: bytearray, log: ProblemLog, *, parts: Collection[str] = PARTS, suites: bool = False
) -> Iterator[XmlSegment]:
    """Yield the segments in file order; layout as single spaces. Problems go to `log`.

    Other parts than `parts` must only be well-formed. Documents of test suites (`testsuite="…"`)
    get no score: only their sources are yielded, and only with `suites`. Raises Refused for a file
    that is not XML, has a document type definition, or costs too much.
    """
    require_few_marks(data, b"<&]")
    handler = _Handler(log, parts, suites=suites)
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(handler)
    handler.setDocumentLocator(parser)  # feeding, unlike parsing a whole file, doesn't
    parser.setProperty(property_lexical_handler, handler)
    decoder = codecs.getincrementaldecoder("utf-8")()
    silent_since = events = 0
    for start in range(0, len(data), CHUNK):
        _feed(parser, decoder.decode(data[start : start + CHUNK]))
        yield from handler.take()
        if handler.events != events:
            events, silent_since = handler.events, start
        elif start - silent_since > MAX_TOKEN:
            message = f"A tag or comment is longer than {MAX_TOKEN:,} bytes. Shorten it."
            raise Refused(message, parser.getLineNumber())
    _feed(parser, None)
    yield from handler.take()


def _feed(parser: DefusedExpatParser, text: str | None) -> None:
    """Parse more text; None ends the file. Text, not bytes, so that no declared encoding counts."""
    try:
        parser.close() if text is None else parser.feed(text)
    except DefusedXmlException:
        message = "The file has a document type definition. Remove <!DOCTYPE …> from it."
        raise Refused(message, parser.getLineNumber()) from None
    except SAXParseException as error:
        reason, line = error.getMessage(), error.getLineNumber()
        raise Refused(f"The file is not well-formed XML ({reason}). {ESCAPE}", line) from None


@dataclass(slots=True)
class _Part:
    name: str
    by: str
    language: str


@dataclass(slots=True)
class _OpenSegment:
    line: int
    id: str
    length: int = 0  # characters
    pieces: list[str] = field(default_factory=list)
    terms: list[tuple[Mapping[str, str], str]] = field(default_factory=list)
    open_term: tuple[Mapping[str, str], int] | None = None  # attributes, pieces before it


class _Handler(ContentHandler):
    """Collects segments. It is the lexical handler too, because comments count as progress."""

    def __init__(self, log: ProblemLog, parts: Collection[str], *, suites: bool) -> None:
        super().__init__()
        self._parts = parts
        self._suites = suites
        self.events = 0
        self._counted = 0  # events of which a file could have any number
        self._log = log
        self._locator: Locator | None = None
        self._depth = 0
        self._names: set[str] = set()
        self._document: str | None = None
        self._is_suite = False
        self._part: _Part | None = None
        self._segment: _OpenSegment | None = None
        self._done: list[XmlSegment] = []

    def take(self) -> list[XmlSegment]:
        """Return the segments that are complete since the last call."""
        done, self._done = self._done, []
        return done

    def setDocumentLocator(self, locator: Locator) -> None:
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        self._count()
        self._depth += 1
        if self._depth == 1 and name != "dataset":
            raise Refused(f"The XML file starts with <{name[:50]}>. WMT XML starts with <dataset>.")
        if self._depth > MAX_DEPTH:
            message = f"Tags are nested more than {MAX_DEPTH} deep. Close every tag."
            raise Refused(message, self._line)
        self._names.update((name, *attrs.getNames()))
        if len(self._names) > MAX_NAMES:
            message = f"The file has more than {MAX_NAMES} names of tags and attributes."
            raise Refused(f"{message} Write it as WMT XML.", self._line)
        if name == "doc":
            self._document, self._is_suite = (
                self._require_short(attrs.get("id", "")),
                "testsuite" in attrs,
            )
            if not self._document:
                self._log.add('A <doc> has no id. Write <doc id="…">.', line=self._line)
        elif name in PARTS:
            by = attrs.get("system" if name == "hyp" else "translator", "")
            # `language` is what the organisers' own tool writes into hypotheses.
            language = attrs.get("lang", "") or attrs.get("language", "")
            self._part = _Part(name, self._require_short(by), self._require_short(language))
        elif name == "term" and self._segment is not None:
            self._segment.open_term = dict(attrs), len(self._segment.pieces)
        elif name == "seg" and (self._part is None or self._part.name in self._parts):
            self._start_segment(attrs)

    def endElement(self, name: str) -> None:
        self.events += 1
        self._depth -= 1
        if name == "doc":
            self._document = None
        elif name in PARTS:
            self._part = None
        elif name == "term" and self._segment is not None:
            self._end_term(self._segment)
        elif name == "seg":
            self._end_segment()

    def characters(self, content: str) -> None:
        self.events += 1
        if self._segment is None:
            return
        self._segment.pieces.append(content)
        self._segment.length += len(content)
        if self._segment.length > MAX_LINE_BYTES:
            message = f"A segment is longer than {MAX_LINE_BYTES:,} characters. Shorten it."
            raise Refused(message, self._segment.line)

    def processingInstruction(self, target: str, data: str) -> None:
        self._count()

    def comment(self, content: str) -> None:
        self._count()

    def startCDATA(self) -> None:
        self._count()

    def endCDATA(self) -> None:
        self.events += 1

    def startDTD(self, name: str, public: str | None, system: str | None) -> None:
        """Is never called: a document type definition is refused before."""

    def endDTD(self) -> None:
        """Is never called either."""

    @property
    def _line(self) -> int:
        return (self._locator and self._locator.getLineNumber()) or 1

    def _count(self) -> None:
        self.events += 1
        self._counted += 1
        if self._counted > MAX_EVENTS:
            raise Refused(f"More than {MAX_EVENTS:,} tags. Give a smaller file.", self._line)

    def _start_segment(self, attrs: AttributesImpl) -> None:
        identifier = self._require_short(attrs.get("id", ""))
        if not identifier:
            message = 'A <seg> has no id. Write <seg id="…"> as in the source.'
            self._log.add(message, line=self._line)
        if self._document is None or self._part is None:
            message = "The segment stands outside <src>, <ref> and <hyp> of a <doc>. Move it there."
            self._log.add(message, line=self._line, segment=identifier or None)
        if self._segment is not None:
            message = "The segment stands inside another. Close the first with </seg>."
            self._log.add(message, line=self._line, segment=identifier or None)
        self._segment = _OpenSegment(self._line, identifier)

    def _end_term(self, segment: _OpenSegment) -> None:
        """Keep a marked term; of a term within a term only the outer text would be clear."""
        if segment.open_term is not None:
            attributes, start = segment.open_term
            segment.terms.append((attributes, collapse("".join(segment.pieces[start:]))))
        segment.open_term = None

    def _end_segment(self) -> None:
        done, self._segment = self._segment, None
        part = self._part
        if done is None or part is None or self._document is None:
            return
        if self._is_suite and not (self._suites and part.name == "src"):
            return
        self._done.append(
            XmlSegment(
                done.line,
                part.name,
                part.by,
                part.language,
                self._document,
                done.id,
                collapse("".join(done.pieces)),
                self._is_suite,
                tuple(done.terms),
            )
        )

    def _require_short(self, name: str) -> str:
        if len(name) > MAX_ID:
            message = f"An id or name is longer than {MAX_ID:,} characters. Shorten it."
            raise Refused(message, self._line)
        return name
