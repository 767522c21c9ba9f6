"""Archives of images in every layout that some program writes, made without any of them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Member = tuple[tarfile.TarInfo, bytes]
Json = dict[str, object]


def digest(data: bytes) -> str:
    """Return the name that OCI gives to some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def member(name: str, data: bytes = b"", **fields: object) -> Member:
    """Return a file of an archive, or with `type` something else."""
    header = tarfile.TarInfo(name)
    for key, value in {"mode": 0o644, "size": len(data), **fields}.items():
        setattr(header, key, value)
    return header, data


def link(name: str, goal: str) -> Member:
    """Return a symbolic link of an archive."""
    return member(name, type=tarfile.SYMTYPE, linkname=goal)


def folder(name: str) -> Member:
    """Return a folder of an archive."""
    return member(name, type=tarfile.DIRTYPE, mode=0o755)


def tar(*members: Member, format: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format) as archive:
        for header, data in members:
            archive.addfile(header, io.BytesIO(data))
    return stream.getvalue()


def zipped(data: bytes) -> bytes:
    """Return the same gzip file for the same bytes."""
    return gzip.compress(data, mtime=0)


@dataclass(frozen=True)
class SavedImage:
    """An image as some program would save it."""

    layers: Sequence[bytes] = (tar(member("bin/system", b"#!/bin/sh\ncat\n", mode=0o755)),)
    settings: Mapping[str, object] = field(
        default_factory=lambda: {"User": "1000", "Cmd": ["/bin/system"]}
    )
    more: Mapping[str, object] = field(default_factory=dict)  # of its configuration

    @property
    def config(self) -> bytes:
        document: Json = {
            "architecture": "amd64",
            "os": "linux",
            "created": "2026-01-02T03:04:05.678Z",
            "config": dict(self.settings),
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in self.layers]},
        }
        return json.dumps(document | dict(self.more)).encode()

    @property
    def id(self) -> str:
        return digest(self.config)


def docker_manifest(config: str, layers: Sequence[str], tags: object = ("x:latest",)) -> Json:
    """Return an image's entry in manifest.json."""
    return {"Config": config, "RepoTags": tags, "Layers": list(layers)}


def old_docker(image: SavedImage, tag: str = "my-system") -> list[Member]:
    """As Docker before 25 writes it: the same layer once, then links to it."""
    members: list[Member] = []
    places: dict[bytes, str] = {}
    names = []
    for number, layer in enumerate(image.layers):
        own = hashlib.sha256(b"%d" % number + layer).hexdigest()
        names.append(f"{own}/layer.tar")
        content = member(names[-1], layer)
        if layer in places:
            content = link(names[-1], f"../{places[layer]}")
        places.setdefault(layer, names[-1])
        members += [
            folder(f"{own}/"),
            member(f"{own}/VERSION", b"1.0"),
            member(f"{own}/json", b"{}"),
            content,
        ]
    config = f"{image.id[7:]}.json"
    members.sort(key=lambda one: one[0].name)
    return [
        *members,
        member(config, image.config),
        _json("manifest.json", [docker_manifest(config, names, [f"{tag}:latest"])]),
        _json("repositories", {tag: {"latest": names[-1].partition("/")[0] if names else ""}}),
    ]


def podman(image: SavedImage) -> list[Member]:
    """As Podman's docker-archive is written."""
    layers = {f"{digest(layer)[7:]}.tar": layer for layer in image.layers}
    config = f"{image.id[7:]}.json"
    links = [link(f"{name[:12]}/layer.tar", f"../{name}") for name in layers]
    names = [f"{digest(layer)[7:]}.tar" for layer in image.layers]
    return [
        *(member(name, layer) for name, layer in layers.items()),
        *links,
        member(config, image.config),
        _json("repositories", {}),
        _json("manifest.json", [docker_manifest(config, names, ["localhost/x:latest"])]),
    ]


class Oci:
    """An OCI layout in the making: blobs, and what the index names."""

    def __init__(self, pack: Callable[[bytes], bytes] = zipped) -> None:
        self.pack = pack  # what is done to layers
        self.blobs: dict[str, bytes] = {}

    def blob(self, data: bytes, kind: str, **more: object) -> Json:
        """Keep some bytes; return their descriptor."""
        self.blobs[digest(data)] = data
        media = f"application/vnd.oci.image.{kind}"
        return {"mediaType": media, "digest": digest(data), "size": len(data), **more}

    def manifest(self, image: SavedImage, **more: object) -> Json:
        """Keep an image; return its descriptor."""
        document = {
            "schemaVersion": 2,
            "config": self.blob(image.config, "config.v1+json"),
            "layers": [self.blob(self.pack(one), "layer.v1.tar+gzip") for one in image.layers],
        }
        return self.blob(json.dumps(document).encode(), "manifest.v1+json", **more)

    def attestation(self) -> Json:
        """Keep what BuildKit adds to tell how an image was built; return its descriptor."""
        proof = SavedImage((b'{"predicate": {}}',), {}, {"architecture": "unknown"})
        more = {"vnd.docker.reference.type": "attestation-manifest"}
        platform = {"os": "unknown", "architecture": "unknown"}
        return self.manifest(proof, platform=platform, annotations=more)

    def index(self, manifests: Iterable[Json], **more: object) -> Json:
        """Keep an index of several; return its descriptor."""
        document = {"schemaVersion": 2, "manifests": list(manifests)}
        return self.blob(json.dumps(document).encode(), "index.v1+json", **more)

    def members(self, *manifests: Json) -> list[Member]:
        """Return the whole layout."""
        blobs = [member(f"blobs/sha256/{one[7:]}", data) for one, data in self.blobs.items()]
        return [
            folder("blobs/"),
            folder("blobs/sha256/"),
            *sorted(blobs, key=lambda one: one[0].name),
            _json("index.json", {"schemaVersion": 2, "manifests": list(manifests)}),
            _json("oci-layout", {"imageLayoutVersion": "1.0.0"}),
        ]


def oci(image: SavedImage, pack: Callable[[bytes], bytes] = zipped) -> list[Member]:
    """As Podman's and skopeo's oci-archive is written."""
    layout = Oci(pack)
    named = {"org.opencontainers.image.ref.name": "latest"}
    return layout.members(layout.manifest(image, annotations=named))


def new_docker(image: SavedImage, pack: Callable[[bytes], bytes] = bytes) -> list[Member]:
    """As Docker 25 and later write it: an OCI layout, and manifest.json beside it."""
    layout = Oci(pack)
    platform = {"os": "linux", "architecture": "amd64"}
    index = layout.index([layout.manifest(image, platform=platform), layout.attestation()])
    names = [f"blobs/sha256/{digest(pack(layer))[7:]}" for layer in image.layers]
    config = f"blobs/sha256/{image.id[7:]}"
    manifest = _json("manifest.json", [docker_manifest(config, names)])
    return [*layout.members(index), manifest, _json("repositories", {"x": {"latest": ""}})]


def _json(name: str, document: object) -> Member:
    return member(name, json.dumps(document).encode())


LAYOUTS: dict[str, Callable[[SavedImage], list[Member]]] = {
    "Docker before 25": old_docker,
    "Docker 25 and later": new_docker,
    "Docker with containerd": lambda image: new_docker(image, zipped),
    "Podman": podman,
    "OCI": oci,
    "OCI, not compressed": lambda image: oci(image, bytes),
}
