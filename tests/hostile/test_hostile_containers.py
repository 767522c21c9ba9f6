"""Systems that attack: each ends in the right outcome, in bounded time, and leaves nothing.

What a limit does differs between the runtimes: under runc it hits a process, under gVisor often
the whole sandbox, which holds them all. So each case says what is expected of each.
"""

from __future__ import annotations

import os
import resource
import threading
import time
from dataclasses import dataclass, replace

import pytest

from evaluator.container import MB, Limits, Outcome, run
from evaluator.container.engine import Engine
from tests.containers import COPY, EN_FR, make_segments

# gVisor's own threads count as processes of the container, so a low limit would hit them.
LIMITS = Limits(wall_time=60, memory=128 * MB, processes=256, tmp=32 * MB, shared_memory=16 * MB)
SPARE = 45  # seconds for starting and ending a container on a busy machine
RUNTIMES = ("runc", "runsc")


@dataclass(frozen=True)
class Attack:
    """A system, what it may use, and how it ends under runc and under gVisor."""

    script: str
    runc: str
    runsc: str
    changes: tuple[str, ...] = ()  # to the image
    segments: int = 20
    wall_time: float = 60  # seconds
    seconds: float = 0  # that it may take, besides SPARE
    memory: int = 128 * MB
    tmp: int = 32 * MB


def ends(outcome: str, script: str, **more: object) -> Attack:
    """Return a system that ends in the same way under both runtimes."""
    return Attack(script, outcome, outcome, **more)  # type: ignore[arg-type]


ATTACKS = {
    # Limits
    "fork bomb": Attack(
        "(f() { f | f & }; f) & while :; do :; done", "timeout", "crashed", wall_time=4, seconds=14
    ),
    "memory bomb": ends("out_of_memory", f"{COPY}; tail /dev/zero"),
    "a child killed for memory, the parent exits 0": ends(
        "out_of_memory", f"{COPY}; tail /dev/zero & wait; exit 0"
    ),
    "a child killed for memory, the parent waits for ever": ends(
        "out_of_memory", f"{COPY}; tail /dev/zero; sleep 600", wall_time=6, seconds=6
    ),
    "fills /tmp": ends("ok", f"head -c 100000000 /dev/zero > /tmp/x && exit 9; rm /tmp/x; {COPY}"),
    "fills /tmp beyond its memory": ends(
        "out_of_memory", f"head -c 400000000 /dev/zero > /tmp/x; {COPY}", tmp=500 * MB
    ),
    "fills shared memory": ends(
        "ok", f"head -c 100000000 /dev/zero > /dev/shm/x && exit 9; {COPY}"
    ),
    "declares volumes and fills them": ends(
        "ok",
        f"for v in /data /etc /a/b; do head -c 9000000 /dev/zero > $v/x && exit 9; done; {COPY}",
        changes=("VOLUME /data", "VOLUME /etc", "VOLUME /a/b"),
    ),
    # Streams
    "reads nothing and exits": ends("bad_output", "exit 0", segments=20_000),
    "reads nothing and sleeps": ends(
        "timeout", "sleep 600", segments=20_000, wall_time=2, seconds=2
    ),
    "reads a little and exits": ends("bad_output", "head -n 1 > /dev/null", segments=20_000),
    "closes its streams and sleeps": ends(
        "timeout", "exec 0<&- 1>&- 2>&-; sleep 600", segments=20_000, wall_time=2, seconds=2
    ),
    "ignores SIGTERM": ends(
        "timeout", "trap '' TERM; while :; do sleep 1; done", wall_time=1, seconds=11
    ),
    "stops itself": ends("timeout", "kill -STOP $$", wall_time=1, seconds=11),
    "writes lines for ever": ends("bad_output", "cat > /dev/null; yes 'not JSON'"),
    "writes long lines for ever": ends(
        "bad_output", "x=$(head -c 90000 /dev/zero | tr '\\0' x); while :; do echo $x; done"
    ),
    "writes empty lines for ever": ends("bad_output", f"{COPY}; yes ''"),
    "writes one endless line": ends("bad_output", "tr '\\0' x < /dev/zero"),
    "writes 10 GB without a line": ends("bad_output", "head -c 10000000000 /dev/zero"),
    "writes its log for ever": ends("timeout", f"{COPY}; yes >&2", wall_time=3, seconds=3),
    "writes a long log": ends("ok", f"head -c 100000000 /dev/zero >&2; {COPY}"),
    "binary rubbish": ends("bad_output", "head -c 1000000 /dev/urandom"),
    "what looks like the engine's own frames": ends(
        "bad_output", f"printf '\\002\\000\\000\\000\\377\\377\\377\\377'; {COPY}"
    ),
    "nothing but an end of text": ends("bad_output", "printf '\\004\\003\\000\\n'"),
    "too few lines": ends("bad_output", f"{COPY} | head -n 19"),
    "too many lines": ends("bad_output", f"{COPY} | sed p"),
    "a line of 20 kB, legal": ends(
        "ok",
        f"x=$(yes 語 | head -n 6500 | tr -d '\\n'); {COPY} | sed \"s/Sentence 0:/$x/\"",
    ),
    "a line of 100 kB that repeats itself": ends(
        "bad_output", f"x=$(yes a | head -n 40000 | tr '\\n' ' '); {COPY} | sed \"s/Sent/$x/\""
    ),
    # Signals and statuses
    # Our init process: the kernel protects it from those whom it started, gVisor's does not.
    "kills what it can": Attack(f"kill -9 1; kill -STOP 1; {COPY}", "ok", "crashed"),
    "kills itself": ends("crashed", f"{COPY}; kill -9 $$"),
    "exits 64": ends("unsupported", "exit 64"),
    "exits 255": ends("crashed", f"{COPY}; exit 255"),
}


@pytest.fixture
def attack(engine_address, images):
    """Return a function that runs a system and checks its time and our own memory."""

    def attack(case: Attack, runtime: str, **options):
        image = images.make(case.script, *case.changes)
        limits = replace(LIMITS, wall_time=case.wall_time, memory=case.memory, tmp=case.tmp)
        started = time.monotonic()
        result = run(
            image,
            make_segments(case.segments),
            EN_FR,
            limits,
            address=engine_address,
            runtime=runtime,
            **options,
        )
        assert time.monotonic() - started < case.seconds + SPARE
        return result

    return attack


@pytest.mark.parametrize("name", ATTACKS)
def test_it_ends_as_the_table_says(attack, name, runtime):
    case = ATTACKS[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    result = attack(case, runtime)

    assert result.outcome == getattr(case, runtime), (result.message, result.problems[:3])
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # kB on Linux
    assert grown < 100_000
    assert len(result.log) <= LIMITS.log
    assert len(result.problems) <= 1000


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (f"{COPY}; tail /dev/zero", "out_of_memory"),
        (f"{COPY}; exec tail /dev/zero", "out_of_memory"),
        (f"x=$(tail /dev/zero); kill -9 $$; {COPY}", "out_of_memory"),
        ("kill -9 $$", "crashed"),  # by itself, and the engine has nothing to tell
    ],
)
def test_a_kill_for_memory_is_known_without_the_flag(attack, monkeypatch, script, outcome, runtime):
    """The engine loses the flag if word of the kill comes after the end, on a busy machine."""
    read = Engine.state
    monkeypatch.setattr(Engine, "state", lambda *args: replace(read(*args), is_out_of_memory=False))

    result = attack(ends(outcome, script), runtime)

    assert (result.outcome, result.exit_status) == (outcome, 137)


# What is tried, and the name of it: printed if it succeeds.
ATTEMPTS = {
    "a network device": "ip link | grep -v -E 'lo:|loopback'",
    "the metadata address": "wget -q -T 2 -O - http://169.254.169.254/latest/meta-data",
    "a private address": "nc -w 2 10.0.0.1 80 < /dev/null",
    "names": "nslookup example.com",
    "the engine": "ls /var/run/docker.sock || ls /run/docker.sock || ls /run/containerd",
    "a secret": "grep -r -l CANARY /proc/*/environ /etc /tmp /root /home /data",
    "a file of the host": "find / -xdev -name '*canary*' | grep .",
    "a place to write": "for x in / /bin /dev /sys /proc/sys; do touch $x/x && exit; done; false",
    "root": "[ $(id -u) = 0 ]",
    "capabilities": "grep -E '^Cap(Eff|Prm|Bnd)' /proc/self/status | grep -v '\t0000000000000000$'",
    "new privileges": "grep -q '^NoNewPrivs:[[:space:]]*0' /proc/self/status",
    "root by setuid": "/bin/suid id -u | grep '^0$'",
    "mounts": "mount -t tmpfs none /tmp",
    "remounts": "mount -o remount,rw /",
    "a mount namespace": "unshare -m true",
    "a network namespace": "unshare -n true",
    "a user namespace": "unshare -U true",
    "devices": "mknod /tmp/disk b 8 0",
    "another root": "chroot /data true",
    "system requests": "echo h > /proc/sysrq-trigger",
    "raw devices": "head -c 1 /dev/mem || head -c 1 /dev/kmsg || head -c 1 /dev/[sv]da",
    "the name of the host": "hostname evil",
    "priority": "renice -n -20 $$",
}
# gVisor's kernel is a process of its own, with users, devices and priorities of its own: these
# lead nowhere.
REACHED = {"runc": [], "runsc": ["a user namespace", "devices", "priority"]}


def test_nothing_outside_can_be_reached(attack, images, runtime, tmp_path, monkeypatch):
    monkeypatch.setenv("CANARY", "CANARY-token")
    (tmp_path / "canary-reference.txt").write_text("CANARY")
    attempts = "".join(
        f"if ( {tried} ) < /dev/null > /dev/null 2>&1; then echo {name} >&3; fi\n"
        for name, tried in ATTEMPTS.items()
    )
    script = f"exec 3>&2 2> /dev/null\n{attempts}{COPY}"

    result = attack(Attack(script, "ok", "ok", changes=("USER root",), seconds=20), runtime)

    assert result.outcome is Outcome.OK
    assert result.log.splitlines() == REACHED[runtime]


def test_an_image_cant_choose_devices_or_preload(attack, runtime):
    changes = ("ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=all LD_PRELOAD=/x.so",)
    script = f"env | grep -E '^(NVIDIA|LD_)' >&2; {COPY}"

    result = attack(Attack(script, "ok", "ok", changes=changes), runtime)

    assert (result.outcome, result.log) == (Outcome.OK, "NVIDIA_VISIBLE_DEVICES=void\n")


def test_a_healthcheck_of_the_image_is_not_run(attack, runtime):
    changes = ("HEALTHCHECK --interval=1s CMD touch /tmp/checked",)
    script = f"sleep 3; ls /tmp >&2; {COPY}"

    result = attack(Attack(script, "ok", "ok", changes=changes), runtime)

    assert (result.outcome, result.log) == (Outcome.OK, "")


def test_it_can_be_cancelled_within_ten_seconds_whatever_it_does(attack, runtime):
    cancel = threading.Event()
    threading.Timer(2, cancel.set).start()

    started = time.monotonic()
    result = attack(
        ends("cancelled", "trap '' TERM; while :; do echo rubbish >&2; done"),
        runtime,
        cancel=cancel,
    )

    assert result.outcome is Outcome.CANCELLED
    assert time.monotonic() - started < 12


def test_an_image_that_claims_another_name_is_not_run_by_it(attack, images, engine_address):
    ours = images.make(f"echo ours >&2; {COPY}", name="team-a/system")
    images.make(f"echo theirs >&2; {COPY}", name="team-a/system")  # takes the tag over

    result = run(ours, make_segments(5), EN_FR, LIMITS, address=engine_address)

    assert result.log == "ours\n"


def test_our_threads_and_descriptors_end_with_the_run(attack):
    case = ends("bad_output", "exec 0<&-; head -c 10000000 /dev/zero; sleep 600", segments=20_000)
    attack(case, "runc")
    threads, descriptors = threading.active_count(), len(os.listdir("/proc/self/fd"))

    for _ in range(3):
        attack(case, "runc")

    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == descriptors
