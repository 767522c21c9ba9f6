"""Runs the known good image under every flag of a run: does the engine really work?"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Sequence
from dataclasses import replace

from evaluator import container
from evaluator.container import MB, EngineError, Limits, Outcome, Setting, SystemInput, orphans
from evaluator.node.machine import known_good
from evaluator.node.machine.offer import IMAGE_STORE

LIMITS = Limits(memory=512 * MB, tmp=16 * MB, shared_memory=16 * MB)
WALL_TIME = 60  # seconds
USUAL = Limits()


def probe(
    runtime: str | None = None,
    gpus: Sequence[str] = (),
    limits: Limits = LIMITS,
    *,
    cpus: int | None = None,
    cancel: threading.Event | None = None,
) -> str | None:
    """Run the known good image; return why it failed, None if it worked.

    The image is loaded for this and removed again, whatever happens. Raises EngineError if the
    engine does not take it.
    """
    digest, archive = known_good.archive(orphans.labels(WALL_TIME))
    from evaluator.container.engine import Engine

    with contextlib.closing(Engine.connect()) as engine:
        names = engine.load([archive])
        try:
            if engine.stored(digest) is None:
                raise EngineError(IMAGE_STORE)
            return _run(digest, runtime, gpus, limits, cpus, cancel)
        finally:
            for name in names:
                engine.remove_image(name, force=True)


def _run(
    digest: str,
    runtime: str | None,
    gpus: Sequence[str],
    limits: Limits,
    cpus: int | None,
    cancel: threading.Event | None,
) -> str | None:
    word = secrets.token_hex(16)  # no other program would write this
    result = container.run(
        digest,
        [SystemInput("1", word, (), word)],
        Setting("en", "de", "none"),
        # The limits of the machine are those of the run; output limits do not matter here.
        replace(limits, wall_time=WALL_TIME, output=USUAL.output, line=USUAL.line),
        runtime=runtime,
        cpus=cpus,
        gpus=gpus,
        cancel=cancel,
    )
    if result.outcome is Outcome.OK and result.translations == (word,):
        return None
    return f"{result.outcome}: {result.detail or result.message}"
