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
    """The document is not what it should be; the text says it behind a name, as a verb."""


def read_document(members: Members, name: str) -> bytes:
    """Return a small file of the archive; raises Refused if it is missing or large."""
    found = members.find(name)
    if found is None:
        raise Refused(f"The archive has no {shown(name)}, which its manifest names. {SAVE}")
    return read_small(found, name)


def read_small(section: Section, name: str) -> bytes:
    """Return a small file's bytes; raises Refused if it is large."""
    if section.size > MAX_DOCUMENT:
        raise Refused(
            f"The archive's {shown(name)} has more than {MAX_DOCUMENT:,} bytes, the limit. {SAVE}"
        )
    return section.read_at(0, section.size)


def parse(data: bytes) -> object:
    """Return what a JSON document holds; raises BadDocumentError."""
    try:
        # Python would guess UTF-16 too, and take NaN and the last of two keys.
        return json.loads(data.decode(), parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise BadDocumentError("is not valid JSON") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadDocumentError("names something twice")
    return found


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
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise BadDocumentError("holds something else where there should be a list of objects")
    if len(value) > most:
        raise BadDocumentError(f"holds a list of more than {most} entries")
    return value


def as_texts(value: object) -> list[str]:
    """Return the value as a list of texts, [] for null; raises BadDocumentError for others."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadDocumentError("holds something else where there should be a list of texts")
    return cast("list[str]", value)


def as_text(value: object) -> str:
    """Return the value as a text, "" for null; raises BadDocumentError for others."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadDocumentError("holds something else where there should be a text")
    return value
