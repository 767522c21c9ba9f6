"""What we ship for systemd: units that systemd understands, with commands that exist."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

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
    for folder in UNITS[0].parent.glob("*.service.d"):
        shutil.copytree(folder, tmp_path / folder.name)

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.glob("*.service"))],
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


def read_unit(name: str) -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(ROOT / "deploy" / "systemd" / name)
    return read


def test_a_worker_is_told_to_stop_by_its_main_process_only() -> None:
    service = read_unit("terminarium-worker@.service")["Service"]

    assert service["KillMode"] == "mixed"


def test_a_restart_waits_for_uploads_and_systemd_for_the_server() -> None:
    usual = read_unit("terminarium-web@.service")["Service"]
    uploads = read_unit("terminarium-web@uploads.service.d/grace.conf")["Service"]

    name, grace = uploads["Environment"].split("=")
    assert name == "WEB_GRACE"
    assert 600 <= int(grace) < int(uploads["TimeoutStopSec"])
    assert int(usual["TimeoutStopSec"]) > settings.WEB_GRACE


def test_the_site_is_prepared_as_the_guide_says(tmp_path: Path) -> None:
    """Its commands before the first start, as they stand there, with folders of ours."""
    guide = (ROOT / "docs" / "operators.md").read_text()
    block = next(
        block
        for block in re.findall(r"```sh\n(.*?)```", guide, re.DOTALL)
        if "enable --now" in block
    )
    found = re.search(r"runuser -u terminarium -- sh -c '([^']+)'", block)
    assert found is not None
    assert block.index("platform.env <<") < found.start() < block.index("systemctl enable")
    written = re.search(r"platform.env <<'END'\n(.*?)END", block, re.DOTALL)
    assert written is not None
    names = dict(line.split("=", 1) for line in written[1].splitlines())
    names |= {"SECRET_KEY": '"a text; with signs & spaces"'}
    names |= {"STATE_DIR": str(tmp_path / "state"), "EMAIL_HOST": "mail.example"}
    del names["DATABASE_URL"], names["BROKER_URL"]
    settings_file = tmp_path / "platform.env"
    settings_file.write_text("".join(f"{name}={value}\n" for name, value in names.items()))
    script = found[1].replace("/etc/terminarium/platform.env", str(settings_file))
    script = script.replace(HOME, str(ROOT)).replace(".venv/bin/python", sys.executable)
    assert "/etc/" not in script
    assert "/srv/" not in script

    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, timeout=300, env={"PATH": os.defpath}
    )

    assert done.returncode == 0, done.stderr
    static = tmp_path / "state" / "static"
    assert (static / "staticfiles.json").exists()
    # All style sheets but the organisers' are one, and both are there for every kind of browser.
    joined, own = (
        next((static / "css").glob(f"{name}.????????????.css")) for name in ("site", "organise")
    )
    text = joined.read_text()
    assert "@import" not in text
    for part in ROOT.glob("static/css/*.css"):
        is_joined = part.name not in ("site.css", "organise.css")
        assert not is_joined or part.read_text().split("url(")[0] in text
    for sheet in (joined, own):
        assert {path.suffix for path in sheet.parent.glob(f"{sheet.name}.*")} == {".br", ".gz"}
    assert (tmp_path / "state" / "files" / ".terminarium-storage").exists()


def test_all_that_we_ship_for_systemd_is_copied() -> None:
    guide = (ROOT / "docs" / "operators.md").read_text()

    assert "cp -r deploy/systemd/terminarium-* /etc/systemd/system/" in guide
    assert all(path.name.startswith("terminarium-") for path in UNITS[0].parent.iterdir())


def _is_name(word: str) -> bool:
    """Return whether a word is part of what is started, not of its options."""
    return word in {"-m", "config.serve", "-A", "config", "worker", "manage.py", "sweep"}
