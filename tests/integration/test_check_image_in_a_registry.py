"""`terminarium check-image HOST/NAME@sha256:…`: an image in a registry, checked as on the site."""

from __future__ import annotations

import errno
import json
import socket
import sys
from collections.abc import Iterator

import pytest

from evaluator.cli import main
from evaluator.container.registries import parse_reference, trust_named_registry
from tests.archives import Oci, SavedImage, digest, member, oci, tar
from tests.integration.registry_server import (
    Answer,
    Server,
    as_json,
    bearer,
    push,
    push_layout,
    serving,
)

IMAGE = SavedImage(settings={"Cmd": ["/bin/system"], "User": "1000"})
DIGEST = digest(b"nothing has this digest")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def refusal(capsys: pytest.CaptureFixture[str], image: str) -> str:
    """Return the only line about an image that does not pass."""
    status = main(["check-image", image])

    printed = capsys.readouterr()
    assert (status, printed.out) == (1, "")
    [line] = printed.err.splitlines()
    return line


# A real registry


def test_an_image_in_a_registry_of_this_machine_is_checked(require_service, capsys):
    reference = push(require_service("registry"), IMAGE)

    status = main(["check-image", reference])

    printed = capsys.readouterr()
    assert status == 0
    assert printed.out == (
        f"{reference}: can be submitted ({IMAGE.id}, 1 layer, 0.009766 MB unpacked, runs as 1000)."
        "\n"
    )
    assert printed.err == (
        "note: The platform fetches only from the registries that its submission page names. Push "
        "the image to one of them, or upload an archive.\n"
    )


def test_its_json_names_the_reference(require_service, capsys):
    host = require_service("registry").replace("127.0.0.1", "localhost")
    reference = push(host, IMAGE)
    with_tag = reference.replace("@", ":v1@")  # the digest decides

    assert main(["check-image", f"docker://{with_tag}", "--json"]) == 0

    answer = json.loads(capsys.readouterr().out)
    assert answer["image"]["id"] == IMAGE.id
    assert answer["image"]["reference"] == reference


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (f"team/unknown@{DIGEST}", "has no such image for everybody (status 404)"),
        (f"team/system@{DIGEST}", "has no such image for everybody (status 404)"),
        ("team/system@sha256:abc", "digest is not sha256: and 64 digits. Write HOST/NAME@sha256:…"),
        (f"team/system@sha512:{'0' * 128}", "digest is not sha256:"),
        ("team/system", "names no digest, and what a name or tag stands for may change"),
        ("team/system:latest", "`docker buildx imagetools inspect NAME` prints the digest"),
        (f"Team/System@{DIGEST}", "name is not one that registries take"),
    ],
)
def test_what_a_registry_does_not_have_is_explained(require_service, capsys, name, words):
    host = require_service("registry")
    push(host, IMAGE)

    assert words in refusal(capsys, f"{host}/{name}")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("a chart", "something else than an image (application/vnd.cncf.helm.config.v1+json)"),
        ("an empty artifact", "something else than an image (application/vnd.oci.empty.v1+json)"),
        ("for arm64", "built for linux/arm64, not for linux/amd64"),
        ("no command", "neither an ENTRYPOINT nor a CMD"),
        ("/tmp is a file", "The image's /tmp is a file, not a directory"),
        ("not a layer", "Layer 1 of 1 "),
    ],
)
def test_what_can_not_be_run_is_explained(require_service, capsys, kind, words):
    assert words in refusal(capsys, push_faulty(require_service("registry"), kind))


def push_faulty(host: str, kind: str) -> str:
    layout = Oci()
    if kind in ("a chart", "an empty artifact"):
        media = (kind == "a chart" and "cncf.helm.config.v1") or "oci.empty.v1"
        config = {**layout.blob(b"{}", "x"), "mediaType": f"application/vnd.{media}+json"}
        document = {"schemaVersion": 2, "config": config, "layers": [layout.blob(b"x", "y")]}
        return push_layout(
            host, layout, layout.blob(json.dumps(document).encode(), "manifest.v1+json")
        )
    image = {
        "for arm64": SavedImage(more={"architecture": "arm64"}),
        "no command": SavedImage(settings={}),
        "/tmp is a file": SavedImage((tar(member("tmp", b"x")),), IMAGE.settings),
        "not a layer": SavedImage((b"this is no tar archive" * 100,), IMAGE.settings),
    }[kind]
    return push(host, image)


# Registries that are not there, or want more


def test_a_registry_that_is_not_there_is_named(capsys):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    line = refusal(capsys, f"127.0.0.1:{port}/x@{DIGEST}")

    assert line.startswith(
        f"127.0.0.1:{port}/x@{DIGEST}: the registry did not send the image "
        f"(127.0.0.1:{port}: Connection refused). Check the registry's name"
    )


def test_a_name_without_an_address_is_named(capsys, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    line = refusal(capsys, f"registry.example/x@{DIGEST}")

    assert "(registry.example: Name or service not known)" in line


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'}), "(status 401)"),
        (Answer(status=403), "(status 403)"),
        (bearer("http://{host}/token"), "(status 401)"),
    ],
)
def test_an_image_that_needs_a_login_says_so(server, capsys, answer, words):
    reference = server.put(IMAGE)
    for path in server.answers:
        server.answers[path] = Answer(
            answer.body,
            answer.status,
            {key: text.format(host=server.host) for key, text in answer.headers.items()},
        )
    server.answers["/token"] = Answer(b'{"token": "of-somebody-without-rights"}')

    line = refusal(capsys, reference)

    assert f"asks for a login {words}, and nobody logs in to fetch an image" in line
    assert "make it public. Or upload the archive that `docker save` writes." in line


def test_bytes_of_another_digest_are_refused(server, capsys):
    reference = server.put(IMAGE)
    name = reference.partition("@")[2]
    server.answers[f"/v2/team/system/manifests/{name}"] = Answer(b"{}")

    assert f"manifest is not the one of {name}" in refusal(capsys, reference)


def test_a_registry_of_this_machine_sends_nobody_into_its_networks(server, capsys):
    reference = server.put(IMAGE)
    for path in server.answers:
        if "/blobs/" in path:
            place = "http://169.254.169.254/latest/meta-data/"
            server.answers[path] = Answer(status=307, headers={"Location": place})

    assert "The blob's server 169.254.169.254 is not reached by https://" in refusal(
        capsys, reference
    )


def test_a_full_disk_is_not_called_a_fault_of_the_output(server, capsys, monkeypatch):
    def refuse() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)

    line = refusal(capsys, server.put(IMAGE))

    assert "can't be stored in a temporary file (No space left on device)" in line
    assert line.endswith("TMPDIR.")


# What is meant


@pytest.mark.parametrize(
    ("host", "has_loopback"),
    [
        ("localhost:5000", True),
        ("localhost", True),
        ("127.0.0.1:5000", True),
        ("127.1.2.3", True),
        ("192.168.1.5:5000", False),
        ("registry.uni.example:5000", False),
        ("localhost.example", False),
        ("docker.io", False),
    ],
)
def test_only_registries_of_this_machine_may_answer_without_tls(host, has_loopback):
    registries = trust_named_registry(parse_reference(f"{host}/team/system@{DIGEST}"))

    assert (registries.hosts, registries.has_loopback) == ({host}, has_loopback)


@pytest.mark.parametrize(
    "path", ["my-system", "my-system:latest", "images.d/my.tar", "../my-system", "my@home", "a/b/c"]
)
def test_a_path_that_leads_nowhere_is_not_taken_for_a_reference(capsys, path):
    line = refusal(capsys, path)

    assert line.startswith(f"{path}: there is no such file. Check the path.")
    assert "For an image in a registry write HOST/NAME@sha256:…" in line


def test_a_file_that_is_called_like_a_reference_is_read(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    name = f"x@{DIGEST}"
    (tmp_path / name).write_bytes(tar(*oci(IMAGE)))

    assert main(["check-image", name]) == 0

    assert capsys.readouterr().out.startswith(f"{name}: can be submitted")


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_port_that_does_not_exist_is_refused(capsys, port):
    assert "port is not a number from 1 to 65535" in refusal(capsys, f"ghcr.io:{port}/x@{DIGEST}")


@pytest.mark.parametrize(
    "text",
    [
        f"me:s3cret@ghcr.io/team/x@{DIGEST}",
        "me:s3cret@ghcr.io/team/x",
        f"docker://me:s3cret@localhost:5000/x@{DIGEST}",
        "s3cret@ghcr.io/team/x",
        "me:s3cret@team/x.tar",
    ],
)
def test_a_login_is_not_repeated(capsys, text):
    line = refusal(capsys, text)

    assert "s3cret" not in line
    assert line.startswith("…@")


def test_what_a_registry_sends_reaches_the_terminal_without_its_commands(server, capsys):
    platform = {"os": "\x1b]0;PWN\x07\x1b[2J", "architecture": "x" * 100_000}
    index = as_json(manifests=[{"digest": DIGEST, "size": 1, "platform": platform}])
    server.answers[f"/v2/x/manifests/{digest(index)}"] = Answer(index)

    line = refusal(capsys, f"{server.host}/x@{digest(index)}")

    assert line.isprintable()
    assert len(line) < 600
    assert "built for �]0;PWN��[2J/xxx" in line


def test_without_the_extra_it_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "evaluator.container.registries", None)

    line = refusal(capsys, f"me:s3cret@ghcr.io/x@{DIGEST}")

    assert "pip install 'terminarium[run]'" in line
    assert "s3cret" not in line
