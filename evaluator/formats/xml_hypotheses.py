"""Hypotheses in WMT XML, of a system that is chosen or the only one there."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.errors import SeveralSystemsError
from evaluator.formats.detection import is_xml
from evaluator.formats.recognition import HypothesisFormat
from evaluator.formats.requests import Request
from evaluator.formats.wmt_xml import XmlSegment, read_xml
from evaluator.types import Line

SYSTEMS_NAMED = 20  # in a message, and to choose from; a file may hold any number
EXAMPLE = """\
<dataset id="NAME">
<doc id="leaflet" origlang="en">
<hyp system="NAME" lang="fr">
<p>
<seg id="1">$first</seg>
<seg id="2">$second</seg>
</p>
</hyp>
</doc>
</dataset>"""


def _read_xml(data: bytearray, request: Request) -> Iterator[Line]:
    """The hypotheses of the system asked for, or of the only one there is."""
    systems: dict[str, None] = {}
    parts: set[str] = set()
    for found in read_xml(data, request.log):
        parts.add(found.part)
        if found.part != "hyp":
            continue
        if len(systems) <= SYSTEMS_NAMED or found.by == request.system:
            systems.setdefault(found.by)
        wanted = next(iter(systems)) if request.system is None else request.system
        if found.by == wanted:
            yield from request.sift(_xml_line(found, request))
    _require_system(tuple(systems), parts, request)


def _xml_line(found: XmlSegment, request: Request) -> Line:
    request.require_language(found.language, "lang")
    request.budget.charge(found.text, found.id, line=found.line)
    return Line(found.line, found.id, found.document, found.text)


def _require_system(systems: tuple[str, ...], parts: set[str], request: Request) -> None:
    if request.log.total:
        return
    if not systems:
        what = "references" if "ref" in parts else "sources" if parts else "segments of documents"
        request.refuse(
            f"The file holds no hypotheses (<hyp>), {f'only {what}' if parts else 'no segment'}. "
            "Upload your system's output."
        )
    names = ", ".join(repr(name) for name in systems[:SYSTEMS_NAMED])
    names += ", …" if len(systems) > SYSTEMS_NAMED else ""
    if request.system is None and len(systems) > 1:
        request.log.add(
            f"The file holds the hypotheses of several systems: {names}. "
            "Choose the system (on the command line: --system), or send a file with its "
            "hypotheses only."
        )
        log = request.log
        raise SeveralSystemsError(log.problems, log.total, systems=systems[:SYSTEMS_NAMED])
    elif request.system is not None and request.system not in systems:
        request.log.add(
            f"The file holds no hypotheses of the system {request.system!r}. It has: {names}."
        )


XML = HypothesisFormat(
    name="xml",
    title="WMT XML",
    suffix=".xml",
    description="WMT XML, a <dataset> with <hyp>",
    help="A `<dataset>` with the hypotheses of one system.",
    example=EXAMPLE,
    matches=is_xml,
    read=_read_xml,
)
