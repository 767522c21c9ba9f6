"""Entries of systems that wait, run, or ran to no good end: their pages, and the way to stop."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from files.models import StoredFile
from nodes.models import Node, Run
from sharedtasks.models import Phase
from submissions.models import Entry
from submissions.services import choosing, image_tries
from submissions.states import EntryState
from tests.integration.image_rows import image_entry
from tests.integration.samples import PERFECT, as_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("takes_images")]

ROLES = ["visitor", "alice", "bob", "charlie", "organiser"]
STATES = ["waiting", "running", "rejected", "failed", "cancelled"]
STOPPABLE = ["waiting", "running"]


@pytest.fixture
def make(test_set, team, alice):
    """Make an entry of an image in some state."""
    return lambda state="waiting", **columns: image_entry(
        test_set, team, alice, state=state, **columns
    )


@pytest.fixture
def sign_in(client, request):
    """Return a function that signs a role in; a visitor stays outside."""
    people = {role: request.getfixturevalue(role) for role in ROLES if role != "visitor"}

    def sign_in(role):
        if role in people:
            client.force_login(people[role])
        return client

    return sign_in


@pytest.fixture
def alices(sign_in):
    """The browser of alice."""
    return sign_in("alice")


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def state_of(entry):
    return Entry.objects.get(pk=entry.pk).state


# Cancelling ---------------------------------------------------------------------------------


@pytest.mark.parametrize("is_over", [False, True])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", ROLES)
def test_who_may_cancel_what(role, state, is_over, make, sign_in, close_phase):
    entry = make(state)
    if is_over:  # a system is stopped whenever its team wants
        close_phase()

    response = sign_in(role).post(reverse("cancel", args=[entry.pk]))

    may = role in ("alice", "bob", "organiser")
    statuses = {"visitor": 302, "charlie": 404}
    expected = statuses.get(role, 302 if state in STOPPABLE else 422)
    assert response.status_code == expected
    assert state_of(entry) == ("cancelled" if may and state in STOPPABLE else state)
    if may and state in STOPPABLE:
        change = entry.changes.get()
        assert (change.old, change.new, change.actor.username) == (state, "cancelled", role)
        assert response.headers["Location"] == entry.get_absolute_url()


@pytest.mark.parametrize("state", STATES)
def test_what_is_stopped_is_asked_first(state, make, alices):
    entry = make(state)

    page = alices.get(entry.get_absolute_url())
    question = alices.get(reverse("cancel", args=[entry.pk]))

    assert ('id="cancel"' in page.text) == (state in STOPPABLE)
    assert question.status_code == 200
    assert ("Cancel Marian on en-fr?" in question.text) == (state in STOPPABLE)
    assert ("neither waits nor runs any more" in question.text) == (state not in STOPPABLE)
    assert state_of(entry) == state


def test_a_scored_entry_can_not_be_cancelled(alices, make_scored_entry):
    entry = make_scored_entry()

    response = alices.post(reverse("cancel", args=[entry.pk]))

    assert response.status_code == 422
    assert "Only an entry whose system waits or runs can be cancelled." in response.text
    assert state_of(entry) == EntryState.SCORED


def test_a_form_from_elsewhere_cancels_nothing(client, alice, make):
    entry = make()
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(alice)

    assert strict.post(reverse("cancel", args=[entry.pk])).status_code == 419
    assert state_of(entry) == "waiting"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_nothing_is_cancelled_by_another_method(alices, make, method):
    entry = make()

    assert getattr(alices, method)(reverse("cancel", args=[entry.pk])).status_code == 405
    assert state_of(entry) == "waiting"


@pytest.mark.parametrize("state", STOPPABLE)
def test_withdrawing_stops_the_system_too(state, make, alices, alice):
    entry = make(state)

    alices.post(reverse("withdraw", args=[entry.pk]))

    entry.refresh_from_db()
    assert (entry.state, entry.withdrawn_by) == ("cancelled", alice)
    assert [change.new for change in entry.changes.all()] == [state, "cancelled"]


def test_what_was_cancelled_counts_as_a_try(make, alice, team, phase, settings):
    settings.IMAGE_TRIES = 1
    entry = make()
    choosing.cancel(entry=entry, actor=alice)

    assert image_tries.find_next_time(team, phase) is not None


@pytest.mark.parametrize(
    ("state", "counts"),
    [("waiting", True), ("running", True), ("rejected", True), ("failed", False)],
)
def test_an_image_counts_as_a_try_until_something_of_it_is_scored(
    make, team, phase, settings, state, counts
):
    settings.IMAGE_TRIES = 1
    make(state)

    assert (image_tries.find_next_time(team, phase) is not None) == counts


def test_one_scored_entry_makes_the_whole_image_no_try(
    make, make_test_set, team, phase, settings, stored_file
):
    settings.IMAGE_TRIES = 1
    rejected = make("rejected")
    Entry.objects.create(
        submission=rejected.submission,
        team=team,
        test_set=make_test_set(target_language="ru"),
        system="Marian",
        state="scored",
        hypotheses=stored_file,
    )

    assert image_tries.find_next_time(team, phase) is None


# What the pages say --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "columns", "said"),
    [
        ("waiting", {}, "Its system waits for a machine to run on."),
        ("waiting", {"reason": "smoke run passed"}, "Smoke run passed. Its system waits"),
        ("running", {}, "A machine of ours runs its system."),
        ("rejected", {"reason": "It ran out of memory."}, "It ran out of memory. When it is"),
        ("failed", {"reason": "Our side failed."}, "Our side failed."),
        ("cancelled", {}, "Its system was stopped before anything was scored;"),
    ],
)
def test_an_entrys_page_says_how_it_stands(state, columns, said, make, alices):
    response = alices.get(make(state, **columns).get_absolute_url())

    assert response.status_code == 200
    assert said in words(response)
    assert ("hx-trigger" in response.text) == (state in STOPPABLE)
    assert "hypotheses as text" not in response.text
    for name in ("entry-text", "entry-jsonl"):
        assert alices.get(reverse(name, args=[1])).status_code == 404


@pytest.mark.parametrize("state", ["rejected", "cancelled"])
def test_an_entry_without_a_good_end_leads_to_the_next_image(state, make, alices, sign_in):
    entry = make(state)
    again = f"{reverse('submit-image', args=['spring', 'test'])}?again={entry.submission_id}"

    assert again in alices.get(entry.get_absolute_url()).text
    assert again not in sign_in("organiser").get(entry.get_absolute_url()).text
    Phase.objects.update(takes_images=False)
    assert again not in sign_in("alice").get(entry.get_absolute_url()).text


@pytest.mark.parametrize("state", ["rejected", "cancelled"])
def test_what_has_no_hypotheses_has_no_role(state, make, alices):
    response = alices.get(make(state).get_absolute_url())

    assert "it is not on the leaderboard" in response.text
    assert 'id="withdraw"' not in response.text
    assert 'id="make-primary"' not in response.text


def test_what_waits_may_be_withdrawn_but_not_be_primary(make, alices):
    response = alices.get(make().get_absolute_url())

    assert 'id="withdraw"' in response.text
    assert "It can be made primary once it is scored" in response.text
    assert 'id="make-primary"' not in response.text


def test_a_submissions_page_shows_the_image_and_its_entries(make, alices):
    entry = make("running")

    response = alices.get(entry.submission.get_absolute_url())

    said = words(response)
    assert entry.submission.image.digest in said
    assert "in 3 layers" in said
    assert "Runs as 1000" in said
    assert "English → French en-fr running See its entry" in said
    assert "hx-trigger" in response.text


# While it runs --------------------------------------------------------------------------------


@pytest.fixture
def run_of():
    """Make a run of an entry that goes on."""

    def make(entry, **columns):
        node, _ = Node.objects.get_or_create(name="n1", defaults={"token_hash": "0" * 64})
        now = timezone.now()
        usual = {
            "entry": entry, "submission": entry.submission, "image": entry.submission.image,
            "node": node, "purpose": "test",
            "source_language": "en", "target_language": "fr", "attempt": 1, "fence": 1,
            "lease_until": now, "started_at": now, "heartbeat_at": now, "stage": "running",
            "done": 1200, "segments": 2000,
        }  # fmt: skip
        return Run.objects.create(**(usual | columns))

    return make


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "1,200 of 2,000 segments"),
        ({"purpose": "smoke", "done": 2, "segments": 5}, "sample sentences: 2 of 5"),
        ({"stage": "fetching", "done": 0}, "the image is on its way"),
    ],
)
def test_a_submissions_page_shows_how_far_each_entry_is(columns, said, make, run_of, alices):
    entry = make("running")
    run_of(entry, **columns)

    assert f"en-fr running {said} See its entry" in words(
        alices.get(entry.submission.get_absolute_url())
    )


def test_a_run_that_has_ended_shows_no_progress(make, run_of, alices):
    entry = make("waiting")
    run_of(entry, ended_at=timezone.now(), outcome="node_lost")

    assert "en-fr waiting See its entry" in words(alices.get(entry.submission.get_absolute_url()))


@pytest.mark.parametrize("whose", ["entry", "submission"])
def test_both_pages_are_told_when_a_run_gets_on(whose, make, run_of, alices):
    entry = make("running")
    run = run_of(entry)
    url = (entry if whose == "entry" else entry.submission).get_absolute_url()
    first = alices.get(url, headers={"HX-Request": "true"})
    seen = re.search(r"seen=(\w+)", first.text)[0]

    same = alices.get(f"{url}?{seen}", headers={"HX-Request": "true"})
    Run.objects.filter(pk=run.pk).update(done=1300)
    moved = alices.get(f"{url}?{seen}", headers={"HX-Request": "true"})

    assert (same.status_code, moved.status_code) == (204, 200)


@pytest.mark.parametrize("whose", ["entry", "submission"])
@pytest.mark.parametrize("purpose", ["smoke", "test"])
def test_a_request_for_news_loads_a_run_once_and_without_its_texts(
    whose, purpose, make, run_of, alices
):
    entry = make("running")
    run_of(entry, purpose=purpose, message="m" * 1000, problems=[{"message": "p"}] * 50)
    url = (entry if whose == "entry" else entry.submission).get_absolute_url()
    first = alices.get(url, headers={"HX-Request": "true"})
    seen = re.search(r"seen=(\w+)", first.text)[0]

    with CaptureQueriesContext(connection) as queries:
        same = alices.get(f"{url}?{seen}", headers={"HX-Request": "true"})

    assert same.status_code == 204
    [query] = [query["sql"] for query in queries if 'FROM "nodes_run"' in query["sql"]]
    for column in ("problems", "message", "detail", "notes"):
        assert f'"nodes_run"."{column}"' not in query


def test_a_submissions_page_loads_its_runs_once(make, run_of, alices):
    entry = make("running")
    run_of(entry)

    with CaptureQueriesContext(connection) as queries:
        alices.get(entry.submission.get_absolute_url())

    assert len([query for query in queries if 'FROM "nodes_run"' in query["sql"]]) == 1


def test_the_page_of_many_entries_takes_few_queries(
    make, run_of, make_test_set, team, alices, django_assert_num_queries
):
    entry = make("running")
    run_of(entry)
    url = entry.submission.get_absolute_url()
    with CaptureQueriesContext(connection) as queries:
        alices.get(url)
    for number, language in enumerate(["zh", "ru", "ko"]):
        Entry.objects.create(
            submission=entry.submission, team=team, system=f"{number}", state="waiting",
            test_set=make_test_set(target_language=language),
        )  # fmt: skip

    with django_assert_num_queries(len(queries)):
        alices.get(url)


def test_a_submission_that_is_being_checked_shows_its_archive(alices, make, stored_file):
    submission = make().submission
    submission.entries.all().delete()
    type(submission).objects.update(state="checking", image=None)
    submission.files.create(file=stored_file, name="marian.tar.gz", position=0)

    response = alices.get(submission.get_absolute_url())

    assert "Your image is stored and waits for a worker." in response.text
    assert "marian.tar.gz" in response.text


@pytest.mark.parametrize("state", STATES)
def test_the_history_shows_and_finds_them(state, make, alices):
    make(state)
    address = reverse("submissions")

    everything = words(alices.get(address))
    found = alices.get(address, {"state": state})
    other = alices.get(address, {"state": "scored"})

    assert f"Marian image Lexica Test phase Spring edition en-fr {state}" in everything
    assert "Marian" in found.text
    assert "Nothing fits this filter." in other.text


@pytest.mark.parametrize("state", STATES)
def test_the_upload_pages_show_them_in_the_slots(state, make, alices):
    make(state)

    for name in ("submit", "submit-image"):
        said = words(alices.get(reverse(name, args=["spring", "test"])))
        assert f"Marian contrastive {state}" in said


def test_an_image_that_was_refused_is_refused_in_the_history(make, alices, alice):
    entry = make()
    submission = entry.submission
    entry.delete()
    submission.verdicts.create(position=0, file="marian.tar", errors=2)
    type(submission).objects.update(state="refused", image=None)

    page = alices.get(reverse("submissions"), {"state": "refused"})

    assert "Marian image Lexica Test phase Spring edition refused" in words(page)


def test_an_accepted_image_is_not_refused_in_the_history(make, alices):
    make().submission.verdicts.create(position=0, file="marian.tar", warnings=1)

    page = alices.get(reverse("submissions"), {"state": "refused"})

    assert "Nothing fits this filter." in page.text


# Nobody else sees anything of it --------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_no_public_page_knows_of_it(state, make, client, test_set):
    make(state)

    for address in ("/", reverse("shared-task", args=["spring"]), test_set.get_absolute_url()):
        assert "Marian" not in client.get(address).text


@pytest.mark.parametrize("state", STATES)
def test_the_board_is_the_same_with_it(state, make, make_scored_entry, client, test_set):
    make_scored_entry(system="Here")
    before = client.get(test_set.get_absolute_url()).text

    make(state)

    after = client.get(test_set.get_absolute_url()).text
    assert re.sub(r'value="\w{64}"', "", after) == re.sub(r'value="\w{64}"', "", before)


def test_outputs_are_taken_beside_images(make, make_submission, team, phase, test_set):
    make()
    make_submission(as_text(PERFECT))

    assert StoredFile.objects.exists()
    assert team.submissions.count() == 2
