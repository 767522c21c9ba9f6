"""Compiled searches, where numba is installed (`pip install 'terminarium[fast]'`).

Each has NumPy code beside it with equal results, for wherever nothing compiled can be had. numba
compiles in a process of its own, some seconds and once on a machine, and the machine code is kept
on disk. Processes that score load it by llvmlite, which numba brings: numba itself would take them
half a second and 60 MB.
"""

from __future__ import annotations

import ctypes
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

logger = logging.getLogger(__name__)

SEGMENTS = 40  # of a test set for which something compiled is worth its 50 MB
COMPILER = "evaluator.metrics.kernel_compiler"
COMPILER_FILE = Path(__file__).with_name("kernel_compiler.py")
LONGEST = 300  # seconds for the compiler, on a slow machine that is busy
DIGEST = sha256().digest_size  # of the machine code, before it: broken code would end the process
TYPES = np.dtype(np.int32), np.dtype(np.int64), np.dtype(np.uint64)

# A count, and arrays of each of TYPES [any shape].
Kernel = Callable[[int, *tuple[Sequence[NDArray[Any]], ...]], None]

_loaded: dict[str, Kernel | None] = {}  # by module
_problems: dict[str, str] = {}
_engines: list[object] = []  # which own the machine code


def load(module: str, segments: int) -> Kernel | None:
    """Return a module's kernel; None where it can't be had or isn't worth it.

    Compiles it if that was never done on this machine. Whatever hinders it (a folder that can't
    be written, say) is kept for `problem`.
    """
    if segments < SEGMENTS or not _has_numba():
        return None
    if module not in _loaded:
        try:
            file = _find_file(module)
            _loaded[module] = link(_read(file) or _compile(module, file))
        except Exception as error:  # no folder, a full disk, a NumPy that is too new: go on
            lines = str(error).splitlines() or [type(error).__name__]
            _loaded[module], _problems[module] = None, lines[-1]
            logger.warning("%s is not compiled, so scoring is slower: %s", module, lines[-1])
    return _loaded[module]


def takes_time(module: str, segments: int) -> bool:
    """Return whether `load` will compile."""
    is_wanted = bool(module) and segments >= SEGMENTS and module not in _problems
    return is_wanted and _has_numba() and not _find_file(module).exists()


def problem() -> str | None:
    """Return why searches are not compiled although numba is installed; None if they are."""
    return next(iter(_problems.values()), None)


def _has_numba() -> bool:
    return find_spec("numba") is not None


def _find_file(module: str) -> Path:
    """Return where a kernel's machine code is kept, for this processor and these versions."""
    import llvmlite.binding as llvm

    spec = find_spec(module)
    assert spec is not None
    # All of its package: kernels take their constants from the modules beside them.
    sources = sorted(Path(str(spec.origin)).parent.glob("*.py"))
    parts = (
        *(path.read_text(encoding="utf-8") for path in (*sources, COMPILER_FILE)),
        version("numba"),
        version("llvmlite"),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
    )
    key = sha256("\n".join(parts).encode()).hexdigest()[:16]
    name = module.rpartition(".")[2]
    return user_cache_path("terminarium") / "kernels" / f"{name}-{key}.o"


def _read(file: Path) -> bytes | None:
    """Return the machine code in a file; None if there is none, or not as it was written."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    code = content[DIGEST:]
    return code if code and sha256(code).digest() == content[:DIGEST] else None


def _compile(module: str, file: Path) -> bytes:
    """Compile a kernel and keep its code; of several processes only the first compiles."""
    import portalocker

    if not file.is_absolute():  # of a user without a home folder
        raise OSError(f"{file} is not absolute")
    file.parent.mkdir(parents=True, exist_ok=True)
    with (
        portalocker.Lock(file.with_suffix(".lock"), timeout=LONGEST),
        TemporaryDirectory(dir=file.parent) as folder,
    ):
        if known := _read(file):
            return known
        logger.info("compiling %s, once on this machine: some seconds", module)
        command = [sys.executable, "-m", COMPILER, module]
        run = subprocess.run(command, capture_output=True, timeout=LONGEST)
        if run.returncode:
            raise RuntimeError(run.stderr.decode(errors="replace") or f"status {run.returncode}")
        draft = Path(folder) / file.name
        draft.write_bytes(sha256(run.stdout).digest() + run.stdout)
        os.replace(draft, file)
        return run.stdout


def link(code: bytes) -> Kernel:
    """Make a function of machine code."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return wrap_function(engine.get_function_address("kernel"))


def wrap_function(address: int) -> Kernel:
    """Make a function that gives a kernel the addresses of arrays."""
    table = ctypes.POINTER(ctypes.c_void_p)
    function = ctypes.CFUNCTYPE(None, ctypes.c_int64, table, table, table)(address)

    def call(count: int, *arrays: Sequence[NDArray[Any]]) -> None:
        tables = []
        for kind, of_kind in zip(TYPES, arrays, strict=True):
            assert all(array.dtype == kind and array.flags.c_contiguous for array in of_kind)
            addresses = [array.ctypes.data for array in of_kind]
            tables.append((ctypes.c_void_p * len(addresses))(*addresses))
        function(count, *tables)

    return call
