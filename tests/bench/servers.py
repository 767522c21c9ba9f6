"""Web servers for this platform, measured side by side; decision 0022 has the figures.

    python tests/bench/servers.py [NAME …]

Each candidate serves the platform, on SQLite, on loopback, alone. Measured are pages a second by
eight clients, the memory of the whole process group, and then, for each kind of slow client, how
a page's latency is with fifty of them. Candidates that are not installed are named and left out:
`pip install gevent granian waitress` in a virtual environment of its own brings them.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

from demo.child_processes import HOST  # noqa: E402 (the paths come first)
from tests.e2e.slowness import Kind, connect, kinds, slow_clients  # noqa: E402
from tests.services.service import free_port  # noqa: E402

PAGE = "/account/sign-in"  # built for each request: a form with a token, no board that is kept
SECONDS = 5  # of each measurement of speed
PAGES = 10  # under slow clients
GIVE_UP = 5.0  # seconds for a page
CLIENTS = 8
SLOW = 50
MANY = 300
MANY_OF = ("half a header", "a header, byte by byte", "a small body, byte by byte")
PATIENCE = 45  # seconds
HALF = b"GET / HTTP/1.1\r\nHo"
SILENT = (  # with a cookie, or the form would be refused unread
    b"POST /account/sign-in HTTP/1.1\r\nHost: localhost\r\nCookie: csrftoken="
    + b"t" * 32
    + b"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000\r\n\r\nx"
)
ENOUGH = 2  # pages that did not come; the others would not either

# The package that has to be there, and the command; the address to listen at comes after it.
GUNICORN = "-m gunicorn config.wsgi --no-control-socket"
GRANIAN = "-m granian config.wsgi:application --interface wsgi --no-ws --backpressure 1024"
WAITRESS = "-m waitress --threads=16 --connection-limit=1000"
CANDIDATES = {
    "gunicorn gthread, 8 threads": ("gunicorn", f"{GUNICORN} --threads 8 --bind {{address}}"),
    "gunicorn gthread, 128 threads": ("gunicorn", f"{GUNICORN} --threads 128 --bind {{address}}"),
    "gunicorn gevent": ("gevent", f"{GUNICORN} -k gevent --bind {{address}}"),
    "granian, 128 threads": ("granian", f"{GRANIAN} --blocking-threads 128 --port {{port}}"),
    "waitress, 16 threads": (
        "waitress",
        f"{WAITRESS} --listen={{address}} config.wsgi:application",
    ),
    "our worker": ("gunicorn", "-m config.serve --bind {address}"),
}


@dataclass
class Latency:
    """How long pages took; what did not come in time counts as GIVE_UP."""

    times: list[float]

    def __str__(self) -> str:
        if not self.times or max(self.times) >= GIVE_UP:
            lost = sum(seconds >= GIVE_UP for seconds in self.times)
            return f"silent ({lost} of {len(self.times)} pages)"
        return f"{statistics.median(self.times):.3f} / {max(self.times):.3f}"


def main(names: list[str]) -> None:
    """Measure all candidates, or those named."""
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(Path(folder))
        _run("-m tests.e2e.seed set_up", environment)
        _run("-m django collectstatic --no-input -v0", environment)
        for name, (package, command) in CANDIDATES.items():
            if names and name not in names:
                continue
            if importlib.util.find_spec(package) is None:
                print(f"\n{name}: not installed", flush=True)
                continue
            _measure(name, command, environment)


def _measure(name: str, command: str, environment: dict[str, str]) -> None:
    port = free_port()
    url = f"http://{HOST}:{port}"
    arguments = command.format(address=f"{HOST}:{port}", port=port).split()
    server = subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait(url)
        print(f"\n{name}", flush=True)
        speed, latency = _speed(url)
        print(f"  {speed:.0f} pages/s by {CLIENTS} clients, {latency} s; {_memory(server.pid)} MB")
        for kind, slow in kinds(f"{HOST}:{port}", "/static/css/components.css").items():
            print(f"  {SLOW} × {kind}: {_under(url, slow, SLOW)}", flush=True)
        for kind in MANY_OF:
            slow = kinds(f"{HOST}:{port}", "/static/css/components.css")[kind]
            print(f"  {MANY} × {kind}: {_under(url, slow, MANY)}", flush=True)
        print(f"  half a header is sent away after {_sent_away(url, HALF)}")
        print(f"  a silent body is sent away after {_sent_away(url, SILENT)}", flush=True)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _sent_away(url: str, sent: bytes) -> str:
    """Return after what time a server closes a connection on which nothing more comes."""
    started = time.monotonic()
    with connect(url) as client:
        client.settimeout(PATIENCE)
        client.sendall(sent)
        try:
            client.recv(100)
        except TimeoutError:
            return f"more than {PATIENCE} s"
    return f"{time.monotonic() - started:.0f} s"


def _under(url: str, kind: Kind, count: int) -> Latency:
    try:
        with slow_clients(url, [kind], each=count):
            time.sleep(1)
            times: list[float] = []
            while len(times) < PAGES and times.count(GIVE_UP) < ENOUGH:
                times.append(_page(url))
            return Latency(times)
    except OSError:  # not even a connection
        return Latency([GIVE_UP])


def _speed(url: str) -> tuple[float, Latency]:
    times: list[float] = []
    until = time.monotonic() + SECONDS

    def ask() -> None:
        while time.monotonic() < until:
            times.append(_page(url))

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    _all(threads, threading.Thread.start)
    _all(threads, threading.Thread.join)
    return len(times) / SECONDS, Latency(times)


def _all(threads: list[threading.Thread], act: Callable[[threading.Thread], None]) -> None:
    for thread in threads:
        act(thread)


def _page(url: str) -> float:
    started = time.monotonic()
    try:
        with urllib.request.urlopen(url + PAGE, timeout=GIVE_UP) as answer:
            answer.read()
    except OSError:
        return GIVE_UP
    return time.monotonic() - started


def _wait(url: str) -> None:
    deadline = time.monotonic() + 60
    while _page(url) >= GIVE_UP / 2:
        if time.monotonic() > deadline:
            raise SystemExit(f"{url} does not answer")
        time.sleep(0.2)


def _memory(group: int) -> int:
    """Return what a process group takes, shared pages counted once for each that shares them."""
    import psutil

    processes = [process for process in psutil.process_iter() if os.getpgid(process.pid) == group]
    return round(sum(process.memory_full_info().pss for process in processes) / 1024**2)


def _run(command: str, environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, *command.split()], env=environment, cwd=ROOT, check=True)


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}",
        "STATE_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/platform.sqlite3",
        "SECRET_KEY": "only-for-measuring",
        "HTTPS": "false",
        "EMAIL_DELIVERY": "folder",
        "LOG_LEVEL": "ERROR",
    }


if __name__ == "__main__":
    main(sys.argv[1:])
