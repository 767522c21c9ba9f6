"""Celery's options for each kind of broker."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from evaluator.node.brokers import folder_of, folder_options, is_folder

SCHEMES = {"filesystem", "memory", "redis", "rediss", "amqp", "amqps"}


def require_known(variable: str, url: str, *, needs_folder: bool = False) -> None:
    """Raise ImproperlyConfigured, with the variable's name, for a broker that we do not support.

    With `needs_folder`, the address of a broker of files has to name its folder.
    """
    names_no_folder = needs_folder and is_folder(url) and not folder_of(url).is_absolute()
    if url.partition("://")[0] not in SCHEMES or names_no_folder:
        of_files = "filesystem:///" if needs_folder else "filesystem://"
        raise ImproperlyConfigured(f"{variable} has to begin with {of_files}, redis:// or amqp://.")


def list_transport_options(
    url: str, *, folder: Path, visibility_timeout: float
) -> dict[str, object]:
    """Return the transport's options; only a broker of files uses the folder."""
    if is_folder(url):
        return folder_options(folder)
    # Of a connection for sending: an upload does not wait for a broker that is down.
    no_patience: dict[str, object] = {"max_retries": 1, "interval_start": 0}
    if url.startswith("redis"):
        return no_patience | {
            "visibility_timeout": visibility_timeout,  # seconds
            "socket_connect_timeout": 2,  # seconds
            "socket_timeout": 5,  # seconds; above the 1 s that a worker's BRPOP blocks
            # A worker of several queues empties the first first. Other brokers take turns.
            "queue_order_strategy": "priority",
        }
    return no_patience | {
        "write_timeout": 5,  # seconds; a RabbitMQ without memory or disk reads nothing
    }
