"""A process inside a site's environment, which runs one module after the other as it is told to.

python -m tests.e2e.inside COMMANDS ANSWERS     reads lines of JSON from a pipe by name, ["module",
                                                "argument", …]; answers each in the other pipe with
                                                [exit status, standard output, standard error]
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import select
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.forking import FORKS, Forked


class Inside:
    """The process, seen by the tests: started when it is needed first."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.environment = dict(environment)
        self._log = folder / "logs" / "inside.log"
        self._pipes = [folder / "commands", folder / "answers"]
        self._process: Forked | None = None
        self._commands, self._answers = -1, -1

    def run(self, *arguments: str, within: float) -> str:
        """Run `python -m ARGUMENTS` to its end and return what it printed."""
        if self._process is None:
            self._start()
        os.write(self._commands, json.dumps(arguments).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            if not select.select([self._answers], [], [], within)[0]:
                raise TimeoutError(f"{arguments} has not ended within {within} seconds")
            answer += os.read(self._answers, 65536)
        status, output, errors = json.loads(answer)
        assert status == 0, output + errors
        return str(output)

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            os.close(self._commands)
            os.close(self._answers)
            self._process = None

    def _start(self) -> None:
        for pipe in self._pipes:
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe)
        module = ["tests.e2e.inside", *map(str, self._pipes)]
        self._process = FORKS.start(module, self.environment, self._log)
        # For both ways, so that neither side waits for the other.
        self._commands, self._answers = (os.open(pipe, os.O_RDWR) for pipe in self._pipes)


def serve(commands: str, answers: str) -> None:
    """Run what comes through one pipe, answer in the other."""
    with open(commands) as lines, open(answers, "w") as out:
        for line in lines:
            out.write(json.dumps(_run(*json.loads(line))) + "\n")
            out.flush()


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
    serve(*sys.argv[1:])
