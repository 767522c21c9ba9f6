"""The organisers' pages of a correction, from the upload of its files to the erratum."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import AuditEvent
from leaderboard.tasks import rank
from sharedtasks import models
from tests.integration.samples import FAIR, PERFECT, REFERENCE
from tests.integration.test_corrections import CORRECTED, WORD, score_all

pytestmark = pytest.mark.django_db

CORRECTIONS = "/organise/spring/corrections/"


@pytest.fixture
def organisers(client, organiser, make_primary):
    """The browser of an organiser of a task with two ranked systems."""
    make_primary(PERFECT, system="perfect")
    make_primary(FAIR, system="fair")
    client.force_login(organiser)
    return client


def upload(client, test_set, reference=CORRECTED, reason="A wrong term."):
    file = SimpleUploadedFile("reference.sgm", reference.encode())
    data = {"test_set": test_set.pk, "references": [file], "reason": reason}
    return client.post(CORRECTIONS, data)


def test_an_organiser_corrects_a_reference(organisers, organiser, test_set):
    begun = upload(organisers, test_set)
    page = organisers.get(begun.url).text
    assert f"<del>toux</del> <ins>{WORD}</ins>" in page
    assert "0 sources · 1 reference · 0 terms · 4 segments" in page

    organisers.post(f"{begun.url}/score")
    assert "2 entries are still being scored" in organisers.get(begun.url).text
    refused = organisers.post(f"{begun.url}/publish", {"erratum": "*Cough* was wrong."})
    assert refused.status_code == 422

    score_all()
    for row in models.TestSet.objects.all():
        rank.apply(args=[row.pk], task_id=f"rank-{row.pk}")
    page = organisers.get(begun.url).text
    assert "2 of 2 scored, hidden" in page
    assert '<span class="loss">−' in page  # the perfect system has not the new word

    published = organisers.post(f"{begun.url}/publish", {"erratum": "*Cough* was wrong."})
    assert urlsplit(published.url).path == begun.url
    assert "<em>Cough</em> was wrong." in organisers.get(begun.url).text
    events = AuditEvent.objects.filter(object_type="sharedtasks.correction").order_by("pk")
    assert list(events.values_list("action", "actor", "task")) == [
        (action, organiser.pk, "spring") for action in ("begun", "scoring begun", "published")
    ]


def test_files_with_problems_name_place_and_remedy_and_store_nothing(organisers, test_set):
    response = upload(organisers, test_set, REFERENCE.replace('<seg id="2"> la', '<seg id="3"> la'))

    assert response.status_code == 422
    assert "reference.sgm" in response.text
    assert "Nothing was stored." in response.text
    assert not models.Correction.objects.exists()


def test_a_correction_is_discarded_after_a_question(organisers, organiser, test_set):
    begun = upload(organisers, test_set)
    asked = organisers.get(f"{begun.url}/discard").text
    assert "0 hidden scores and the new files are deleted." in asked

    organisers.post(f"{begun.url}/discard")

    assert "This correction was discarded." in organisers.get(begun.url).text
    assert models.TestSet.objects.get() == test_set
    assert AuditEvent.objects.first().action == "discarded"


def test_an_observer_sees_no_reference_and_no_button(organisers, observer, test_set):
    begun = upload(organisers, test_set)
    organisers.force_login(observer)

    page, listed = organisers.get(begun.url).text, organisers.get(CORRECTIONS).text

    assert WORD not in page
    assert "References are not shown to you." in page
    assert f"{begun.url}/discard" not in page
    assert "Check the files" not in listed
