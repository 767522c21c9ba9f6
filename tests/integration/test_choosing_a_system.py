"""A file of WMT XML that holds several systems: the page says which, and the team chooses."""

from __future__ import annotations

import re
from datetime import timedelta
from html import escape

import pytest
from django.test import Client
from django.urls import reverse

from submissions.models import Submission
from submissions.pipeline.tasks import check
from submissions.states import SubmissionState
from tests.integration.samples import FAIR, PERFECT, as_text, as_zip

pytestmark = pytest.mark.django_db
PLACES = (("notice", 1), ("notice", 2), ("advice", 1), ("advice", 2))


def as_xml(**systems):
    """Write WMT XML with the hypotheses of several systems, document by document."""

    def hyp(name, document):
        segments = "".join(
            f'<seg id="{number}">{text}</seg>'
            for (place, number), text in zip(PLACES, systems[name], strict=True)
            if place == document
        )
        return f'<hyp system="{escape(name)}" lang="fr">{segments}</hyp>'

    documents = "".join(
        f'<doc id="{document}">{"".join(hyp(name, document) for name in systems)}</doc>'
        for document in ("notice", "advice")
    )
    return f'<?xml version="1.0"?>\n<dataset id="t">{documents}</dataset>\n'.encode()


TWO = as_xml(**{"Ours 2": PERFECT, "<b>Theirs</b>": FAIR})


def checked(submission):
    check.apply(args=[submission.pk], task_id=f"task-{submission.pk}")
    submission.refresh_from_db()
    return submission


def choose(client, submission, number, position=0):
    return client.post(reverse("choose-system", args=[submission.pk, position]), {"system": number})


@pytest.mark.parametrize(
    ("files", "position"),
    [
        ([("ours.en-fr.xml", TWO)], 0),
        ([("all.zip", as_zip({"a/ours.en-fr.xml": TWO, "README.md": b"x"}))], 0),
        ([("other.en-fr.noterm.txt", as_text(PERFECT)), ("ours.en-fr.xml", TWO)], 1),
        ([("ours.xml", TWO)], 0),
    ],
)
def test_the_team_chooses_among_the_systems_of_a_file(
    alices, make_submission, make_test_set, files, position
):
    if len(files) > 1:
        make_test_set(mode="noterm")
    submission = checked(make_submission(files=files))

    page = alices.get(submission.get_absolute_url())
    response = choose(alices, submission, "1", position)

    names = re.findall(r'name="system" value="(\d+)" required> <span [^>]*>(.*?)</span>', page.text)
    assert ">Segment</th>" not in page.text  # the problem is of the whole file
    assert names == [("0", "Ours 2"), ("1", "&lt;b&gt;Theirs&lt;/b&gt;")]
    new = checked(Submission.objects.exclude(pk=submission.pk).get())
    assert response.url == new.get_absolute_url()
    assert new.state == SubmissionState.ACCEPTED
    assert (new.system, new.chosen_system) == (submission.system, "<b>Theirs</b>")
    assert [one.file for one in new.verdicts.all()] == [new.chosen_file]
    assert new.entries.get().test_set.slot == "en-fr"
    assert "&lt;b&gt;Theirs&lt;/b&gt;" in alices.get(new.get_absolute_url()).text
    submission.refresh_from_db()
    assert submission.verdicts.get(position=position).is_refused  # it stays as it was


def test_nothing_else_can_be_chosen(alices, make_submission):
    submission = checked(make_submission(TWO, file_name="ours.en-fr.xml"))

    for number in ("", "2", "-1", "Ours 2", "1\0"):
        response = choose(alices, submission, number)
        assert response.url == submission.get_absolute_url()
    assert choose(alices, submission, "0", position=1).status_code == 404
    assert Submission.objects.count() == 1


def test_only_the_team_chooses_and_only_while_the_phase_is_open(
    alice, charlie, make_submission, phase
):
    submission = checked(make_submission(TWO, file_name="ours.en-fr.xml"))
    alices, charlies, visitors = Client(), Client(), Client()
    alices.force_login(alice)
    charlies.force_login(charlie)

    assert choose(charlies, submission, "0").status_code == 404
    assert choose(visitors, submission, "0").url.startswith("/account/")
    assert alices.get(reverse("choose-system", args=[submission.pk, 0])).status_code == 405
    phase.closes_at = phase.opens_at + timedelta(minutes=1)
    phase.save()
    assert "Check this system" not in alices.get(submission.get_absolute_url()).text
    choose(alices, submission, "0")
    assert Submission.objects.count() == 1


def test_a_file_of_one_system_offers_no_choice(alices, make_submission):
    submission = checked(make_submission(as_xml(Only=PERFECT), file_name="ours.en-fr.xml"))

    assert submission.state == SubmissionState.ACCEPTED
    assert "Check this system" not in alices.get(submission.get_absolute_url()).text
