"""The nodes' protocol as the platform speaks it: claims, signs of life, texts, ends."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from evaluator.checking import count_all_paragraphs
from evaluator.container.sample_sentences import SENTENCES
from files import storage
from images.models import Image
from nodes.models import TEAMS_FAULT, Node, Run
from nodes.protocol import tokens, views
from nodes.runs import endings
from nodes.runs.organising import revoke
from nodes.runs.sweeping import sweep_runs
from sharedtasks import models, testsets
from sharedtasks.models import Phase
from sharedtasks.terminology_modes import STANDARD_MODES, find_mode
from submissions import hypotheses
from submissions.models import Entry, Submission
from submissions.services import choosing
from submissions.states import EntryState
from tests.integration.actors import OPERATOR
from tests.integration.image_rows import image_entry, image_row, sibling_entry
from tests.integration.samples import PERFECT, SEGMENTS
from tests.marked_test_sets import MARKED, OWN, find_markers

pytestmark = pytest.mark.django_db

MACHINE = {"cpus": 4, "memory": 2**36, "gpus": [], "runtime": "", "version": "0.1.0"}
END = {"outcome": "ok", "problem_count": 0, "wall_time": 1.5, "log_bytes": 0}


class Speaker:
    """A node that says what it is told to."""

    def __init__(self, name: str) -> None:
        self.node, self.token = tokens.add_node(name, actor=OPERATOR)
        self.client = Client()

    def post(self, path, body, **headers):
        return self.client.post(
            f"/nodes/v1/{path}", json.dumps(body), content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}"} | headers,
        )  # fmt: skip

    def put(self, path, body, fence):
        return self.client.put(
            f"/nodes/v1/{path}?fence={fence}", body, content_type="application/octet-stream",
            headers={"Authorization": f"Bearer {self.token}"},
        )  # fmt: skip

    def claim(self, **changes):
        return self.post("claim", MACHINE | changes)

    def beat(self, run, **changes):
        body = {"fence": run["fence"], "stage": "running", "done": 1, "segments": 5, "memory": 7}
        return self.post(f"runs/{run['run']}/heartbeat", body | changes)

    def finish(self, run, **changes):
        body = END | {"fence": run["fence"], "done": len(run["segments"])} | changes
        return self.post(f"runs/{run['run']}/finish", body)

    def hypotheses(self, run, texts=PERFECT):
        body = "".join(f"{json.dumps(text)}\n" for text in texts)
        return self.put(f"runs/{run['run']}/hypotheses", body, run["fence"])


@pytest.fixture
def node():
    return Speaker("gpu-1")


@pytest.fixture
def other():
    return Speaker("gpu-2")


@pytest.fixture
def entry(alice, team, test_set):
    return make_image_entry(team, alice, test_set, make_image())


def make_image():
    image = image_row()
    image.archive = storage.put(BytesIO(b"the archive of an image"), max_bytes=100)
    image.save()
    return image


def make_image_entry(team, member, test_set, image, *, needs_gpu=False):
    entry = image_entry(test_set, team, member)
    Submission.objects.filter(pk=entry.submission_id).update(image=image, needs_gpu=needs_gpu)
    entry.refresh_from_db()
    return entry


def state(entry):
    entry.refresh_from_db()
    return entry.state


def past_smoke(node):
    run = node.claim().json()
    assert node.finish(run).status_code == 204
    return node.claim().json()


def end_leases():
    Run.objects.filter(ended_at=None).update(lease_until=F("started_at") - timedelta(seconds=1))


def test_a_smoke_run_then_the_test_set_then_scoring(node, entry):
    smoke = node.claim().json()
    assert (smoke["purpose"], smoke["quote"], len(smoke["segments"])) == ("smoke", True, 5)
    assert smoke["segments"][0]["source"] == SENTENCES["en"][0][1]
    assert state(entry) == EntryState.RUNNING
    assert node.beat(smoke).json() == {"cancel": False, "lease": 60}
    assert node.finish(smoke).status_code == 204
    assert state(entry) == EntryState.WAITING

    test = node.claim().json()
    assert (test["purpose"], test["quote"], len(test["segments"])) == ("test", False, SEGMENTS)
    assert test["fence"] > smoke["fence"]
    assert node.hypotheses(test).status_code == 204
    assert node.finish(test, done=SEGMENTS).status_code == 204

    assert state(entry) == EntryState.SCORING
    assert entry.hypotheses is not None
    assert node.claim().status_code == 204


def test_an_end_that_is_told_twice_is_one_end(node, entry):
    test = past_smoke(node)
    node.hypotheses(test)

    answers = [node.finish(test).status_code for _ in range(3)]

    assert answers == [204, 204, 204]
    assert node.finish(test, outcome="crashed").status_code == 409
    assert entry.changes.filter(new=EntryState.SCORING).count() == 1


def test_ok_without_hypotheses_is_not_taken(node, entry):
    test = past_smoke(node)

    answer = node.finish(test)

    assert answer.status_code == 422
    assert "hypotheses" in answer.json()["error"]
    assert state(entry) == EntryState.RUNNING


@pytest.mark.parametrize("texts", [PERFECT[:-1], (*PERFECT, "one more"), ("a\nb", *PERFECT[1:])])
def test_hypotheses_are_checked_as_an_upload_is(node, entry, texts):
    test = past_smoke(node)

    assert node.hypotheses(test, texts).status_code == 422
    assert Run.objects.get(pk=test["run"]).hypotheses is None


@pytest.mark.parametrize("outcome", sorted(TEAMS_FAULT))
def test_what_is_the_teams_fault_rejects_the_entry(node, entry, outcome):
    test = past_smoke(node)

    node.finish(test, outcome=outcome, message="It did this.")

    assert state(entry) == EntryState.REJECTED
    assert entry.reason == "It did this."


def test_a_failed_smoke_run_rejects_all_of_its_submission_and_language_pair(
    node, alice, team, test_set, make_test_set
):
    first = make_image_entry(team, alice, test_set, make_image())
    same_pair = sibling_entry(first, make_test_set(mode="noterm"))
    other_pair = sibling_entry(first, make_test_set(target_language="ru"))

    node.finish(node.claim().json(), outcome="crashed", message="It ended with 1.")

    assert [state(one) for one in (first, same_pair, other_pair)] == [
        EntryState.REJECTED, EntryState.REJECTED, EntryState.WAITING,
    ]  # fmt: skip
    assert "sample sentences" in first.reason


@pytest.mark.parametrize("outcome", sorted(TEAMS_FAULT))
def test_a_failed_smoke_run_says_nothing_of_the_same_image_in_another_submission(
    node, alice, team, charlie, other_team, test_set, make_test_set, shared_task, outcome
):
    image = make_image()
    small = make_image_entry(team, alice, test_set, image)
    roomier = Phase.objects.create(
        state="announced",
        shared_task=shared_task, slug="big", name="Big", run_limits={"memory": 2**28},
        opens_at=test_set.phase.opens_at, closes_at=test_set.phase.closes_at,
    )  # fmt: skip
    Phase.objects.filter(pk=test_set.phase_id).update(run_limits={"memory": 2**26})
    other_set = make_test_set(phase=roomier)
    others = [
        make_image_entry(other_team, charlie, other_set, image),
        make_image_entry(team, alice, other_set, image),  # of the same team, in another phase
        make_image_entry(team, alice, test_set, image),  # sent once more
    ]

    node.finish(node.claim().json(), outcome=outcome, message="It failed.")

    assert state(small) == EntryState.REJECTED
    assert {state(one) for one in others} == {EntryState.WAITING}
    runs = [Speaker(f"node-{number}").claim().json() for number in range(3)]
    assert [run["purpose"] for run in runs] == ["smoke"] * 3  # at the same time


def test_a_smoke_run_that_passed_is_not_another_submissions(node, alice, team, test_set):
    image = make_image()
    make_image_entry(team, alice, test_set, image)
    node.finish(past_smoke(node), outcome="crashed", message="It crashed.")
    make_image_entry(team, alice, test_set, image)

    assert node.claim().json()["purpose"] == "smoke"


@pytest.mark.parametrize("outcome", sorted(endings.OURS - {Run.Ending.NODE_LOST}))
def test_what_is_our_fault_is_tried_three_times(entry, outcome):
    seen = []
    for number in range(3):
        node = Speaker(f"node-{number}")  # a node that fails twice is given nothing more
        node.finish(node.claim().json(), outcome=outcome, detail="secret words of the engine")
        seen.append(state(entry))

    assert seen == [EntryState.WAITING, EntryState.WAITING, EntryState.FAILED]
    assert "secret" not in entry.reason
    assert not entry.changes.filter(reason__contains="secret").exists()


def test_what_is_handed_back_counts_as_no_attempt(node, entry):
    for _ in range(5):
        node.finish(node.claim().json(), outcome="handed_back")

    assert state(entry) == EntryState.WAITING
    assert node.claim().json()["purpose"] == "smoke"
    assert Run.objects.get(ended_at=None).attempt == 1


def test_a_lease_that_ends_goes_to_another_node_and_the_first_is_refused(node, other, entry):
    run = node.claim().json()
    end_leases()

    assert sweep_runs().lost == 1
    assert state(entry) == EntryState.WAITING
    assert other.claim().status_code == 200
    assert node.beat(run).status_code == 409
    assert node.finish(run).status_code == 409
    assert node.put(f"runs/{run['run']}/log", b"late", run["fence"]).status_code == 409


@pytest.mark.parametrize("said", ["beat", "finish", "log"])
def test_a_node_that_is_late_is_heard_until_a_sweep_has_closed_its_run(node, other, entry, said):
    run = node.claim().json()
    end_leases()

    if said == "beat":
        assert node.beat(run).status_code == 200
    elif said == "finish":
        assert node.finish(run).status_code == 204
    else:
        assert node.put(f"runs/{run['run']}/log", b"late", run["fence"]).status_code == 204
        assert node.beat(run).status_code == 200

    assert sweep_runs().lost == 0
    if said != "finish":
        assert state(entry) == EntryState.RUNNING
        assert other.claim().status_code == 204


def test_a_run_whose_node_beats_for_ever_goes_to_another_node(node, other, entry, settings):
    run = node.claim().json()
    wall_time = entry.test_set.phase.limits.wall_time
    began = Run.objects.get().started_at
    for over, is_cut in [(-60, False), (60, True)]:
        ago = timedelta(seconds=settings.RUN_DWELL + wall_time + over)
        Run.objects.update(started_at=began - ago)
        assert node.beat(run).status_code == 200
        assert sweep_runs().cut_short == is_cut

    assert Run.objects.get().outcome == "engine_error"
    assert state(entry) == EntryState.WAITING
    assert node.beat(run).status_code == 409
    assert node.finish(run).status_code == 409
    assert other.claim().status_code == 200


def test_three_lost_nodes_put_an_image_into_quarantine(alice, team, test_set, make_test_set):
    image = make_image()
    first = make_image_entry(team, alice, test_set, image)
    waiting = make_image_entry(team, alice, make_test_set(target_language="ru"), image)

    for number in range(3):
        node = Speaker(f"node-{number}")
        node.beat(node.claim().json())
        end_leases()
        sweep_runs()

    image.refresh_from_db()
    assert image.quarantined_at is not None
    assert (state(first), state(waiting)) == (EntryState.FAILED, EntryState.FAILED)
    assert Speaker("last").claim().status_code == 204


def test_an_image_is_not_to_blame_if_its_node_has_never_said_a_word(node, entry):
    for _ in range(2):
        node.claim()  # the answer is lost, say, so it asks again

    assert Run.objects.get(ended_at__isnull=False).outcome == "node_lost"
    assert Run.objects.get(ended_at=None).image.nodes_lost == 0


def test_what_waits_with_a_quarantined_image_fails_with_the_next_sweep(node, entry):
    Image.objects.update(quarantined_at=timezone.now())

    assert node.claim().status_code == 204
    assert (sweep_runs().failed, sweep_runs().failed) == (1, 0)
    assert state(entry) == EntryState.FAILED
    assert "fell silent" in entry.reason


def test_work_that_cant_be_told_is_tried_again_for_a_while_and_blames_nobody(
    node, entry, monkeypatch
):
    def fail(run):
        raise OSError("the storage is away")

    monkeypatch.setattr(views, "assignment", fail)

    answers = [node.claim().status_code for _ in range(10)]

    assert answers == [*[503] * 9, 204]
    assert state(entry) == EntryState.FAILED
    assert Node.objects.get().failures == Image.objects.get().nodes_lost == 0


@pytest.mark.parametrize("outcome", ["engine_error", "no_gpu"])
def test_a_node_whose_engine_fails_three_times_is_to_check_itself(node, entry, outcome):
    for _ in range(3):
        node.finish(node.claim().json(), outcome=outcome, detail="no space left")

    answer = node.claim()

    assert (answer.status_code, answer.headers["Terminarium-Check"]) == (204, "1")
    assert "3 runs in a row" in Node.objects.get(pk=node.node.pk).failing_reason


def test_a_node_that_asks_anew_has_lost_its_run(node, entry):
    first = node.claim().json()

    second = node.claim().json()

    assert second["fence"] > first["fence"]
    assert Run.objects.get(pk=first["run"]).outcome == Run.Ending.NODE_LOST


def test_an_entry_that_was_cancelled_stops_and_stays_so(node, entry, alice):
    run = node.claim().json()
    choosing.cancel(entry=entry, actor=alice)

    assert node.beat(run).json()["cancel"] is True
    assert node.finish(run, outcome="cancelled").status_code == 204
    assert state(entry) == EntryState.CANCELLED
    assert Run.objects.get(pk=run["run"]).ended_at is not None


def test_work_for_a_gpu_is_given_to_nodes_that_have_one(node, alice, team, test_set):
    entry = make_image_entry(team, alice, test_set, make_image(), needs_gpu=True)

    assert node.claim().status_code == 204
    run = node.claim(gpus=["3", "4"]).json()

    assert run["gpus"] == ["3"]
    assert Run.objects.get(pk=run["run"]).entry == entry


@pytest.mark.parametrize("token", ["", "wrong", "ü", "a" * 10_000])
def test_without_a_nodes_token_nothing_opens(entry, token):
    client = Client()

    for path in ("claim", "runs/1/heartbeat", "runs/1/finish"):
        answer = client.post(
            f"/nodes/v1/{path}", "{}", content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        assert answer.status_code == 401
    assert state(entry) == EntryState.WAITING


def test_a_revoked_token_opens_nothing(node, entry):
    revoke([node.node], actor=OPERATOR)

    assert node.claim().status_code == 401


def test_another_nodes_run_is_nobody_elses(node, other, entry):
    run = node.claim().json()

    assert other.beat(run).status_code == 409
    assert other.finish(run).status_code == 409
    assert other.hypotheses(run).status_code == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"done": -1}, {"done": 6}, {"done": 1.5}, {"done": True}, {"done": "1"}, {"done": 2**60},
        {"memory": -1}, {"memory": float("nan")}, {"stage": "dancing"}, {"fence": None},
    ],
)  # fmt: skip
def test_a_sign_of_life_that_makes_no_sense_is_refused(node, entry, changes):
    run = node.claim().json()

    assert node.beat(run, **changes).status_code == 400
    assert Run.objects.get(pk=run["run"]).done == 0


def test_broken_and_endless_bodies_are_refused(node, entry):
    headers = {"Authorization": f"Bearer {node.token}"}

    for body in (b"", b"{", b"[]", b'"x"', b"[" * 60_000, b" " * 70_000, b"\xff"):
        answer = node.client.post(
            "/nodes/v1/claim", body, content_type="application/json", headers=headers
        )
        assert answer.status_code == 400
    assert state(entry) == EntryState.WAITING


def test_an_image_comes_from_any_byte_on_for_its_run_alone(node, other, entry):
    run = node.claim().json()
    url, bearer = run["image"]["archive"]["url"], {"Authorization": f"Bearer {node.token}"}
    whole = b"".join(node.client.get(url, headers=bearer).streaming_content)

    part = node.client.get(url, headers=bearer | {"Range": "bytes=2-"})

    assert b"".join(part.streaming_content) == whole[2:]
    assert part.status_code == 206
    assert part.headers["Content-Range"] == f"bytes 2-{len(whole) - 1}/{len(whole)}"
    beyond = node.client.get(url, headers=bearer | {"Range": "bytes=999999-"})
    assert beyond.status_code == 416
    assert node.client.get(url).status_code == 401
    assert node.client.get(url.replace("ticket=", "ticket=x"), headers=bearer).status_code == 404
    theirs = {"Authorization": f"Bearer {other.token}"}
    assert other.client.get(url, headers=theirs).status_code == 404
    node.finish(run, outcome="handed_back")
    assert node.client.get(url, headers=bearer).status_code == 404


def test_a_run_that_may_take_more_memory_than_a_node_has_is_not_given_to_it(node, entry):
    assert node.claim(memory=2**36 - 1).status_code == 204

    phase = entry.test_set.phase
    phase.run_limits = {"memory": 2**30}
    phase.save()

    assert node.claim(memory=2**30 - 1).status_code == 204
    assert node.claim(memory=2**30).status_code == 200


def test_hypotheses_have_a_limit_of_their_own(node, entry, settings):
    run = past_smoke(node)
    settings.MAX_BODY_BYTES = 10
    body = "".join(json.dumps(text) + "\n" for text in PERFECT).encode()

    assert node.put(f"runs/{run['run']}/hypotheses", body, run["fence"]).status_code == 204


def test_what_a_node_is_told_holds_no_reference(node, entry):
    told = node.claim().content.decode() + json.dumps(past_smoke(node))

    assert not [text for text in PERFECT if text in told]


@pytest.mark.parametrize("name", STANDARD_MODES)
def test_a_node_is_told_the_terms_of_its_mode_and_nothing_else(node, entry, monkeypatch, name):
    mode = find_mode(entry.test_set.phase.shared_task, name)
    models.TestSet.objects.filter(pk=entry.test_set_id).update(
        mode=name, terminology_mode=mode, digest=f"marked {name}"
    )
    monkeypatch.setattr(testsets, "read", lambda _: MARKED)

    run = past_smoke(node)

    told = json.dumps(run)
    assert run["setting"]["terminology_mode"] == ("terms" if mode.gives_terms else "none")
    # With the paragraph that has no reference: an image must not see which it is.
    paragraphs = count_all_paragraphs(MARKED).segments
    assert len(paragraphs) == len(MARKED.segments) + 1
    assert [row["source"] for row in run["segments"]] == [row.source for row in paragraphs]
    assert find_markers(told) == []
    assert all((target in told) == mode.gives_terms for target in OWN)


def test_of_documents_a_node_sends_every_paragraph_and_those_that_count_are_kept(
    node, entry, monkeypatch
):
    models.TestSet.objects.filter(pk=entry.test_set_id).update(
        unit="document", digest="marked", unscored_segments=1
    )
    monkeypatch.setattr(testsets, "read", lambda _: MARKED)
    run = past_smoke(node)
    texts = ["first", "not counted", "second", "third"]

    too_few = node.hypotheses(run, [*texts[:1], *texts[2:]])
    kept = node.hypotheses(run, texts)
    ended = node.finish(run)

    assert "3 lines for 4 segments" in too_few.text
    assert (kept.status_code // 100, ended.status_code // 100) == (2, 2)
    entry.refresh_from_db()
    assert hypotheses.load(entry).texts == ("first", "second", "third")
    assert list(hypotheses.read_texts(entry)) == texts


def test_an_entry_that_runs_nowhere_waits_again(node, entry):
    Entry.objects.filter(pk=entry.pk).update(state=EntryState.RUNNING)

    assert sweep_runs().returned == 1
    assert state(entry) == EntryState.WAITING
