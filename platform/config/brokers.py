"""Celery's options for each kind of broker."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

SCHEMES = {"filesystem", "memory", "redis", "rediss", "amqp", "amqps"}


def require_known(variable: str, url: str, *, of_files: str = "filesystem://") -> None:
    """Raise ImproperlyConfigured, with the variable's name, for a broker that we do not support.

    `of_files` is how the address of a broker of files begins.
    """
    if url.partition("://")[0] not in SCHEMES:
        raise ImproperlyConfigured(f"{variable} has to begin with {of_files}, redis:// or amqp://.")


def list_transport_options(
    url: str, *, folder: Path, visibility_timeout: float
) -> dict[str, object]:
    """Return the transport's options; only a broker of files uses the folder."""
    if url.startswith("filesystem:"):
        return {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "control_folder": str(folder / "control"),
            "polling_interval": 0.05,  # seconds; the default of 1 s is felt by people who wait
        }
    # Of a connection for sending: an upload does not wait for a broker that is down.
    no_patience: dict[str, object] = {"max_retries": 1, "interval_start": 0}
    if url.startswith("redis"):
        return no_patience | {
            "visibility_timeout": visibility_timeout,  # seconds
            "socket_connect_timeout": 2,  # seconds
            "socket_timeout": 5,  # seconds; above the 1 s that a worker's BRPOP blocks
        }
    return no_patience | {
        "write_timeout": 5,  # seconds; a RabbitMQ without memory or disk reads nothing
    }
