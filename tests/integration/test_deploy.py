"""What we ship for systemd: units that systemd understands, with commands that exist."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
HOME = "/srv/terminarium"  # where they expect the checkout


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_units_command_exists_and_knows_its_options(unit: Path) -> None:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(unit)
    program, *arguments = read["Service"]["ExecStart"].split()

    assert program.startswith(f"{HOME}/.venv/bin/")
    known = Path(sys.executable).with_name(Path(program).name)
    assert known.exists()
    assert read["Service"]["WorkingDirectory"] == HOME
    command = arguments[: max(arguments.index(word) + 1 for word in arguments if _is_name(word))]
    done = subprocess.run(
        [known, *command, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    for option in (word for word in arguments if re.fullmatch(r"--[a-z-]+|-[A-Z]", word)):
        assert option in done.stdout or option == "-A"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace(f"{HOME}/.venv/bin/", f"{Path(sys.executable).parent}/")
        (tmp_path / unit.name).write_text(text)

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        timeout=60,
    )

    ours = [line for line in done.stderr.splitlines() if "terminarium" in line]
    assert ours == []


def test_the_guide_names_what_we_ship() -> None:
    guide = (ROOT / "docs" / "operators.md").read_text()

    assert "deploy/nginx/terminarium.conf" in guide
    for unit in UNITS:
        assert unit.name.split(".")[0].removesuffix("@") in guide


def _is_name(word: str) -> bool:
    """Return whether a word is part of what is started, not of its options."""
    return word in {"-m", "config.serve", "-A", "config", "worker", "manage.py", "sweep"}
