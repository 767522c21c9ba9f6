"""A shared task that is set up by its pages alone: texts, modes, phases, test sets."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import AuditEvent
from organise import test_set_uploads
from sharedtasks import models
from tests.integration.conftest import add_second_factor
from tests.integration.samples import REFERENCE, SOURCE

pytestmark = pytest.mark.django_db

NEW = "/organise/spring/setup/new-test-set"
CREATE = "/organise/spring/setup/create-test-set"
TASK = {"name": "Legal terms", "slug": "legal", "summary": "Contracts.", "contact": "a@b.example"}
TICO = {
    "en-fr": (["f_en-fr_XX", "g_en_fr-FR"], 40, 589),
    "en-ru": (["f_en-ru_RU", "g_en_ru"], 40, 581),
    "en-zh": (["f_en-zh_CN", "g_en_zh-CN"], 40, 590),
}


def file(name, text):
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def organisers(client, organiser):
    """The browser of an organiser."""
    client.force_login(organiser)
    return client


@pytest.fixture
def form(phase):
    """Return the fields of a new test set; its files are opened anew for each request."""
    mode = phase.shared_task.modes.create(name="proper", label="proper terms", gives_terms=True)

    def fill(**changes):
        values = {"phase": phase.pk, "mode": mode.pk, "language_pair": "en-fr"}
        files = {
            "source": file("source.sgm", SOURCE),
            "references": [file("reference.sgm", REFERENCE)],
        }
        return values | files | changes

    return fill


def read_token(page):
    return re.search(r'name="token" value="([^"]+)"', page.text)[1]


def test_tico_is_set_up_from_its_files(client, operator, shared_data):
    add_second_factor(operator)
    client.force_login(operator)
    opened = client.post("/organise/new", TASK | {"name": "TICO-19", "slug": "tico"})
    client.post("/organise/tico/new-phase", {
        "slug": "dev", "name": "Dev", "kind": "dev", "zone": "UTC", "grace_minutes": "0",
        "opens_at": "2026-12-24 12:00",
    })  # fmt: skip
    task = models.SharedTask.objects.get()
    assert opened.url == "/organise/tico/setup"
    event = AuditEvent.objects.get(object_type="sharedtasks.sharedtask")
    assert (event.action, event.way, event.actor) == ("created", "site", operator)
    for pair, (lists, segments, terms) in TICO.items():
        folder = shared_data / "tico19"
        lines = (folder / "text" / f"dev.{pair}.tsv").read_bytes().splitlines(keepends=True)
        page = client.post("/organise/tico/setup/new-test-set", {
            "phase": task.phases.get().pk, "mode": task.modes.get(name="proper").pk,
            "language_pair": pair, "text_form": "raw",
            "source": file(f"dev.{pair}.tsv", b"".join(lines[: 1 + segments])),
            "terminologies": [
                file(f"{name}.csv", (folder / "terminologies" / f"{name}.csv").read_bytes())
                for name in lists
            ],
        })  # fmt: skip
        assert page.status_code == 200, pair
        assert not models.TestSet.objects.filter(target_language=pair[-2:]).exists()

        answer = {"token": read_token(page), "are_meant": "on", "official_order_0": "chrf"}
        client.post("/organise/tico/setup/create-test-set", answer)

        row = models.TestSet.objects.get(target_language=pair[-2:])
        assert (row.segments, row.terms, row.state) == (segments, terms, "draft")
        assert (row.official_order, row.term_lists.count()) == (["chrf"], 2)
    assert client.get("/organise/tico/setup").text.count("Delete…") == 3
    client.logout()
    assert client.get(task.get_absolute_url()).status_code == 404  # all of it is a draft


def test_warnings_have_to_be_read(organisers, form):
    listed = file("terms.csv", "source,targets\nfever,fièvre\nfever,fièvre\n")
    page = organisers.post(NEW, form(terminologies=[listed]))
    assert "1 terms: 1 changed" in page.text

    asked = organisers.post(CREATE, {"token": read_token(page)})

    assert asked.status_code == 422
    assert "Read the warnings and tick this" in asked.text
    assert not models.TestSet.objects.exists()
    organisers.post(CREATE, {"token": read_token(asked), "are_meant": "on"})
    event = AuditEvent.objects.first()
    assert (event.action, event.way, event.task) == ("imported", "site", "spring")
    assert event.changes["files"] == [None, "source.sgm, reference.sgm, terms.csv"]


def test_a_wrong_order_is_explained_beside_what_would_be_created(organisers, form):
    page = organisers.post(NEW, form())
    order = {"official_order_0": "bleu", "official_order_1": "bleu"}

    refused = organisers.post(CREATE, {"token": read_token(page)} | order)

    assert (refused.status_code, models.TestSet.objects.count()) == (422, 0)
    assert "bleu is named twice" in refused.text


def test_a_token_is_of_one_person_for_two_hours(organisers, owner, form, monkeypatch):
    page = organisers.post(NEW, form())
    token = {"token": read_token(page)}
    monkeypatch.setattr(test_set_uploads, "KEPT_FOR", -1)
    organisers.post(CREATE, token)
    monkeypatch.undo()
    organisers.post(CREATE, {"token": token["token"][:-1]})
    organisers.force_login(owner)

    refused = organisers.post(CREATE, token, follow=True)

    assert "Choose the files again" in refused.text
    assert not models.TestSet.objects.exists()


def test_a_second_test_set_of_the_same_kind_is_refused(organisers, form):
    token = {"token": read_token(organisers.post(NEW, form()))}
    organisers.post(CREATE, token)

    again = organisers.post(CREATE, token, follow=True)

    assert "This phase has that test set already." in again.text
    assert models.TestSet.objects.count() == 1


def test_texts_and_modes_are_changed_and_told_in_the_log(organisers, shared_task):
    organisers.post("/organise/spring/setup", {"name": "Summer edition", "rules": "None."})
    mode = {"name": "few", "label": "few terms", "gives_terms": "on", "list_name": "proper"}
    organisers.post("/organise/spring/setup/new-mode", mode)

    created, changed = AuditEvent.objects.all()[:2]
    assert (created.action, created.object_label) == ("created", "few")
    assert changed.changes == {"name": ["Spring edition", "Summer edition"], "rules": ["", "None."]}
    assert "few terms" in organisers.get("/organise/spring/setup").text


def test_the_order_of_a_board_is_changed_and_its_board_is_stale(organisers, test_set):
    address = f"/organise/spring/setup/test-sets/{test_set.pk}"
    before = test_set.results_version

    assert 'aria-label="Metric 4"' in organisers.get(address).text

    organisers.post(address, {"official_order_0": "bleu", "official_order_1": "chrf"})

    test_set.refresh_from_db()
    assert (test_set.official_order, test_set.results_version) == (["bleu", "chrf"], before + 1)
    assert AuditEvent.objects.first().changes["official_order"][1] == "bleu, chrf"
