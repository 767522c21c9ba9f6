"""The result of a run: its outcome, whose fault it was, and its measurements."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evaluator.container.errors import Step
from evaluator.types import Problem


class Outcome(StrEnum):
    """How a run ended, by the engine's own state."""

    OK = "ok"  # every segment has a translation
    CRASHED = "crashed"  # another exit status than 0 and 64, or it can't be started
    TIMEOUT = "timeout"  # not done within its wall time
    OUT_OF_MEMORY = "out_of_memory"  # a process of it was killed by the memory limit
    BAD_OUTPUT = "bad_output"  # standard output breaks the contract
    UNSUPPORTED = "unsupported"  # exit status 64: not this language pair or mode
    CANCELLED = "cancelled"  # somebody asked for it
    IMAGE_UNAVAILABLE = "image_unavailable"  # the engine has no such image
    NO_GPU = "no_gpu"  # the engine can't give it the GPU it was leased
    ENGINE_ERROR = "engine_error"  # the engine failed, or went away

    @property
    def is_ours(self) -> bool:
        """Return whether it is our side's fault: to be retried, and never charged."""
        return self in (Outcome.IMAGE_UNAVAILABLE, Outcome.NO_GPU, Outcome.ENGINE_ERROR)


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run while it goes on."""

    done: int  # segments with a translation
    segments: int
    seconds: float  # since its start
    memory: int | None  # bytes at the moment, page cache left out; None: not known (yet)


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run that has ended. Only `detail` and `log` may hold words that the team must not see."""

    outcome: Outcome
    message: str  # for the team: what happened and what to do
    problems: tuple[Problem, ...] = ()  # of the output, the first 1,000
    problem_count: int = 0
    translations: tuple[str, ...] = ()  # in the order of the segments; () unless it is ok
    lines: tuple[int, ...] = ()  # where each stood on standard output, 1-based
    done: int = 0  # segments with a translation, also of a run that failed
    segments: int = 0
    exit_status: int | None = None  # None: it never ran, or the engine can't say
    wall_time: float = 0.0  # seconds from its start to its end
    peak_memory: int | None = None  # bytes; of samples, so a short peak may be missed
    log: str = ""  # the end of standard error
    log_bytes: int = 0  # of standard error, all of it
    notes: tuple[str, ...] = ()  # where this machine differs from what the contract says
    detail: str = ""  # the engine's own words, for operators
    step: Step | None = None  # that the engine refused; whose fault it is, another image tells
