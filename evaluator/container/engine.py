"""The only module that talks to Docker, through its SDK; other modules know containers by id.

It is imported only when an image is run: the SDK is an extra.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from evaluator.container.errors import (
    EngineError,
    EngineUnavailableError,
    GpuUnavailableError,
    ImageUnavailableError,
    SdkMissingError,
    Step,
)
from evaluator.container.flags import ImageSettings, JsonObject

try:
    # By name: where the SDK is missing, any folder called docker/ on the path is importable.
    from docker import APIClient
    from docker.errors import APIError, DockerException, ImageNotFound, NotFound
    from docker.transport.unixconn import UnixHTTPConnection
    from docker.utils import kwargs_from_env
    from requests.exceptions import RequestException
except ImportError as error:
    raise SdkMissingError from error

DEFAULT_ADDRESS = "unix:///var/run/docker.sock"
DEFAULT_PORT = 2375
OLDEST_API = (1, 41)  # Docker 20.10
TIMEOUT = 60  # seconds for an answer of the engine
# The calls in which the engine may refuse an image, and the step that it refuses.
STEPS: Mapping[str, Step] = MappingProxyType(
    {"load": "load", "image": "create", "create": "create", "start": "start"}
)
LOADED = re.compile(r"Loaded image(?: ID)?: (\S+)")  # its line for each image of an archive
# The engine's words for a GPU that it can't give; it has no code for this.
GPU_WORDS = ("could not select device driver", "nvidia-container-cli", "no nvidia driver")


def _connect(connection: UnixHTTPConnection) -> None:
    """Connect to the engine's socket; a socket that does not connect is closed at once.

    The SDK leaves it open until Python frees it: a node that waits for its engine would collect
    open sockets.
    """
    unconnected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        unconnected.settimeout(connection.timeout)
        unconnected.connect(connection.unix_socket)
    except BaseException:
        unconnected.close()
        raise
    connection.sock = unconnected


UnixHTTPConnection.connect = _connect  # type: ignore[method-assign, assignment]


@dataclass(frozen=True, slots=True)
class State:
    """The engine's state of a container that has ended."""

    exit_status: int
    is_out_of_memory: bool
    error: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A container or an image that carries our label."""

    id: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Resources:
    """The engine's resources and properties."""

    cpus: int
    memory: int  # bytes
    runtimes: tuple[str, ...]  # by name, such as runc and runsc
    # Whether an image's id is its configuration's digest, the same on every such engine. With
    # containerd's image store it is the digest of a manifest, which loading makes up.
    knows_configs: bool
    version: str = "unknown"  # of the engine, such as 20.10.24
    folder: str = ""  # where it keeps images and containers, on its own machine
    id: str = ""  # unique among engines

    @classmethod
    def from_info(cls, info: Mapping[str, Any]) -> Resources:
        """Read the engine's answer to `docker info`."""
        storage = dict(info.get("DriverStatus") or ())
        driver = str(storage.get("driver-type"))
        return cls(
            cpus=int(info["NCPU"]),
            memory=int(info["MemTotal"]),
            runtimes=tuple(sorted(info.get("Runtimes") or ())),
            knows_configs=not driver.startswith("io.containerd.snapshotter"),
            version=str(info.get("ServerVersion") or "unknown"),
            folder=str(info.get("DockerRootDir") or ""),
            id=str(info.get("ID") or ""),
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """An image as the engine keeps it."""

    id: str  # sha256:…
    tags: tuple[str, ...]
    size: int  # bytes of all its layers, shared layers included


class Engine:
    """A connection to a Docker engine. Its methods raise EngineError, each with the reason.

    They may be called from several threads at once.
    """

    def __init__(self, client: APIClient, address: str, resources: Resources) -> None:
        self._client = client
        self.address = address
        self.resources = resources

    @classmethod
    def connect(cls, address: str | None = None, *, timeout: int = TIMEOUT) -> Engine:
        """Connect to the engine at this address, else to DOCKER_HOST, else to the usual socket.

        `timeout` is the longest silence of the engine, in seconds. Raises EngineUnavailableError
        if none answers, or if it is too old or can't be used.
        """
        settings: dict[str, Any] = {"base_url": address} if address else dict(kwargs_from_env())
        address = settings.setdefault("base_url", DEFAULT_ADDRESS)
        if "tls" in settings or not address.startswith(("unix://", "tcp://", "http://")):
            raise EngineUnavailableError(
                address,
                "only sockets of the kinds unix:// and tcp:// without TLS can be used: the end of "
                "the input can't be sent over others. `ssh -L` makes a local one of a distant one",
            )
        _require_listener(address, min(timeout, TIMEOUT))
        try:
            client = APIClient(version="auto", timeout=timeout, **settings)
        except (DockerException, RequestException, OSError, ValueError) as error:
            raise EngineUnavailableError(address, _reason(error)) from error
        try:
            version = tuple(int(part) for part in client.api_version.split("."))
            if version < OLDEST_API:
                raise EngineUnavailableError(address, "it is older than Docker 20.10")
            with _translated("info"):
                return cls(client, address, Resources.from_info(client.info()))
        except BaseException:
            client.close()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def image(self, name: str) -> ImageSettings:
        """Return the settings of an image; raises ImageUnavailableError if it is missing."""
        try:
            with _translated("image"):
                details = self._client.inspect_image(name)
        except ImageUnavailableError as error:
            text = f"the engine has no image {name!r}. Build, load or pull it first."
            raise ImageUnavailableError(text) from error
        config = details.get("Config") or {}
        return ImageSettings(
            id=str(details["Id"]),
            platform=f"{details.get('Os')}/{details.get('Architecture')}",
            user=str(config.get("User") or ""),
            environment=tuple(text.partition("=")[0] for text in config.get("Env") or ()),
            volumes=tuple(config.get("Volumes") or ()),
            has_command=bool(config.get("Entrypoint") or config.get("Cmd")),
        )

    def stored(self, name: str) -> Stored | None:
        """Return an image as the engine keeps it, None if it is missing."""
        try:
            with _translated("image"):
                details = self._client.inspect_image(name)
        except ImageUnavailableError:
            return None
        return Stored(
            str(details["Id"]), tuple(details.get("RepoTags") or ()), int(details.get("Size") or 0)
        )

    def images(self) -> frozenset[str]:
        """Return the ids of all images."""
        with _translated("list"):
            return frozenset(map(str, self._client.images(quiet=True, all=True)))

    def load(
        self, archive: Iterable[bytes], *, check: Callable[[], object] = lambda: None
    ) -> tuple[str, ...]:
        """Load an archive of `docker save`; return the names of the images in it.

        The names are ids, and tags if the archive has tags. `check` is called all the time; its
        exceptions, and those of `archive`, end the load and are raised here. By then the engine
        may have gone too far to stop.
        """
        chunks = _Chunks(archive, check)
        names = []
        try:
            with _translated("load"):
                for news in self._client.load_image(chunks):
                    check()
                    if "error" in news:
                        raise EngineError(f"load: {news['error']}", step="load")
                    match = LOADED.match(str(news.get("stream") or ""))
                    if match:
                        names.append(match[1])
        except EngineError:
            if chunks.failure is not None:
                raise chunks.failure from None
            raise
        return tuple(names)

    def remove_image(self, name: str, *, force: bool = False) -> bool:
        """Remove an image; return whether it is gone.

        Unless forced, an image stays if a container uses it or it has several tags.
        """
        try:
            with _translated("remove image"):
                self._client.remove_image(name, force=force)
        except EngineError as error:
            if _has_status(error, 409):
                return False
            if not _has_status(error, 404):
                raise
        return True

    def create(self, config: JsonObject, name: str) -> str:
        """Create a container; return its id."""
        with _translated("create"):
            return str(self._client.create_container_from_config(config, name)["Id"])

    @contextlib.contextmanager
    def attached(self, container: str) -> Iterator[socket.socket]:
        """Attach to all three streams of a container that has not been started yet."""
        streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        with _translated("attach"):
            stream = self._client.attach_socket(container, params=streams)
        # Our own socket for the same connection can be half-closed. Nothing has been read ahead
        # from it, because nothing comes before the start.
        own = socket.socket(fileno=os.dup(stream.fileno()))
        # The SDK attaches the response to the stream; closing only the stream leaves a socket open.
        response = getattr(stream, "_response", stream)
        with own, contextlib.closing(stream), contextlib.closing(response):
            own.setblocking(True)
            yield own

    def start(self, container: str) -> None:
        """Start a container; raises GpuUnavailableError if it fails because of a GPU.

        With a missing command no error is raised: the container's init process starts, and ends
        with 126 or 127. An engine gives these for other faults too, such as a failed mount.
        """
        try:
            with _translated("start"):
                self._client.start(container)
        except EngineError as error:
            words = str(error).lower()
            if any(word in words for word in GPU_WORDS):
                raise GpuUnavailableError(str(error), step=error.step) from error
            raise

    def wait(self, container: str) -> None:
        """Return when it has ended, however long that takes."""
        with _translated("wait"):
            self._client.wait(container, timeout=None)

    def state(self, container: str) -> State:
        """Return the state of a container that has ended."""
        with _translated("inspect"):
            state = self._client.inspect_container(container)["State"]
        return State(
            int(state["ExitCode"]), bool(state.get("OOMKilled")), str(state.get("Error") or "")
        )

    def tells_of_memory_kill(self, container: str, seconds: int) -> bool:
        """Return whether it tells of a kill for memory at most `seconds` after a container's end.

        If that comes after the end, the container's state often stays without the flag. All
        times are of the engine's clock.
        """
        with _translated("events"):
            state = self._client.inspect_container(container)["State"]
            started, ended = (
                datetime.fromisoformat(state[name]).timestamp()
                for name in ("StartedAt", "FinishedAt")
            )
            events = self._client.events(
                since=int(started),
                until=int(ended + seconds),
                filters={"container": container, "event": "oom"},
                decode=True,
            )
            with contextlib.closing(events):
                return next(events, None) is not None

    def memory(self, container: str) -> int | None:
        """Return its memory in bytes without the page cache, None if it is not running."""
        with _translated("stats"):
            stats = self._client.stats(container, stream=False, one_shot=True)
        memory = stats.get("memory_stats") or {}
        if "usage" not in memory:
            return None
        details = memory.get("stats") or {}
        # The names of control groups version 1 and 2, as the docker command reads them.
        cache = details.get("total_inactive_file", details.get("inactive_file", 0))
        return max(int(memory["usage"]) - int(cache), 0)

    def kill(self, container: str, signal: str) -> None:
        """Send a signal; nothing happens if it has ended already."""
        try:
            with _translated("kill"):
                self._client.kill(container, signal)
        except EngineError as error:
            if not _has_status(error, 404, 409):
                raise

    def remove(self, container: str) -> None:
        """Remove it with its volumes, killing it if need be; nothing happens if it is gone."""
        try:
            with _translated("remove"):
                self._client.remove_container(container, v=True, force=True)
        except EngineError as error:
            if not _has_status(error, 404, 409):  # 409: somebody else is removing it
                raise

    def labelled(self, label: str) -> list[Labelled]:
        """Return all containers with this label, also those that have ended."""
        with _translated("list"):
            rows = self._client.containers(all=True, filters={"label": label})
        return [Labelled(str(row["Id"]), dict(row.get("Labels") or {})) for row in rows]

    def labelled_images(self, label: str) -> list[Labelled]:
        """Return all images with this label."""
        with _translated("list"):
            rows = self._client.images(filters={"label": label})
        return [Labelled(str(row["Id"]), dict(row.get("Labels") or {})) for row in rows]


class _Chunks:
    """Passes chunks on, and remembers the error that ended them: the SDK would hide it."""

    def __init__(self, chunks: Iterable[bytes], check: Callable[[], object]) -> None:
        self._chunks = chunks
        self._check = check
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._chunks:
                self._check()
                yield chunk
        except Exception as error:
            self.failure = error
            raise


def _require_listener(address: str, timeout: int) -> None:
    """Raise EngineUnavailableError if nobody listens: the SDK would leave a socket open."""
    parts = urlsplit(address)
    try:
        if parts.scheme == "unix":
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(timeout)
                probe.connect(parts.netloc + parts.path)
        else:
            where = (parts.hostname or "localhost", parts.port or DEFAULT_PORT)
            socket.create_connection(where, timeout).close()
    except AttributeError:  # no such sockets on this system
        raise EngineUnavailableError(address, "this system has no unix:// sockets") from None
    except (OSError, ValueError) as error:
        raise EngineUnavailableError(
            address, getattr(error, "strerror", "") or _reason(error)
        ) from error


@contextlib.contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except ImageNotFound as error:
        raise ImageUnavailableError(_reason(error)) from error
    except NotFound as error:
        # For an image's name the engine may answer in words that the SDK does not know.
        kind = ImageUnavailableError if what in ("image", "create") else EngineError
        raise kind(f"{what}: {_reason(error)}") from error
    except (DockerException, RequestException, OSError) as error:
        step = STEPS.get(what) if isinstance(error, APIError) else None
        raise EngineError(f"{what}: {_reason(error)}", step=step) from error


def _reason(error: Exception) -> str:
    if isinstance(error, APIError) and error.explanation:
        return str(error.explanation)
    return str(error) or type(error).__name__


def _has_status(error: EngineError, *statuses: int) -> bool:
    cause = error.__cause__
    return isinstance(cause, APIError) and cause.status_code in statuses
