"""The history of submissions: whose, filtered, paged."""

from __future__ import annotations

from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from sharedtasks.models import Phase
from submissions.models import Submission
from submissions.pipeline.tasks import check
from submissions.services import choosing
from tests.integration.samples import PERFECT, as_text, as_zip

pytestmark = pytest.mark.django_db
ADDRESS = "/submissions/"


@pytest.fixture
def make_checked(make_submission):
    numbers = count(1)

    def make(*args, **options):
        submission = make_submission(*args, **options)
        check.apply(args=[submission.pk], task_id=f"task-{next(numbers)}")
        return submission

    return make


def systems(response):
    return [submission.system for submission in response.context["page"]]


def test_it_shows_the_teams_submissions_newest_first(
    alices, make_submission, charlie, other_team, bob
):
    make_submission(system="Older")
    make_submission(system="Newer", member=bob)
    make_submission(system="Foreign", member=charlie, team=other_team)

    response = alices.get(ADDRESS)

    assert systems(response) == ["Newer", "Older"]
    assert "Foreign" not in response.text
    assert "by bob" in response.text


def test_organisers_see_those_of_all_teams(client, organiser, make_submission, charlie, other_team):
    make_submission(system="One")
    make_submission(system="Two", member=charlie, team=other_team)
    client.force_login(organiser)

    assert systems(client.get(ADDRESS)) == ["Two", "One"]
    assert systems(client.get(f"{ADDRESS}?team=lexica")) == ["One"]


def test_a_team_is_chosen_among_those_of_the_viewer(
    alices, alice, make_submission, charlie, other_team
):
    make_submission(system="Ours")
    make_submission(system="Foreign", member=charlie, team=other_team)

    foreign = alices.get(f"{ADDRESS}?team=babel")
    Membership.objects.create(team=other_team, user=alice)
    own = alices.get(f"{ADDRESS}?team=babel")

    assert "Select a valid choice" in foreign.text
    assert systems(foreign) == ["Ours"]
    assert systems(own) == ["Foreign"]


def test_a_phase_is_chosen(alices, make_submission, shared_task, make_test_set):
    dev = Phase.objects.create(
        state="announced", shared_task=shared_task, slug="dev", name="Dev", opens_at=timezone.now()
    )
    make_submission(system="Test")
    make_submission(system="Dev", test_set=make_test_set(phase=dev))

    assert systems(alices.get(f"{ADDRESS}?phase={dev.pk}")) == ["Dev"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("", {"waiting", "broken", "partly", "scored", "gone", "failed", "failed entry"}),
        ("checking", {"waiting"}),
        ("scoring", {"partly"}),
        ("scored", {"scored"}),
        ("refused", {"broken", "partly"}),
        ("withdrawn", {"gone"}),
        ("failed", {"failed", "failed entry"}),
    ],
)
def test_a_state_is_chosen(
    alices, alice, make_submission, make_checked, make_entry, make_scored_entry, state, expected
):
    make_checked(b"x\n", system="broken")
    make_scored_entry(system="scored")
    choosing.withdraw(entry=make_scored_entry(system="gone"), actor=alice)
    files = {"a.en-fr.txt": as_text(PERFECT), "b.txt": b"x\n"}
    make_checked(files=[("a.zip", as_zip(files))], system="partly")
    make_submission(system="failed", state="failed")
    make_entry(system="failed entry", columns={"state": "failed"})
    make_submission(system="waiting")

    response = alices.get(f"{ADDRESS}?state={state}")

    assert set(systems(response)) == expected


@pytest.mark.parametrize(
    "query",
    ["team=x", "phase=x", "phase=999", "state=x", "state=%00", "page=x", "page=-1", "page=9"],
)
def test_a_strange_address_breaks_nothing(alices, make_submission, query):
    make_submission(system="Marian")

    response = alices.get(f"{ADDRESS}?{query}")

    assert response.status_code == 200
    assert systems(response) == ["Marian"]


def test_a_filter_that_nothing_fits_says_so(alices, make_submission):
    make_submission()

    text = alices.get(f"{ADDRESS}?state=failed").text

    assert "Nothing fits this filter." in text
    assert "Nothing has been sent yet." not in text


def test_nothing_sent_yet_says_what_to_do(alices):
    assert "Nothing has been sent yet." in alices.get(ADDRESS).text


def test_fifty_stand_on_a_page_and_the_filter_stays(alices, make_submission):
    first = make_submission(system="First")
    Submission.objects.bulk_create(
        Submission(team=first.team, member=first.member, phase=first.phase, system=f"System {n}")
        for n in range(51)
    )

    one = alices.get(f"{ADDRESS}?state=checking")
    two = alices.get(f"{ADDRESS}?state=checking&page=2")

    assert len(systems(one)) == 50
    assert systems(two) == ["System 0", "First"]
    assert "52 submissions, 1 to 50 shown" in one.text
    assert 'href="?state=checking&amp;page=2" rel="next"' in one.text
    assert 'href="?state=checking&amp;page=1" rel="prev"' in two.text


def test_each_row_shows_its_test_sets_with_their_states(alices, make_checked, make_scored_entry):
    entry = make_scored_entry(system="Whole", wants_primary=True)
    files = {"a.en-fr.txt": as_text(PERFECT), "notes.txt": b"x\n"}
    make_checked(files=[("a.zip", as_zip(files))], system="Partly")

    text = " ".join(alices.get(ADDRESS).text.split())

    assert f'href="{entry.get_absolute_url()}">en-fr</a>' in text
    assert "a.zip/notes.txt" in text
    assert text.count("state-refused") == text.count("state-scored") == 1
    assert text.count("tag-primary") == 1


def test_of_a_zip_with_many_files_the_first_ones_stand_there(alices, make_checked):
    files = {f"{number:02}.txt": b"x\n" for number in range(30)}
    make_checked(files=[("a.zip", as_zip(files))])

    text = alices.get(ADDRESS).text

    assert text.count("state-refused") == 20
    assert "… and more" in text


def test_it_takes_few_queries_however_much_there_is(alices, make_checked):
    def queries():
        with CaptureQueriesContext(connection) as found:
            alices.get(ADDRESS)
        return len(found)

    make_checked(system="First")
    few = queries()
    for number in range(4):
        make_checked(system=f"System {number}")

    assert queries() == few <= 11
