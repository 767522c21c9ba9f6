"""An edition in the shape of WMT26 meets systems in containers: a real engine, a real node."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from io import BytesIO
from pathlib import Path

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from evaluator.container import GB, MB
from evaluator.node.machine.image_cache import ImageCache
from evaluator.node.machine.self_check import SelfCheck
from evaluator.node.protocol.client import MachineOffer, Platform
from evaluator.node.work.loop import Work
from files import storage
from leaderboard.tasks import rank
from nodes.models import Node, Run
from sharedtasks import models
from submissions import hypotheses
from submissions.models import Entry
from submissions.pipeline.tasks import check, check_image, score
from submissions.services import sending
from tests.containers import COPY
from tests.integration.node_rows import node_row

pytestmark = [
    pytest.mark.django_db(transaction=True),  # the node's requests come in another thread
    pytest.mark.usefixtures("takes_images"),
]

FOLDER = Path(__file__).parents[1] / "data" / "wmt26_shaped"
DOMAINS = ("medical", "machine-building")
MODES = ("proper", "noterm", "random", "sample")
TABLE = {"nurse": "pielęgniarka", "tablet": "tabletka", "gear": "zębatka", "Evening": "Wieczór"}
TRANSLATE = "; ".join(f"s/{source}/{target}/g" for source, target in TABLE.items())
# What it reads goes to its log, too.
SYSTEM = f"tee /dev/stderr | {COPY} | sed '{TRANSLATE}'"
# The smoke run has no thermometer: only sentences of the medical domain are broken in two.
BREAKING = rf"{COPY} | sed '/thermometer/s/ is / is\\n/'"
SMALL = {"memory": 256 * MB, "tmp": 16 * MB, "shared_memory": 16 * MB}
UNSCORED = "Ask at the door before you go in."


@pytest.fixture
def edition(phase):
    """Import each domain in each mode, as an organiser does; return the test sets."""
    phase.run_limits = SMALL
    phase.save()
    for domain in DOMAINS:
        for mode in MODES:
            samples = ("--samples", FOLDER / f"sample.{domain}.enpl.json")
            call_command(
                "import_test_set",
                "--announce",
                *("--shared-task", phase.shared_task.slug, "--phase", phase.slug),
                *("--language-pair", "en-pl", "--domain", domain, "--mode", mode),
                *("--source", FOLDER / f"shaped.{domain}.enpl.track1.json"),
                *(samples if mode == "sample" else ()),
                verbosity=0,
            )
    return models.TestSet.objects.select_related("phase__shared_task")


@pytest.fixture
def send_image(phase, alice, team, archived):
    """Return a function that sends a shell script in an image, and has it checked."""

    def send(script, system):
        planned = sending.PlannedImage(
            team=team, member=alice, phase=phase, system=sending.SystemDescription(name=system)
        )
        archive = sending.NamedStream(BytesIO(archived(script)["archive"]), f"{system}.tar")
        submission = sending.submit_image(planned=planned, archive=archive)
        check_image.apply(args=[submission.pk], task_id=f"check-{system}")
        return submission

    return send


@pytest.fixture
def platform_url(db):
    """Serve the platform, with this test's settings; return its address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def make_upload(phase, alice, team):
    """Return a function that sends files, and has them checked.

    They hold the same translations, but for the paragraph that no score counts.
    """

    def send(system):
        files = {
            f"{system}.{mode}.{domain}.enpl.json": json.dumps(
                [translate(text).replace(UNSCORED, "Zapytaj.") for text in read_texts(domain)]
            )
            for domain in DOMAINS
            for mode in MODES[:3]
        }
        submission = sending.submit(
            team=team,
            member=alice,
            phase=phase,
            test_set=None,
            system=sending.SystemDescription(name=system),
            wants_primary=False,
            files=[
                sending.NamedStream(BytesIO(text.encode()), name) for name, text in files.items()
            ],
        )
        check.apply(args=[submission.pk], task_id=f"check-{system}")
        return submission

    return send


@pytest.fixture
def run_node(platform_url, tmp_path, engine_address, monkeypatch):
    """Return a function that lets a node work until nothing waits."""
    monkeypatch.setenv("DOCKER_HOST", engine_address)
    monkeypatch.setattr("evaluator.node.work.loop.FIRST_PAUSE", 0.01)
    digest = hashlib.sha256(b"a node's token").hexdigest()
    node_row(token_hash=digest)
    offer = MachineOffer(cpus=2, memory=4 * GB, gpus=(), runtime=None, version="1")

    def run():
        platform = Platform(platform_url, "a node's token")
        images = ImageCache(platform, tmp_path, GB)
        fitness = SelfCheck(tmp_path, offer, images)
        Work(
            platform, images, offer, fitness, grace=0, patience=0, on_refusal=lambda: None
        ).wake()  # fmt: skip

    return run


def read_texts(domain):
    """Return the documents as participants get them."""
    return json.loads((FOLDER / f"text.{domain}.enpl.json").read_text("utf-8"))


def list_units(domain):
    """Return the paragraphs by document; one document is undivided."""
    return [text.split("\n\n") for text in read_texts(domain)]


def translate(text):
    for source, target in TABLE.items():
        text = text.replace(source, target)
    return text


def read_by_system(run):
    """Return the units that a run's system has read, by document."""
    with storage.open_file(run.log) as stream:
        rows = [json.loads(line) for line in stream]
    documents = dict.fromkeys(row["doc"] for row in rows)
    return [[row for row in rows if row["doc"] == name] for name in documents]


def score_all():
    for entry in Entry.objects.filter(state="scoring"):
        score.apply(args=[entry.pk], task_id=f"score-{entry.pk}")


def scores_of(entry):
    return dict(entry.scores.values_list("metric", "value"))


def test_a_container_gets_to_the_boards_of_each_domain_and_mode(
    edition, send_image, run_node, alices, make_upload
):
    submission = send_image(SYSTEM, "glosses-boxed")
    page = alices.get("/tasks/spring/test/submit-image").text
    [said] = re.findall(r'id="outputs-only">(.*?)</div>', page, re.DOTALL)
    assert all(f"{domain}.sample" in said for domain in DOMAINS)

    run_node()
    upload = make_upload("glosses-sent")
    score_all()

    smoke, *runs = Run.objects.order_by("pk")
    assert (smoke.purpose, smoke.outcome, smoke.segments) == ("smoke", "ok", 5)
    assert sorted(map(len, read_by_system(smoke))) == [2, 3]  # whole documents
    entries = Entry.objects.filter(submission=submission)
    wanted = {row.slot for row in edition if row.mode != "sample"}
    assert {entry.test_set.slot for entry in entries} == wanted
    assert [(run.purpose, run.outcome) for run in runs] == [("test", "ok")] * 6
    for run in runs:
        entry, test_set = run.entry, run.entry.test_set
        documents = list_units(test_set.domain)
        read = read_by_system(run)
        assert sorted([row["source"] for row in rows] for rows in read) == sorted(documents)
        assert any(row["terms"] for rows in read for row in rows) == (test_set.mode != "noterm")
        texts = list(hypotheses.load(entry).texts)
        sent = [unit for units in documents for unit in units]
        assert (run.segments, run.done) == (10, 10)
        # The system translates every paragraph; no score counts the paragraph without a reference.
        assert texts == [translate(unit) for unit in sent if unit != UNSCORED]
        assert len(texts) == 10 - test_set.unscored_segments
        # The team gets back all of them, and so does not learn which count.
        assert list(hypotheses.read_texts(entry)) == [translate(unit) for unit in sent]
        assert texts[-1].count("\n") >= 3  # of the document that nothing divides
        uploaded = Entry.objects.get(submission=upload, test_set=test_set)
        assert (entry.state, uploaded.state) == ("scored", "scored")
        assert scores_of(entry) == scores_of(uploaded) != {}
        rank.apply(args=[test_set.pk])
        board = alices.get(test_set.get_absolute_url()).text
        assert "glosses-boxed" in board
        assert "glosses-sent" in board


def test_a_line_break_of_its_own_is_the_systems_fault(edition, send_image, run_node, alices):
    submission = send_image(BREAKING, "breaking")

    run_node()

    for entry in Entry.objects.filter(submission=submission):
        is_broken = entry.test_set.domain == "medical"
        assert entry.state == ("rejected" if is_broken else "scoring")
        run = Run.objects.get(entry=entry, purpose="test")
        assert run.outcome == ("bad_output" if is_broken else "ok")
        page = alices.get(entry.get_absolute_url()).text
        said = "The translation holds a line break. Replace it by a space."
        assert (said in page) == is_broken
        assert "thermometer" not in page  # of a blind test set nothing is quoted
    assert Node.objects.get().failures == 0
