"""What the demo does and prints, once its environment is set."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import django
from django.conf import settings
from django.core.management import call_command

from demo import child_processes, docker_engine

if TYPE_CHECKING:
    from demo.container_baselines import BaselineRuns
    from demo.sample_data import Demo

REDRAW = 0.25  # seconds between two looks at the rows
AT_ONCE = 4  # uploads on their way
GIVE_UP = 900  # seconds; on a machine that is busy with other things it takes minutes
ACCOUNTS = "Sign in as participant or organiser, password terminarium-demo."


def run_demo(*, port: int, base: str) -> int:
    """Set up, start, upload, show; serve until interrupted. Return 1 if a part ended by itself."""
    started = time.monotonic()
    django.setup()
    from demo import sample_data  # models can be imported only now

    print("Setting up a database, seven test sets and nineteen teams …", flush=True)
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    call_command("build_evaluator", verbosity=0)
    engine = _find_engine()
    wanted, port = port, child_processes.free_port(port)
    if port != wanted:
        print(f"Port {wanted} is taken; {port} is free.")
    address = f"Terminarium is at http://{child_processes.HOST}:{port}/"
    try:
        with child_processes.running(Path(settings.STATE_DIR) / "logs", port=port) as children:
            print(f"\n{address} – open it now and watch its boards fill.")
            print(f"{ACCOUNTS}\n", flush=True)
            demo = sample_data.set_up(engine.run_limits if engine else None)
            with _run_baselines(demo, engine, base, port=port, started=started) as baselines:
                _fill(children, demo, started)
                print(f"\n{address}")
                print(f"{ACCOUNTS} Ctrl-C ends it.")
                if baselines is not None:
                    _add_baselines(children, demo, baselines)
                _serve(children, baselines)
    except child_processes.ChildFailed as failure:
        print(failure)
        return 1


def _find_engine() -> docker_engine.DemoEngine | None:
    try:
        engine = docker_engine.find_engine()
    except docker_engine.NoEngine as error:
        print(error, flush=True)
        return None
    print(f"The Docker engine at {engine.address} will run three baselines.", flush=True)
    return engine


@contextmanager
def _run_baselines(
    demo: Demo, engine: docker_engine.DemoEngine | None, base: str, *, port: int, started: float
) -> Iterator[BaselineRuns | None]:
    from demo import container_baselines

    if engine is None:
        yield None
        return
    with container_baselines.running(demo, engine, base, port=port, started=started) as runs:
        yield runs


def _fill(children: child_processes.Children, demo: Demo, started: float) -> None:
    from demo import sample_data
    from demo.printing import print_board, print_news

    print("Teams send what their systems wrote; workers check and score it:\n", flush=True)
    coming = sample_data.send_uploads(demo)
    sent = {upload.pk for upload in islice(coming, AT_ONCE)}
    while sent:
        unfinished = print_news(sent, started)
        # A few at a time: the boards fill row by row, as they do over weeks.
        room = AT_ONCE - len(unfinished)
        sent = unfinished | {upload.pk for upload in islice(coming, room)}
        children.check()
        if time.monotonic() - started > GIVE_UP:
            message = f"{len(unfinished)} uploads are not finished in {GIVE_UP} s."
            raise child_processes.ChildFailed(message)
        time.sleep(REDRAW)
    for test_set in demo.test_sets:
        print_board(test_set.pk)


def _serve(children: child_processes.Children, baselines: BaselineRuns | None) -> NoReturn:
    """Serve until interrupted; raise ChildFailed if a process ends by itself."""
    while True:
        children.check()
        if baselines is not None:
            baselines.check_node()
        time.sleep(REDRAW)


def _add_baselines(children: child_processes.Children, demo: Demo, baselines: BaselineRuns) -> None:
    from demo.printing import print_baselines

    print("\nThe organisers send baselines as container images; a node runs them:\n", flush=True)
    while not baselines.is_over:
        children.check()
        baselines.step()
        time.sleep(REDRAW)
    if baselines.failure:
        return
    print("\nThey stand below the systems of each board, without a place:", flush=True)
    for test_set in demo.test_sets:
        print_baselines(test_set.pk)
