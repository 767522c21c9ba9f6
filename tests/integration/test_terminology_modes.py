"""Modes as data of a shared task: imported, shown, subtracted, changed and moved."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse
from django.utils import timezone

from sharedtasks import models, testsets
from sharedtasks.models import Mode, Phase, SharedTask
from sharedtasks.terminology_modes import create_usual_modes, find_mode
from submissions.models import Entry, Score
from submissions.pipeline.tasks import check_image
from submissions.services import sending
from tests.archives import SavedImage, old_docker, tar
from tests.integration.announced import import_announced
from tests.integration.board_rows import Made, build, fill
from tests.integration.test_board_modes import changes, groups, links

pytestmark = pytest.mark.django_db

ROWS = [
    {"id": "1", "source": "Call a doctor.", "references": ["Appelez un docteur."]},
    {"id": "2", "source": "After a meal.", "references": ["Après un repas."]},
]
SOURCE = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
PROPER, RANDOM = b"doctor\tdocteur\n", b"call\tappelez\nmeal\trepas\n"
SAMPLES = b'[{"en": "A cup.", "fr": "Une tasse."}]'


def make_mode(shared_task, name, **values):
    usual = {"label": f"the {name}", "gives_terms": True, "position": 9}
    return Mode.objects.create(shared_task=shared_task, name=name, **(usual | values))


@pytest.fixture
def import_rows(phase):
    """Import ROWS with the files that are given."""

    def make(*, proper=PROPER, other_lists=None, samples=None, **options):
        files = testsets.TestSetFiles(
            source=BytesIO(SOURCE),
            references=(),
            names=("rows.jsonl",),
            terminologies=((BytesIO(proper), "terms.tsv"),),
            other_lists={
                name: ((BytesIO(content), f"{name}.tsv"),)
                for name, content in (other_lists or {}).items()
            },
            samples=(BytesIO(samples), "samples.json") if samples else None,
        )
        values = {"source_language": "en", "target_language": "fr", "text_form": "raw"}
        return import_announced(phase=phase, files=files, **(values | options))

    return make


def download(client, test_set, kind):
    response = client.get(reverse("download", args=["spring", "test", test_set.slug, kind]))
    return b"".join(response).decode() if response.status_code == 200 else None


# What a mode gives ------------------------------------------------------------------------


def test_a_mode_is_told_its_list_and_scored_against_it(import_rows, client):
    shown = {}
    for mode, own, other in [
        ("proper", PROPER, {"random": RANDOM}),
        ("noterm", PROPER, {"random": RANDOM}),
        ("random", RANDOM, {"proper": PROPER}),
    ]:
        test_set = import_rows(mode=mode, proper=own, other_lists=other)
        shown[mode] = (
            test_set.terms,
            test_set.required_terms,
            download(client, test_set, "terms.jsonl"),
            [json.loads(r)["terms"] for r in download(client, test_set, "source.jsonl").split("\n")
             if r],
            [(one.name, len(one.terminology.terms)) for one in testsets.read(test_set).other_lists],
        )  # fmt: skip

    doctor = {"source": "doctor", "targets": ["docteur"]}
    call, meal = (
        {"source": s, "targets": [t]} for s, t in (("call", "appelez"), ("meal", "repas"))
    )
    listed = [
        json.dumps({"id": str(number)} | term) + "\n" for number, term in ((1, call), (2, meal))
    ]
    assert shown["proper"][:2] == (1, 1)
    assert shown["proper"][3:] == ([[doctor], []], [("random", 2)])
    assert shown["noterm"] == (1, 1, None, [[], []], [("random", 2)])
    assert shown["random"][:2] == (2, 2)
    assert json.loads(shown["random"][2].splitlines()[0])["source"] == "call"
    assert len(listed) == len(shown["random"][2].splitlines())
    assert shown["random"][3:] == ([[call], [meal]], [("proper", 1)])


def test_a_mode_of_the_organisers_own(import_rows, client, shared_task):
    make_mode(shared_task, "hints", list_name="random", label="hints from a list")
    test_set = import_rows(mode="hints", proper=RANDOM)

    parsed = testsets.read(test_set)

    assert (test_set.slug, test_set.specifics) == ("en-fr.hints", "hints from a list")
    assert (parsed.list_name, parsed.digest) == ("random", test_set.digest)
    assert test_set.term_lists.get().list_name == "random"
    assert "appelez" in download(client, test_set, "source.jsonl")
    page = client.get("/tasks/spring/").text
    assert "<td>hints from a list</td>" in page
    assert (
        "<h1>English → French, hints from a list</h1>"
        in client.get(test_set.get_absolute_url()).text
    )


def test_samples_are_a_download_of_the_mode_that_gives_them(import_rows, client):
    test_set = import_rows(mode="sample", samples=SAMPLES)

    assert download(client, test_set, "samples.jsonl") == (
        '{"source": "A cup.", "target": "Une tasse."}\n'
    )
    assert download(client, test_set, "terms.jsonl") is None
    assert "docteur" not in download(client, test_set, "source.jsonl")
    before = list(test_set.downloads.values_list("kind", "file__sha256"))
    call_command("make_downloads", stdout=StringIO())
    assert list(test_set.downloads.values_list("kind", "file__sha256")) == before


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"mode": "proper", "samples": SAMPLES}, "In the mode proper systems get no samples"),
        ({"mode": "noterm", "samples": SAMPLES}, "In the mode noterm systems get no samples"),
        ({"mode": "sample"}, "systems get sample bitexts. Give their file"),
        ({"mode": "other"}, "no mode 'other'. Choose one of: proper, noterm, random, sample"),
        ({"domain": "noterm"}, "noterm is the name of a mode"),
        ({"domain": "sample"}, "sample is the name of a mode"),
        ({"domain": "hints"}, "hints is the name of a mode"),
        ({"domain": "v2"}, "Write small letters and digits"),
        ({"domain": "Medical"}, "Write small letters and digits"),
        ({"domain": "a--b"}, "Write small letters and digits"),
        ({"domain": "a.b"}, "Write small letters and digits"),
    ],
)
def test_what_does_not_fit_the_mode_is_refused(import_rows, shared_task, options, fault):
    create_usual_modes(shared_task)
    make_mode(shared_task, "hints") if "hints" in options.values() else None

    with pytest.raises(ValidationError) as refused:
        import_rows(**options)

    assert fault in " ".join(refused.value.messages)
    assert not models.TestSet.objects.exists()


def test_the_command_names_lists_domain_and_samples(tmp_path):
    paths = {}
    for name, content in {
        "rows.jsonl": SOURCE, "proper.tsv": PROPER, "random.tsv": RANDOM, "s.json": SAMPLES
    }.items():  # fmt: skip
        paths[name] = tmp_path / name
        paths[name].write_bytes(content)
    usual = [
        "import_test_set", "--shared-task=autumn", "--phase=test", "--language-pair=en-fr",
        f"--source={paths['rows.jsonl']}", "--text-form=raw", "--domain=machine-tool",
    ]  # fmt: skip
    terms = [
        f"--terminology={paths['proper.tsv']}", f"--terminology=random={paths['random.tsv']}"
    ]  # fmt: skip
    call_command(*usual, "--create", *terms, stdout=StringIO())
    call_command(*usual, *terms, "--mode=noterm", stdout=StringIO())
    said = StringIO()
    call_command(*usual, *terms[:1], "--mode=sample", f"--samples={paths['s.json']}", stdout=said)

    slots = [row.slot for row in models.TestSet.objects.all()]
    assert slots == ["en-fr.machine-tool", "en-fr.machine-tool.noterm", "en-fr.machine-tool.sample"]
    assert [row.term_lists.count() for row in models.TestSet.objects.all()] == [2, 2, 1]
    assert "/boards/autumn/test/en-fr.machine-tool.sample" in said.getvalue()
    modes = SharedTask.objects.get(slug="autumn").modes.values_list("name", flat=True)
    assert list(modes) == ["proper", "noterm", "random", "sample"]
    with pytest.raises(CommandError, match="no mode 'proprer'"):
        call_command(*usual, "--mode=proprer", stdout=StringIO())


def test_another_list_changes_the_digest_and_reads_back(import_rows):
    digests = {
        import_rows(version=version, other_lists=other).digest
        for version, other in enumerate(
            [{}, {"random": RANDOM}, {"random": PROPER}, {"random": b"after\tapr\xc3\xa8s\n"}], 1
        )
    }

    assert len(digests) == 4
    for test_set in models.TestSet.objects.all():
        assert testsets.read(test_set).digest == test_set.digest


# Terms with an address --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "terms", "required"),
    [
        # order → commande, order → ordre, none here: the smallest case
        ([[("order", "commande")], [("order", "ordre")], []], 2, 2),
        ([[("order", "ordre")], [("order", "ordre")], None], 1, 2),  # an entry given twice is one
        ([[("order", "a"), ("new", "b")], [], []], 2, 2),
        ([[], [], []], 0, 0),
        ([[("absent", "a")], None, None], 1, 0),  # given, but not in the source
    ],
)
def test_terms_of_segments_are_counted_once_and_required_where_they_are(
    phase, client, given, terms, required
):
    rows = [
        {"id": str(number), "doc": "d", "source": "A new order.", "references": ["x"]}
        | ({} if own is None else {"terms": [{"source": s, "targets": [t]} for s, t in own]})
        for number, own in enumerate(given)
    ]
    test_set = import_announced(
        phase=phase, source_language="en", target_language="fr", text_form="raw",
        files=testsets.TestSetFiles(
            BytesIO("".join(json.dumps(row) + "\n" for row in rows).encode()), (), ("rows",)
        ),
    )  # fmt: skip

    assert (test_set.terms, test_set.required_terms) == (terms, required)
    assert download(client, test_set, "terms.tsv") is None
    assert download(client, test_set, "terms.jsonl") is None
    listed = download(client, test_set, "segment-terms.jsonl")
    if terms:
        read = [json.loads(row).get("terms") for row in listed.splitlines()]
        assert read == [row.get("terms") for row in rows]
    else:
        assert listed is None


# Boards -----------------------------------------------------------------------------------


def test_differences_are_against_the_mode_that_gives_nothing(
    client, shared_task, make_bare_test_set, alice, team
):
    make_mode(shared_task, "plain", gives_terms=False, label="nothing", position=1)
    make_mode(shared_task, "examples", gives_terms=False, gives_samples=True, position=2)
    make_mode(shared_task, "terms", position=0)
    make_mode(shared_task, "hints", list_name="random", position=3)
    for mode, success, bleu in [
        ("hints", 60.0, 33.0), ("examples", 55.5, 32.0), ("plain", 50.0, 30.0),
        ("terms", 80.0, 31.5),
    ]:  # fmt: skip
        made = [Made(team, "A", {"term-success": success, "bleu": bleu}, is_primary=True)]
        fill(make_bare_test_set(mode=mode), alice, made)

    response = client.get("/boards/spring/test/en-fr.plain")

    assert [link[1:] for link in links(response, "What systems are given")] == [
        ("the terms", False), ("nothing", True), ("the examples", False), ("the hints", False)
    ]  # fmt: skip
    assert groups(response) == [
        ("2", "the terms − nothing"), ("2", "the examples − nothing"), ("1", "the hints − nothing")
    ]  # fmt: skip
    assert changes(response) == [["A", "Lexica", "+30.0", "+1.5", "+5.5", "+2.0", "+3.0"]]
    assert "What terms and samples change" in response.text


def test_without_a_mode_that_gives_nothing_there_are_no_differences(
    client, make_bare_test_set, alice, team
):
    for mode in ("proper", "random"):
        fill(make_bare_test_set(mode=mode), alice, [Made(team, "A", {"bleu": 30.0})])

    response = client.get("/boards/spring/test/en-fr")

    assert changes(response) == []
    assert "has outputs with terms and without yet" in response.text


@pytest.mark.parametrize(
    ("metric", "is_used"),
    [("term-success@random", True), ("term-success@proper", False), ("term-success@x", False)],
)
def test_scores_against_the_other_list_have_no_column_and_make_differences(
    client, make_bare_test_set, alice, team, metric, is_used
):
    signature = "scorer:term-success|v:1"
    for mode, values in [
        ("noterm", {"term-success": 50.0, metric: 42.0}), ("random", {"term-success": 60.0})
    ]:  # fmt: skip
        test_set = make_bare_test_set(mode=mode)
        fill(test_set, alice, [Made(team, "A", values, is_primary=True)])
        Score.objects.update(signature=signature)
        build(test_set)

    response = client.get("/boards/spring/test/en-fr.noterm")
    start = client.get("/")

    assert (changes(response) == [["A", "Lexica", "+18.0"]]) == is_used
    assert "42.0" not in response.text + start.text
    assert metric not in response.text + start.text
    for address in (f"?sort={metric}", "?sort=term-success"):
        assert client.get(f"/boards/spring/test/en-fr.noterm{address}").status_code == 200


# Images -----------------------------------------------------------------------------------


@pytest.fixture
def send_image(alice, team, phase):
    def send():
        planned = sending.PlannedImage(
            team=team, member=alice, phase=phase, system=sending.SystemDescription(name="Marian")
        )
        archive = tar(*old_docker(SavedImage()))
        upload = sending.NamedStream(BytesIO(archive), "marian.tar")
        return sending.submit_image(planned=planned, archive=upload)

    return send


def test_images_are_not_run_where_systems_are_given_samples(
    alices, send_image, takes_images, make_bare_test_set
):
    for mode in ("noterm", "sample"):
        make_bare_test_set(mode=mode)
    make_bare_test_set(target_language="de", mode="sample")

    page = alices.get("/tasks/spring/test/submit-image").text
    check_image.apply(args=[send_image().pk], task_id="task-1")

    assert [entry.test_set.slot for entry in Entry.objects.all()] == ["en-fr.noterm"]
    notice = re.sub("<[^>]*>", "", page.partition('id="outputs-only"')[2].partition("</div>")[0])
    assert "Outputs only: systems are given sample bitexts for en-fr.sample, en-de.sample" in notice
    guide = alices.get("/tasks/spring/how-to-submit").text
    assert "except those with sample bitexts, for which it takes only outputs" in guide


def test_a_phase_of_samples_only_takes_outputs_only(
    alices, send_image, takes_images, make_bare_test_set
):
    make_bare_test_set(mode="sample")

    page = alices.get("/tasks/spring/test/submit-image").text

    assert "Systems are given sample bitexts in Test phase, so it takes outputs only." in page
    with pytest.raises(ValidationError, match="so it takes outputs only"):
        send_image()


def test_where_no_samples_are_given_nothing_is_said(alices, takes_images, make_bare_test_set):
    make_bare_test_set()

    assert "outputs-only" not in alices.get("/tasks/spring/test/submit-image").text
    assert "sample bitexts" not in alices.get("/tasks/spring/how-to-submit").text


# Changes ----------------------------------------------------------------------------------


def management(modes, **changed):
    data = {"modes-TOTAL_FORMS": str(len(modes)), "modes-INITIAL_FORMS": str(len(modes))}
    for number, mode in enumerate(modes):
        values = {
            "id": mode.pk, "shared_task": mode.shared_task_id, "name": mode.name,
            "label": mode.label, "list_name": mode.list_name, "position": mode.position,
        }  # fmt: skip
        values |= {n: "on" for n in ("gives_terms", "gives_samples") if getattr(mode, n)}
        if mode.name in changed:
            values |= changed[mode.name]
        data |= {f"modes-{number}-{name}": value for name, value in values.items()}
    return data | {"name": "Spring", "slug": "spring"}


@pytest.mark.parametrize(
    ("change", "is_taken"),
    [
        ({"label": "the right terms", "position": 7}, True),
        ({"name": "right"}, False),
        ({"gives_samples": "on"}, False),
        ({"list_name": "random"}, False),
        ({"gives_terms": ""}, False),
    ],
)
def test_what_scores_depend_on_stays_once_there_are_test_sets(
    admin, shared_task, make_bare_test_set, change, is_taken
):
    create_usual_modes(shared_task)
    make_bare_test_set()
    modes = list(shared_task.modes.all())
    address = reverse("admin:sharedtasks_sharedtask_change", args=[shared_task.pk])

    free = admin.post(address, management(modes, random=change))
    used = admin.post(address, management(list(shared_task.modes.all()), proper=change))

    assert free.status_code == 302  # no test set has it
    assert used.status_code == (302 if is_taken else 200)
    assert is_taken or "so this cannot change" in used.text


def test_a_shared_task_that_is_made_in_the_panel_has_the_usual_modes(admin):
    data = {
        "name": "Autumn",
        "slug": "autumn",
        "modes-TOTAL_FORMS": "0",
        "modes-INITIAL_FORMS": "0",
    }

    assert admin.post(reverse("admin:sharedtasks_sharedtask_add"), data).status_code == 302

    modes = SharedTask.objects.get(slug="autumn").modes.all()
    assert [mode.name for mode in modes] == ["proper", "noterm", "random"]


def test_a_mode_cannot_be_named_like_a_domain_or_a_version(shared_task, make_bare_test_set):
    make_bare_test_set(domain="medical")

    for name in ("medical", "v3", "No", "a", "no-term", "x" * 21):
        with pytest.raises(ValidationError):
            Mode(shared_task=shared_task, name=name, label="x", gives_terms=True).full_clean()


def test_the_database_refuses_what_may_not_be(shared_task, make_bare_test_set):
    make_bare_test_set(domain="medical")
    make_bare_test_set(domain="energy")
    mode = find_mode(shared_task, "proper")

    for attempt in (
        lambda: make_bare_test_set(domain="medical"),
        lambda: make_bare_test_set(version=2, unit="chapter"),
        lambda: make_bare_test_set(version=3, terminology_mode=None),
        lambda: make_mode(shared_task, "proper"),
        lambda: make_mode(shared_task, "hints", list_name="third"),
    ):
        with pytest.raises((IntegrityError, TypeError)), transaction.atomic():
            attempt()
    with pytest.raises(IntegrityError):  # RESTRICT
        mode.delete()


def test_a_phase_that_moves_takes_its_modes_along(admin, phase, make_bare_test_set, shared_task):
    make_mode(shared_task, "hints", list_name="random")
    test_sets = [make_bare_test_set(mode=mode) for mode in ("proper", "hints")]
    other = SharedTask.objects.create(state="announced", slug="autumn", name="Autumn")
    create_usual_modes(other)
    address = reverse("admin:sharedtasks_phase_change", args=[phase.pk])
    now = timezone.now() - timedelta(days=1)
    data = {
        "shared_task": other.pk, "name": "Test", "slug": "test", "kind": "dev",
        "opens_at_0": now.date(), "opens_at_1": "12:00", "run_limits": "{}",
        "grace_minutes": "0", "is_meant": "on",
    }  # fmt: skip

    assert admin.post(address, data).status_code == 302

    for test_set in test_sets:
        test_set.refresh_from_db()
        assert test_set.terminology_mode.shared_task == other
        assert test_set.terminology_mode.name == test_set.mode
    assert other.modes.get(name="hints").list_name == "random"
    Phase.objects.filter(pk=phase.pk).update(shared_task=shared_task)
    other.modes.filter(name="hints").update(list_name="proper")
    Mode.objects.filter(shared_task=shared_task, name="hints").update(list_name="random")
    models.TestSet.objects.filter(mode="hints").update(
        terminology_mode=shared_task.modes.get(name="hints")
    )
    answer = admin.post(address, data)
    assert "The mode hints means something else in that shared task" in answer.text


def test_a_shared_task_is_deleted_with_its_modes(shared_task, make_bare_test_set):
    make_bare_test_set()

    shared_task.delete()

    assert not Mode.objects.exists()


# Earlier installations --------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_test_sets_of_earlier_versions_get_their_modes_and_go_back(phase, stored_file, request):
    def migrate(targets=None):
        executor = MigrationExecutor(connection)
        executor.migrate(targets or executor.loader.graph.leaf_nodes())
        return executor.loader.project_state(targets).apps if targets else None

    request.addfinalizer(migrate)
    old = migrate([("sharedtasks", "0009_test_set_left_out_documents")])
    values = {
        "phase_id": phase.pk, "source_language": "en", "text_form": "raw", "segments": 1,
        "source_file_id": stored_file.pk, "digest": "0" * 64,
        "documents": 1, "required_terms": 1,
    }  # fmt: skip
    metrics = ["bleu", "chrf", "over-application"]
    pairs = (("fr", "proper"), ("fr", "noterm"), ("de", "random"))
    for (target, mode), metric in zip(pairs, metrics, strict=True):
        row = old.get_model("sharedtasks", "TestSet").objects.create(
            target_language=target, mode=mode, ranking_metric=metric, **values
        )
        old.get_model("sharedtasks", "TestSetTerminology").objects.create(
            test_set=row, file_id=stored_file.pk, name="terms", position=0
        )

    for _ in range(2):  # there, back and there again
        migrate()
        rows = list(models.TestSet.objects.select_related("terminology_mode").order_by("pk"))
        assert [row.slug for row in rows] == ["en-fr", "en-fr.noterm", "en-de.random"]
        assert [row.terminology_mode.name for row in rows] == ["proper", "noterm", "random"]
        assert [row.terminology_mode.gives_terms for row in rows] == [True, False, True]
        assert [row.term_lists.get().list_name for row in rows] == ["proper", "proper", "random"]
        assert Mode.objects.count() == 3
        assert [row.official_order for row in rows] == [[metric] for metric in metrics]
        old = migrate([("sharedtasks", "0009_test_set_left_out_documents")])
        earlier = old.get_model("sharedtasks", "TestSet").objects.order_by("pk")
        assert list(earlier.values_list("ranking_metric", flat=True)) == metrics
