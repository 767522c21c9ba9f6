"""Runs an image on segments: starts, feeds, reads, watches, judges and removes its container."""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from evaluator.container import orphans
from evaluator.container.errors import (
    EngineError,
    GpuUnavailableError,
    ImageUnavailableError,
)
from evaluator.container.flags import (
    MachineShare,
    build_container_config,
    build_environment,
    describe_differences,
)
from evaluator.container.frames import Tail
from evaluator.container.inputs import Disguise, Setting, SystemInput
from evaluator.container.limits import Limits
from evaluator.container.output import OutputReader
from evaluator.container.results import Outcome, RunProgress, RunResult
from evaluator.container.streams import JOIN_TIMEOUT, Streams
from evaluator.container.verdict import SIGNALLED, RunEnding, Stop, judge

if TYPE_CHECKING:
    from evaluator.container.engine import Engine, State

logger = logging.getLogger(__name__)

TICK = 0.2  # seconds between two looks at the clock and at `cancel`
PROGRESS_EVERY = 0.5  # seconds
SAMPLE_EVERY = 2.0  # seconds between two looks at its memory
TERM_GRACE = 10  # seconds between SIGTERM and SIGKILL when its time is up
# A run with a bad line is lost. It goes on for a moment, so that the team sees more faults at once,
# but no longer, so that it does not waste a GPU.
BAD_OUTPUT_GRACE = 10  # seconds
KILL_TIMEOUT = 30  # seconds that a container may take to die; then the engine is in trouble
FLAG_TIMEOUT = 5  # seconds by which the engine's word of a memory kill may follow the exit
KILLED = SIGNALLED + 9


def run(
    image: str,
    segments: Sequence[SystemInput],
    setting: Setting,
    limits: Limits | None = None,
    *,
    address: str | None = None,
    runtime: str | None = None,
    cpus: int | None = None,
    gpus: Sequence[str] = (),
    quote: bool = False,
    on_progress: Callable[[RunProgress], None] | None = None,
    cancel: threading.Event | None = None,
) -> RunResult:
    """Run an image of the engine on segments; return the result, whatever happened.

    `image` is a name or, for images of others, a digest (sha256:…): an archive can claim any
    name. Nothing is pulled. `address` is the engine's (None: DOCKER_HOST or the usual socket),
    `runtime` a runtime of the engine (`runsc`), `cpus` the number of processors for the run
    (None: all of the engine's), `gpus` the ids of the leased GPUs. `quote` lets messages repeat
    the output: never for a blind test set. `on_progress` is called from this thread about twice
    a second; its exceptions end the run and are raised here. Setting `cancel` stops the run.

    The container is always removed; if this process is killed, by the next call of `sweep`.
    Raises SdkMissingError. Other failures of the engine are outcomes.
    """
    from evaluator.container.engine import Engine

    limits = limits or Limits()
    started = time.monotonic()
    try:
        engine = Engine.connect(address)
        with contextlib.closing(engine):
            most = engine.resources.cpus
            machine = MachineShare(min(most, cpus or most), runtime, tuple(gpus))
            return _ContainerRun(
                engine, segments, setting, limits, machine, quote, on_progress, cancel
            ).execute(image)
    except EngineError as error:
        seconds, outcome = time.monotonic() - started, _outcome_of(error)
        result = RunResult(outcome, OUR_SIDE, segments=len(segments), wall_time=seconds)
        return replace(result, detail=str(error), step=error.step)


def sweep(address: str | None = None, *, own: bool = False) -> int:
    """Remove the containers of runs whose process was killed; return their number.

    Call it before the first run. `own` says that nothing runs in this process: then its own
    containers, which it could not remove while its engine was away, go as well. Raises
    SdkMissingError, EngineError.
    """
    from evaluator.container.engine import Engine

    with contextlib.closing(Engine.connect(address)) as engine:
        return orphans.remove_orphans(engine, own=own)


OUR_SIDE = "Our side failed; this is not the system's fault, and the run can be repeated."


def _outcome_of(error: EngineError) -> Outcome:
    if isinstance(error, ImageUnavailableError):
        return Outcome.IMAGE_UNAVAILABLE
    if isinstance(error, GpuUnavailableError):
        return Outcome.NO_GPU
    return Outcome.ENGINE_ERROR


@dataclass(slots=True)
class _ContainerRun:
    """A run, and the state that its parts share."""

    engine: Engine
    segments: Sequence[SystemInput]
    setting: Setting
    limits: Limits
    machine: MachineShare
    quote: bool
    on_progress: Callable[[RunProgress], None] | None
    cancel: threading.Event | None
    disguise: Disguise = field(init=False)
    output: OutputReader = field(init=False)
    log: Tail = field(init=False)
    news: threading.Event = field(default_factory=threading.Event)  # look at the state now
    ended: threading.Event = field(default_factory=threading.Event)  # the container has ended
    failure: Exception | None = None  # of the thread that waits for its end
    memory: int | None = None  # bytes, the last sample
    peak_memory: int | None = None
    started: float = 0.0  # time.monotonic() of its start
    bad_since: float = float("inf")  # time.monotonic() of the first bad line, roughly
    wall_time: float = 0.0  # seconds
    notes: tuple[str, ...] = ()
    threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.disguise = Disguise(self.segments)
        self.output = OutputReader(
            self.disguise.ids,
            sources=[segment.source for segment in self.segments],
            max_bytes=self.limits.output,
            max_line_bytes=self.limits.line,
            quote=self.quote,
        )
        self.log = Tail(self.limits.log)

    def execute(self, name: str) -> RunResult:
        """Run the image of this name; raises EngineError for failures before the container."""
        image = self.engine.image(name)
        fault = image.fault()
        if fault:
            return self._describe(Outcome.CRASHED, fault)
        self.notes = describe_differences(image, self.machine, self.limits)
        variables = build_environment(
            image, self.setting, self.limits, len(self.segments), self.machine.gpus
        )
        config = build_container_config(
            image,
            self.machine,
            self.limits,
            variables=variables,
            labels=orphans.labels(self.limits.wall_time),
        )
        container = self.engine.create(config, f"terminarium-{secrets.token_hex(8)}")
        try:
            return self._run(container)
        except EngineError as error:
            result = self._describe(_outcome_of(error), OUR_SIDE)
            return replace(result, detail=str(error), step=error.step)
        finally:
            self.ended.set()  # the samples end, whatever happened
            try:
                self.engine.remove(container)
            except EngineError as error:  # the next sweep removes it
                logger.warning("container %s can't be removed: %s", container[:12], str(error))
            for thread in self.threads:
                thread.join(JOIN_TIMEOUT)

    def _run(self, container: str) -> RunResult:
        with self.engine.attached(container) as connection:
            streams = Streams(connection, self.disguise.chunks(), self.output, self.log, self.news)
            self.engine.start(container)
            self.started = time.monotonic()
            try:
                streams.start()
                self._begin(self._wait, container)
                self._begin(self._sample, container)
                stop = self._watch(container)
                self.wall_time = time.monotonic() - self.started
                streams.finish()
            finally:
                streams.close()
        state = self.engine.state(container)
        if stop is None and state.exit_status == KILLED and not state.is_out_of_memory:
            told = self.engine.tells_of_memory_kill(container, FLAG_TIMEOUT)
            state = replace(state, is_out_of_memory=told)
        if stop is None and not state.exit_status and not state.is_out_of_memory:
            self.output.finish()  # otherwise its last line may be broken, and lines are missing
        return self._judge(state, stop)

    def _begin(self, work: Callable[[str], None], container: str) -> None:
        self.threads.append(threading.Thread(target=work, args=[container], daemon=True))
        self.threads[-1].start()

    def _wait(self, container: str) -> None:
        try:
            self.engine.wait(container)
        except Exception as error:  # raised by the thread that watches
            self.failure = error
        self.ended.set()
        self.news.set()

    def _sample(self, container: str) -> None:
        while True:
            with contextlib.suppress(EngineError):  # it may have ended just now
                self.memory = self.engine.memory(container)
            if self.memory is not None:
                self.peak_memory = max(self.peak_memory or 0, self.memory)
            if self.ended.wait(SAMPLE_EVERY):
                return

    def _watch(self, container: str) -> Stop | None:
        """Wait for its end, or end it; return why it was ended, None if it ended by itself."""
        killer = _Killer(self.engine, container)
        told = float("-inf")
        while not self.ended.is_set():
            self.news.wait(TICK)
            self.news.clear()
            now = time.monotonic()
            killer.look(now, self._reason(now))
            if now - told >= PROGRESS_EVERY:
                self._tell(now)
                told = now
        if self.failure is not None:
            raise self.failure
        self._tell(time.monotonic())
        return killer.stop

    def _reason(self, now: float) -> Stop | None:
        if self.cancel is not None and self.cancel.is_set():
            return Stop.CANCELLED
        if self.output.is_over:
            return Stop.OUTPUT
        if now >= self.started + self.limits.wall_time:
            return Stop.TIME
        if self.output.log.total:
            self.bad_since = min(self.bad_since, now)
            if now >= self.bad_since + BAD_OUTPUT_GRACE:
                return Stop.OUTPUT
        return None

    def _tell(self, now: float) -> None:
        if self.on_progress is not None:
            self.on_progress(
                RunProgress(self.output.done, len(self.segments), now - self.started, self.memory)
            )

    def _judge(self, state: State, stop: Stop | None) -> RunResult:
        ending = RunEnding(
            state.exit_status,
            state.is_out_of_memory,
            stop,
            self.output.log.total,
            self.output.done,
            len(self.segments),
        )
        result = self._describe(*judge(ending, self.limits))
        result = replace(result, exit_status=state.exit_status, detail=state.error)
        if result.outcome is not Outcome.OK:
            return result
        return replace(result, translations=self.output.translations, lines=self.output.lines)

    def _describe(self, outcome: Outcome, message: str) -> RunResult:
        return RunResult(
            outcome,
            message,
            problems=tuple(self.output.log.problems),
            problem_count=self.output.log.total,
            done=self.output.done,
            segments=len(self.segments),
            wall_time=self.wall_time,
            peak_memory=self.peak_memory,
            log=self.log.text(),
            log_bytes=self.log.total,
            notes=self.notes,
        )


class _Killer:
    """Ends a container when there is a reason: gently if its time is up, otherwise at once."""

    def __init__(self, engine: Engine, container: str) -> None:
        self._engine = engine
        self._container = container
        self._asked = float("inf")  # when SIGTERM was sent
        self._killed = float("inf")  # when SIGKILL was sent
        self.stop: Stop | None = None  # the first reason

    def look(self, now: float, reason: Stop | None) -> None:
        """Send the signal that is due now; raises EngineError if the container can't be killed."""
        self.stop = self.stop or reason
        if self.stop is None:
            return
        if self._killed <= now:
            if now >= self._killed + KILL_TIMEOUT:
                raise EngineError(f"the container is there still {KILL_TIMEOUT} s after its kill")
            return
        if reason is Stop.TIME and now < self._asked + TERM_GRACE:
            if self._asked > now:
                self._asked = now
                self._engine.kill(self._container, "SIGTERM")
            return
        self._killed = now
        self._engine.kill(self._container, "SIGKILL")
