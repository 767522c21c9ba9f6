"""A run as the platform assigns it: read from JSON, every field checked."""

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
LARGEST = 10**18  # far above every size and number of a run; floats end at 10**308
T = TypeVar("T")
Word = TypeVar("Word", bound=str)


@dataclass(frozen=True, slots=True)
class Hold:
    """The part of a claim that a node needs to report on a run, even if it can't read the rest."""

    run: int
    fence: int  # every request about the run carries it; an old fence is refused
    lease: float  # seconds for which a heartbeat keeps the run
    heartbeat: float  # seconds between two heartbeats


@dataclass(frozen=True, slots=True)
class ImageSource:
    """The image of a run, and its archive on the platform."""

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
    quote: bool  # whether messages may repeat the system's output
    segments: tuple[SystemInput, ...]


def read_hold(value: object) -> Hold:
    """Read the part that every report on the run needs; raises AssignmentError."""
    row = _JsonObject(value, "the claim")
    lease, heartbeat = row.positive("lease"), row.positive("heartbeat")
    if heartbeat >= lease:
        raise AssignmentError("the claim: the lease must be longer than the heartbeat's pause")
    return Hold(row.count("run"), row.count("fence"), lease, heartbeat)


def read_assignment(value: object) -> RunAssignment:
    """Read all of it; raises AssignmentError, whose text quotes no segment."""
    row = _JsonObject(value, "the claim")
    setting = row.row("setting")
    languages = setting.text("source_language"), setting.text("target_language")
    mode = setting.choice("terminology_mode", TERMINOLOGY_MODES)
    return RunAssignment(
        hold=read_hold(value),
        purpose=row.choice("purpose", PURPOSES),
        image=_read_image(row.row("image")),
        setting=Setting(*languages, mode),
        limits=_read_limits(row.row("limits")),
        gpus=tuple(_text(gpu, "the claim: gpus") for gpu in row.rows("gpus")),
        quote=row.get("quote", bool, "true or false"),
        segments=tuple(
            _read_segment(_JsonObject(segment, f"segment {number}"))
            for number, segment in enumerate(row.rows("segments"), 1)
        ),
    )


def _read_image(row: _JsonObject) -> ImageSource:
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


def _read_limits(row: _JsonObject) -> Limits:
    values: dict[str, float] = {
        name: row.count(name) if kind == "int" else row.positive(name)
        for name, kind in LIMITS.items()
    }
    try:
        return Limits(**values)  # type: ignore[arg-type]  # whole where they must be
    except ValueError as error:
        raise AssignmentError(f"the limits: {error}") from None


def _read_segment(row: _JsonObject) -> SystemInput:
    document, source = row.text("document"), row.text("source")
    terms = []
    for number, value in enumerate(row.rows("terms"), 1):
        term = _JsonObject(value, f"{row.place}, term {number}")
        targets = tuple(_text(target, f"{term.place}: targets") for target in term.rows("targets"))
        terms.append(Term(str(number), term.text("source"), targets))
    return SystemInput(document, source, tuple(terms), row.text("annotated"))


class _JsonObject:
    """An object of JSON with its place, which errors name."""

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict):
            raise AssignmentError(f"{place}: an object is needed")
        self._value: Mapping[str, object] = value
        self.place = place

    def get(self, name: str, kind: type[T], what: str) -> T:
        value = self._value.get(name)
        # To Python true is a number as well.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise AssignmentError(f"{self.place}: {name} must be {what}")
        return value

    def row(self, name: str) -> _JsonObject:
        return _JsonObject(self._value.get(name), f"{self.place}: {name}")

    def rows(self, name: str) -> list[object]:
        return self.get(name, list, "a list")

    def text(self, name: str) -> str:
        return _text(self._value.get(name), f"{self.place}: {name}")

    def count(self, name: str) -> int:
        number = self.get(name, int, "a whole number")
        if not 0 <= number <= LARGEST:
            raise AssignmentError(f"{self.place}: {name} must be 0 or more")
        return number

    def positive(self, name: str) -> float:
        number = self._value.get(name)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise AssignmentError(f"{self.place}: {name} must be a number")
        if not 0 < number <= LARGEST:
            raise AssignmentError(f"{self.place}: {name} must be more than 0")
        return float(number)

    def matching(self, name: str, form: re.Pattern[str]) -> str:
        text = self.text(name)
        if not form.fullmatch(text):
            raise AssignmentError(f"{self.place}: {name} is not {form.pattern}")
        return text

    def choice(self, name: str, allowed: tuple[Word, ...]) -> Word:
        text = self.text(name)
        for word in allowed:
            if word == text:
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
