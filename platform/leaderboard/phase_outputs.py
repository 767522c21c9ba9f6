"""What a phase's systems wrote, as far as a viewer may see it: a zip that is made while it is sent.

Each output is there as JSON lines, which can be uploaded again, and as WMT XML with its sources.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from evaluator.errors import printable
from leaderboard.aliases import make_aliases
from sharedtasks.access import phase_or_404, visible_test_sets
from sharedtasks.models import Phase
from sharedtasks.phase_zip import LONG_AGO
from sharedtasks.policy import Thing, Viewer, can_see
from sharedtasks.viewers import viewer_of
from submissions import hypotheses
from submissions.models import Entry
from submissions.pages.exports import write_jsonl
from submissions.states import EntryState

NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MAX_NAME = 200  # characters; more than a system's name has
FLUSH_AT = 256 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class VisibleOutput:
    """An entry's output, under the name by which this viewer may know the system."""

    entry: Entry
    system: str
    file_name: str  # without an ending


@require_safe
def download_phase_outputs(request: HttpRequest, task: str, phase: str) -> StreamingHttpResponse:
    """Send all outputs of a phase that the reader may see."""
    viewer, now = viewer_of(request.user), timezone.now()
    row = phase_or_404(viewer, task, phase)
    outputs = list_outputs(viewer, row, now)
    if not outputs:
        raise Http404(f"{row} shows no outputs to this viewer.")
    response = StreamingHttpResponse(pack(outputs), content_type="application/zip")
    name = f"{task}.{phase}.outputs.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    patch_cache_control(response, private=True, no_store=True)
    return response


def list_outputs(viewer: Viewer, phase: Phase, now: datetime) -> list[VisibleOutput]:
    """Return the outputs of scored entries that a viewer may see: always their own teams'.

    Of other teams they are those on the board, and systems without names keep their aliases.
    """
    entries = (
        Entry.objects.filter(test_set__in=visible_test_sets(viewer).filter(phase=phase))
        .filter(team__isnull=False, withdrawn_at=None)
        .filter(state=EntryState.SCORED, hypotheses__isnull=False)
        .select_related("team", "hypotheses", "test_set__terminology_mode")
        .order_by("test_set", "pk")
    )
    outputs = []
    for _, of_board in groupby(entries, key=lambda entry: entry.test_set_id):
        on_board = list(of_board)
        aliases = make_aliases([entry.pk for entry in on_board])
        for entry in on_board:
            if _is_visible(viewer, phase, now, entry):
                is_named = can_see(viewer, Thing.TEAM_NAMES, phase, now, team=entry.team_id)
                outputs.append(_name(entry, "" if is_named else aliases[entry.pk]))
    return outputs


def _is_visible(viewer: Viewer, phase: Phase, now: datetime, entry: Entry) -> bool:
    assert entry.team is not None
    is_on_board = (
        entry.team.is_verified
        or entry.team_id in viewer.teams
        or viewer.has_role(phase.shared_task_id)
    )
    return is_on_board and can_see(viewer, Thing.OUTPUTS, phase, now, team=entry.team_id)


def _name(entry: Entry, alias: str) -> VisibleOutput:
    assert entry.team is not None
    folder, slot = entry.test_set.slug, entry.test_set.slot
    if alias:  # an entry's number would tell which came first
        return VisibleOutput(entry, alias, f"{folder}/{slugify(alias)}.{slot}")
    system = slugify(entry.system) or "system"
    team = slugify(entry.team.slug) or f"team-{entry.team_id}"
    return VisibleOutput(entry, entry.system, f"{folder}/{team}.{system}-{entry.pk}.{slot}")


def pack(outputs: list[VisibleOutput]) -> Iterator[bytes]:
    """Yield the zip piece by piece; one output is read at a time."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for output in outputs:
            for ending, lines in (("jsonl", write_jsonl(output.entry)), ("xml", write_xml(output))):
                info = zipfile.ZipInfo(f"{output.file_name}.{ending}", LONG_AGO)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                with archive.open(info, "w") as member:
                    for line in lines:
                        member.write(line.encode())
                        if len(sink.waiting) > FLUSH_AT:
                            yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """Where the zip is written to: a place that cannot be gone back to."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]  # any buffer
        self.waiting += piece
        return len(piece)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken, self.waiting = bytes(self.waiting), bytearray()
        return taken


def write_xml(output: VisibleOutput) -> Iterator[str]:
    """Write an output as WMT XML, with its sources."""
    entry, test_set = output.entry, output.entry.test_set
    source, target = quoteattr(test_set.source_language), quoteattr(test_set.target_language)
    system = _quote(printable(output.system, MAX_NAME))
    pairs = zip(hypotheses.list_segments(entry), hypotheses.read_texts(entry), strict=True)
    yield f'<?xml version="1.0" encoding="utf-8"?>\n<dataset id={_quote(test_set.slug)}>\n'
    for document, rows in groupby(pairs, key=lambda pair: pair[0].document):
        segments = list(rows)
        yield f"<doc id={_quote(document)} origlang={source}>\n<src lang={source}>\n<p>\n"
        yield from (_write_segment(segment.id, segment.source) for segment, _ in segments)
        yield f"</p>\n</src>\n<hyp system={system} lang={target}>\n<p>\n"
        yield from (_write_segment(segment.id, text) for segment, text in segments)
        yield "</p>\n</hyp>\n</doc>\n"
    yield "</dataset>\n"


def _write_segment(name: str, text: str) -> str:
    return f"<seg id={_quote(name)}>{escape(NO_XML.sub('�', text))}</seg>\n"


def _quote(text: str) -> str:
    return quoteattr(NO_XML.sub("�", text))
