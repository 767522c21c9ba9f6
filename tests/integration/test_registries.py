"""Images fetched from registries: Debian's own, and servers that attack whoever asks them."""

from __future__ import annotations

import datetime
import io
import itertools
import socket
import ssl
import time
import tracemalloc
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from evaluator.container.archives import ArchiveLimits, check_archive
from evaluator.container.registries import (
    NetworkError,
    Reference,
    Registries,
    fetch_image,
    parse_reference,
)
from evaluator.container.registries.guarded_http import is_public
from evaluator.errors import ImageError, InfrastructureError
from tests.archives import Oci, SavedImage, digest, member, tar, zipped
from tests.integration.registry_server import Answer, Server, as_json, bearer, push, serving

IMAGE = SavedImage((tar(member("a", b"a" * 5000)), tar(member("b")), tar(member("a", b"a" * 5000))))
DIGEST = digest(b"x")
LAYER = zipped(IMAGE.layers[0])


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def fetched(reference: str, *, has_loopback: bool = True, **options: object) -> bytes:
    """Return the archive of what is fetched."""
    target = io.BytesIO()
    found = parse_reference(reference)
    registries = Registries(frozenset({found.host}), has_loopback)
    fetch_image(found, target, registries, **options)  # type: ignore[arg-type]
    return target.getvalue()


def refusal(reference: str, **options: object) -> str:
    with pytest.raises(ImageError) as caught:
        fetched(reference, **options)
    [problem] = caught.value.problems
    return problem.message


# References


@pytest.mark.parametrize(
    ("text", "host", "name"),
    [
        (f"ghcr.io/team/system@{DIGEST}", "ghcr.io", "team/system"),
        (f" docker://ghcr.io/a/b/c.d__e-f@{DIGEST}\n", "ghcr.io", "a/b/c.d__e-f"),
        (f"ghcr.io/team/system:v1@{DIGEST}", "ghcr.io", "team/system"),
        (f"localhost:5000/system@{DIGEST}", "localhost:5000", "system"),
        (f"docker.io/system@{DIGEST}", "docker.io", "library/system"),
        (f"docker.io/team/system@{DIGEST}", "docker.io", "team/system"),
    ],
)
def test_references_are_read(text, host, name):
    assert parse_reference(text) == Reference(host, name, DIGEST)


def test_docker_hub_answers_at_another_host():
    assert parse_reference(f"docker.io/x@{DIGEST}").api_host == "registry-1.docker.io"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ghcr.io/team/system", "names no digest, and what a name or tag stands for may change."),
        ("ghcr.io/team/system:latest", "names no digest"),
        ("", "names no digest"),
        ("ghcr.io/team/system@sha256:abc", "digest is not sha256: and 64 digits"),
        (f"ghcr.io/team/system@sha512:{'0' * 64}", "digest is not sha256:"),
        (f"team/system@{DIGEST}", "names no registry before the first slash. Write HOST/NAME@"),
        (f"system@{DIGEST}", "names no registry"),
        (f"GHCR.io/x@{DIGEST}", "host has capital letters"),
        (f"user:password@ghcr.io/x@{DIGEST}", "has an @ before its host"),
        (f"ghcr.io/../x@{DIGEST}", "name is not one that registries take"),
        (f"ghcr.io/a?b@{DIGEST}", "name is not one"),
        (f"ghcr.io/a//b@{DIGEST}", "name is not one"),
        (f"ghcr.io/{'a' * 500}@{DIGEST}", "at most 500 characters"),
        (f"docker.io/{'a' * 418}@{DIGEST}", "at most 500 characters"),  # with library/ before it
        (f"https://ghcr.io/x@{DIGEST}", "has a scheme, such as https://, before its host"),
    ],
)
def test_references_that_are_not_pinned_or_not_whole_are_refused(text, words):
    with pytest.raises(ImageError) as caught:
        parse_reference(text)

    assert words in caught.value.problems[0].message


def test_only_the_organisers_hosts_are_asked(server):
    reference = parse_reference(server.put(IMAGE))

    with pytest.raises(ImageError) as caught:
        fetch_image(reference, io.BytesIO(), Registries(frozenset({"ghcr.io"}), has_loopback=True))

    assert "Images are not fetched from 127.0.0.1:" in str(caught.value)
    assert "but from ghcr.io. Push it there. Or upload the archive" in str(caught.value)
    assert server.asked == []


# An honest registry


def test_an_image_comes_from_a_registry_as_it_was_pushed(require_service):
    host = require_service("registry")
    shares: list[float] = []

    data = fetched(push(host, IMAGE), on_progress=shares.append)

    found = check_archive(io.BytesIO(data))
    assert found.image.id == IMAGE.id
    assert [layer.diff_id for layer in found.layers] == [digest(one) for one in IMAGE.layers]
    assert shares == sorted(shares)
    assert 0 < shares[-1] <= 1


def test_an_image_that_a_registry_has_not_is_named(require_service):
    host = require_service("registry")

    assert "has no such image for everybody (status 404)" in refusal(f"{host}/no/such@{DIGEST}")


def test_the_same_fake_registry_serves_an_honest_image(server):
    data = fetched(server.put(IMAGE))

    assert check_archive(io.BytesIO(data)).image.id == IMAGE.id
    assert [path for path, _ in server.asked].count(server.blob(LAYER)) == 1


def test_of_several_platforms_ours_is_fetched_alone(server):
    layout = Oci()
    arm = SavedImage((tar(member("arm")),), more={"architecture": "arm64"})
    top = layout.index(
        [
            layout.manifest(arm, platform={"os": "linux", "architecture": "arm64"}),
            layout.manifest(IMAGE, platform={"os": "linux", "architecture": "amd64"}),
            layout.attestation(),
        ]
    )

    data = fetched(server.put_layout(layout, top))

    assert check_archive(io.BytesIO(data)).image.id == IMAGE.id
    assert not any(arm.id in path for path, _ in server.asked)


def test_a_token_for_everybody_is_fetched_and_sent_to_the_registry_alone(server):
    reference = server.put(IMAGE)
    with serving() as other:
        for path, answer in list(server.answers.items()):
            other.answers[path] = answer
            server.answers[path] = asking_for_token(server, answer, other.host)
        other.answers["/token"] = Answer(as_json(token="abc.def"))

        data = fetched(reference)

    assert check_archive(io.BytesIO(data)).image.id == IMAGE.id
    tokens = [path for path, _ in other.asked if path.startswith("/token")]
    assert tokens == ["/token?scope=repository%3Ateam%2Fsystem%3Apull&service=me"]
    assert {token for _, token in other.asked} == {""}
    assert {token for _, token in server.asked[1:]} == {"Bearer abc.def"}


def asking_for_token(server: Server, answer: Answer, elsewhere: str):
    """Want a token first; then send blobs from another host."""

    def reply(handler):
        if handler.headers.get("Authorization") != "Bearer abc.def":
            return bearer(f"http://{elsewhere}/token", "me")
        if "/blobs/" in handler.path:
            return Answer(b"", 307, {"Location": f"http://{elsewhere}{handler.path}"})
        return answer

    return reply


# What is wrong is told before the layers are fetched


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (SavedImage(more={"architecture": "arm64"}), "built for linux/arm64, not for linux/amd64"),
        (SavedImage(settings={}), "neither an ENTRYPOINT nor a CMD"),
        (SavedImage(more={"created": "x"}), "The image's configuration is not what the engine"),
    ],
)
def test_what_can_not_be_run_is_refused_before_its_layers_are_fetched(server, image, words):
    assert words in refusal(server.put(image))
    assert len(server.asked) == 2


def test_an_image_that_is_too_large_is_not_fetched(server):
    reference = server.put(IMAGE)

    found = refusal(reference, limits=ArchiveLimits(archive=100))

    assert found.endswith("is the limit. Make the image smaller.")
    assert len(server.asked) == 2


# Registries that attack


def endless(piece: bytes = bytes(65536)) -> Iterator[bytes]:
    return itertools.repeat(piece)


def slow() -> Iterator[bytes]:
    for _ in range(600):
        yield b" "
        time.sleep(0.05)


def layer_path(server: Server) -> str:
    [path] = {
        path
        for path, answer in server.answers.items()
        if "/blobs/" in path and isinstance(answer, Answer) and answer.body == LAYER
    }
    return path


@pytest.fixture
def one_layer(server: Server) -> str:
    """Serve an image with one layer; return its reference."""
    layout = Oci()
    return server.put_layout(layout, layout.manifest(SavedImage(IMAGE.layers[:1])))


def test_a_wrong_blob_is_refused(server, one_layer):
    server.answers[layer_path(server)] = Answer(LAYER[:-1] + b"?")

    assert f"sends other bytes for {digest(LAYER)}. Push the image again." in refusal(one_layer)


def test_a_wrong_manifest_is_refused(server, one_layer):
    top = one_layer.partition("@")[2]
    server.answers[f"/v2/team/system/manifests/{top}"] = Answer(b"{}")

    assert f"manifest is not the one of {top}" in refusal(one_layer)


@pytest.mark.parametrize("kind", ["manifests", "blobs", "config", "redirect", "token", "error"])
def test_what_has_no_end_is_left_soon_and_takes_no_memory(server, one_layer, kind):
    top = one_layer.partition("@")[2]
    if kind == "manifests":
        server.answers[f"/v2/team/system/manifests/{top}"] = Answer(endless())
    elif kind == "blobs":
        server.answers[layer_path(server)] = Answer(endless())
    elif kind == "config":
        server.answers[f"/v2/team/system/blobs/{SavedImage(IMAGE.layers[:1]).id}"] = Answer(
            endless()
        )
    elif kind == "redirect":
        there = {"Location": "/elsewhere"}
        server.answers[layer_path(server)] = Answer(endless(), 307, there)
        server.answers["/elsewhere"] = Answer(LAYER)
    elif kind == "token":
        realm = f"http://{server.host}/token"
        server.answers[f"/v2/team/system/manifests/{top}"] = bearer(realm)
        server.answers["/token"] = Answer(endless())
    else:
        server.answers[layer_path(server)] = Answer(endless(), 404)
    tracemalloc.start()

    if kind == "redirect":
        fetched(one_layer)
    else:
        refusal(one_layer)

    assert tracemalloc.get_traced_memory()[1] < 24 * 1024**2
    tracemalloc.stop()


@pytest.mark.parametrize("kind", ["body", "headers", "nothing"])
def test_what_is_too_slow_is_ended_when_the_time_is_up(server, one_layer, kind):
    def wait(handler):
        for _ in range(600):
            try:
                handler.wfile.write(b"X")
                handler.wfile.flush()
            except OSError:
                break
            time.sleep(0.05)
        return Answer()

    answers = {
        "body": Answer(slow()),
        "headers": wait,
        "nothing": lambda handler: time.sleep(5) or Answer(LAYER),
    }
    server.answers[layer_path(server)] = answers[kind]
    started = time.monotonic()

    with pytest.raises(NetworkError, match="time for all of it is up"):
        fetched(one_layer, seconds=1)

    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://169.254.169.254/latest/meta-data/", "is not reached by https://"),
        ("https://169.254.169.254/latest/meta-data/", "has no public address"),
        ("https://[::ffff:169.254.169.254]/", "has no public address"),
        ("https://[64:ff9b::a9fe:a9fe]/", "has no public address"),
        ("https://127.0.0.1/", "has no public address"),
        ("https://[::1]/", "has no public address"),
        ("https://10.1.2.3/", "has no public address"),
        ("https://0.0.0.0/", "has no public address"),
        ("https://2130706433/", "has no public address"),
        ("https://innocent.example/", "has no public address"),
        ("https://user:password@innocent.example/", "is named with a password"),
        ("ftp://127.0.0.1/", "is not reached by https://"),
    ],
)
def test_nobody_is_sent_on_into_our_own_networks(server, one_layer, monkeypatch, location, words):
    server.answers[layer_path(server)] = Answer(b"", 302, {"Location": location})
    lie_about(monkeypatch, "innocent.example", "93.184.216.34", "169.254.169.254")

    found = refusal(one_layer)

    host = location.split("/")[2].removeprefix("user:password@")
    assert f"The blob's server {host} {words}. Upload the archive" in found


def test_tokens_are_not_fetched_from_our_own_networks_either(server, one_layer):
    top = one_layer.partition("@")[2]
    server.answers[f"/v2/team/system/manifests/{top}"] = bearer("https://169.254.169.254/token")

    assert "The token's server 169.254.169.254 has no public address" in refusal(one_layer)


def test_a_ring_of_redirects_ends(server, one_layer):
    path = layer_path(server)
    server.answers[path] = Answer(b"", 302, {"Location": path})

    assert "sends us on more than 5 times" in refusal(one_layer)


def test_manifests_are_not_looked_for_elsewhere(server, one_layer):
    top = one_layer.partition("@")[2]
    server.answers[f"/v2/team/system/manifests/{top}"] = Answer(b"", 302, {"Location": "/x"})

    assert "answers with status 302, where 200 is expected" in refusal(one_layer)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_registry_in_trouble_is_to_be_asked_again(server, one_layer, status):
    server.answers[layer_path(server)] = Answer(status=status)

    with pytest.raises(InfrastructureError, match=f"status {status}"):
        fetched(one_layer)


def test_a_blob_that_breaks_off_is_to_be_fetched_again(server, one_layer):
    server.answers[layer_path(server)] = Answer(iter([LAYER[:20]]))

    with pytest.raises(NetworkError):
        fetched(one_layer)


def test_a_registry_that_is_away_is_to_be_asked_again():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with pytest.raises(NetworkError):
        fetched(f"127.0.0.1:{port}/x@{DIGEST}")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[]", "holds something else where there should be an object"),
        (b"{", "is not valid JSON"),
        (b"{}", "is not an image's"),
        (as_json(config={"digest": DIGEST}), "a descriptor without a SHA-256 digest or a size"),
        (as_json(config={"digest": "../x", "size": 1}), "a descriptor without a SHA-256"),
        (as_json(config={"digest": DIGEST, "size": 10**9}), "has more than 4,194,304 bytes"),
        (as_json(manifests=[]), "built for no platform, not for linux/amd64"),
    ],
)
def test_a_manifest_that_means_nothing_is_refused(server, body, words):
    server.answers[f"/v2/x/manifests/{digest(body)}"] = Answer(body)

    assert words in refusal(f"{server.host}/x@{digest(body)}")


# TLS and addresses


def test_by_tls_the_servers_name_is_checked_and_a_trusted_host_may_be_our_own(
    tmp_path, monkeypatch
):
    certificate = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(context) as server:
        reference = server.put(IMAGE)
        with pytest.raises(NetworkError, match="CERTIFICATE_VERIFY_FAILED"):
            fetched(reference, has_loopback=False)
        monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))

        data = fetched(reference, has_loopback=False)

        assert check_archive(io.BytesIO(data)).image.id == IMAGE.id
        with pytest.raises(NetworkError):  # the certificate is for another name
            fetched(reference.replace("127.0.0.1", "localhost"), has_loopback=False)


def test_without_tls_nothing_is_fetched_but_in_tests(server):
    with pytest.raises(NetworkError):
        fetched(server.put(IMAGE), has_loopback=False)


def test_a_proxy_named_in_the_environment_is_not_used(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert fetched(server.put(IMAGE))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::5db8:d822", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00:ec2::254", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
    ],
)
def test_which_addresses_belong_to_the_internet(address, public):
    assert is_public(ip_address(address)) is public


def lie_about(monkeypatch: pytest.MonkeyPatch, name: str, *addresses: str) -> None:
    """Let a name lead to these addresses."""
    real = socket.getaddrinfo

    def answer(host, port, *rest, **more):
        if host != name:
            return real(host, port, *rest, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, int(port))) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def make_certificate(folder: Path) -> Path:
    """Write a key and a certificate of its own for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
