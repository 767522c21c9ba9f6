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
    for found in segments:  # the budget has been charged
        yield from request.sift(Line(found.line, found.id, found.document, found.text))
    for one in reader.broken:
        request.note_broken(one.line, one.id, one.document or None)


SGML = HypothesisFormat(
    name="sgml",
    title="WMT SGML",
    suffix=".sgm",
    description="WMT SGML, a <tstset>",
    help="A `<tstset>` with the documents and ids of the source file.",
    example=EXAMPLE,
    matches=is_sgml,
    read=_read_sgml,
)
