"""The end-to-end tests' forked processes behave like those that `subprocess` starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from ast import literal_eval
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.forking import FORKS, ROOT, Forks
from tests.e2e.preparing import USUAL
from tests.fake_platform import wait_for

ENDS_WITHIN = 60  # seconds
IGNORED = (signal.SIGINT, signal.SIGQUIT)
STATEMENT = "tests.e2e.statement"
NO_DJANGO = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}


def run_forked(arguments: list[str], environment: dict[str, str], log: Path) -> tuple[int, str]:
    status = FORKS.start(arguments, environment, log).wait(ENDS_WITHIN)
    return status, log.read_text()


def run_program(arguments: list[str], environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=ENDS_WITHIN,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("statement", "status", "output"),
    [
        ("pass", 0, ""),
        ("import sys; sys.exit(7)", 7, ""),
        ("import sys; sys.exit('no more')", 1, "no more\n"),
        ("import os; os._exit(200)", 200, ""),
        ("print('out'); import sys; print('err', file=sys.stderr)", 0, "out\nerr\n"),
        ("import os; os.system('echo of a child')", 0, "of a child\n"),
        ("import os; print(os.environ['HOME'], len(os.environ))", 0, "/nowhere 2\n"),
        ("import sys; print(repr(sys.stdin.read()))", 0, "''\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV, ""),
    ],
)
def test_statuses_and_output_are_those_of_a_program(
    tmp_path: Path, statement: str, status: int, output: str
) -> None:
    assert run_forked([STATEMENT, statement], NO_DJANGO, tmp_path / "log") == (status, output)


@pytest.fixture(scope="module")
def forks_in_the_background() -> Forks:
    """Return a process that forks, started as by a shell's `&`: SIGINT and SIGQUIT are ignored."""
    forks = Forks()
    before = {number: signal.signal(number, signal.SIG_IGN) for number in IGNORED}
    forks.start([STATEMENT, "pass"], NO_DJANGO, Path(os.devnull)).wait(ENDS_WITHIN)
    for number, handler in before.items():
        signal.signal(number, handler)
    return forks


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGQUIT, signal.SIGINT])
def test_a_signal_to_the_session_ends_a_process_and_its_children(
    tmp_path: Path, forks_in_the_background: Forks, number: signal.Signals
) -> None:
    log = tmp_path / "log"
    statement = (
        "import subprocess; child = subprocess.Popen(['sleep', '60']); "
        "print(child.pid, flush=True); child.wait()"
    )
    process = forks_in_the_background.start([STATEMENT, statement], NO_DJANGO, log)
    wait_for(lambda: log.read_text().endswith("\n"), ENDS_WITHIN)
    child = int(log.read_text())

    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    assert os.getsid(process.pid) == os.getpgid(child) == process.pid
    os.killpg(process.pid, number)

    assert process.wait(ENDS_WITHIN) == -number
    assert process.poll() == -number
    wait_for(lambda: not is_running(child), ENDS_WITHIN)


def is_running(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.parametrize(
    "own",
    [
        {"DATABASE_URL": "postgresql://us@localhost/ours", "SWEEP_INTERVAL": "7", "HTTPS": "true"},
        # Read while the applications are imported: the process begins anew.
        {"DEBUG": "true", "DEMO": "true", "IMAGE_CHECKING_DWELL": "77"},
        {"BROKER_URL": "gopher://localhost"},
    ],
    ids=["another site", "other applications", "settings that are refused"],
)
def test_a_process_has_the_settings_of_its_own_environment(
    tmp_path: Path, own: dict[str, str]
) -> None:
    environment = {**os.environ, **USUAL, "STATE_DIR": str(tmp_path), **own}
    command = ["django", "diffsettings", "--all"]

    status, output = run_forked(command, environment, tmp_path / "log")

    expected, printed = run_program(command, environment)
    # The items of a set have any order.
    assert [*map(sorted, output.splitlines())] == [*map(sorted, printed.splitlines())]
    assert status == expected
    assert (status == 0) == ("BROKER_URL" not in own)


def test_a_child_has_no_file_open_of_the_process_that_forks(tmp_path: Path) -> None:
    """Above all no pipe: it would keep that process from seeing the tests' end."""
    statement = "import os; print([os.path.realpath(f'/proc/self/fd/{fd}') for fd in range(20)])"

    _, output = run_forked([STATEMENT, statement], NO_DJANGO, tmp_path / "log")

    log = str(tmp_path / "log")
    assert literal_eval(output)[:3] == [os.devnull, log, log]
    assert "pipe" not in output
    assert "socket" not in output
