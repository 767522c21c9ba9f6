"""`container.run` on a real engine: what a system gets, what becomes of what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from evaluator.container import GB, MB, Limits, Outcome, Setting, run, sweep
from tests.containers import COPY, EN_FR, make_segments

SMALL = Limits(wall_time=60, memory=256 * MB, processes=512, tmp=32 * MB, shared_memory=16 * MB)


@pytest.fixture
def run_image(engine_address, images):
    def run_image(script, *changes, segments=5, limits=SMALL, quote=True, **options):
        image = images.make(script, *changes)
        return run(
            image,
            make_segments(segments),
            options.pop("setting", EN_FR),
            limits,
            address=engine_address,
            quote=quote,
            **options,
        )

    return run_image


def test_every_segment_comes_back_in_its_own_place(run_image, runtime):
    result = run_image(f"{COPY} | sort", segments=1000, runtime=runtime)

    assert (result.outcome, result.exit_status, result.problems) == (Outcome.OK, 0, ())
    assert result.translations == tuple(one.source for one in make_segments(1000))
    assert sorted(result.lines) == list(range(1, 1001))
    assert result.done == result.segments == 1000
    assert 0 < result.wall_time < 30


def test_a_system_reads_json_lines_of_opaque_ids_with_documents_kept_together(run_image):
    first = run_image(f"tee /dev/stderr | {COPY}", segments=20)
    second = run_image(f"tee /dev/stderr | {COPY}", segments=20)

    one, two = ([json.loads(line) for line in found.log.splitlines()] for found in (first, second))
    assert list(one[0]) == ["id", "doc", "source", "terms", "annotated"]
    assert one[0]["terms"] == [{"source": "sentence", "targets": ["phrase"]}]
    assert one[0]["annotated"].startswith('<term target="phrase">Sentence</term> ')
    assert {row["id"] for row in one}.isdisjoint(row["id"] for row in two)
    documents = [row["doc"] for row in one]
    assert len(set(documents)) == 4
    assert [documents[n] for n in range(0, 20, 5)] == list(dict.fromkeys(documents))
    numbers = [int(row["source"].split()[1].rstrip(":")) for row in one]
    assert all(numbers[n : n + 5] == sorted(numbers[n : n + 5]) for n in range(0, 20, 5))


def test_the_environment_is_the_contracts(run_image):
    result = run_image(
        f"env | sort >&2; {COPY}",
        "ENV LD_PRELOAD=/evil.so NVIDIA_VISIBLE_DEVICES=all NVIDIA_REQUIRE_CUDA=1"
        " LD_LIBRARY_PATH=/x TERMINARIUM_CONTRACT=9 TERMINARIUM_X=1 HOME=/root SEGMENTS=7 KEPT=yes",
        setting=Setting("cs", "de", "none"),
    )

    found = dict(line.split("=", 1) for line in result.log.splitlines())
    for name in ("HOSTNAME", "PATH", "SHLVL", "PWD"):  # the engine's and the shell's
        found.pop(name)
    assert found == {
        "TERMINARIUM_CONTRACT": "1",
        "SOURCE_LANGUAGE": "cs",
        "TARGET_LANGUAGE": "de",
        "TERMINOLOGY_MODE": "none",
        "SEGMENTS": "5",
        "TIME_LIMIT": "60",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HOME": "/tmp",
        "NVIDIA_VISIBLE_DEVICES": "void",
        "KEPT": "yes",
    }


@pytest.mark.parametrize(
    ("user", "seen"),
    [
        ("", "65534:65534"),  # root, without a word
        ("USER root", "65534:65534"),
        ("USER 0", "65534:65534"),
        ("USER 00:1000", "65534:65534"),
        ("USER nobody", "65534:65534"),  # a name means what the image says
        ("USER 1000:staff", "65534:65534"),
        ("USER 1000:1001", "1000:1001"),
        ("USER 1000", "1000:0"),
    ],
)
def test_it_runs_as_a_numeric_user_who_is_not_root(run_image, user, seen):
    result = run_image(f"echo $(id -u):$(id -g) >&2; touch /tmp/x && {COPY}", *filter(None, [user]))

    assert (result.log, result.outcome) == (f"{seen}\n", Outcome.OK)


def test_tmp_is_writable_and_executable_and_the_rest_is_not_writable(run_image, runtime):
    result = run_image(
        "printf '#!/bin/sh\\necho it runs >&2\\n' > /tmp/x && chmod +x /tmp/x && /tmp/x;"
        "for place in / /etc /data /var /proc/sys/kernel /sys; do"
        "  touch $place/x 2> /dev/null && echo $place >&2; done;"
        f"echo ok > /dev/shm/x || echo no shared memory >&2; {COPY}",
        "VOLUME /data",
        "VOLUME /var",
        "VOLUME /tmp",
        runtime=runtime,
    )

    assert (result.outcome, result.log) == (Outcome.OK, "it runs\n")


@pytest.mark.parametrize(
    ("script", "outcome", "words"),
    [
        (f"{COPY}; exit 64", "unsupported", "exit status 64"),
        (f"{COPY}; exit 3", "crashed", "exit status 3"),
        (f"{COPY}; kill -SEGV $$", "crashed", "SIGSEGV"),
        ("nothing-like-this", "crashed", "exit status 127"),
        ("exit 0", "bad_output", "0 of 5 segments"),
        (f"{COPY} | head -n 4", "bad_output", "4 of 5 segments"),
        (f"echo loading the model; {COPY}", "bad_output", "5 of 5 segments"),
    ],
)
def test_outcomes_are_told_apart(run_image, script, outcome, words):
    result = run_image(script)

    assert result.outcome == outcome
    assert words in result.message
    assert result.translations == ()


def test_bad_output_is_named_by_line_and_quoted_only_where_that_is_asked_for(run_image):
    script = f'echo secret words; {COPY}; echo \'{{"id": "secret", "translation": ""}}\''

    quoting, silent = run_image(script), run_image(script, quote=False)

    assert [problem.line for problem in silent.problems] == [1, 7]
    assert "not valid JSON" in silent.problems[0].message
    assert "none of those that were read" in silent.problems[1].message
    assert not any("secret" in str(problem) for problem in silent.problems)
    assert "The line reads: secret words" in quoting.problems[0].message
    assert quoting.problems[1].segment == "secret"


@pytest.mark.parametrize(
    ("command", "status"), [('CMD ["/no/such/program"]', 127), ('CMD ["/etc"]', 126)]
)
def test_a_command_that_is_not_there_is_the_teams_fault(run_image, command, status):
    result = run_image("", command)

    assert (result.outcome, result.exit_status) == (Outcome.CRASHED, status)
    assert "its command" in result.message


@pytest.mark.parametrize(
    ("change", "words"),
    [("CMD []", "neither an ENTRYPOINT nor a CMD"), ("VOLUME /proc/x", "a volume at /proc/x")],
)
def test_an_image_that_cant_be_run_is_not_even_started(run_image, change, words):
    result = run_image("", change)

    assert result.outcome is Outcome.CRASHED
    assert words in result.message


def test_time_up_is_a_timeout_even_if_it_then_ends_well(run_image):
    started = time.monotonic()
    result = run_image(
        f"trap 'exit 0' TERM; {COPY}; sleep 60 & wait",
        limits=Limits(wall_time=1, memory=256 * MB),
    )

    assert (result.outcome, result.done) == (Outcome.TIMEOUT, 5)
    assert result.message == "The system had not ended after 1 s. 5 of 5 segments were done."
    assert time.monotonic() - started < 8  # it was asked first: SIGKILL comes after 10 s


def test_a_run_can_be_cancelled_from_another_thread(run_image):
    cancel = threading.Event()
    threading.Timer(1, cancel.set).start()

    started = time.monotonic()
    result = run_image("trap '' TERM; sleep 60", cancel=cancel)

    assert result.outcome is Outcome.CANCELLED
    assert time.monotonic() - started < 10


def test_progress_is_told_while_it_runs(run_image):
    told = []

    result = run_image(
        "n=0; while read line; do n=$((n+1)); "
        f'echo "$line" | {COPY}; [ $((n % 10)) = 0 ] && sleep 1; done',
        segments=30,
        on_progress=told.append,
    )

    assert result.outcome is Outcome.OK
    assert {now.segments for now in told} == {30}
    done = [now.done for now in told]
    assert done == sorted(done)
    assert any(0 < number < 30 for number in done)
    assert done[-1] == 30
    assert result.peak_memory is not None
    assert 0 < result.peak_memory < SMALL.memory


def test_an_error_of_the_caller_ends_the_run_and_is_the_callers(run_image):
    def fail(now):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        run_image("sleep 60", on_progress=fail)


def test_only_the_end_of_a_long_log_is_kept(run_image):
    result = run_image(
        f"{COPY}; seq 100000 >&2; echo the end >&2", limits=Limits(memory=256 * MB, log=1000)
    )

    assert result.outcome is Outcome.OK
    assert result.log_bytes > 500_000
    assert len(result.log) <= 1000
    assert result.log.endswith("100000\nthe end\n")
    assert result.log.splitlines()[0].isdecimal()


def test_an_image_that_is_not_there_is_our_fault(engine_address):
    result = run("no-such-image", make_segments(5), EN_FR, SMALL, address=engine_address)

    assert (result.outcome, result.outcome.is_ours) == (Outcome.IMAGE_UNAVAILABLE, True)
    assert "no image 'no-such-image'" in result.detail


def test_a_runtime_that_is_not_there_is_our_fault(run_image):
    result = run_image(COPY, runtime="nothing-like-this")

    assert (result.outcome, result.outcome.is_ours) == (Outcome.ENGINE_ERROR, True)
    assert "nothing-like-this" in result.detail
    assert "nothing-like-this" not in result.message  # a team is told nothing of our machines


def test_an_engine_that_is_not_there_is_our_fault(tmp_path):
    result = run("any", make_segments(5), EN_FR, address=f"unix://{tmp_path}/none")

    assert result.outcome is Outcome.ENGINE_ERROR
    assert "No Docker engine answers" in result.detail


def test_more_processors_than_there_are_are_asked_for_and_not_had(run_image):
    result = run_image(COPY, limits=Limits(memory=GB, cpus=5000))

    assert result.outcome is Outcome.OK
    assert any("of the 5000 processors" in note for note in result.notes)


def test_what_a_killed_process_left_is_swept_and_what_lives_is_not(
    engine_address, images, killed_run
):
    image = images.make("sleep 600")
    killed_run(image)
    [orphan] = images.leftovers()
    living = threading.Event()
    done = []
    ours = threading.Thread(
        target=lambda: done.append(
            run(image, make_segments(5), EN_FR, SMALL, address=engine_address, cancel=living)
        )
    )
    ours.start()
    while len(images.leftovers()) < 2:
        time.sleep(0.1)

    assert sweep(engine_address) == 1

    left = images.leftovers()
    living.set()
    ours.join()
    assert len(left) == 1
    assert orphan not in left
    assert done[0].outcome is Outcome.CANCELLED


@pytest.fixture
def killed_run(engine_address, root):
    """Return a function that starts a run in a process and kills that."""
    script = (
        "import sys\n"
        "from evaluator.container import Limits, run\n"
        "from tests.containers import EN_FR, make_segments\n"
        "def tell(now): print(now.seconds, flush=True)\n"
        "run(sys.argv[1], make_segments(5), EN_FR, Limits(memory=2**28),"
        " address=sys.argv[2], on_progress=tell)\n"
    )

    def kill(image):
        process = subprocess.Popen(
            [sys.executable, "-c", script, image, engine_address],
            cwd=root,
            env=os.environ
            | {"PYTHONPATH": f"{root}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
            stdout=subprocess.PIPE,
        )
        with process:
            process.stdout.readline()  # it runs
            process.kill()

    return kill
