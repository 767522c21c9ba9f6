"""Runs a node from its start to its end."""

from __future__ import annotations

import contextlib
import logging
import threading

from evaluator import container
from evaluator.node.app import end_this_process, serve
from evaluator.node.errors import PlatformError, UnreachableError
from evaluator.node.machine.image_cache import ImageCache
from evaluator.node.machine.offer import describe_machine
from evaluator.node.machine.self_check import SelfCheck
from evaluator.node.machine.state_folder import lock_folder
from evaluator.node.protocol.client import Platform
from evaluator.node.protocol.process_identity import introduce
from evaluator.node.settings import Settings
from evaluator.node.work.loop import Work

logger = logging.getLogger(__name__)


def run_node(settings: Settings) -> int:
    """Run until a signal asks to end; return the exit status.

    Raises SettingsError, EngineUnavailableError, and PlatformErrors that won't go away by
    themselves, before anything has begun.
    """
    with lock_folder(settings.state_dir) as folder:
        machine = describe_machine(settings)
        container.sweep()
        platform = Platform(settings.url, settings.token, introduce(folder))
        _introduce(platform, settings)
        refused = threading.Event()

        def end() -> None:
            refused.set()
            end_this_process()

        images = ImageCache(platform, folder, settings.image_budget)
        work = Work(
            platform,
            images,
            machine,
            SelfCheck(folder, machine, images, platform),
            grace=settings.grace,
            patience=settings.patience,
            on_refusal=end,
        )
        status = serve(settings, work)
        with contextlib.suppress(PlatformError):  # then the next process waits for a lease
            platform.part()
    return 1 if refused.is_set() else status


def _introduce(platform: Platform, settings: Settings) -> None:
    """Check at once that the platform knows the token; a platform that is away will come back."""
    if not settings.is_encrypted:
        logger.warning("NODE_URL is %s: whoever is on the way can read the token", settings.url)
    try:
        me = platform.me()
    except UnreachableError as error:
        logger.warning("%s; going on without", error)
    else:
        state = ", which is drained" if me.is_drained else ""
        logger.info("%s knows this node as %s%s", settings.url, me.name, state)
