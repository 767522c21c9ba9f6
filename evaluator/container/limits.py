"""The limits of a run: the numbers of docs/contract.md 6."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.formats.limits import MAX_BYTES

GB = 1024**3  # bytes; Docker's own reading of "8g"
MB = 1024**2
LINE_BYTES = 100_000  # docs/contract.md 6


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a run; a phase may set its own. The defaults are the contract's."""

    wall_time: float = 7200  # seconds, loading the system's models included
    memory: int = 64 * GB  # bytes, without swap; /tmp and shared memory are part of it
    cpus: float = 8  # never more than the engine has
    processes: int = 1024  # and threads
    tmp: int = 8 * GB  # bytes
    shared_memory: int = 8 * GB  # bytes
    output: int = MAX_BYTES  # bytes on standard output
    line: int = LINE_BYTES  # bytes of a line on standard output
    log: int = MB  # bytes of standard error that are kept, the last ones

    def __post_init__(self) -> None:
        """Refuse zero and less, which Docker takes for no limit."""
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise ValueError(f"the limit {name} must be more than 0, not {getattr(self, name)}")


def in_bytes(size: int) -> str:
    """Return a size in MB or GB: 1.5 GB."""
    if size >= GB:
        return f"{size / GB:,.4g} GB"
    return f"{size / MB:,.4g} MB"
