"""How hypotheses are written: plain text, JSON lines, WMT XML, with or without gzip; zips."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from evaluator.types import Segment

_WRITTEN_AT = (2021, 8, 5, 12, 0, 0)  # any date, but always the same
_UNIX = 3  # by PKWARE's APPNOTE; the same bytes on every system


@dataclass(frozen=True, slots=True)
class Output:
    """A system's texts for a language pair, and the segments that they translate."""

    system: str
    language_pair: str
    segments: Sequence[Segment]
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How a file's name ends, and how its bytes are made."""

    suffix: str
    write: Callable[[Output], bytes]
    is_packed: bool = False


def _as_text(output: Output) -> bytes:
    return "".join(f"{text}\n" for text in output.texts).encode()


def _as_jsonl(output: Output) -> bytes:
    rows = (
        {"id": segment.id, "doc": segment.document, "translation": text}
        for segment, text in zip(output.segments, output.texts, strict=True)
    )
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def _as_xml(output: Output) -> bytes:
    source_language, target_language = output.language_pair.split("-")
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<dataset id="demo">']
    rows = zip(output.segments, output.texts, strict=True)
    for document, group in groupby(rows, key=lambda row: row[0].document):
        lines += [
            f'<doc id={quoteattr(document)} origlang="{source_language}">',
            f'<hyp system={quoteattr(output.system)} lang="{target_language}">',
            "<p>",
            *(f"<seg id={quoteattr(segment.id)}>{escape(text)}</seg>" for segment, text in group),
            "</p>",
            "</hyp>",
            "</doc>",
        ]
    return "\n".join([*lines, "</dataset>", ""]).encode()


def _gzipped(plain: FileFormat) -> FileFormat:
    # Without a time, which would make other bytes of the same text.
    return FileFormat(
        f"{plain.suffix}.gz",
        lambda output: gzip.compress(plain.write(output), mtime=0),
        is_packed=True,
    )


TEXT = FileFormat("txt", _as_text)
JSONL = FileFormat("jsonl", _as_jsonl)
XML = FileFormat("xml", _as_xml)
TEXT_GZ = _gzipped(TEXT)
JSONL_GZ = _gzipped(JSONL)
XML_GZ = _gzipped(XML)


def zipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    """Pack files (name, content) in this order; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _WRITTEN_AT)
            entry.create_system = _UNIX
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
