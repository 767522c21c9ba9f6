"""`make demo` as somebody who tries it sees it: filled once, looked at by everybody, ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from demo.systems import LANGUAGE_PAIRS
from tests.containers import Images
from tests.e2e.walking import Walked, walk
from tests.environment import ROOT
from tests.services.service import free_port

# Seconds. By itself it takes 27 on two cores, and 60 are promised; here other tests run as well.
FIRST_ROW_WITHIN = 180
FILLED_WITHIN = 900  # seconds
ENDS_WITHIN = 60  # seconds
NOWHERE = "unix:///nowhere/docker.sock"
BASELINES = ("copy-source", "dictionary", "statistical")
BASELINE = re.compile(r"^– +(\S+) +Organisers", re.MULTILINE)
ROLES = ["visitor", "participant", "organiser"]


@dataclass
class Demo:
    """A running demo, its folder for temporary files, and what it has printed so far."""

    process: subprocess.Popen[str]
    folder: Path
    address: str
    output: str = ""

    def read_until(self, is_enough: Callable[[str], object]) -> None:
        """Read on, line by line, until there is enough; end it if that takes too long."""
        assert self.process.stdout is not None
        with self._terminated_later():
            for line in self.process.stdout:
                self.output += line
                if is_enough(self.output):
                    break

    @contextmanager
    def _terminated_later(self) -> Iterator[None]:
        timer = threading.Timer(FILLED_WITHIN, self.process.terminate)
        timer.start()
        yield
        timer.cancel()

    def interrupt(self) -> None:
        """Do what Ctrl-C does, and wait for the end."""
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=ENDS_WITHIN)
        self.output += rest


@contextmanager
def started(folder: Path, *arguments: str, engine: str) -> Iterator[Demo]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "demo", "--port", str(port), *arguments],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder), "DOCKER_HOST": engine},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    demo = Demo(process, folder, f"http://127.0.0.1:{port}")
    try:
        yield demo
    finally:
        if process.poll() is None:
            demo.interrupt()


@pytest.fixture(scope="module")
def demo(
    tmp_path_factory: pytest.TempPathFactory,
    images_before: set[str],
    python_base: str,
    engine_address: str,
) -> Iterator[Demo]:
    """The demo with all its systems and baselines scored. The last test here ends it."""
    folder = tmp_path_factory.mktemp("demo")
    with started(folder, "--base", python_base, engine=engine_address) as demo:
        all_of_them = len(BASELINES) * len(LANGUAGE_PAIRS)
        demo.read_until(lambda output: len(BASELINE.findall(output)) == all_of_them)
        yield demo


@pytest.fixture(scope="module")
def images_before(session_images: Images, python_base: str) -> set[str]:
    """The engine's images before the demo."""
    return session_images.ids()


def test_boards_fill_through_the_real_pipeline_with_baselines_in_containers(
    images_before: set[str], demo: Demo
) -> None:
    assert demo.process.poll() is None, demo.output
    uploads, _, containers = demo.output.partition("The organisers send baselines")
    assert len(re.findall(r"^ *[\d.]+ s  ", uploads, flags=re.MULTILINE)) == 43
    assert len(re.findall(r" [a-z]{2}-[a-z]{2} scored\b", uploads)) == 161
    assert len(re.findall(r" [a-z]{2}-[a-z]{2}\.noterm scored\b", uploads)) == 8
    assert sorted(re.findall(r"refused: (\d+) problems? found", uploads)) == ["1", "25"]
    assert sorted(re.findall(r"files fit; (\d+) problem", uploads)) == ["1", "8"]
    for pair in LANGUAGE_PAIRS:
        assert re.search(rf"^{pair} +system", uploads, flags=re.MULTILINE)
        board = re.search(rf"^{pair} +system.*\n((?:–.*\n)*)", containers, flags=re.MULTILINE)
        assert board is not None
        assert sorted(BASELINE.findall(board[1])) == [*BASELINES]
    assert len(re.findall(r" [a-z]{2}-[a-z]{2}(?:\.noterm)? scored\b", containers)) == 3 * 7
    first_row = re.search(r"^ *([\d.]+) s .* scored\b", demo.output, flags=re.MULTILINE)
    assert first_row is not None
    assert float(first_row[1]) < FIRST_ROW_WITHIN


@pytest.fixture(scope="module")
def walked() -> Walked:
    """What was looked at, by whichever role."""
    return {}


@pytest.mark.parametrize("role", ROLES)
def test_axe_finds_nothing_and_nothing_overflows(
    demo: Demo, browser: Browser, walked: Walked, role: str
) -> None:
    looked_at, wrong = walk(browser, demo.address, role, walked)

    assert wrong == []
    assert looked_at >= 8


def test_an_interrupt_ends_it_and_its_processes_and_leaves_no_image(
    images_before: set[str], demo: Demo, session_images: Images
) -> None:
    demo.interrupt()

    assert demo.process.returncode == 0, demo.output
    assert "Traceback" not in demo.output
    assert_tidied_up(demo)
    assert session_images.ids() == images_before
    assert session_images.leftovers() == []


def test_without_an_engine_it_says_so_in_one_line_and_goes_on(tmp_path: Path) -> None:
    with started(tmp_path, engine=NOWHERE) as demo:
        demo.read_until(lambda output: "workers check and score it" in output)
        demo.interrupt()  # half-way

    said = [line for line in demo.output.splitlines() if "Docker engine" in line]
    assert said == [
        f"No Docker engine answers at {NOWHERE} (No such file or directory). Left out: three "
        "baseline systems on each board, and sending in systems as container images."
    ]
    assert demo.process.returncode == 0
    assert "Traceback" not in demo.output
    assert_tidied_up(demo)


def assert_tidied_up(demo: Demo) -> None:
    assert list(demo.folder.iterdir()) == []
    assert str(demo.folder) not in _environments()


def _environments() -> str:
    # The demo's folder is in the environment of each of its processes (STATE_DIR).
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            found.append(file.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(found)
