"""The environment that the settings see in tests.

pytest loads this module before anything else (`-p` in pyproject.toml), for pytest-django reads the
settings before any conftest.py. A developer's own variables never reach the tests: a DATABASE_URL
that names a real database would be written to.

    python -m tests.environment COMMAND …      any command of manage.py in this environment
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STATE_DIR = Path(tempfile.mkdtemp(prefix="terminarium-state-"))
# The folder of the process that starts the others, which all of them may use.
RUN_DIR = Path(os.environ.setdefault("TERMINARIUM_TEST_RUN_DIR", str(STATE_DIR)))
_OWNER = os.getpid()

SETTINGS = {
    "STATE_DIR": str(STATE_DIR),
    "DATABASE_URL": os.environ.get("TERMINARIUM_TEST_DATABASE_URL")
    or f"sqlite:///{STATE_DIR / 'terminarium.sqlite3'}",
    "BROKER_URL": "memory://",
    "NODES_BROKER_URL": "",
    "CACHE_URL": "database://",
    "EMAIL_DELIVERY": "folder",
    "IMAGE_REGISTRIES": "",
    "IMAGE_REGISTRIES_ON_LOOPBACK": "false",
    **{
        f"SOCIAL_{provider}_{part}": ""
        for provider in ("GITHUB", "GOOGLE", "ORCID")
        for part in ("CLIENT_ID", "SECRET")
    },
    "SECRET_KEY": "only-for-tests",
    # Plain static files and cookies without TLS; Django's DEBUG itself pytest-django turns off.
    "DEBUG": "true",
    "HTTPS": "false",
    "DEMO": "false",
    "LOG_LEVEL": "INFO",
}


def _apply() -> None:
    for name in SETTINGS:
        os.environ.pop(f"{name}_FILE", None)
    os.environ.update(SETTINGS)
    # Without it, every process of a run compiles the whole tree again: seconds each.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@atexit.register
def _remove_state() -> None:
    if os.getpid() == _OWNER:  # not in a forked child
        shutil.rmtree(STATE_DIR, ignore_errors=True)


def pytest_report_header() -> str:
    """Say on which database the tests run."""
    if os.environ.get("TERMINARIUM_TEST_DATABASE_URL"):
        return "database: PostgreSQL"
    return (
        "database: SQLite in a temporary folder, as TERMINARIUM_TEST_DATABASE_URL is not set; "
        "`make test` runs on PostgreSQL"
    )


_apply()

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from manage import main

    main()
