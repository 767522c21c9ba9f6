"""What `terminarium --help` costs, against `sacrebleu --help` in the same run."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

pytestmark = pytest.mark.bench
RUNS = 5
AT_MOST = 2.0  # times the CPU of sacrebleu's


def cpu_seconds(module: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(RUNS):
        subprocess.run([sys.executable, "-m", module, "--help"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) / RUNS


def test_help_is_cheap() -> None:
    theirs, ours = cpu_seconds("sacrebleu"), cpu_seconds("evaluator")

    print(
        f"\nsacrebleu --help {theirs:.2f} s, terminarium --help {ours:.2f} s: {ours / theirs:.2f}"
    )
    assert ours <= AT_MOST * theirs
