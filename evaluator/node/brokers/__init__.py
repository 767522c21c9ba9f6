"""Kombu's transports for brokers that fail, and the options of a folder as the broker."""

from __future__ import annotations

from kombu.transport import TRANSPORT_ALIASES

from evaluator.node.brokers.folder_broker import (
    ADDRESS,
    folder_of,
    folder_options,
    is_folder,
    make_folders,
    use_folders_safely,
)

__all__ = [
    "ADDRESS",
    "folder_of",
    "folder_options",
    "is_folder",
    "make_folders",
    "outlive_redis",
    "use_folders_safely",
]


def outlive_redis() -> None:
    """Make `redis://` use our transport in this process; it is imported when it is used."""
    for name in ("redis", "rediss"):
        TRANSPORT_ALIASES[name] = f"{__name__}.redis_broker:Transport"
