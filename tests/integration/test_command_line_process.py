"""`terminarium` as a process: Ctrl-C, closed pipes, and what a help text costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "evaluator"]
HEAVY = {"numpy", "sacrebleu", "py3langid", "simplemma", "pymorphy3", "langcodes", "docker"}


def environment(root: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(root)}


@pytest.mark.parametrize("arguments", [["--help"], [], ["--version"]])
def test_a_help_text_imports_no_metric(root: Path, arguments: list[str]) -> None:
    script = (
        "import sys\nfrom evaluator.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(' '.join({m.split('.')[0] for m in sys.modules}), file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not HEAVY & set(done.stderr.split())


@pytest.mark.parametrize("module", ["evaluator.score_server", "evaluator.api", "evaluator.metrics"])
def test_who_scores_imports_no_redis_and_others_still_can(root: Path, module: str) -> None:
    script = (
        f"import sys, {module}\nassert 'sacrebleu' in sys.modules\n"
        "assert not {'redis', 'portalocker.redis'} & set(sys.modules)\n"
        "import portalocker.redis"
    )

    subprocess.run([sys.executable, "-c", script], cwd=root, check=True, timeout=60)


def test_ctrl_c_is_one_line(root: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "source.en-fr.txt"
    os.mkfifo(pipe)
    (tmp_path / "ours.txt").write_text("Un.\n")
    arguments = ["validate", f"--source={pipe}", f"--hypotheses={tmp_path / 'ours.txt'}"]
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(root),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell in the background has it ignored; a terminal does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
    )

    with pipe.open("w"):  # waits until the command reads it
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert (out, err.split("\n")) == ("", ["", "Stopped.", ""])


@pytest.mark.parametrize(
    "command",
    [
        "--help | head -1",
        "score --help | head -1",
        "score --metrics list | head -1",
        "annotate --source=many.en-fr.tsv --terminology=terms.tsv | head -1",
        "annotate --source=many.en-fr.tsv --terminology=terms.tsv --json | head -1",
        "validate --source=many.en-fr.tsv --hypotheses=wrong.jsonl 2>&1 | head -1",
    ],
)
def test_a_closed_pipe_is_quiet(root: Path, tmp_path: Path, command: str) -> None:
    rows = "".join(f"{n}\tTake the tablet {n}.\n" for n in range(5_000))
    (tmp_path / "many.en-fr.tsv").write_text(f"id\tsource\n{rows}")
    (tmp_path / "terms.tsv").write_text("tablet\tcomprimé\n")
    (tmp_path / "wrong.jsonl").write_text('{"id": "x"}\n' * 5_000)
    program = " ".join(COMMAND)

    done = subprocess.run(
        ["bash", "-c", f"{program} {command}"],
        cwd=tmp_path,
        env=environment(root),
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1
