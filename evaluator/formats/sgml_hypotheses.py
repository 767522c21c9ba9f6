"""Hypotheses in WMT SGML."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.formats.recognition import HypothesisFormat
from evaluator.formats.requests import Request
from evaluator.formats.sgml import SegmentReader, is_sgml
from evaluator.types import Line

EXAMPLE = """\
<tstset setid="NAME" srclang="en" trglang="fr">
<doc docid="leaflet">
<seg id="1">$first</seg>
<seg id="2">$second</seg>
</doc>
</tstset>"""


def _read_sgml(data: bytearray, request: Request) -> Iterator[Line]:
    reader = SegmentReader(request.log, request.budget, annotated=False)
    segments = reader.read(data)
    if reader.kind in ("refset", "srcset"):
        what = "a reference" if reader.kind == "refset" else "a source"
        request.refuse(
            f"This is {what} file (<{reader.kind}>), not hypotheses. "
            "Upload your system's output, a <tstset>."
        )
    request.require_language(reader.languages.get("trglang", ""), "trglang")
    for segment in segments:  # the reader has charged the budget
        yield from request.sift(Line(segment.line, segment.id, segment.document, segment.text))
    for segment in reader.broken:
        request.note_broken(segment.line, segment.id, segment.document or None)


SGML = HypothesisFormat(
    name="sgml",
    title="WMT SGML",
    suffix=".sgm",
    description="WMT SGML, a <tstset>",
    help="A `<tstset>` with the documents and ids of the source file.",
    example=EXAMPLE,
    begins_with="<",
    matches=is_sgml,
    read=_read_sgml,
)
