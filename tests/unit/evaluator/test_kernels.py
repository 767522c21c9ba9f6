"""Where compiled code is kept, when it is used, and what happens if it can't be had."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from evaluator.metrics import kernels
from evaluator.metrics.kernel_compiler import compile_kernel

MODULE = "evaluator.metrics.wmt21.shift_kernel"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A machine on which nothing has been compiled; `link` returns the code as it is."""
    monkeypatch.setattr(kernels, "user_cache_path", lambda name: tmp_path / name)
    monkeypatch.setattr(kernels, "_problems", {})
    monkeypatch.setattr(kernels, "_loaded", {})
    monkeypatch.setattr(kernels, "link", lambda code: code)
    return tmp_path / "terminarium/kernels"


@pytest.fixture
def compilers(monkeypatch):
    """Processes that compile, and what the next gives: status, code, errors."""
    state = SimpleNamespace(runs=0, gives=(0, b"machine code", b""))

    def run(command, **_):
        assert command[1:] == ["-m", "evaluator.metrics.kernel_compiler", MODULE]
        state.runs += 1
        return subprocess.CompletedProcess(command, *state.gives)

    monkeypatch.setattr(subprocess, "run", run)
    return state


def load():
    """Load in what is a new process for all purposes."""
    kernels._loaded.clear()
    return kernels.load(MODULE, kernels.SEGMENTS)


def test_it_is_compiled_once_and_again_where_its_file_is_broken(folder, compilers):
    assert kernels.takes_time(MODULE, kernels.SEGMENTS)
    assert load() == load() == b"machine code"
    assert not kernels.takes_time(MODULE, kernels.SEGMENTS)
    assert compilers.runs == 1
    [file] = folder.glob("*.o")
    for content in (b"", file.read_bytes()[:-1], b"x" * 100):
        file.write_bytes(content)
        assert load() == b"machine code"
    assert compilers.runs == 4
    assert [path.suffix for path in sorted(folder.iterdir())] == [".lock", ".o"]


@pytest.mark.parametrize(
    ("gives", "reason"),
    [
        ((1, b"", b"Traceback\nImportError: Numba needs NumPy 2.6 or less\n"), "needs NumPy"),
        ((1, b"", b""), "status 1"),
        ((-9, b"half", b""), "status -9"),
    ],
)
def test_a_compiler_that_fails_leaves_the_search_in_numpy(folder, compilers, gives, reason):
    compilers.gives = gives

    assert load() is None
    assert reason in kernels.problem()
    assert "\n" not in kernels.problem()
    assert not kernels.takes_time(MODULE, kernels.SEGMENTS)
    assert not list(folder.glob("*.o"))


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(13, "Permission denied"),
        OSError(30, "Read-only file system"),
        OSError(28, "No space left on device"),
    ],
)
def test_without_a_folder_it_says_so_and_compiles_nothing(
    folder, compilers, monkeypatch, caplog, error
):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("pathlib.Path.mkdir", fail)

    assert load() is None
    assert error.strerror in kernels.problem()
    assert error.strerror in caplog.text
    assert compilers.runs == 0


def test_small_test_sets_and_machines_without_numba_load_nothing(folder, compilers, monkeypatch):
    assert kernels.load(MODULE, kernels.SEGMENTS - 1) is None
    monkeypatch.setattr(kernels, "_has_numba", lambda: False)
    assert load() is None
    assert not kernels.takes_time(MODULE, kernels.SEGMENTS)
    assert kernels.problem() is None
    assert compilers.runs == 0


CALLS = """
declare i32 @{callee}(i64)
define i32 @native(i64 %count) {{
  %status = call i32 @{callee}(i64 %count)
  ret i32 %status
}}
"""


@pytest.mark.parametrize("callee", ["PyErr_SetNone", "numba_do_raise", "NRT_MemInfo_alloc"])
def test_a_kernel_that_needs_python_is_refused(monkeypatch, callee):
    kernel = SimpleNamespace(native_name="native", inspect_llvm=lambda: CALLS.format(callee=callee))
    monkeypatch.setitem(sys.modules, "needy", SimpleNamespace(kernel=kernel))

    with pytest.raises(ValueError, match=f"needy needs {callee}"):
        compile_kernel("needy")
