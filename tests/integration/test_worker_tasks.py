"""A worker's process knows every task that rows and the sweeper announce."""

from __future__ import annotations

import os
import re
import subprocess
import sys

PRINT = "from config.celery import app; app.loader.import_default_modules(); print(*app.tasks)"


def test_a_worker_knows_every_task_that_is_defined(root, tmp_path):
    modules = [path.read_text() for path in (root / "platform").rglob("tasks.py")]
    defined = sum(len(re.findall(r"^@shared_task", text, re.MULTILINE)) for text in modules)

    done = subprocess.run(
        [sys.executable, "-c", PRINT],
        env=os.environ | {"STATE_DIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    known = [name for name in done.stdout.split() if not name.startswith("celery.")]
    assert {"submissions.check", "submissions.score", "leaderboard.rank"} <= set(known)
    assert len(known) == defined >= 5
