"""A run as the platform describes it: read from JSON, every field checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, TypeVar, get_args

from evaluator.container import Limits, Setting, SystemInput, TerminologyMode
from evaluator.node.errors import AssignmentError
from evaluator.types import Term

Purpose = Literal["smoke", "test"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
TERMINOLOGY_MODES: tuple[TerminologyMode, ...] = get_args(TerminologyMode)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
SHA256 = re.compile(r"[0-9a-f]{64}")
LIMITS = {field.name: field.type for field in fields(Limits)}  # "int" or "float", as written
LARGEST = 10**18  # no size or number of a run comes near; beyond 10**308 there is no float
T = TypeVar("T")
Word = TypeVar("Word", bound=str)


@dataclass(frozen=True, slots=True)
class Hold:
    """What makes a run ours: enough to tell the platform how it went, or that it can't be done."""

    run: int
    fence: int  # every word about the run carries it; an old one is refused
    lease: float  # seconds for which a heartbeat keeps it
    heartbeat: float  # seconds between two heartbeats


@dataclass(frozen=True, slots=True)
class ImageSource:
    """The image of a run, and where it is to be had."""

    digest: str  # sha256:… of its configuration, which is its id in the engine
    path: str  # of its archive on the platform; it holds a ticket, so it is never logged
    sha256: str  # of the archive
    size: int  # bytes of the archive
    unpacked: int  # bytes


@dataclass(frozen=True, slots=True)
class RunAssignment:
    """A run that the platform has given to this node."""

    hold: Hold
    purpose: Purpose
    image: ImageSource
    setting: Setting
    limits: Limits
    gpus: tuple[str, ...]
    quote: bool  # whether messages may repeat what the system wrote
    segments: tuple[SystemInput, ...]


def read_hold(value: object) -> Hold:
    """Read what is needed to speak of the run at all; raises AssignmentError."""
    row = _JsonObject(value, "the claim")
    lease, heartbeat = row.positive("lease"), row.positive("heartbeat")
    if heartbeat >= lease:
        raise AssignmentError("the claim: the lease must be longer than the heartbeat's pause")
    return Hold(row.count("run"), row.count("fence"), lease, heartbeat)


def read_assignment(value: object) -> RunAssignment:
    """Read all of it; raises AssignmentError, which repeats nothing of the segments."""
    row = _JsonObject(value, "the claim")
    setting = row.row("setting")
    return RunAssignment(
        hold=read_hold(value),
        purpose=row.choice("purpose", PURPOSES),
        image=_image(row.row("image")),
        setting=Setting(
            setting.text("source_language"),
            setting.text("target_language"),
            setting.choice("terminology_mode", TERMINOLOGY_MODES),
        ),
        limits=_limits(row.row("limits")),
        gpus=tuple(_text(one, "the claim: gpus") for one in row.rows("gpus")),
        quote=row.get("quote", bool, "true or false"),
        segments=tuple(
            _segment(_JsonObject(one, f"segment {number}"))
            for number, one in enumerate(row.rows("segments"), 1)
        ),
    )


def _image(row: _JsonObject) -> ImageSource:
    archive = row.row("archive")
    path = archive.text("url")
    if not path.startswith("/") or path.startswith("//") or not path.isprintable():
        raise AssignmentError("the image's archive: url must be a path on the platform")
    return ImageSource(
        digest=row.matching("digest", DIGEST),
        path=path,
        sha256=archive.matching("sha256", SHA256),
        size=archive.count("size"),
        unpacked=row.count("unpacked"),
    )


def _limits(row: _JsonObject) -> Limits:
    found: dict[str, float] = {
        name: row.count(name) if kind == "int" else row.positive(name)
        for name, kind in LIMITS.items()
    }
    try:
        return Limits(**found)  # type: ignore[arg-type]  # whole where they must be
    except ValueError as error:
        raise AssignmentError(f"the limits: {error}") from None


def _segment(row: _JsonObject) -> SystemInput:
    return SystemInput(
        document=row.text("document"),
        source=row.text("source"),
        terms=tuple(
            _term(_JsonObject(one, f"{row.place}, term {number}"), number)
            for number, one in enumerate(row.rows("terms"), 1)
        ),
        annotated=row.text("annotated"),
    )


def _term(row: _JsonObject, number: int) -> Term:
    targets = tuple(_text(one, f"{row.place}: targets") for one in row.rows("targets"))
    return Term(str(number), row.text("source"), targets)


class _JsonObject:
    """An object of JSON, and where it stands."""

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict):
            raise AssignmentError(f"{place}: an object is needed")
        self._value: Mapping[str, object] = value
        self.place = place

    def get(self, name: str, kind: type[T], what: str) -> T:
        found = self._value.get(name)
        # To Python true is a number as well.
        if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
            raise AssignmentError(f"{self.place}: {name} must be {what}")
        return found

    def row(self, name: str) -> _JsonObject:
        return _JsonObject(self._value.get(name), f"{self.place}: {name}")

    def rows(self, name: str) -> list[object]:
        return self.get(name, list, "a list")

    def text(self, name: str) -> str:
        return _text(self._value.get(name), f"{self.place}: {name}")

    def count(self, name: str) -> int:
        found = self.get(name, int, "a whole number")
        if not 0 <= found <= LARGEST:
            raise AssignmentError(f"{self.place}: {name} must be 0 or more")
        return found

    def positive(self, name: str) -> float:
        found = self._value.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise AssignmentError(f"{self.place}: {name} must be a number")
        if not 0 < found <= LARGEST:
            raise AssignmentError(f"{self.place}: {name} must be more than 0")
        return float(found)

    def matching(self, name: str, form: re.Pattern[str]) -> str:
        found = self.text(name)
        if not form.fullmatch(found):
            raise AssignmentError(f"{self.place}: {name} is not {form.pattern}")
        return found

    def choice(self, name: str, allowed: tuple[Word, ...]) -> Word:
        found = self.text(name)
        for word in allowed:
            if word == found:
                return word
        raise AssignmentError(f"{self.place}: {name} must be one of {', '.join(allowed)}")


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise AssignmentError(f"{place} must be a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise AssignmentError(f"{place} holds half a surrogate pair") from None
    return value
