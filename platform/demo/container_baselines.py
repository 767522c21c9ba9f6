"""The baselines in containers: the organisers send them, a node runs them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.models import Membership, Team, User
from audit.recording import Actor
from demo import docker_engine
from demo.child_processes import ChildFailed, Children
from demo.image_builds import Builder
from demo.printing import print_news
from demo.sample_data import ORGANISER, Demo
from evaluator.container import EngineError
from nodes.protocol import tokens
from sharedtasks.models import Phase
from submissions.models import Submission
from submissions.services import sending

GIVE_UP = 1500  # seconds from the start until the baselines have to be scored


@dataclass(frozen=True, slots=True)
class DemoBaseline:
    """A system of docker/baselines, and its description."""

    name: str
    description: str
    is_constrained: bool = True


BASELINES = (
    DemoBaseline("copy-source", "Copies each source. Run in a container of its own."),
    DemoBaseline(
        "dictionary",
        "Copies each source with its terms replaced by their first targets, longest terms first. "
        "Run in a container of its own.",
    ),
    DemoBaseline(
        "statistical",
        "A small statistical translator (IBM model 1, a bigram language model) that renders terms "
        "as asked for, run in a container of its own. It was trained on the demo's own sentences "
        "and has seen the references.",
        is_constrained=False,
    ),
)


class BaselineRuns:
    """The baselines of a demo. If something fails, it says so and the demo goes on."""

    def __init__(self, demo: Demo, builder: Builder, node: Children, started: float) -> None:
        self.is_over = False
        self.failure = ""
        self._phase = demo.phase
        self._builder = builder
        self._node = node
        self._started = started  # time.monotonic()
        self._is_node_there = True
        self._sent: set[str] = set()
        self._unfinished: set[int] = set()

    def step(self) -> None:
        """Do what can be done now, without waiting; never call it again once `is_over`."""
        self.check_node()
        try:
            if not self.is_over:
                self._step()
        except ValidationError as error:
            self._fail(" ".join(error.messages))

    def check_node(self) -> None:
        """Report once if the node has ended by itself, because then baselines wait for ever."""
        if not self._is_node_there:
            return
        try:
            self._node.check()
        except ChildFailed as failure:
            self._is_node_there = False
            self._fail(str(failure))

    def _step(self) -> None:
        has_built_all = self._builder.is_over  # before a look at what is ready
        for baseline in BASELINES:
            path = self._builder.ready.get(baseline.name)
            if path is not None and baseline.name not in self._sent:
                self._sent.add(baseline.name)
                self._unfinished.add(_send(baseline, self._phase, path).pk)
        self._unfinished = print_news(self._unfinished, self._started)
        if has_built_all and not self._unfinished:
            self.is_over = True
            if self._builder.failure:
                self._fail(self._builder.failure)
        elif time.monotonic() - self._started > GIVE_UP:
            self._fail(f"The baselines in containers are not finished in {GIVE_UP} s.")

    def _fail(self, why: str) -> None:
        self.is_over = True
        self.failure = why
        print(f"  {why}", flush=True)


@contextlib.contextmanager
def running(
    demo: Demo, engine: docker_engine.DemoEngine, base: str, *, port: int, started: float
) -> Iterator[BaselineRuns]:
    """Build the baselines while the demo runs, with a node to run them; tidy up the engine."""
    state = Path(settings.STATE_DIR)
    _, token = tokens.add_node("this-machine", actor=Actor.of_platform("demo"))
    names = tuple(baseline.name for baseline in BASELINES)
    builder = Builder(engine.address, base, names, state / "archives")
    broker = settings.NODES_BROKER_URL
    try:
        with docker_engine.node(engine, state, port=port, broker=broker, token=token) as node:
            builder.start()
            try:
                yield BaselineRuns(demo, builder, node, started)
            finally:
                builder.stop()
    finally:
        try:
            docker_engine.tidy_up(state, builder.made)
        except EngineError as error:
            print(f"Images of the demo may still be in the Docker engine: {error}", flush=True)


def _send(baseline: DemoBaseline, phase: Phase, archive: Path) -> Submission:
    team, member = _get_organisers()
    planned = sending.PlannedImage(
        team=team,
        member=member,
        phase=phase,
        system=sending.SystemDescription(
            name=baseline.name,
            description=baseline.description,
            is_constrained=baseline.is_constrained,
        ),
    )
    with archive.open("rb") as stream:
        submission = sending.submit_image(
            planned=planned, archive=sending.NamedStream(stream, archive.name)
        )
    archive.unlink()
    return submission


def _get_organisers() -> tuple[Team, User]:
    member = User.objects.get(username=ORGANISER)
    team, is_new = Team.objects.get_or_create(
        slug="organisers",
        defaults={"name": "Organisers", "is_verified": True, "is_organisers": True},
    )
    if is_new:
        Membership.objects.create(team=team, user=member, role=Membership.Role.OWNER)
    return team, member
