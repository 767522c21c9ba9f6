"""A thread that writes heartbeats, whatever else its process does."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import connection

from health import presence

logger = logging.getLogger(__name__)


class Beating:
    """Writes heartbeats for the parts that this process is; waits for a database that is away.

    `find_fault` is asked before each heartbeat; a sentence from it ends the thread, and
    `on_fault` is called.
    """

    def __init__(
        self,
        parts: Sequence[str],
        *,
        find_fault: Callable[[], str] = str,
        on_fault: Callable[[], object] = lambda: None,
    ) -> None:
        self._parts = parts
        self._find_fault = find_fault
        self._on_fault = on_fault
        self._ended = threading.Event()
        self._is_well = True  # the last heartbeat was written
        self._thread = threading.Thread(target=self._run, name="platform-heartbeats", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            if fault := self._beat():
                logger.critical("%s", fault)
                self._on_fault()
                return
            self._ended.wait(presence.pause())

    def _beat(self) -> str:
        """Write a heartbeat for each part; return why this process has to end, if it has to."""
        try:
            if fault := self._find_fault():
                return fault
            for part in self._parts:
                presence.beat(part)
        except Exception as error:  # the thread must outlive whatever the database does
            if self._is_well:
                logger.warning("no heartbeat is written until the database is back: %s", error)
            self._is_well = False
        else:
            self._is_well = True
        finally:
            connection.close()  # of this thread; an idle connection would outlive a restart
        return ""


def beat_as_web() -> None:
    """Write heartbeats as a web server, in this process and each that is forked from it."""
    parts = [presence.web_part(settings.WEB_ROLE)]
    Beating(parts).start()
    os.register_at_fork(after_in_child=lambda: Beating(parts).start())
