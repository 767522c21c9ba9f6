"""Kombu's transports for brokers that fail: the platform uses them, too."""

from __future__ import annotations

from evaluator.node.brokers.folder_broker import use_folders_safely
from evaluator.node.brokers.redis_broker import outlive_redis

__all__ = ["outlive_redis", "use_folders_safely"]
