"""The registries that images are fetched from."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

from config import env
from evaluator.container.registries import is_host

LOOPBACK = {"localhost", "127.0.0.1"}


def read_hosts() -> list[str]:
    """Return the hosts as people write them in references."""
    hosts = env.words("IMAGE_REGISTRIES", "")
    for host in hosts:
        if not is_host(host):
            raise ImproperlyConfigured(
                f"IMAGE_REGISTRIES names {host!r}; write hosts as references have them, in small "
                "letters, with a port if there is one: ghcr.io,docker.io"
            )
    return hosts


def are_on_loopback(hosts: Sequence[str]) -> bool:
    """Return whether the registries are for tests: on this machine, without TLS."""
    wanted = env.boolean("IMAGE_REGISTRIES_ON_LOOPBACK", False)
    if wanted and not all(host.partition(":")[0] in LOOPBACK for host in hosts):
        raise ImproperlyConfigured(
            "IMAGE_REGISTRIES_ON_LOOPBACK is for tests, and IMAGE_REGISTRIES names other machines. "
            "Remove IMAGE_REGISTRIES_ON_LOOPBACK."
        )
    return wanted
