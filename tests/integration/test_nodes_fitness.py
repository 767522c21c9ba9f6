"""Which nodes are fit, whose fault a failure is, and which process works with a token."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from images.models import Image
from nodes.models import Node, Run
from nodes.runs import fitness, retries
from nodes.runs.organising import lift_quarantine
from nodes.runs.sweeping import sweep_runs
from submissions.models import Entry, Submission
from submissions.services import requeueing
from submissions.states import EntryState
from tests.integration.actors import OPERATOR
from tests.integration.image_rows import image_row
from tests.integration.test_nodes_protocol import (
    MACHINE,
    Speaker,
    end_leases,
    make_image,
    make_image_entry,
    past_smoke,
    state,
)

pytestmark = pytest.mark.django_db

REFUSED = {"load": "image_unavailable", "create": "engine_error", "start": "engine_error"}


def proved(step):
    return {"health": {"is_fit": True, "text": "", "step": step}}


def unfit(text="its folder is full"):
    return {"health": {"is_fit": False, "text": text, "step": ""}}


def process(number, *replaces, host="gpu-a", pid=4711):
    ids = [f"{one:032x}" for one in (number, *replaces)]
    return {
        "process": {"id": ids[0], "host": host, "pid": pid, "since": 1.8e9, "replaces": ids[1:]}
    }


def fitness_of(speaker):
    node = Node.objects.get(pk=speaker.node.pk)
    return node.failing_since is None, node.failures


@pytest.fixture
def first():
    return Speaker("first")


@pytest.fixture
def second():
    """Another node, which was there a moment ago."""
    speaker = Speaker("second")
    speaker.claim()
    return speaker


@pytest.fixture
def make_entry(alice, team, make_test_set):
    """Return a function that makes an entry of a new image, or of the given one."""
    numbers = iter(range(1, 99))

    def make(image=None, **columns):
        number = next(numbers)
        if image is None:
            image = image_row(f"image {number}")
            image.archive = make_image().archive
            image.save()
        return make_image_entry(team, alice, make_test_set(version=number), image, **columns)

    return make


# Whose fault --------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "outcome"), REFUSED.items())
def test_what_two_machines_cant_start_is_the_teams_fault(first, second, make_entry, step, outcome):
    entry = make_entry()

    assert first.finish(first.claim().json(), outcome=outcome, **proved(step)).status_code == 204
    assert state(entry) == EntryState.WAITING
    assert first.claim().status_code == 204  # the other one's turn
    last = second.claim().json()
    second.finish(last, outcome=outcome, detail="the engine's secret words", **proved(step))

    assert state(entry) == EntryState.REJECTED
    assert [run.outcome for run in Run.objects.order_by("pk")] == [outcome, "crashed"]
    assert "2 machines tried it" in entry.reason
    assert "Yours is tried once more" in Run.objects.earliest("pk").message
    assert "secret" not in entry.reason
    assert second.finish(last, outcome=outcome, **proved(step)).status_code == 204  # told again
    assert [fitness_of(one) for one in (first, second)] == [(True, 0)] * 2


@pytest.mark.parametrize("others", ["none", "drained", "failing", "silent", "without memory"])
def test_on_the_only_node_that_serves_it_twice_is_enough(first, make_entry, others):
    if others != "none":
        other = Speaker("other")
        other.claim(memory=1 if others == "without memory" else MACHINE["memory"])
        long_ago = timezone.now() - timedelta(days=1)
        columns = {
            "drained": {"drained_at": long_ago},
            "failing": {"failing_since": long_ago},
            "silent": {"last_seen_at": long_ago},
        }.get(others, {})
        Node.objects.filter(pk=other.node.pk).update(**{"drain_reason": ""} | columns)
    entry = make_entry()

    for _ in range(2):
        Run.objects.update(ended_at=F("ended_at") - retries.ELSEWHERE_FOR)
        first.finish(first.claim().json(), outcome="engine_error", **proved("start"))

    assert state(entry) == EntryState.REJECTED
    assert "2 times" in entry.reason


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([("engine_error", proved("create")), ("engine_error", proved("start"))], "waiting"),
        ([("engine_error", proved("start")), ("engine_error", proved(""))], "waiting"),
        ([("engine_error", proved("start")), ("engine_error", unfit())], "waiting"),
        ([("engine_error", proved("start")), ("engine_error", {})], "waiting"),
        ([("engine_error", proved("start")), ("handed_back", {})], "waiting"),
        ([("no_gpu", proved("start")), ("no_gpu", proved("start"))], "rejected"),
        ([("engine_error", proved("start")), ("no_gpu", proved("start"))], "rejected"),
    ],
)
def test_only_the_same_step_of_machines_that_proved_themselves_counts(
    first, second, make_entry, ends, expected
):
    entry = make_entry()

    for speaker, (outcome, health) in zip((first, second), ends, strict=True):
        speaker.finish(speaker.claim().json(), outcome=outcome, **health)

    assert state(entry) == expected


def test_an_image_that_has_run_is_not_blamed_for_what_was_before(first, second, make_entry):
    image = make_image()
    make_entry(image)
    first.finish(first.claim().json(), outcome="engine_error", **proved("start"))
    second.finish(second.claim().json())  # the smoke run goes well

    run = second.claim().json()
    second.finish(run, outcome="engine_error", **proved("start"))

    assert Run.objects.get(pk=run["run"]).outcome == "engine_error"


def test_a_bad_image_keeps_nobody_waiting_and_costs_no_node(first, second, make_entry):
    image = make_image()
    bad = [make_entry(image) for _ in range(3)]
    good = [make_entry() for _ in range(3)]
    served = []

    for _ in range(12):
        for speaker in (first, second):
            answer = speaker.claim()
            if answer.status_code == 204:
                continue
            run = answer.json()
            entry = Run.objects.get(pk=run["run"]).entry
            served.append(entry)
            if entry in bad:
                speaker.finish(run, outcome="image_unavailable", **proved("load"))
            elif run["purpose"] == "smoke":
                speaker.finish(run)
            else:
                speaker.hypotheses(run)
                speaker.finish(run)

    assert {state(one) for one in good} == {EntryState.SCORING}
    assert {state(one) for one in bad} == {EntryState.REJECTED}
    assert [fitness_of(one) for one in (first, second)] == [(True, 0)] * 2
    assert sum(one in bad for one in served) <= 4  # two to find it out, then one each


# A node's own word ----------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["image_unavailable", "engine_error", "no_gpu"])
def test_a_node_that_says_it_is_unfit_is_given_nothing_until_it_is_fit(first, make_entry, outcome):
    entry = make_entry()
    first.finish(first.claim().json(), outcome=outcome, **unfit())

    refused = [first.claim(), first.claim(**unfit("its disk is read-only")), first.claim()]

    assert [one.headers.get("Terminarium-Check") for one in refused] == ["1"] * 3
    assert Node.objects.get().failing_reason == "its disk is read-only"
    assert state(entry) == EntryState.WAITING
    assert first.claim(**proved("")).status_code == 200
    assert fitness_of(first) == (True, 0)


@pytest.mark.parametrize("how", ["image_unavailable", "lost", "started anew", "engine_error"])
def test_three_failures_in_a_row_of_any_kind_ask_for_a_check(first, make_entry, how):
    entries = [make_entry() for _ in range(3)]
    for number in range(3):
        answer = first.claim(**process(number, number - 1))
        if answer.status_code == 204:  # it is to wait
            Node.objects.update(not_before=None)
            answer = first.claim(**process(number))
        run = answer.json()
        if how == "lost":
            end_leases()
            sweep_runs()
        elif how != "started anew":
            first.finish(run, outcome=how)

    Node.objects.update(not_before=None)
    assert first.claim(**process(3, 2)).headers["Terminarium-Check"] == "1"
    assert not fitness_of(first)[0]
    assert {state(one) for one in entries} == {EntryState.WAITING}


@pytest.mark.parametrize("images", [1, 3])
def test_images_that_never_come_stop_a_node_that_runs_what_it_has(first, make_entry, images):
    entries = [make_entry() for _ in range(images)]
    address = ""
    for _ in range(9):
        answer = first.claim()
        if answer.status_code == 200:
            address = answer.json()["image"]["archive"]["url"]
            first.finish(answer.json(), outcome="image_unavailable", **proved(""))
        else:  # its check fetches the last image again, in vain
            assert first.claim(**unfit("the proxy cuts it")).headers["Terminarium-Check"] == "1"

    assert Run.objects.count() == fitness.FAILURES_TO_CHECK
    assert {state(one) for one in entries} == {EntryState.WAITING}
    assert Node.objects.get().failing_reason == "the proxy cuts it"
    headers = {"Authorization": f"Bearer {first.token}"}
    assert first.client.get(address, headers=headers).getvalue() == b"the archive of an image"
    assert first.client.put("/nodes/v1/trial", b"x" * 9, headers=headers).status_code == 204

    run = first.claim(**proved("")).json()
    assert fitness_of(first) == (True, 0)
    assert first.client.get(address, headers=headers).status_code == 404
    first.finish(run, outcome="crashed", message="It crashed.")


def test_a_trial_takes_no_more_than_hypotheses_have_and_no_stranger(first, settings):
    settings.MAX_HYPOTHESES_BYTES = 100
    headers = {"Authorization": f"Bearer {first.token}"}

    assert first.client.put("/nodes/v1/trial", b"x" * 101, headers=headers).status_code == 413
    assert first.client.put("/nodes/v1/trial", b"x").status_code == 401


@pytest.mark.parametrize("between", ["ok", "crashed", "timeout"])
def test_a_run_that_ends_by_its_system_forgets_the_failures_before(first, make_entry, between):
    make_entry()
    for _ in range(2):
        first.finish(first.claim().json(), outcome="engine_error")
    assert fitness_of(first) == (True, 2)

    first.finish(first.claim().json(), outcome=between, message="It did.")

    assert fitness_of(first) == (True, 0)


def test_failures_on_one_sick_node_fail_no_entry_and_another_takes_them(first, second, make_entry):
    entries = [make_entry() for _ in range(4)]
    for _ in range(20):
        answer = first.claim()
        if answer.status_code == 200:
            first.finish(answer.json(), outcome="image_unavailable")

    assert {state(one) for one in entries} == {EntryState.WAITING}
    assert Run.objects.count() == fitness.FAILURES_TO_CHECK
    for _ in entries:
        second.finish(past_smoke(second), outcome="crashed", message="It crashed.")
    assert {state(one) for one in entries} == {EntryState.REJECTED}


def test_attempts_on_one_node_count_once_but_not_for_ever(first, make_entry):
    entry = make_entry()
    runs = 0
    while state(entry) == EntryState.WAITING:
        first.finish(first.claim(**proved("")).json(), outcome="engine_error")
        runs += 1

    assert runs == retries.RUNS_AT_MOST
    assert (state(entry), "9 attempts" in entry.reason) == (EntryState.FAILED, True)


def test_an_entry_that_was_begun_afresh_has_all_of_its_attempts_again(make_entry):
    entry = make_entry()
    for number in range(3):
        speaker = Speaker(f"node-{number}")
        speaker.finish(speaker.claim().json(), outcome="engine_error")
    assert state(entry) == EntryState.FAILED

    requeueing.requeue_entry(entry=Entry.objects.get(), actor=OPERATOR)
    entry.refresh_from_db()

    assert not retries.is_exhausted(entry, "smoke")


@pytest.mark.parametrize("needs_gpu", [False, True])
def test_a_retry_waits_for_another_node_of_its_kind_only(first, second, make_entry, needs_gpu):
    second.claim(gpus=["0"])
    first.claim(gpus=["0"])
    Node.objects.filter(name="second").update(takes_cpu_work=needs_gpu)
    entry = make_entry()
    Submission.objects.filter(pk=entry.submission_id).update(needs_gpu=needs_gpu)
    first.finish(first.claim(gpus=["0"]).json(), outcome="engine_error")

    again = first.claim(gpus=["0"])

    assert again.status_code == (204 if needs_gpu else 200)


def test_a_retry_does_not_wait_for_another_node_for_ever(first, second, make_entry):
    make_entry()
    first.finish(first.claim().json(), outcome="engine_error")
    assert first.claim().status_code == 204

    Run.objects.update(ended_at=F("ended_at") - retries.ELSEWHERE_FOR)

    assert first.claim().status_code == 200


# Starting anew ----------------------------------------------------------------------------------


def test_a_crash_loop_waits_longer_each_time_and_a_run_that_ends_ends_that(first, make_entry):
    entries = [make_entry() for _ in range(3)]
    waits = []
    for number in range(1, 13):
        answer = first.claim(**process(number, number - 1))
        waits.append(int(answer.headers.get("Retry-After", 0)))
        Node.objects.update(not_before=None)
        first.claim(**process(number), **proved(""))  # its own check finds nothing

    assert waits[:5] == pytest.approx([0, 0, 5, 10, 20], abs=1)
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(fitness.LONGEST_WAIT, abs=1)
    assert {state(one) for one in entries} == {EntryState.WAITING, EntryState.RUNNING}

    run = first.claim(**process(12)).json()
    first.finish(run, outcome="crashed", message="It crashed.")
    assert "Retry-After" not in first.claim(**process(13, 12)).headers


def test_fourteen_claims_at_once_take_two_runs(first, make_entry):
    entries = [make_entry() for _ in range(3)]

    for number in range(1, 15):
        first.claim(**process(number, number - 1))

    assert Run.objects.count() == 2
    assert EntryState.FAILED not in {state(one) for one in entries}


@pytest.mark.parametrize(
    ("then", "status"),
    [
        ("another", 423),
        ("killed and restarted on its folder", 200),
        ("goodbye", 200),
        ("silence", 200),
        ("the same", 200),
        ("a goodbye of somebody else", 423),
        ("an older version", 200),
    ],
)
def test_one_process_works_with_a_token(first, make_entry, then, status):
    first.claim(**process(1, host="gpu-a", pid=11))
    make_entry()
    claim = process(2)
    if then == "killed and restarted on its folder":
        claim = process(2, 7, 1)
    elif then in ("goodbye", "a goodbye of somebody else"):
        number = 1 if then == "goodbye" else 3
        first.post("goodbye", {"process": f"{number:032x}"})
    elif then == "silence":
        Node.objects.update(last_seen_at=timezone.now() - timedelta(seconds=61))
    elif then == "the same":
        claim = process(1)
    elif then == "an older version":
        claim = {}

    answer = first.claim(**claim)

    assert answer.status_code == status
    if status == 423:
        text = answer.json()["error"]
        assert "process 11 on gpu-a, started 2027-01-15 08:00 UTC" in text
        assert "add_node" in text
        assert not Run.objects.exists()


def test_a_heartbeat_of_a_second_process_is_refused(first, make_entry):
    make_entry()
    run = first.claim(**process(1)).json()

    assert first.beat(run, process=f"{2:032x}").status_code == 423
    assert first.beat(run, process=f"{1:032x}").status_code == 200


@pytest.mark.parametrize(
    "value",
    [1, [], {"id": "x"}, {"id": "0" * 31}, {"id": "0" * 32}, {"id": "0" * 32, "pid": -1}],
)
def test_a_process_that_cant_be_is_refused(first, value):
    assert first.claim(process=value).status_code == 400


@pytest.mark.parametrize("value", [1, [], {}, {"is_fit": 1}, {"is_fit": True, "step": "run"}])
def test_a_check_that_cant_be_is_refused(first, make_entry, value):
    make_entry()
    run = first.claim().json()

    assert first.finish(run, outcome="engine_error", health=value).status_code == 400
    assert first.claim(health=value).status_code == 400


# Quarantine -------------------------------------------------------------------------------------


def lose(speaker):
    run = speaker.claim().json()
    speaker.beat(run)
    end_leases()
    sweep_runs()
    return Run.objects.get(pk=run["run"])


def is_quarantined(entry):
    return Image.objects.get(pk=entry.submission.image_id).quarantined_at is not None


def test_one_node_that_is_lost_three_times_speaks_once_against_an_image(first, make_entry):
    entry = make_entry()

    for _ in range(4):
        first.claim(**proved(""))
        Run.objects.filter(ended_at=None).update(stage="running")
        end_leases()
        sweep_runs()

    assert not is_quarantined(entry)
    assert Image.objects.get(pk=entry.submission.image_id).nodes_lost == 1


@pytest.mark.parametrize("innocent", ["lost others too", "a run went well", "lifted", "none"])
def test_three_distinct_nodes_speak_against_an_image_unless_they_lose_others(
    make_entry, innocent, monkeypatch
):
    speakers = [Speaker(f"node-{number}") for number in range(3)]
    monkeypatch.setattr(retries, "NODES_AT_MOST", 99)
    if innocent == "lost others too":
        other = make_entry()
        lose(speakers[0])
        Entry.objects.filter(pk=other.pk).update(state=EntryState.CANCELLED)
    entry = make_entry()

    for number, speaker in enumerate(speakers):
        if number == 2 and innocent == "a run went well":
            Run.objects.filter(pk=Run.objects.latest("pk").pk).update(purpose="test")
            speaker.finish(past_smoke(speaker), outcome="engine_error")
            well = Run.objects.filter(outcome="ok", purpose="smoke")
            well.update(purpose="test")
            Entry.objects.update(state=EntryState.WAITING)
        if number == 2 and innocent == "lifted":
            Image.objects.update(quarantined_at=timezone.now())
            lift_quarantine(Image.objects.all(), actor=OPERATOR)
        lose(speaker)

    assert is_quarantined(entry) == (innocent == "none")


def test_nobody_is_blamed_for_what_ended_while_the_platform_was_away(make_entry, monkeypatch):
    monkeypatch.setattr("nodes.runs.quarantine.platform_was_away", lambda since, until: True)
    monkeypatch.setattr("nodes.runs.endings.platform_was_away", lambda since, until: True)
    monkeypatch.setattr(retries, "NODES_AT_MOST", 99)
    entry = make_entry()
    speakers = [Speaker(f"node-{number}") for number in range(4)]

    for speaker in speakers:
        lose(speaker)

    assert not is_quarantined(entry)
    assert [fitness_of(one) for one in speakers] == [(True, 0)] * 4


# Which machine ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engines", "is_told"),
    [(("a", "b"), True), (("", ""), True), (("a", ""), True), (("a", "a"), False)],
)
def test_nodes_of_one_engine_are_one_machine(first, make_entry, engines, is_told):
    second = Speaker("second")
    second.claim(engine=engines[1])
    entry = make_entry()

    first.finish(first.claim(engine=engines[0]).json(), outcome="engine_error", **proved("start"))
    again = second.claim(engine=engines[1]).json()
    second.finish(again, outcome="engine_error", **proved("start"))

    assert (state(entry) == EntryState.REJECTED) == is_told


@pytest.mark.parametrize(("engines", "is_bad"), [(("", "", ""), True), (("a", "a", "b"), False)])
def test_nodes_of_one_engine_speak_once_against_an_image(make_entry, monkeypatch, engines, is_bad):
    monkeypatch.setattr(retries, "NODES_AT_MOST", 99)
    speakers = [Speaker(f"node-{number}") for number in range(3)]
    entry = make_entry()
    for speaker, engine in zip(speakers, engines, strict=True):
        run = speaker.claim(engine=engine).json()
        speaker.beat(run)
        end_leases()
        sweep_runs()

    assert is_quarantined(entry) == is_bad


@pytest.mark.parametrize("step", ["load", "create", "start"])
def test_the_only_node_tries_a_refused_image_again_after_a_minute(first, make_entry, step):
    image = make_image()
    bad, sibling, good = make_entry(image), make_entry(image), make_entry()
    outcome = REFUSED[step]
    first.finish(first.claim().json(), outcome=outcome, **proved(step))

    run = first.claim().json()  # nobody waits for the bad one
    assert Run.objects.get(pk=run["run"]).entry == good
    first.finish(run, outcome="crashed", message="It crashed.")
    assert first.claim().status_code == 204
    assert (state(bad), state(sibling)) == (EntryState.WAITING,) * 2

    Run.objects.update(ended_at=F("ended_at") - timedelta(seconds=61))
    first.finish(first.claim().json(), outcome=outcome, **proved(step))
    assert EntryState.REJECTED in (state(bad), state(sibling))


def test_a_gpu_driver_that_is_too_old_has_its_own_remedy(first, second, make_entry):
    entry = make_entry()

    for speaker in (first, second):
        speaker.finish(speaker.claim().json(), outcome="no_gpu", **proved("start"))

    assert state(entry) == EntryState.REJECTED
    assert "NVIDIA_REQUIRE_CUDA" in entry.reason
    assert "folder" not in entry.reason


@pytest.mark.parametrize("memory", [1, 1000, MACHINE["memory"]])
def test_a_retry_does_not_wait_for_a_node_without_the_memory_for_it(first, make_entry, memory):
    Speaker("small").claim(memory=memory)
    make_entry()
    first.finish(first.claim().json(), outcome="engine_error")

    assert first.claim().status_code == (204 if memory == MACHINE["memory"] else 200)


@pytest.mark.parametrize(("budget", "status"), [(None, 200), (2**50, 200), (0, 204)])
def test_a_node_is_not_given_images_that_it_has_no_room_for(first, make_entry, budget, status):
    make_entry()

    assert first.claim(image_budget=budget).status_code == status
