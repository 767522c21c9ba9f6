"""Kill every service at random while people submit; then look whether anything was lost.

    python -m tests.endurance.random_kills --seconds 300 --seed 1

It starts a platform of its own (PostgreSQL, Redis, a Docker engine, web, worker, sweeper, a node),
all on loopback. Every few seconds one of them is killed by SIGKILL and started again, as systemd
would. Meanwhile 100 submissions and 10 images are sent through the pages. Then it waits until
nothing moves any more, and checks that whatever was acknowledged has been scored exactly once.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException

from tests.e2e.session import post, session_of
from tests.endurance.platform_of_its_own import Platform, running
from tests.endurance.verdict import faults_of
from tests.integration.samples import PERFECT, as_text

PAUSES = (2.0, 6.0)  # seconds between the start of a service and the next kill
RESTART_AFTER = 0.5  # seconds
TRIES = 200  # of one upload, until it is acknowledged
QUIET_WITHIN = 600  # seconds after the last kill
FIELDS = {"terminology_use": "inference", "is_constrained": "on", "team": "1"}
UNFINISHED = (
    "select (select count(*) from submissions_submission where state = 'checking'), "
    "(select count(*) from submissions_entry where state in ('waiting', 'running', 'scoring'))"
)


@dataclass
class Sent:
    """What was sent, by the name of its system, and how it was answered."""

    acknowledged: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)  # it may have arrived, or not

    def send(self, platform: Platform, session: str, name: str, page: str, body: bytes) -> None:
        """Send something until it is acknowledged, under another name each time."""
        for number in range(TRIES):
            system = f"{name}, {number}"
            is_image = page == "submit-image"
            try:
                status = post(
                    platform.site,
                    session,
                    f"/tasks/trial/dev/{page}",
                    FIELDS | {"system": system} | ({"end": "end"} if is_image else {}),
                    {f"{name}.en-fr.txt": body},
                    field_name="archive" if is_image else "file",
                )
            except (OSError, HTTPException):
                status = 0
            if status == 302:
                self.acknowledged.append(system)
                return
            if 400 <= status < 500:
                raise AssertionError(f"{system} was refused with {status}")
            self.unanswered.append(system)
            time.sleep(0.5)
        raise AssertionError(f"{name} was not acknowledged in {TRIES} tries")


@dataclass
class Killer:
    """Kills one service after the other and starts it again."""

    platform: Platform
    choose: random.Random
    began: float = field(default_factory=time.monotonic)
    round: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    ended_by_itself: Counter[str] = field(default_factory=Counter)

    def go_on_for(self, seconds: float) -> None:
        """Kill until the time is over."""
        while time.monotonic() - self.began < seconds:
            time.sleep(self.choose.uniform(*PAUSES))
            self.revive()
            name = self._next()
            service = self.platform.services[name]
            print(f"{time.monotonic() - self.began:6.1f} s  SIGKILL {name}", flush=True)
            service.kill()
            self.kills[name] += 1
            time.sleep(RESTART_AFTER)
            service.start()

    def _next(self) -> str:
        """Return what is killed next: all of them in each round, in whatever order."""
        if not self.round:
            names = sorted(self.platform.services)
            self.round = self.choose.sample(names, len(names))
        return self.round.pop()

    def revive(self) -> None:
        """Start again what has ended by itself, and remember it."""
        for name, service in self.platform.services.items():
            if service.has_ended():
                print(f"{time.monotonic() - self.began:6.1f} s  {name} ended by itself", flush=True)
                self.ended_by_itself[name] += 1
                service.kill()
                service.start()


def wait_until_quiet(platform: Platform, killer: Killer) -> float:
    """Wait until nothing moves; return how many seconds that took."""
    began = time.monotonic()
    while (left := platform.site.rows(UNFINISHED)) != [(0, 0)]:
        if time.monotonic() - began > QUIET_WITHIN:
            print(f"still unfinished (submissions, entries): {left}")
            break
        killer.revive()
        time.sleep(1)
    return time.monotonic() - began


def main() -> int:
    options = _options()
    seed = options.seed if options.seed is not None else random.randrange(2**32)
    print(f"seed {seed}; {options.seconds:g} s; {options.submissions} submissions and "
          f"{options.images} images", flush=True)  # fmt: skip
    with running() as platform:
        archives = [platform.make_archive(number) for number in range(options.images)]
        session = session_of(platform.site, "alice")
        sent, killer = Sent(), Killer(platform, random.Random(seed))

        def send_all() -> None:
            pause = 0.8 * options.seconds / max(options.submissions, 1)
            every = max(options.submissions // max(options.images, 1), 1)
            left = list(enumerate(archives))
            for number in range(options.submissions):
                last = f"la fièvre et la toux , {number} fois ."
                body = as_text((*PERFECT[:3], last))
                sent.send(platform, session, f"Outputs {number}", "submit", body)
                if left and number % every == 0:
                    image, archive = left.pop(0)
                    sent.send(platform, session, f"Image {image}", "submit-image", archive)
                time.sleep(pause)

        with ThreadPoolExecutor(1) as threads:
            sender = threads.submit(send_all)
            killer.go_on_for(options.seconds)
            sender.result()
        seconds = wait_until_quiet(platform, killer)
        faults = faults_of(platform.site, sent.acknowledged, sent.unanswered)
        faults += [f"{name} ended by itself" for name in killer.ended_by_itself]
        _print_table(sent, killer, seconds)
        if faults and options.logs:
            print(platform.site.log_tails())
    for fault in faults:
        print(f"FAULT  {fault}")
    print("nothing was lost" if not faults else f"{len(faults)} faults", flush=True)
    return 1 if faults else 0


def _print_table(sent: Sent, killer: Killer, seconds: float) -> None:
    print(f"{'service':<12} kills  ended by itself")
    for name in sorted(killer.platform.services):
        print(f"{name:<12} {killer.kills[name]:>5}  {killer.ended_by_itself[name]:>15}")
    print(f"acknowledged {len(sent.acknowledged)}, not acknowledged {len(sent.unanswered)}")
    print(f"quiet {seconds:.0f} s after the last upload and kill")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--submissions", type=int, default=100)
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--logs", action="store_true", help="print the ends of the logs on a fault")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
