"""The upload page's slots, and sending a corrected file."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership
from submissions.pipeline.tasks import check
from submissions.services import choosing

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(test_set):
    return reverse("submit", args=["spring", "test"])


def there(response, slot):
    """Return what the page says of a slot, without markup."""
    [row] = re.findall(rf"<tr>(?:(?!</tr>).)*{slot}<span.*?</tr>", response.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


def test_an_empty_slot_says_so_and_how_to_name_a_file(alices, address, make_test_set):
    make_test_set(target_language="zh", mode="noterm")

    response = alices.get(address)

    assert there(response, "en-fr") == "English → French NAME. en-fr .txt nothing yet"
    assert there(response, "en-zh.noterm") == (
        "English → Chinese no terms NAME. en-zh.noterm .txt nothing yet"
    )


def test_a_slot_shows_the_primary_and_the_newest_entry(alices, address, make_scored_entry):
    primary = make_scored_entry(system="Big", wants_primary=True)
    newest = make_scored_entry(system="Small")

    response = alices.get(address)

    assert there(response, "en-fr").endswith("Big primary scored Small newest scored")
    assert primary.get_absolute_url() in response.text
    assert newest.get_absolute_url() in response.text


def test_a_slot_shows_the_last_refused_upload_until_one_fits(alices, address, make_submission):
    for system in ("First", "Broken"):
        refused = make_submission(b"x\n", system=system)
        check.apply(args=[refused.pk], task_id=f"task-{system}")

    before = alices.get(address)
    mended = make_submission(system="Mended")
    check.apply(args=[mended.pk], task_id="task-2")
    after = alices.get(address)

    assert there(before, "en-fr").endswith(".txt Broken refused 1 problem")
    assert f"{refused.get_absolute_url()}#file-0" in before.text
    assert there(after, "en-fr").endswith("Mended contrastive being scored")


def test_a_withdrawn_entry_shows_where_there_is_no_other(alices, address, make_scored_entry, alice):
    choosing.withdraw(entry=make_scored_entry(system="Gone"), actor=alice)
    alone = alices.get(address)
    choosing.withdraw(entry=make_scored_entry(system="Gone too"), actor=alice)
    make_scored_entry(system="Here")
    choosing.withdraw(entry=make_scored_entry(system="Gone last"), actor=alice)

    assert there(alone, "en-fr").endswith("Gone contrastive withdrawn")
    assert there(alices.get(address), "en-fr").endswith("Here contrastive scored")


def test_what_is_being_checked_is_counted(alices, address, make_submission):
    make_submission()

    assert "1 upload of Lexica is being checked." in alices.get(address).text


def test_another_teams_entries_are_not_there(client, charlie, address, make_scored_entry):
    make_scored_entry(system="Secret", wants_primary=True)
    client.force_login(charlie)

    response = client.get(address)

    assert there(response, "en-fr").endswith("nothing yet")
    assert "Secret" not in response.text


def test_the_page_takes_few_queries_however_much_there_is(
    alices, address, make_scored_entry, make_test_set
):
    def count():
        with CaptureQueriesContext(connection) as queries:
            alices.get(address)
        return len(queries)

    make_scored_entry()
    make_test_set(target_language="de")
    few = count()
    for number, language in enumerate(["zh", "ru", "ko"]):
        test_set = make_test_set(target_language=language)
        make_scored_entry(system=f"{number}", test_set=test_set, wants_primary=True)

    assert count() == few <= 12  # the late uploads and removals of the team are two of them


@pytest.fixture
def refused(make_submission):
    submission = make_submission(
        b"x\n",
        system="Marian <big>",
        wants_primary=True,
        is_constrained=False,
        description="Ours.",
        terminology_use="training",
    )
    check.apply(args=[submission.pk], task_id="task-1")
    return submission


def test_a_refused_submission_leads_to_a_form_that_is_filled_in(alices, address, refused):
    page = alices.get(refused.get_absolute_url())
    response = alices.get(f"{address}?again={refused.pk}")

    assert f"{address}?again={refused.pk}" in page.text
    initial = response.context["form"].initial
    assert (initial["system"], initial["description"]) == ("Marian <big>", "Ours.")
    assert (initial["is_constrained"], initial["wants_primary"]) == (False, True)
    assert initial["terminology_use"] == "training"
    assert 'value="Marian &lt;big&gt;"' in response.text
    assert "Choose only the corrected files" in response.text


@pytest.mark.parametrize("person", ["charlie", "organiser"])
def test_nobody_elses_submission_fills_the_form_in(
    client, request, other_team, address, refused, person
):
    user = request.getfixturevalue(person)
    Membership.objects.get_or_create(team=other_team, user=user)
    client.force_login(user)

    response = client.get(f"{address}?again={refused.pk}")

    assert response.status_code == 200
    assert "Marian" not in response.text


@pytest.mark.parametrize("again", ["", "x", "0", "-1", "9" * 18, "9" * 5000, "１", "1&again=2"])
def test_a_strange_number_fills_nothing_in(alices, address, again):
    response = alices.get(f"{address}?again={again}")

    assert response.status_code == 200
    assert response.context["again"] is None


def test_earlier_names_of_systems_are_offered(
    alices, address, make_submission, charlie, other_team
):
    for name in ("Old", "New", "Old"):
        make_submission(system=name)
    make_submission(system="Foreign", member=charlie, team=other_team)

    assert list(alices.get(address).context["names"]) == ["Old", "New"]
