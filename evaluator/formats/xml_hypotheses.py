"""Hypotheses in WMT XML, of the chosen system or of the only system in the file."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.errors import SeveralSystemsError
from evaluator.formats.detection import is_xml
from evaluator.formats.recognition import HypothesisFormat
from evaluator.formats.requests import Request
from evaluator.formats.wmt_xml import read_xml
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
    """Yield the hypotheses of the chosen system, or of the first; several need a choice."""
    systems: dict[str, None] = {}
    parts: set[str] = set()
    for segment in read_xml(data, request.log):
        parts.add(segment.part)
        if segment.part != "hyp":
            continue
        if len(systems) <= SYSTEMS_NAMED or segment.by == request.system:
            systems.setdefault(segment.by)
        chosen = next(iter(systems)) if request.system is None else request.system
        if segment.by == chosen:
            request.require_language(segment.language, "lang")
            request.budget.charge(segment.text, segment.id, line=segment.line)
            yield from request.sift(Line(segment.line, segment.id, segment.document, segment.text))
    _require_system(tuple(systems), parts, request)


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
    begins_with="<",
    matches=is_xml,
    read=_read_xml,
)
