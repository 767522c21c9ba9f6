"""The JSON documents of an archive: bounded, and read as the engine reads them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import NoReturn, cast

from evaluator.container.archives.kinds import SAVE
from evaluator.container.archives.members import Members, shown
from evaluator.container.archives.sources import Section
from evaluator.container.limits import MB
from evaluator.formats.limits import Refused

MAX_DOCUMENT = 4 * MB  # bytes; real ones have some thousands


class BadDocumentError(Exception):
    """The document is wrong; the message is a verb phrase that follows its name."""


def read_document(members: Members, name: str) -> bytes:
    """Return a small file of the archive; raises Refused if it is missing or large."""
    section = members.find(name)
    if section is None:
        raise Refused(f"The archive has no {shown(name)}, which its manifest names. {SAVE}")
    return read_small(section, name)


def read_small(section: Section, name: str) -> bytes:
    """Return a small file's bytes; raises Refused if it is large."""
    if section.size > MAX_DOCUMENT:
        raise Refused(
            f"The archive's {shown(name)} has more than {MAX_DOCUMENT:,} bytes, the limit. {SAVE}"
        )
    return section.read_at(0, section.size)


def parse(data: bytes) -> object:
    """Parse a JSON document; raises BadDocumentError."""
    try:
        # Python would also read UTF-16 and NaN, and take the last of two equal keys.
        return json.loads(
            data.decode(), parse_constant=_refuse_constant, object_pairs_hook=_as_dict
        )
    except (ValueError, RecursionError):
        raise BadDocumentError("is not valid JSON") from None


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _as_dict(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise BadDocumentError("names something twice")
    return members


def as_object(value: object, known: Collection[str] = ()) -> dict[str, object]:
    """Return the value as an object, {} for null; raises BadDocumentError for others.

    `known` keys must not be there in other spellings: the engine, written in Go, takes "USER"
    for "User", so that two readers would see two images.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadDocumentError("holds something else where there should be an object")
    spelled = {name.casefold(): name for name in known}
    for key in value:
        if spelled.get(key.casefold(), key) != key:
            raise BadDocumentError(f"holds {shown(key)} for {shown(spelled[key.casefold()])}")
    return value


def as_objects(value: object, most: int) -> list[dict[str, object]]:
    """Return the value as a list of objects, [] for null; raises BadDocumentError for others."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise BadDocumentError("holds something else where there should be a list of objects")
    if len(value) > most:
        raise BadDocumentError(f"holds a list of more than {most} entries")
    return value


def as_texts(value: object) -> list[str]:
    """Return the value as a list of texts, [] for null; raises BadDocumentError for others."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise BadDocumentError("holds something else where there should be a list of texts")
    return cast("list[str]", value)


def as_text(value: object) -> str:
    """Return the value as a text, "" for null; raises BadDocumentError for others."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadDocumentError("holds something else where there should be a text")
    return value
