"""From the end of a run to its outcome: the order of the rules is that of docs/contract.md 9."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from enum import Enum, auto

from evaluator.container.limits import Limits, in_bytes
from evaluator.container.results import Outcome

UNSUPPORTED_STATUS = 64  # docs/contract.md 4; EX_USAGE of sysexits.h
NOT_EXECUTABLE, MISSING = 126, 127  # of shells and of the engine's init process
SIGNALLED = 128  # + the signal's number


class Stop(Enum):
    """Why a run was ended before its own end."""

    CANCELLED = auto()
    TIME = auto()
    OUTPUT = auto()


@dataclass(frozen=True, slots=True)
class RunEnding:
    """The facts about a run that has ended."""

    exit_status: int
    is_out_of_memory: bool  # the engine's flag: also set if only some processes were killed
    stop: Stop | None
    problems: int  # of the output
    done: int
    segments: int


def judge(ending: RunEnding, limits: Limits) -> tuple[Outcome, str]:
    """Return the outcome and the message to the team."""
    done = f"{ending.done:,} of {ending.segments:,} segments were done."
    if ending.stop is Stop.CANCELLED:
        return Outcome.CANCELLED, f"The run was cancelled. {done}"
    # A process killed for memory often makes the others wait for ever: memory comes before time.
    if ending.is_out_of_memory:
        return Outcome.OUT_OF_MEMORY, (
            f"The system needed more than its {in_bytes(limits.memory)} of memory, in which /tmp "
            f"counts, and a process of it was killed. {done}"
        )
    if ending.stop is Stop.TIME:
        return Outcome.TIMEOUT, f"The system had not ended after {limits.wall_time:,g} s. {done}"
    if ending.stop is Stop.OUTPUT:
        return Outcome.BAD_OUTPUT, f"Standard output is not what the contract asks for. {done}"
    if ending.exit_status == UNSUPPORTED_STATUS:
        return Outcome.UNSUPPORTED, (
            f"The system says, by its exit status {UNSUPPORTED_STATUS}, that it does not do this "
            "language pair or mode."
        )
    if ending.exit_status:
        return Outcome.CRASHED, f"{_describe_status(ending.exit_status)} {done}"
    if ending.problems:
        return Outcome.BAD_OUTPUT, f"Standard output is not what the contract asks for. {done}"
    if ending.segments == 1:
        return Outcome.OK, "The only segment has a translation."
    return Outcome.OK, f"All {ending.segments:,} segments have a translation."


def _describe_status(status: int) -> str:
    if status == MISSING:
        return (
            f"The system ended with exit status {status}. Usually its command is not in the image, "
            "or the first line of its script ends with CR LF: save scripts with LF (dos2unix)."
        )
    if status == NOT_EXECUTABLE:
        return (
            f"The system ended with exit status {status}, which usually means that its command "
            "can't be executed: make it executable for every user (chmod 755)."
        )
    if status > SIGNALLED:
        try:
            name = signal.Signals(status - SIGNALLED).name
        except ValueError:
            pass
        else:
            return f"The system ended with exit status {status}: {name} killed it."
    return f"The system ended with exit status {status}. Its log may say why."
