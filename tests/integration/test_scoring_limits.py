"""Scoring has limits of processor time and of memory; a second time alone decides."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import psutil
import pytest

from sharedtasks import testsets
from submissions import hypotheses
from submissions.models import Entry
from submissions.pipeline import scoring_room
from submissions.pipeline.scorer import ScorerFailed, scorer
from submissions.pipeline.tasks import score
from submissions.states import EntryState
from tests.conftest import ROOT
from tests.integration.samples import PERFECT, count_scores

pytestmark = pytest.mark.django_db

MB = 1024**2
# The last of four texts: what costs much is short here, so that the limits can be low.
DEAR = {
    "words that differ": " ".join(f"mot{number}" for number in range(40_000)),
    "one letter, again and again": "a " * 60_000,
    "Han without a space": "".join(chr(0x4E00 + number % 20_000) for number in range(600_000)),
    "the reference, again and again": f"{PERFECT[3]} " * 2_000,
}


@pytest.fixture
def make_dear_entry(make_entry):
    """Return a function that makes an entry with these texts, whatever the checker thinks."""

    def make(*texts):
        entry = make_entry()
        content = type(hypotheses.load(entry))(texts=texts)
        stored = hypotheses.store(content, testsets.read(entry.test_set))
        Entry.objects.filter(pk=entry.pk).update(hypotheses=stored)
        entry.refresh_from_db()
        return entry

    return make


def deliver(entry, number=1):
    Entry.objects.filter(pk=entry.pk).update(next_try_at=None)  # the pause after a failure is over
    result = score.apply(args=[entry.pk], task_id=f"task-{number}")
    entry.refresh_from_db()
    return result


TIME = ("SCORING_TIME", 0.3, "0.3 seconds of processor time")
MEMORY = ("SCORING_MEMORY", 8 * MB, "8 MB of memory")


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("words that differ", TIME),
        ("words that differ", MEMORY),
        ("one letter, again and again", TIME),
        ("Han without a space", MEMORY),
        ("the reference, again and again", TIME),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_what_passes_a_limit_twice_is_rejected_with_its_largest_segments(
    make_dear_entry, settings, kind, limit
):
    entry = make_dear_entry(*PERFECT[:3], DEAR[kind])
    name, value, named = limit
    setattr(settings, name, value)

    assert deliver(entry, 1).state == "SUCCESS"
    after_first = (entry.state, entry.claimed_by, entry.attempts, entry.overruns)
    assert deliver(entry, 2).state == "SUCCESS"

    assert after_first == (EntryState.SCORING, "", 1, 1)
    assert (entry.state, entry.attempts) == (EntryState.REJECTED, 2)
    assert f"more than {named} twice" in entry.reason
    size = len(DEAR[kind].encode())
    assert f"largest segments are 2 of advice ({size:,} bytes), 1 of advice (55 b" in entry.reason
    assert not entry.scores.exists()
    moves = [(change.old, change.new) for change in entry.changes.all()]
    assert moves == [("", "scoring"), ("scoring", "scoring"), ("scoring", "rejected")]


def test_the_next_entry_is_scored_as_if_nothing_had_been(make_dear_entry, make_entry, settings):
    settings.SCORING_TIME = 0.3
    deliver(make_dear_entry(*PERFECT[:3], DEAR["words that differ"]))
    settings.SCORING_TIME = 60

    entry = make_entry(system="Next")
    deliver(entry)

    assert entry.state == EntryState.SCORED
    assert entry.scores.count() == count_scores()


def test_what_passes_a_limit_once_is_scored_the_second_time(make_entry, settings):
    entry = make_entry()
    settings.SCORING_MEMORY = -1  # nothing has so little
    deliver(entry, 1)
    assert (entry.state, entry.overruns) == (EntryState.SCORING, 1)
    settings.SCORING_MEMORY = 1024 * MB

    deliver(entry, 2)

    assert (entry.state, entry.attempts) == (EntryState.SCORED, 2)
    assert entry.scores.count() == count_scores()


# Alone ------------------------------------------------------------------------------------


def test_an_entry_that_is_to_be_alone_waits_for_others_and_is_put_back(make_entry, settings):
    settings.SCORING_DWELL = 1.0
    entry = make_entry(columns={"overruns": 1})

    with scoring_room.enter_room(alone=False):
        assert deliver(entry, 1).state == "SUCCESS"
        put_back = (entry.state, entry.claimed_by, entry.attempts)
    deliver(entry, 2)

    assert put_back == (EntryState.SCORING, "", 0)
    assert (entry.state, entry.attempts) == (EntryState.SCORED, 1)


def test_nothing_begins_beside_an_entry_that_is_alone_or_waits_to_be(make_entry, settings):
    settings.SCORING_DWELL = 4.0  # 0.8 s for who is to be alone, 0.2 s for others
    entry = make_entry()

    with scoring_room.enter_room(alone=True):
        deliver(entry, 1)
    beside_it = (entry.state, entry.claimed_by, entry.attempts)
    waits = threading.Thread(target=_wait_in_vain)
    with scoring_room.enter_room(alone=False):
        waits.start()
        time.sleep(0.2)
        deliver(entry, 2)
        waits.join()
    while_it_waits = (entry.state, entry.claimed_by, entry.attempts)
    deliver(entry, 3)

    assert beside_it == while_it_waits == (EntryState.SCORING, "", 0)
    assert entry.state == EntryState.SCORED


def _wait_in_vain():
    with pytest.raises(scoring_room.NotNow), scoring_room.enter_room(alone=True):
        pass


def test_others_score_beside_each_other():
    with scoring_room.enter_room(alone=False), scoring_room.enter_room(alone=False):
        pass


def test_a_turn_ends_with_its_process_however_that_ends(settings):
    settings.SCORING_DWELL = 100
    holder = _python(
        """
        with scoring_room.enter_room(alone=True):
            print("held", flush=True)
            time.sleep(60)
        """
    )
    assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.communicate()

    with scoring_room.enter_room(alone=True):
        pass


# The process ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_scoring_process_that_dies_costs_an_attempt(make_dear_entry, settings, number):
    entry = make_dear_entry(*PERFECT[:3], DEAR["words that differ"])

    def kill():
        while scorer._process is None:
            time.sleep(0.01)
        time.sleep(0.2)
        os.kill(scorer._process.pid, number)

    scorer.close()
    killer = threading.Thread(target=kill)
    killer.start()
    result = deliver(entry, 1)
    killer.join()

    assert isinstance(result.result, ScorerFailed)
    assert (entry.state, entry.claimed_by, entry.attempts) == (EntryState.SCORING, "", 1)
    assert entry.overruns == 0


def test_an_error_in_it_is_told_with_its_traceback(make_entry, test_set):
    type(test_set).objects.update(lemmatiser="unheard of")
    entry = make_entry()

    result = deliver(entry)

    assert isinstance(result.result, ScorerFailed)
    assert "KeyError: 'unheard of'" in str(result.result)
    assert (entry.state, entry.claimed_by) == (EntryState.SCORING, "")


def test_it_ends_with_its_worker_also_while_it_computes():
    worker = _python(
        """
        from evaluator.score_server import Job
        texts = tuple(f"mot{number} " * 50 for number in range(4_000))
        segments = tuple(
            evaluator.Segment(str(n), "d", "s", (text,), (), ((),)) for n, text in enumerate(texts)
        )
        test_set = evaluator.TestSet("en", "fr", segments)
        import threading
        job = Job("key", evaluator.Hypotheses(texts), "none")
        threading.Thread(target=scorer.score, args=(test_set, job), daemon=True).start()
        while scorer._process is None or psutil.Process(scorer._process.pid).cpu_times().user < 2:
            time.sleep(0.05)
        print(scorer._process.pid, flush=True)
        time.sleep(60)
        """
    )
    child = psutil.Process(int(worker.stdout.readline()))
    worker.kill()
    worker.communicate()

    child.wait(10)  # raises if it is there still


def _python(script):
    head = """
    import time
    import django, psutil
    django.setup()
    import evaluator
    from submissions.pipeline import scoring_room
    from submissions.pipeline.scorer import scorer
    """
    source = textwrap.dedent(head) + textwrap.dedent(script)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen(
        [sys.executable, "-c", source], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    )
