"""`python -m demo`: the whole platform on your machine, with boards that fill as you watch.

SQLite, the embedded broker, a server, a worker and the sweeper, all in a temporary folder; where a
Docker engine answers also a node, which runs baseline systems in containers.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import FrameType

DEFAULT_PORT = 8000
DEFAULT_BASE = "python:3.12-slim"  # as in the Makefile
# SIGINT too: a script that starts us in the background has it ignored. SIGHUP: a closed terminal.
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run the demo until interrupted; 0 unless something failed."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument(
        "--base", default=DEFAULT_BASE, help="image with Python that the baselines are built on"
    )
    options = parser.parse_args()
    for number in ENDS:
        signal.signal(number, _interrupt)
    state = Path(tempfile.mkdtemp(prefix="terminarium-demo-"))
    try:
        _set_environment(state)
        from demo.session import run_demo  # needs the settings, which read that environment

        return run_demo(port=options.port, base=options.base)
    except KeyboardInterrupt:
        return 0
    finally:
        shutil.rmtree(state, ignore_errors=True)
        _say(f"Ended, but {state} is still there." if state.exists() else "Ended, all tidied up.")


def _set_environment(state: Path) -> None:
    # The children inherit it. Nothing of the caller's own installation is read or written.
    scratch = state / "tmp"  # a worker that is killed leaves its temporary files
    scratch.mkdir()
    os.environ.update(
        TMPDIR=str(scratch),
        DJANGO_SETTINGS_MODULE="config.settings",
        STATE_DIR=str(state),
        DATABASE_URL=f"sqlite:///{state / 'terminarium.sqlite3'}",
        BROKER_URL="filesystem://localhost",
        NODES_BROKER_URL=f"filesystem://{state / 'nodes-broker'}",
        CACHE_URL="database://",
        EMAIL_DELIVERY="folder",
        SECRET_KEY=secrets.token_urlsafe(50),
        DEBUG="false",
        HTTPS="false",
        DEMO="true",
        SWEEP_INTERVAL="2",
        RANGES_QUIET="4",
        RANGES_EVERY="15",
        MIN_FREE_BYTES=str(1024**3),  # it all goes away at the end
        LOG_LEVEL="WARNING",
    )


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # A second Ctrl-C must not stop it from tidying up.
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)
    _say("\nEnding …")
    raise KeyboardInterrupt


def _say(text: str) -> None:
    with suppress(OSError):  # the terminal may be gone
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
