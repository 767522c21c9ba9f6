"""A whole platform of real processes, for one test module."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import psycopg

from demo.child_processes import HOST, Children, RunningProcess, wait_for_answer
from tests.e2e.forking import FORKS
from tests.e2e.inside import Inside
from tests.services.service import free_port

COMMAND_WITHIN = 300  # seconds, where every core is busy
RUN_WITHIN = 180  # seconds
MB = 1024**2


class ForkedChildren(Children):
    """Running processes that were forked: they start in half of the time."""

    def _spawn(self, arguments: Sequence[str], log: Path) -> RunningProcess:
        assert self._environment is not None
        return FORKS.start(arguments, self._environment, log)


class Site:
    """Web, worker and sweeper with a database, a broker and a folder of their own."""

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        *,
        is_seeded: bool = False,
        is_forked: bool = True,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "STATE_DIR": str(folder),
            "SECRET_KEY": "only-for-tests",
            "DEBUG": "false",
            "HTTPS": "false",
            "EMAIL_DELIVERY": "folder",
            "SWEEP_INTERVAL": "1",
            "IMAGE_RETRY_PAUSE": "1",
            "FAULT_LOG": str(folder / "faults.log"),
            "TMPDIR": str(folder / "tmp"),  # a killed worker leaves its temporary files
            **settings,
        }
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        (folder / "tmp").mkdir(exist_ok=True)
        self._children_of = ForkedChildren if is_forked else Children
        self.children = self._children_of(folder / "logs", self.environment)
        self._inside = Inside(self.environment, folder)
        self._connection: psycopg.Connection | None = None
        self.nodes: dict[str, Children] = {}
        self.tokens: dict[str, str] = {}  # of the nodes
        if not is_seeded:
            self.run("tests.e2e.seed", "set_up")

    def run(self, *arguments: str) -> str:
        """Run `python -m ARGUMENTS` to its end and return what it printed."""
        if self._inside.environment != self.environment:  # a test has changed it
            self._inside.stop()
            self._inside = Inside(self.environment, self.folder)
        return self._inside.run(*arguments, within=COMMAND_WITHIN)

    def manage(self, *arguments: str) -> str:
        """Run a management command."""
        return self.run("django", *arguments)

    def start_web(self) -> None:
        """Start the server and wait until it answers."""
        if not (self.folder / "static").is_dir():
            self.manage("collectstatic", "--no-input", "--verbosity", "0")
        self.serve()

    def serve(self) -> None:
        """Start the server, which has been started before."""
        self.children.start("server", "config.serve", "--bind", f"{HOST}:{self.port}")
        wait_for_answer(self.children, self.port)

    def start_worker(self, application: str = "config", *, tasks_at_once: int = 1) -> None:
        """Start a worker; tests.e2e.faulty_worker is one that fails.

        Each task at once has a scoring process, which takes a second of a core to start.
        """
        at_once = str(tasks_at_once)
        command = ("celery", "-A", application, "worker", "-c", at_once, "-l", "INFO")
        self.children.start("worker", *command)

    def start_sweeper(self) -> None:
        """Start the sweeper."""
        self.children.start("sweeper", "django", "sweep")

    def start_node(self, name: str, engine: str, *, url: str = "", **settings: str) -> None:
        """Start `terminarium node`, again with the token and folder that it had before.

        It knows nothing of the platform's environment.
        """
        if name not in self.nodes:
            token = secrets.token_urlsafe()
            self.add_node(name, token)
            environment = {
                "PATH": os.environ["PATH"],
                "NODE_URL": url or self.url,
                "NODE_TOKEN": token,
                "NODE_BROKER_URL": self.environment["NODES_BROKER_URL"],
                "NODE_STATE_DIR": str(self.folder / name),
                "DOCKER_HOST": engine,
                **settings,
            }
            self.nodes[name] = self._children_of(self.folder / "logs", environment)
            self.tokens[name] = environment["NODE_TOKEN"]
        self.nodes[name].start(name, "evaluator", "node")

    def add_node(self, name: str, token: str) -> None:
        """Do what `manage.py add_node` does, faster."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        self.rows(
            "insert into nodes_node (name, token_hash, created_at, drain_reason, takes_cpu_work, "
            "gpus, cpus, memory, runtime, version, failures, failing_reason, restarts, process_id, "
            "process_host, engine) values "
            f"('{name}', '{digest}', now(), '', true, '[]', 0, 0, '', '', 0, '', 0, '', '', '') "
            "returning id"
        )

    def allow_images(self, **limits: float) -> None:
        """Let all phases take images; what one run may use is what a small machine has."""
        limits = {"memory": 256 * MB, "tmp": 16 * MB, "shared_memory": 16 * MB} | limits
        self.rows(
            "update sharedtasks_phase set takes_images = true, "
            f"run_limits = '{json.dumps(limits)}' returning id"
        )

    def submit_image(self, archive: Path, *, needs_gpu: bool = False) -> int:
        """Upload an image as the page does, without the page; return the submission's id."""
        need = "gpu" if needs_gpu else "cpu"
        return int(self.run("tests.e2e.seed", "submit_image", str(archive), need))

    def entry_of_image(self, archive: Path, *, needs_gpu: bool = False) -> int:
        """Upload an image where there is one test set; return its entry's id."""
        submission = self.submit_image(archive, needs_gpu=needs_gpu)
        entries = f"select id from submissions_entry where submission_id = {submission}"
        self.wait_for(entries, lambda rows: len(rows) == 1, within=RUN_WITHIN)
        return int(self.rows(entries)[0][0])

    def runs_of(self, entry: int) -> list[tuple]:
        """Return purpose, attempt and outcome of an entry's runs."""
        return self.rows(
            f"select purpose, attempt, outcome from nodes_run where entry_id = {entry} order by id"
        )

    def wait_for_run(self, entry: int, condition: str) -> None:
        """Wait until an entry is being run, and how."""
        runs = f"select count(*) from nodes_run where entry_id = {entry} and ended_at is null"
        self.wait_for(f"{runs} and {condition}", lambda rows: rows == [(1,)], within=RUN_WITHIN)

    def wait_for_state(self, entry: int, state: str) -> None:
        """Wait until an entry has come so far."""
        states = f"select state from submissions_entry where id = {entry}"
        self.wait_for(states, lambda rows: rows == [(state,)], within=RUN_WITHIN)

    def stop(self) -> None:
        """End all processes, kindly at first."""
        for node in self.nodes.values():
            node.stop()
        self.children.stop()
        self._inside.stop()
        self._disconnect()

    def import_test_set(
        self, source: Path, reference: Path, *options: str, shared_task: str = "trial"
    ) -> int:
        """Import an en-fr test set and return its id."""
        self.manage(
            "import_test_set", "--skip-checks", "--create", "--shared-task", shared_task,
            "--phase", "dev", "--language-pair", "en-fr", "--source", str(source),
            "--reference", str(reference), *options,
        )  # fmt: skip
        self.announce(shared_task)
        return int(self.rows("select max(id) from sharedtasks_testset")[0][0])

    def announce(self, shared_task: str, phase: str = "dev") -> None:
        """Make a phase public, with scores and leaderboards."""
        options = ("--skip-checks", "--show-scores")
        self.manage("announce", "--shared-task", shared_task, "--phase", phase, *options)

    def submit(self, test_set: int, file: Path, *, system: str = "some system") -> int:
        """Upload a file as the page does, without the page; return the submission's id."""
        return int(self.run("tests.e2e.seed", "submit", str(test_set), str(file), system))

    def rows(self, query: str) -> list[tuple]:
        """Ask the database."""
        if not self.environment["DATABASE_URL"].startswith("postgres"):
            return self._sqlite_rows(query)
        try:
            return self._connected().execute(query).fetchall()
        except psycopg.OperationalError:  # it has been away since the last question
            self._disconnect()
            return self._connected().execute(query).fetchall()

    def wait_for(
        self, query: str, expected: Callable[[list[tuple]], bool], *, within: float
    ) -> None:
        """Wait until the answer is as expected; fail with the last answer and the logs' ends."""
        deadline = time.monotonic() + within
        while not expected(answer := self.rows(query)):
            if time.monotonic() > deadline:
                raise AssertionError(f"{query}\nstill answers {answer}\n{self.log_tails()}")
            time.sleep(0.1)

    def log_tails(self) -> str:
        """Return the ends of all log files."""
        logs = sorted((self.folder / "logs").glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in logs)

    def fault_count(self) -> int:
        """Return how often the faulty worker has begun to score."""
        log = self.folder / "faults.log"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def let_go(self) -> None:
        """Let the faulty worker that waits go on."""
        (self.folder / "faults.log.go").touch()

    def log(self, name: str) -> str:
        """Return what a process has written since it was started."""
        return (self.folder / "logs" / f"{name}.log").read_text(errors="replace")

    def wait_until(self, condition: Callable[[], object], *, within: float) -> None:
        """Wait until something is so; fail with the logs' ends."""
        deadline = time.monotonic() + within
        while not condition():
            assert time.monotonic() < deadline, self.log_tails()
            time.sleep(0.1)

    def status_of(self, path: str, cookies: str = "") -> tuple[int, str]:
        """Fetch a page; return the answer's status and body, whichever it is."""
        request = urllib.request.Request(self.url + path, headers={"Cookie": cookies})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def get(self, path: str) -> str:
        """Fetch a page as a visitor."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return str(answer.read().decode())

    def _connected(self) -> psycopg.Connection:
        if self._connection is None:  # kept, since tests ask ten times a second
            self._connection = psycopg.connect(
                self.environment["DATABASE_URL"], autocommit=True, prepare_threshold=None
            )
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _sqlite_rows(self, query: str) -> list[tuple]:
        file = self.environment["DATABASE_URL"].removeprefix("sqlite:///")
        with closing(sqlite3.connect(file, timeout=30)) as connection:
            rows = connection.execute(query).fetchall()
            connection.commit()
            return rows
