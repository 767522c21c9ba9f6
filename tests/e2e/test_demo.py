"""`make demo` as somebody who tries it sees it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from demo.systems import LANGUAGE_PAIRS
from tests.containers import Images
from tests.services.service import free_port

ROOT = Path(__file__).resolve().parents[2]
WITHIN = 900  # seconds; beside other tests
# Seconds. By itself it takes 27 on two cores, and 60 are promised; here other tests run as well.
FIRST_ROW_WITHIN = 180
NOWHERE = "unix:///nowhere/docker.sock"
BASELINES = ("copy-source", "dictionary", "statistical")


def start(tmp_path: Path, *arguments: str, engine: str = NOWHERE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "demo", "--port", str(free_port()), *arguments],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path), "DOCKER_HOST": engine},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(demo: subprocess.Popen[str], words: str) -> str:
    """Return what it prints up to the line with these words."""
    assert demo.stdout is not None
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if words in line:
            break
    return "".join(lines)


def test_boards_fill_through_the_real_pipeline_with_baselines_in_containers(
    tmp_path: Path, images: Images, python_base: str, engine_address: str
) -> None:
    before = images.ids()

    demo = start(tmp_path, "--once", "--base", python_base, engine=engine_address)
    output, _ = demo.communicate(timeout=WITHIN)

    assert demo.returncode == 0, output
    uploads, _, containers = output.partition("The organisers send baselines")
    assert len(re.findall(r"^ *[\d.]+ s  ", uploads, flags=re.MULTILINE)) == 43
    assert len(re.findall(r" [a-z]{2}-[a-z]{2} scored\b", uploads)) == 161
    assert len(re.findall(r" [a-z]{2}-[a-z]{2}\.noterm scored\b", uploads)) == 8
    assert sorted(re.findall(r"refused: (\d+) problems? found", uploads)) == ["1", "25"]
    assert sorted(re.findall(r"files fit; (\d+) problem", uploads)) == ["1", "8"]
    for pair in LANGUAGE_PAIRS:
        assert re.search(rf"^{pair} +system", uploads, flags=re.MULTILINE)
        board = re.search(rf"^{pair} +system.*\n((?:–.*\n)*)", containers, flags=re.MULTILINE)
        assert board is not None
        assert sorted(re.findall(r"^– +(\S+) +Organisers", board[1], re.MULTILINE)) == [*BASELINES]
    assert len(re.findall(r" [a-z]{2}-[a-z]{2}(?:\.noterm)? scored\b", containers)) == 3 * 7
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []  # nothing is left behind
    assert images.ids() == before
    first_row = re.search(r"^ *([\d.]+) s .* scored\b", output, flags=re.MULTILINE)
    assert first_row is not None
    assert float(first_row[1]) < FIRST_ROW_WITHIN


def test_an_interrupt_ends_it_and_its_processes_and_leaves_no_image(
    tmp_path: Path, images: Images, python_base: str, engine_address: str
) -> None:
    before = images.ids()
    demo = start(tmp_path, "--base", python_base, engine=engine_address)
    read_until(demo, "workers check and score it")

    demo.send_signal(signal.SIGINT)
    output, _ = demo.communicate(timeout=60)

    assert demo.returncode == 0, output
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []
    assert images.ids() == before
    time.sleep(0.2)
    assert str(tmp_path) not in _environments()


def test_without_an_engine_it_says_so_in_one_line_and_goes_on(tmp_path: Path) -> None:
    demo = start(tmp_path)

    output = read_until(demo, "workers check and score it")

    said = [line for line in output.splitlines() if "Docker engine" in line]
    assert said == [
        f"No Docker engine answers at {NOWHERE} (No such file or directory). Left out: three "
        "baseline systems on each board, and sending in systems as container images."
    ]
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)
    assert demo.returncode == 0


def _environments() -> str:
    # The demo's folder is in the environment of each of its processes (STATE_DIR).
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            found.append(file.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(found)
