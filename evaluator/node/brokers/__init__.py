"""Kombu's transports for brokers that fail, and the options of a folder as the broker."""

from __future__ import annotations

from evaluator.node.brokers.folder_broker import (
    ADDRESS,
    folder_of,
    folder_options,
    is_folder,
    make_folders,
    use_folders_safely,
)
from evaluator.node.brokers.redis_broker import outlive_redis

__all__ = [
    "ADDRESS",
    "folder_of",
    "folder_options",
    "is_folder",
    "make_folders",
    "outlive_redis",
    "use_folders_safely",
]
