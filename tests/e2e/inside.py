"""A process inside a site's environment, which runs one module after the other as it is told to.

Django takes seconds of a core to start, so it starts once for a site and not for each upload.

python -m tests.e2e.inside      reads lines of JSON, ["module", "argument", …]; answers each with
                                a line of JSON, [exit status, standard output, standard error]
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import select
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Inside:
    """The process, seen by the tests: started when it is needed first."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self._process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str, within: float) -> str:
        """Run `python -m ARGUMENTS` to its end and return what it printed."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.inside"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        readable, _, _ = select.select([self._process.stdout], [], [], within)
        if not readable:
            self.stop()
            raise TimeoutError(f"{arguments} has not ended within {within} seconds")
        status, output, errors = json.loads(self._process.stdout.readline())
        assert status == 0, output + errors
        return str(output)

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def serve() -> None:
    """Run what standard input names, until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a child prints is no answer
    for line in sys.stdin:
        answers.write(json.dumps(_run(*json.loads(line))) + "\n")
        answers.flush()


def _run(module: str, *arguments: str) -> tuple[int, str, str]:
    output, errors = io.StringIO(), io.StringIO()
    sys.argv[1:] = arguments
    status = 0
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else int(error.code is not None)
        except Exception:
            traceback.print_exc()
            status = 1
    _close_connections()
    return status, output.getvalue(), errors.getvalue()


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


if __name__ == "__main__":
    serve()
