"""A run as the engine's API takes it: docs/contract.md 7, and the limits of an image's settings."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluator.container.inputs import Setting
from evaluator.container.limits import Limits
from evaluator.container.seccomp import profile

CONTRACT = 1  # version of docs/contract.md
PLATFORM = "linux/amd64"
NOBODY = "65534:65534"
MAX_ID = 2**31 - 1  # of a user or group that the engine takes
USER = re.compile(r"([0-9]{1,10})(?::([0-9]{1,10}))?", re.ASCII)
OUR_NAMES = ("NVIDIA_", "LD_", "TERMINARIUM_")  # an image's own variables like these are dropped
GPU_CAPABILITIES = ["gpu", "compute", "utility"]
MAX_VOLUMES = 100  # each takes a mount
MAX_NAME = 255  # bytes of a name in a path, in Linux
# Linux takes 4,095 bytes, in which the engine's own folder for a layer or container has to fit too.
MAX_PATH = 3900
KERNEL_FOLDERS = ("/", "/proc", "/sys", "/dev")
COVER = {"SizeBytes": 4096, "Mode": 0o555}  # nothing can be written to it in any case

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """The settings of an image that a run depends on."""

    id: str  # sha256:…
    platform: str  # linux/amd64
    user: str  # its USER; empty for root
    environment: tuple[str, ...]  # the names only
    volumes: tuple[str, ...]
    has_command: bool

    @property
    def runs_as(self) -> str:
        """The numeric user (and group) of its USER, if that is not root; else 65534:65534."""
        match = USER.fullmatch(self.user)
        if match is None:
            return NOBODY
        ids = [int(number) for number in match.groups() if number is not None]
        if not ids[0] or max(ids) > MAX_ID:
            return NOBODY
        return ":".join(map(str, ids))

    def fault(self) -> str | None:
        """Return why no container can be created from it, None if that works."""
        if not self.platform.startswith("linux/"):
            return f"The image is built for {self.platform}, not for {PLATFORM}."
        if not self.has_command:
            return "The image has neither an ENTRYPOINT nor a CMD, so there is nothing to run."
        if len(self.volumes) > MAX_VOLUMES:
            return f"The image declares more than {MAX_VOLUMES} volumes. Remove VOLUME from it."
        if not all(self.environment):
            return (
                "The image sets an environment variable without a name (ENV =value). Give it one, "
                "or remove it."
            )
        for name in self.volumes:
            # For a relative path the engine would make a volume on its disk, whatever we mount.
            if not name.startswith("/"):
                return (
                    f"The image declares a volume at {name!r}, which is not an absolute path. "
                    "Begin it with a slash, or remove that VOLUME."
                )
            if fault := path_fault(name):
                return f"The image declares a volume that {fault}. Remove that VOLUME from it."
        for volume in self.own_volumes():
            if volume in KERNEL_FOLDERS or volume.startswith(("/proc/", "/sys/", "/dev/")):
                return f"The image declares a volume at {volume}. Remove that VOLUME from it."
        return None

    def covers(self) -> list[JsonObject]:
        """Return a read-only mount over each volume, which would otherwise take disk space.

        /tmp is mounted anyway.
        """
        return [
            {"Type": "tmpfs", "Target": volume, "ReadOnly": True, "TmpfsOptions": COVER}
            for volume in self.own_volumes()
            if volume != "/tmp"
        ]

    def own_volumes(self) -> list[str]:
        """Return its volumes as plain paths, in the order of the mounts."""
        # Two slashes at the start have a meaning in POSIX, not in Docker.
        names = {posixpath.normpath("/" + name.lstrip("/")) for name in self.volumes}
        return sorted(names, key=lambda name: (name.count("/"), name))


def path_fault(path: str) -> str | None:
    """Return why Linux does not take a path, None if it does."""
    names = path.encode(errors="surrogatepass").split(b"/")
    if max(map(len, names)) > MAX_NAME:
        return f"has a name of more than {MAX_NAME} bytes in its path"
    if sum(map(len, names)) + len(names) > MAX_PATH:
        return f"has a path of more than {MAX_PATH:,} bytes"
    return None


@dataclass(frozen=True, slots=True)
class MachineShare:
    """The share of a machine that a run gets."""

    cpus: int  # not more than the engine has
    runtime: str | None = None  # such as runsc; None: the engine's own default
    gpus: tuple[str, ...] = ()  # the ids of the leased GPUs


def describe_differences(
    image: ImageSettings, machine: MachineShare, limits: Limits
) -> tuple[str, ...]:
    """Return the differences between a run on this machine and a run on the platform's nodes."""
    notes = []
    if image.platform != PLATFORM:
        notes.append(
            f"The image is built for {image.platform}; the platform takes {PLATFORM}. "
            f"Build it with --platform {PLATFORM}."
        )
    if limits.cpus > machine.cpus:
        notes.append(
            f"This machine gives {machine.cpus} of the {limits.cpus:g} processors that a run may "
            "use."
        )
    return tuple(notes)


def build_environment(
    image: ImageSettings, setting: Setting, limits: Limits, segments: int, gpus: Sequence[str]
) -> list[str]:
    """Return NAME=value for our variables, and NAME for variables that the image may not set."""
    ours = {
        "TERMINARIUM_CONTRACT": str(CONTRACT),
        "SOURCE_LANGUAGE": setting.source_language,
        "TARGET_LANGUAGE": setting.target_language,
        "TERMINOLOGY_MODE": setting.terminology_mode,
        "SEGMENTS": str(segments),
        "TIME_LIMIT": f"{limits.wall_time:.0f}",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HOME": "/tmp",
        "NVIDIA_VISIBLE_DEVICES": ",".join(gpus) or "void",
    }
    dropped = sorted(
        name for name in image.environment if name.startswith(OUR_NAMES) and name not in ours
    )
    return [*(f"{name}={value}" for name, value in ours.items()), *dropped]


def build_container_config(
    image: ImageSettings,
    machine: MachineShare,
    limits: Limits,
    *,
    variables: Sequence[str],
    labels: Mapping[str, str],
) -> JsonObject:
    """Return the body of the engine API's ContainerCreate."""
    return {
        "Image": image.id,
        "User": image.runs_as,
        "Env": list(variables),
        "Labels": dict(labels),
        "Hostname": "system",  # the engine's choice is the container's id
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "Healthcheck": {"Test": ["NONE"]},
        "StopSignal": "SIGTERM",
        "HostConfig": _host_config(image, machine, limits),
    }


def _host_config(image: ImageSettings, machine: MachineShare, limits: Limits) -> JsonObject:
    uid, _, gid = image.runs_as.partition(":")
    # Without a group here the engine looks the group up in the image; mostly it is 0.
    owner = f"uid={uid},gid={gid or uid}"
    config: JsonObject = {
        "NetworkMode": "none",
        # Otherwise the engine copies the host's resolvers and domains into /etc/resolv.conf.
        "Dns": ["127.0.0.1"],
        "DnsSearch": ["."],
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges", f"seccomp={profile()}"],
        "Privileged": False,
        "IpcMode": "private",
        "Init": True,
        "Memory": limits.memory,
        "MemorySwap": limits.memory,  # of both together, so swap is off
        "NanoCpus": round(min(limits.cpus, machine.cpus) * 10**9),
        "PidsLimit": limits.processes,
        "ShmSize": limits.shared_memory,
        # The kernel writes no core dump for a limit of 1, not even to a program on the host that
        # takes them, which it does for 0.
        "Ulimits": [{"Name": "core", "Soft": 1, "Hard": 1}],
        "Tmpfs": {"/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={limits.tmp},{owner}"},
        "Mounts": image.covers(),
        "LogConfig": {"Type": "none", "Config": {}},
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,  # its state is read after its end
    }
    if machine.runtime:
        config["Runtime"] = machine.runtime
    if machine.gpus:
        request = {"DeviceIDs": list(machine.gpus), "Capabilities": [GPU_CAPABILITIES]}
        config["DeviceRequests"] = [request]
    return config
