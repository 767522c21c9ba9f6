"""A site's processes, forked from one that has imported what they need.

Libraries and applications take 1.5 seconds of a core to import, and the tests start hundreds of
processes. The process that forks has opened no connection and started no thread. A child gets the
environment that it is given, reads its own settings (tests/e2e/preparing.py) and runs its module as
`python -m` does. A worker's scoring process is forked from the worker.

python -m tests.e2e.forking     reads lines of JSON, {"arguments": …, "environment": …, "log": …};
                                says in lines of JSON which process was started, and which ended
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import random
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluator.normalise.dictionaries import share_dictionaries
from tests.e2e.preparing import has_same_settings, import_applications

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 60  # seconds
LOOK_EVERY = 0.02  # seconds
LIBRARIES = (
    *("celery.bin.celery", "celery.apps.worker", "celery.concurrency.prefork", "celery.app.amqp"),
    *("celery.app.control", "celery.app.events", "celery.app.log", "celery.contrib.django.task"),
    *("celery.worker.consumer", "celery.worker.strategy", "celery.worker.autoscale"),
    *("celery.worker.loops", "billiard.heap", "billiard.popen_fork"),
    *("kombu.transport.redis", "kombu.transport.filesystem", "kombu.mixins"),
    *("django.core.management", "django.core.management.commands.migrate", "django.core.wsgi"),
    *("django.contrib.admin", "django.db.models", "django.forms", "django.template.loader"),
    *("django.core.cache.backends.db", "django.template.context_processors", "django.views.debug"),
    *("django.middleware.clickjacking", "django.middleware.common", "django.middleware.security"),
    *("psycopg", "lxml.etree", "requests", "gunicorn.app.base", "cryptography.fernet"),
    *("gunicorn.glogging", "django_htmx.middleware", "whitenoise.storage", "whitenoise.compress"),
    *("fido2.features", "fido2.server", "markdown_it", "docker", "langcodes.language_distance"),
    *("confusable_homoglyphs.confusables", "csp.middleware", "whitenoise.middleware", "sqlite3"),
    *("simplemma", "sacrebleu.metrics", "evaluator.api", "evaluator.formats", "evaluator.metrics"),
    *("evaluator.container.archives.checking", "evaluator.node.service"),
    *("evaluator.node.brokers.redis_broker", "sacrebleu.tokenizers.tokenizer_zh"),
    *("evaluator.score_server", "sacrebleu.tokenizers.tokenizer_13a", "psutil"),
)
SCORES = ["-c", "from evaluator.score_server import main; main()"]


class Forked:
    """A process that was forked elsewhere, seen like one of `subprocess`."""

    def __init__(self, pid: int, forks: Forks) -> None:
        self.pid = pid
        self._forks = forks

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while it runs."""
        return self._forks.status_of(self.pid)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit status; raise subprocess.TimeoutExpired after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            time.sleep(LOOK_EVERY)
        return status

    def terminate(self) -> None:
        """Send SIGTERM."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


class Forks:
    """The process that forks, started with the first child and ended with this process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._started: list[int] = []
        self._ended: dict[int, int] = {}
        self._lock = threading.Lock()  # tests start processes from threads, too

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Forked:
        """Start `python -m ARGUMENTS`; what it prints goes to the log."""
        log.write_bytes(b"")  # it is there as soon as the process is
        with self._lock:
            if self._process is None:
                self._process = _start()
                atexit.register(self._process.kill)
            assert self._process.stdin is not None
            request = {
                "arguments": arguments, "environment": dict(environment), "log": str(log),
            }  # fmt: skip
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            deadline = time.monotonic() + STARTS_WITHIN
            while not self._started:
                assert time.monotonic() < deadline, "nothing was forked"
                self._read(1)
            return Forked(self._started.pop(), self)

    def status_of(self, pid: int) -> int | None:
        """Return a child's exit status if it has ended."""
        with self._lock:
            self._read(0)
            return self._ended.get(pid)

    def _read(self, seconds: float) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while select.select([self._process.stdout], [], [], seconds)[0]:
            piece = os.read(self._process.stdout.fileno(), 65536)
            assert piece, "the process that forks has ended"
            *lines, self._rest = (self._rest + piece).split(b"\n")
            for line in lines:
                said = json.loads(line)
                if "status" in said:
                    self._ended[said["pid"]] = said["status"]
                else:
                    self._started.append(said["pid"])
                    self._ended.pop(said["pid"], None)  # of another one with the same number
            seconds = 0


class ScoringProcess:
    """A scoring process, forked from the worker that asks for it; seen like one of `subprocess`."""

    def __init__(self, connection: int) -> None:
        self.pid = os.fork()
        if not self.pid:
            _score(connection)

    def kill(self) -> None:
        """Send SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait for the exit status."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class PopenOrFork(subprocess.Popen[bytes]):
    """Starts a program; a scoring process it forks."""

    def __new__(cls, arguments: Sequence[str], *_: object, **__: object) -> Any:
        """Return a process of either kind."""
        if list(arguments[1:3]) == SCORES:
            return ScoringProcess(int(arguments[3]))
        return super().__new__(cls)


FORKS = Forks()


def _score(connection: int) -> None:
    from evaluator import score_server

    os.closerange(3, connection)  # the worker's connections are not ours
    os.closerange(connection + 1, os.sysconf("SC_OPEN_MAX"))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sys.argv[1:] = [str(connection)]
    try:
        score_server.main()
    finally:
        os._exit(0)


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.forking"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def prepare() -> dict[str, Any]:
    """Load what the children need; return the settings that were read for it."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for language in ("en", "fr"):  # of the tests' own test set
        share_dictionaries().get_dictionary(language)
    read = import_applications()
    gc.freeze()  # what is there now is shared by all
    return read


def main() -> dict[str, Any] | None:
    """Fork what is asked for; return the request in each child, None at the end."""
    answers = os.dup(1)
    os.dup2(2, 1)
    awake, wake = os.pipe()
    for end in (awake, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # A shell ignores these in what it starts in the background, and every child would do so too.
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rest = b""
    while True:
        ready, _, _ = select.select([0, awake], [], [])
        if awake in ready:
            os.read(awake, 4096)
            _say_who_ended(answers)
        if 0 not in ready:
            continue
        piece = os.read(0, 65536)
        if not piece:
            return None
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if not (pid := _fork()):
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for descriptor in (answers, awake, wake):
                    os.close(descriptor)
                return dict(json.loads(line))
            _say(answers, {"pid": pid})


def _fork() -> int:
    """Fork; return once the child has a session of its own, by which it can be killed."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.setsid()
    os.close(writing)
    if pid:
        os.read(reading, 1)
    os.close(reading)
    return pid


def _say_who_ended(answers: int) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _say(answers, {"pid": pid, "status": os.waitstatus_to_exitcode(status)})


def _say(answers: int, what: dict[str, int]) -> None:
    os.write(answers, json.dumps(what).encode() + b"\n")


def _become(request: dict[str, Any], read: dict[str, Any]) -> None:
    """Be the process that was asked for, with nothing of the one it was forked from."""
    for descriptor, (path, flags) in enumerate(
        [(os.devnull, os.O_RDONLY), (request["log"], os.O_WRONLY | os.O_APPEND)]
    ):
        opened = os.open(path, flags, 0o644)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.dup2(1, 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    tempfile.tempdir = None  # read from the environment again
    random.seed()
    if "DJANGO_SETTINGS_MODULE" in os.environ and not has_same_settings(read):
        os.execv(sys.executable, [sys.executable, "-m", *request["arguments"]])
    subprocess.Popen = PopenOrFork  # type: ignore[misc]
    sys.argv[1:] = request["arguments"][1:]
    runpy.run_module(request["arguments"][0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    read = prepare()
    if (request := main()) is not None:
        _become(request, read)
