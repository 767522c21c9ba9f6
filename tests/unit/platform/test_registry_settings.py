"""Which registries images may be fetched from, as operators write them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import image_registries
from images.system_checks import registries_have_tls


@pytest.mark.parametrize(
    ("written", "hosts"),
    [
        ("", []),
        ("ghcr.io", ["ghcr.io"]),
        (" ghcr.io, docker.io,a.example:5000,", ["ghcr.io", "docker.io", "a.example:5000"]),
    ],
)
def test_hosts_are_written_with_commas(monkeypatch, written, hosts):
    monkeypatch.setenv("IMAGE_REGISTRIES", written)

    assert image_registries.read_hosts() == hosts


@pytest.mark.parametrize(
    "written", ["https://ghcr.io", "ghcr.io/team", "GHCR.io", "ghcr", "*", "ghcr.io docker.io"]
)
def test_what_no_reference_can_begin_with_is_refused_by_name(monkeypatch, written):
    monkeypatch.setenv("IMAGE_REGISTRIES", written)

    with pytest.raises(ImproperlyConfigured, match=r"IMAGE_REGISTRIES names '.*'; write"):
        image_registries.read_hosts()


@pytest.mark.parametrize("hosts", [["127.0.0.1:5000"], ["localhost", "127.0.0.1"], []])
def test_registries_of_tests_are_on_this_machine(monkeypatch, hosts):
    monkeypatch.setenv("IMAGE_REGISTRIES_ON_LOOPBACK", "true")

    assert image_registries.are_on_loopback(hosts)


@pytest.mark.parametrize(
    "hosts", [["ghcr.io"], ["127.0.0.1:5000", "ghcr.io"], ["127.0.0.1.example"], ["localhost.a"]]
)
def test_no_real_registry_goes_without_tls(monkeypatch, hosts):
    monkeypatch.setenv("IMAGE_REGISTRIES_ON_LOOPBACK", "true")

    with pytest.raises(ImproperlyConfigured, match="Remove IMAGE_REGISTRIES_ON_LOOPBACK"):
        image_registries.are_on_loopback(hosts)


@pytest.mark.parametrize(("is_set", "ids"), [(False, []), (True, ["images.E001"])])
def test_a_check_before_deployment_refuses_registries_of_tests(settings, is_set, ids):
    settings.IMAGE_REGISTRIES_ON_LOOPBACK = is_set

    assert [message.id for message in registries_have_tls(None)] == ids
