"""A process that compiles a kernel with numba and prints its machine code.

    python -m evaluator.metrics.kernel_compiler evaluator.metrics.wmt21.shift_kernel

A process of its own, because numba takes 150 MB, and a process that scores would keep them. The
module has an `@entry` with the name `kernel`, which can't raise: so the machine code needs neither
numba nor Python.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar, cast

import llvmlite.binding as llvm
import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

# A count, and addresses of arrays of each type.
SIGNATURE = (
    "void(int64, CPointer(CPointer(int32)), CPointer(CPointer(int64)), CPointer(CPointer(uint64)))"
)
EXPECTED = ("llvm.", "memset", "memcpy", "memmove")  # functions that any process has
# Nothing but other compiled code calls these, and a division by zero would not raise.
OPTIONS: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "error_model": "numpy"}

carray: Any = numba.carray  # type: ignore[attr-defined]
int64: Any = np.int64  # each set of types that a function is called with takes its own time


def compiled(function: F) -> F:
    """Compile a function that a kernel calls."""
    return cast("F", numba.njit(**OPTIONS)(function))


def entry(function: F) -> Any:
    """Compile the function `kernel`, which gets a count and tables of addresses."""
    return numba.cfunc(SIGNATURE)(function)


def compile_kernel(module: str) -> bytes:
    """Return machine code for this processor, with a function `kernel`.

    Raises ValueError if the kernel could raise, and so needs Python.
    """
    kernel = import_module(module).kernel
    code = llvm.parse_assembly(kernel.inspect_llvm())
    for function in code.functions:
        if function.name == kernel.native_name:
            function.name = "kernel"
        elif not function.is_declaration:
            function.linkage = "internal"  # so that what nobody calls goes away
    machine = make_machine()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(code, builder)
    needed = [function.name for function in code.functions if function.is_declaration]
    missing = [name for name in needed if not name.startswith(EXPECTED)]
    if missing:
        raise ValueError(f"{module} needs {', '.join(missing)}")
    return bytes(machine.emit_object(code))


def make_machine() -> Any:
    """Return this processor as a target, with all that it can do."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="jitdefault",
        jit=True,
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(compile_kernel(sys.argv[1]))
