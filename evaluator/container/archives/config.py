"""An image's configuration: read as the engine reads it, and checked for a run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from evaluator.container.archives.documents import (
    BadDocumentError,
    as_object,
    as_objects,
    as_text,
    as_texts,
    parse,
)
from evaluator.container.archives.members import shown
from evaluator.container.flags import NOBODY, ImageSettings, path_fault
from evaluator.errors import printable
from evaluator.formats.limits import Refused

# Docker's own limit (all layers have to fit into one mount): it loads no image with more.
MAX_LAYERS = 125
MAX_HISTORY = 10_000  # entries; commands that change no file have an entry too
USER_SHOWN = 60  # characters
# Linux takes 131,071 bytes in a word, and about 2 MB in all words, our own variables included. The
# engine compares each variable of an image with each of ours.
MAX_ARGUMENT = 131_000  # bytes
MAX_ARGUMENTS = 1_000_000  # bytes
MAX_VARIABLES = 1000
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
BUILD_AGAIN = "Build the image again and save it with `docker save`."

Check = Callable[[object], object]  # raises BadDocumentError


@dataclass(frozen=True, slots=True)
class Config:
    """An image's configuration, as far as a check needs it."""

    image: ImageSettings
    diff_ids: tuple[str, ...]  # of the layers, the lowest first: digests of their unpacked bytes
    work_dir: str  # its WORKDIR; empty for the root
    command: tuple[str, ...]  # ENTRYPOINT and CMD
    environment: tuple[str, ...]  # NAME=value
    nul: str | None  # the first of its settings with a NUL character


def read_config(data: bytes) -> Config:
    """Read a configuration; raises Refused if the engine can't load it."""
    try:
        return _read_document(parse(data), f"sha256:{hashlib.sha256(data).hexdigest()}")
    except BadDocumentError as error:
        raise Refused(f"The image's configuration {error}. {BUILD_AGAIN}") from None


def find_faults(config: Config) -> Iterator[str]:
    """Yield each reason why this image can't be run, with the remedy."""
    layers = len(config.diff_ids)
    if config.nul:
        yield (
            f"The image's {config.nul} contains a NUL character, so no program can start. Remove "
            "the character from the Dockerfile."
        )
    elif fault := config.image.fault():
        yield fault
    name = config.work_dir
    if name and not name.startswith("/"):
        yield (
            f"The image's WORKDIR is {shown(name)}, a relative path. Begin it with a slash: "
            f"WORKDIR {shown('/' + name.lstrip(' /'))[1:-1]}."
        )
    elif fault := path_fault(name):
        yield f"The image's WORKDIR {fault}. Choose a shorter one."
    yield from _argument_faults(config)
    if not layers:
        yield f"The image has no layers, so there is nothing in it. {BUILD_AGAIN}"
    if layers > MAX_LAYERS:
        yield (
            f"The image has {layers:,} layers; the engine can take {MAX_LAYERS}. Join some RUN "
            "and COPY commands, or copy all files into one layer: FROM scratch, COPY --from=0 / /."
        )


def _argument_faults(config: Config) -> Iterator[str]:
    words = config.environment + config.command
    sizes = [len(word.encode(errors="surrogatepass")) for word in words]
    if len(config.environment) > MAX_VARIABLES:
        yield f"The image sets more than {MAX_VARIABLES:,} environment variables. Set fewer."
    if max(sizes, default=0) > MAX_ARGUMENT:
        yield (
            f"The image has an environment variable or a word of its command of more than "
            f"{MAX_ARGUMENT:,} bytes, which Linux does not take. Put it into a file."
        )
    elif sum(sizes) > MAX_ARGUMENTS:
        yield (
            f"The image's environment and command have more than {MAX_ARGUMENTS:,} bytes together. "
            "Put some of it into a file."
        )


def describe_differences(image: ImageSettings) -> Iterator[str]:
    """Yield each difference between a run and the settings of the image."""
    if image.runs_as == NOBODY and image.user not in (NOBODY, NOBODY.partition(":")[0]):
        user = printable(image.user, USER_SHOWN)
        says = f"The image's USER is {user!r}" if user else "The image has no USER"
        yield (
            f"{says}: the platform runs it as {NOBODY}. Only numeric ids other than 0 are kept, "
            "such as USER 1000."
        )


def _read_document(document: object, digest: str) -> Config:
    top = _require_fields(document, TOP)
    settings = _require_fields(top.get("config"), SETTINGS)
    _require_fields(top.get("container_config"), SETTINGS)
    files = as_object(top.get("rootfs"), ("type", "diff_ids"))
    diff_ids = as_texts(files.get("diff_ids"))
    for name in diff_ids:
        if not DIGEST.fullmatch(name):
            raise BadDocumentError(f"names a layer {shown(name)}, which is no SHA-256 digest")
    if files.get("type") != "layers":
        raise BadDocumentError("does not say that the image is made of layers")
    history = as_objects(top.get("history"), MAX_HISTORY)
    for entry in history:
        _require_fields(entry, HISTORY)
    if sum(not entry.get("empty_layer") for entry in history) > len(diff_ids):
        raise BadDocumentError("has a history of more layers than there are")
    environment = as_texts(settings.get("Env"))
    return Config(
        ImageSettings(
            id=digest,
            platform=f"{_word(top, 'os')}/{_word(top, 'architecture')}",
            user=as_text(settings.get("User")),
            environment=tuple(variable.partition("=")[0] for variable in environment),
            volumes=tuple(as_object(settings.get("Volumes"))),
            has_command=bool(settings.get("Entrypoint") or settings.get("Cmd")),
        ),
        tuple(diff_ids),
        work_dir=as_text(settings.get("WorkingDir")),
        command=(*_words(settings.get("Entrypoint")), *_words(settings.get("Cmd"))),
        environment=tuple(environment),
        nul=next((name for name in RUN_WITH if _has_nul(settings.get(name))), None),
    )


def _words(command: object) -> list[str]:
    return [command] if isinstance(command, str) else as_texts(command)


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return _has_nul(list(value)) or _has_nul(list(value.values()))
    return isinstance(value, list) and any(map(_has_nul, value))


def _word(top: Mapping[str, object], name: str) -> str:
    return printable(as_text(top.get(name)), USER_SHOWN) or "unknown"


def _require_fields(value: object, fields: Mapping[str, Check]) -> dict[str, object]:
    """Return an object; raises BadDocumentError if the engine does not take a field's value."""
    members = as_object(value, fields)
    for name, check in fields.items():
        try:
            check(members.get(name))
        except BadDocumentError as error:
            raise BadDocumentError(f"is not what the engine takes: {name} {error}") from None
    return members


def _anything(value: object) -> None:
    """Accept every value: it is checked elsewhere."""


def _flag(value: object) -> None:
    if value is not None and not isinstance(value, bool):
        raise BadDocumentError("holds something else where there should be true or false")


def _number(value: object) -> None:
    if value is not None and (type(value) is not int or not -(2**63) <= value < 2**63):
        raise BadDocumentError("holds something else where there should be a whole number")


def _time(value: object) -> None:
    match = TIME.fullmatch(as_text(value))
    try:
        if value is not None:
            datetime.fromisoformat(match[1] if match else "")
    except ValueError:
        raise BadDocumentError("holds something else where there should be a time") from None


def _command(value: object) -> None:
    if not isinstance(value, str):
        as_texts(value)


def _empty_objects(value: object) -> None:
    for member in as_object(value).values():
        as_object(member)


def _labels(value: object) -> None:
    for text in as_object(value).values():
        as_text(text)


def _health(value: object) -> None:
    fields = as_object(value, ("Test", *TIMES))
    as_texts(fields.get("Test"))
    for name in TIMES:
        _number(fields.get(name))


TIMES = ("Interval", "Timeout", "StartPeriod", "StartInterval", "Retries")

# The fields that Docker knows. It loads no image with a value of another kind, which on a node
# would look like the node's fault.
TOP: dict[str, Check] = {
    **dict.fromkeys(("architecture", "variant", "os", "os.version", "author", "comment"), as_text),
    **dict.fromkeys(("id", "parent", "container", "docker_version"), as_text),
    **dict.fromkeys(("config", "container_config", "rootfs", "history"), _anything),
    **{"created": _time, "os.features": as_texts, "Size": _number},
}
SETTINGS: dict[str, Check] = {
    **dict.fromkeys(("Hostname", "Domainname", "User", "Image", "WorkingDir"), as_text),
    **dict.fromkeys(("MacAddress", "StopSignal"), as_text),
    **dict.fromkeys(("AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin"), _flag),
    **dict.fromkeys(("StdinOnce", "ArgsEscaped", "NetworkDisabled"), _flag),
    **dict.fromkeys(("Env", "OnBuild"), as_texts),
    **dict.fromkeys(("Cmd", "Entrypoint", "Shell"), _command),
    **dict.fromkeys(("Volumes", "ExposedPorts"), _empty_objects),
    **{"Labels": _labels, "Healthcheck": _health, "StopTimeout": _number},
}
RUN_WITH = ("Env", "Volumes", "WorkingDir", "Entrypoint", "Cmd", "User", "Labels", *SETTINGS)
HISTORY: dict[str, Check] = {
    **dict.fromkeys(("created_by", "author", "comment"), as_text),
    **{"created": _time, "empty_layer": _flag},
}
