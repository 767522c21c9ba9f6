"""`make demo` as somebody who tries it sees it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from demo.processes import free_port
from demo.systems import LANGUAGE_PAIRS

ROOT = Path(__file__).resolve().parents[2]
FIRST_PORT = 19000
WITHIN = 180  # seconds
FIRST_ROW_WITHIN = 60  # seconds; the promise to who tries it, not a benchmark


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "demo", "--port", str(free_port(FIRST_PORT)), *arguments],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_it_fills_a_board_through_the_real_pipeline_and_ends(tmp_path: Path) -> None:
    demo = start(tmp_path, "--once")
    output, _ = demo.communicate(timeout=WITHIN)

    assert demo.returncode == 0, output
    assert len(re.findall(r"^ *[\d.]+ s  ", output, flags=re.MULTILINE)) == 43
    assert len(re.findall(r" [a-z]{2}-[a-z]{2} scored\b", output)) == 161
    assert len(re.findall(r" [a-z]{2}-[a-z]{2}\.noterm scored\b", output)) == 8
    assert sorted(re.findall(r"refused: (\d+) problems? found", output)) == ["1", "25"]
    assert sorted(re.findall(r"files fit; (\d+) problem", output)) == ["1", "8"]
    for pair in LANGUAGE_PAIRS:
        assert re.search(rf"^{pair} +system", output, flags=re.MULTILINE)
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []  # nothing is left behind
    first_row = re.search(r"^ *([\d.]+) s .* scored\b", output, flags=re.MULTILINE)
    assert first_row is not None
    assert float(first_row[1]) < FIRST_ROW_WITHIN


def test_an_interrupt_ends_it_and_its_processes(tmp_path: Path) -> None:
    demo = start(tmp_path)
    assert demo.stdout is not None
    for line in demo.stdout:
        if "workers check and score it" in line:
            break

    demo.send_signal(signal.SIGINT)
    output, _ = demo.communicate(timeout=60)

    assert demo.returncode == 0, output
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []
    time.sleep(0.2)
    assert str(tmp_path) not in _environments()


def _environments() -> str:
    # The demo's folder is in the environment of each of its processes (STATE_DIR).
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            found.append(file.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(found)
