"""`manage.py sweep`: run the sweeps of all apps, for ever or once."""

from __future__ import annotations

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from files import marker
from files.incoming import remove_leftovers
from files.storage import collect_garbage
from health import presence
from leaderboard import boards, ranges
from nodes.runs.sweeping import sweep_runs
from nodes.waking.idle_nodes import wake_idle
from submissions.pipeline import adopting, reference_points
from submissions.pipeline.sweeper import sweep
from submissions.services.expiry import remove_refused_files

logger = logging.getLogger(__name__)

BEAT_AFTER = 1  # seconds of other steps
COLLECT_EVERY = 600  # seconds between two removals of unreferenced files


class Command(BaseCommand):
    """Sweep every SWEEP_INTERVAL seconds until told to stop."""

    help = "Announce again what no worker took, and end what can't be finished. Runs until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="sweep once and exit")

    def handle(self, *, once: bool, **_: object) -> None:
        _run_step(_require_storage)
        if once:
            made, adopted = reference_points.add_missing(), adopting.adopt_missing()
            self.stdout.write(
                f"{sweep()}, {sweep_runs()}, {wake_idle()} messages to nodes, "
                f"{made} oracle rows made, {adopted} entries adopted, "
                f"{boards.rebuild_stale()} boards rebuilt, "
                f"{ranges.announce_due()} boards announced for ranges"
            )
            return
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        collected_at = float("-inf")
        while not stopped.is_set():
            _run_step(_require_storage)
            steps: list[Callable[[], object]] = [
                reference_points.add_missing,
                adopting.adopt_missing,
                sweep,
                sweep_runs,
                wake_idle,
                boards.rebuild_stale,
                ranges.announce_due,
            ]
            if time.monotonic() - collected_at > COLLECT_EVERY:
                collected_at = time.monotonic()
                steps += [remove_refused_files, collect_garbage, remove_leftovers]
            beaten_at = float("-inf")
            for step in steps:
                # The sweep of runs has to know of an absence that has just ended.
                if step is sweep_runs or time.monotonic() - beaten_at > BEAT_AFTER:
                    _run_step(lambda: presence.beat(presence.SWEEPER))
                    beaten_at = time.monotonic()
                _run_step(step)
            stopped.wait(settings.SWEEP_INTERVAL)


def _require_storage() -> None:
    """Raise CommandError if the folder is not this site's storage: sweeping would lose files."""
    if fault := marker.find_fault():
        raise CommandError(f"The sweeper stops. {fault}")


def _run_step(step: Callable[[], object]) -> None:
    """Run a step; if it fails, the other steps and the next sweep still run."""
    try:
        step()
    except CommandError:
        raise
    except Exception:
        logger.exception("a step of the sweep failed; the next sweep tries again")
    finally:
        close_old_connections()
