"""Withdrawing an entry, choosing the primary: every action, by every role, before and after."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.urls import reverse

from leaderboard import boards
from sharedtasks.viewers import viewer_of
from submissions import work
from submissions.models import Entry, StateChange
from submissions.pipeline import reference_points
from submissions.pipeline.tasks import score
from submissions.services import choosing, primaries
from submissions.states import EntryState
from tests.integration.conftest import ROLES
from tests.integration.samples import FAIR

pytestmark = pytest.mark.django_db

ACTIONS = ["make-primary", "make-contrastive", "withdraw"]
REFUSED = {"visitor": 302, "charlie": 404, "observer": 403, "outsider": 404, "staff": 404}
OPEN = {"alice": 302, "bob": 302, "owner": 302, "organiser": 302}
OVER = OPEN | {"alice": 422, "bob": 422}


@pytest.fixture
def entries(make_scored_entry):
    """A primary, and a contrastive one of the same team and test set."""
    primary = make_scored_entry(system="Big", wants_primary=True)
    return {"primary": primary, "contrastive": make_scored_entry(FAIR, system="Small")}


def state():
    return list(Entry.objects.values_list("system", "is_primary", "withdrawn_at"))


@pytest.mark.parametrize("is_over", [False, True])
@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_never_do_it(action, is_over, entries, as_role, close_phase):
    if is_over:
        close_phase()
    before, notes = state(), StateChange.objects.count()
    address = reverse(action, args=[entries["contrastive"].pk])

    assert {role: as_role(role).post(address).status_code for role in REFUSED} == REFUSED
    assert (state(), StateChange.objects.count()) == (before, notes)
    text = as_role("observer").post(address).text
    assert "You observe Spring edition. Only its organisers and the team may do this." in text


def test_every_role_is_asked_for():
    assert REFUSED.keys() | OPEN.keys() == set(ROLES)


@pytest.mark.parametrize("is_over", [False, True])
@pytest.mark.parametrize("role", OPEN)
@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_do_what_when(action, role, is_over, entries, as_role, close_phase):
    entry = entries["contrastive" if action == "make-primary" else "primary"]
    if is_over:
        close_phase()
    before, notes = state(), StateChange.objects.count()

    response = as_role(role).post(reverse(action, args=[entry.pk]))

    expected = (OVER if is_over else OPEN)[role]
    has_acted = expected == 302
    assert response.status_code == expected
    assert (state() != before) == has_acted
    assert (StateChange.objects.count() != notes) == has_acted
    if has_acted:
        assert response.headers["Location"] == entry.get_absolute_url()
    if expected == 422:
        assert "Test phase is over: what your team is ranked by stays as it is." in response.text


@pytest.mark.parametrize("action", ACTIONS)
def test_a_visitor_signs_in_and_comes_back_to_the_entry_or_the_question(action, entries, client):
    entry = entries["primary"]

    response = client.post(reverse(action, args=[entry.pk]))

    back = reverse("withdraw" if action == "withdraw" else "entry", args=[entry.pk])
    assert response.headers["Location"].endswith(f"?next={back}")


@pytest.mark.parametrize("action", ACTIONS)
def test_a_stranger_can_not_tell_which_entries_exist(action, entries, as_role):
    client = as_role("charlie")

    secret = client.post(reverse(action, args=[entries["primary"].pk]))
    absent = client.post(reverse(action, args=[10**9]))

    assert secret.status_code == absent.status_code == 404


def test_a_wrong_method_changes_nothing(entries, as_role):
    before, client = state(), as_role("alice")

    for action in ACTIONS:
        for method in ("get", "head", "put", "patch", "delete"):
            response = getattr(client, method)(reverse(action, args=[entries["primary"].pk]))

            is_question = action == "withdraw" and method in {"get", "head"}
            assert response.status_code == (200 if is_question else 405), (action, method)
            assert state() == before, (action, method)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_form_from_elsewhere_is_refused(action, entries, client, alice):
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(alice)
    before = state()

    assert strict.post(reverse(action, args=[entries["contrastive"].pk])).status_code == 419
    assert state() == before


# What the actions do ----------------------------------------------------------------------


def notes(entry):
    return [
        (change.reason, change.actor and change.actor.username)
        for change in entry.changes.select_related("actor")
        if change.is_note
    ]


def test_a_new_primary_takes_the_place_of_the_old_one(alices, entries, test_set, messages):
    boards.rebuild(test_set.pk)
    test_set.refresh_from_db()
    version = test_set.results_version

    with messages() as sent:
        response = alices.post(
            reverse("make-primary", args=[entries["contrastive"].pk]), follow=True
        )

    assert state() == [("Big", False, None), ("Small", True, None)]
    assert "Small is primary now." in response.text
    assert notes(entries["contrastive"]) == [("made primary", "alice")]
    assert notes(entries["primary"])[1:] == [
        ("made contrastive: Small is primary now", "alice"),
    ]
    test_set.refresh_from_db()
    assert test_set.results_version == version + 1
    assert sent == [("leaderboard.rank", test_set.pk)]


def test_making_the_primary_primary_again_changes_nothing(alices, entries):
    before = StateChange.objects.count()

    response = alices.post(reverse("make-primary", args=[entries["primary"].pk]))

    assert response.status_code == 302
    assert state() == [("Big", True, None), ("Small", False, None)]
    assert StateChange.objects.count() == before


def test_another_test_sets_primary_stays(alices, entries, make_test_set, make_scored_entry):
    other = make_scored_entry(test_set=make_test_set(target_language="ru"), wants_primary=True)

    alices.post(reverse("make-primary", args=[entries["contrastive"].pk]))

    other.refresh_from_db()
    assert other.is_primary


def test_a_team_may_have_no_primary(alices, entries):
    response = alices.post(reverse("make-contrastive", args=[entries["primary"].pk]), follow=True)

    assert not Entry.objects.filter(is_primary=True).exists()
    assert "Big is contrastive now." in response.text
    assert "Lexica has no primary there." in response.text


def test_withdrawing_asks_first_and_says_what_it_means(alices, entries):
    question = alices.get(reverse("withdraw", args=[entries["primary"].pk]))
    other = alices.get(reverse("withdraw", args=[entries["contrastive"].pk]))

    assert "Withdraw Big from en-fr?" in question.text
    assert "It is the primary system there:" in question.text
    assert "It is the primary system there:" not in other.text


def test_what_is_withdrawn_is_on_no_board_and_stays_with_the_team(
    alices, entries, test_set, messages
):
    boards.rebuild(test_set.pk)

    with messages() as sent:
        response = alices.post(reverse("withdraw", args=[entries["primary"].pk]), follow=True)

    entry = entries["primary"]
    entry.refresh_from_db()
    assert entry.withdrawn_at is not None
    assert (entry.withdrawn_by.username, entry.is_primary) == ("alice", False)
    assert notes(entry)[1:] == [("withdrawn", "alice")]
    assert sent == [("leaderboard.rank", test_set.pk)]
    assert "Big is withdrawn from en-fr." in response.text
    assert "alice withdrew it" in response.text
    assert "state-withdrawn" in response.text
    assert reverse("make-primary", args=[entry.pk]) not in response.text
    assert repr(entry.scores.first().value) in response.text


def test_withdrawing_twice_is_once(alices, entries):
    address = reverse("withdraw", args=[entries["primary"].pk])
    alices.post(address)
    first = state()

    again, question = alices.post(address), alices.get(address)

    assert again.status_code == 302
    assert state() == first
    assert len(notes(entries["primary"])) == 2
    assert "This entry is withdrawn already." in question.text


def test_a_withdrawn_entry_becomes_primary_no_more(alices, entries):
    alices.post(reverse("withdraw", args=[entries["contrastive"].pk]))

    response = alices.post(reverse("make-primary", args=[entries["contrastive"].pk]))

    assert response.status_code == 422
    assert "neither withdrawn nor excluded, can be primary." in response.text
    assert Entry.objects.get(is_primary=True).system == "Big"


@pytest.mark.parametrize("entry_state", ["scoring", "failed"])
def test_only_a_scored_entry_becomes_primary(alices, make_entry, entry_state):
    entry = make_entry(columns={"state": entry_state})

    page = alices.get(entry.get_absolute_url())
    response = alices.post(reverse("make-primary", args=[entry.pk]))

    assert response.status_code == 422
    assert "Only an entry that is scored" in response.text
    assert reverse("make-primary", args=[entry.pk]) not in page.text


def test_an_entry_can_be_withdrawn_before_it_is_scored(alices, make_entry):
    entry = make_entry(wants_primary=True)

    alices.post(reverse("withdraw", args=[entry.pk]))
    score.apply(args=[entry.pk], task_id="task-1")

    entry.refresh_from_db()
    assert (entry.state, entry.is_primary) == (EntryState.SCORED, False)


@pytest.mark.parametrize("action", ["make-primary", "make-contrastive"])
def test_what_was_asked_for_at_upload_gives_way_to_a_choice_made_since(
    alices, make_entry, make_scored_entry, action
):
    earlier = make_scored_entry(system="Earlier", wants_primary=action == "make-contrastive")
    waiting = make_entry(FAIR, system="Waiting", wants_primary=True)

    alices.post(reverse(action, args=[earlier.pk]))
    score.apply(args=[waiting.pk], task_id="task-1")

    waiting.refresh_from_db()
    earlier.refresh_from_db()
    assert waiting.state == EntryState.SCORED
    assert (earlier.is_primary, waiting.is_primary) == (action == "make-primary", False)


@pytest.mark.parametrize(
    "words", ["", "chosen as primary", "withdrawn", "now ranked by this entry"]
)
@pytest.mark.parametrize("action", ["make-primary", "make-contrastive"])
def test_a_choice_is_known_by_its_kind_however_its_line_is_worded(
    alices, make_entry, make_scored_entry, action, words
):
    earlier = make_scored_entry(system="Earlier", wants_primary=action == "make-contrastive")
    waiting = make_entry(FAIR, system="Waiting", wants_primary=True)

    alices.post(reverse(action, args=[earlier.pk]))
    StateChange.objects.update(reason=words)

    assert primaries.is_outdated(waiting.submission, waiting.test_set_id)


@pytest.mark.parametrize("words", ["made primary", "made contrastive", "made contrastive: A is"])
def test_a_line_that_only_reads_like_a_choice_is_none(alice, make_entry, make_scored_entry, words):
    earlier = make_scored_entry(system="Earlier")
    waiting = make_entry(FAIR, system="Waiting", wants_primary=True)

    work.record_note(earlier, reason=words, actor=alice)

    assert not primaries.is_outdated(waiting.submission, waiting.test_set_id)


def test_each_line_is_of_its_kind(alices, entries, make_scored_entry):
    third = make_scored_entry(system="Third", wants_primary=True)
    for action in ("make-primary", "make-contrastive", "withdraw"):
        alices.post(reverse(action, args=[entries["contrastive"].pk]))

    kinds = {
        entry.system: [line.kind for line in entry.changes.all()] for entry in Entry.objects.all()
    }
    begin = ["created", "move"]
    assert kinds == {
        "Big": [*begin, "made_primary", "made_contrastive"],
        "Small": [*begin, "made_primary", "made_contrastive", "withdrawn"],
        "Third": [*begin, "made_primary", "made_contrastive"],
    }
    assert [line.kind for line in third.submission.changes.all()] == begin


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("created", "scoring", "scored"),
        ("move", "", "scoring"),
        ("move", "scored", "scored"),
        ("requeued", "failed", "failed"),
        ("quarantined", "", "failed"),
        ("note", "scoring", "scored"),
        ("made_primary", "", "scored"),
        ("made_contrastive", "scoring", "scored"),
        ("withdrawn", "waiting", "cancelled"),
        ("renamed", "scoring", "scored"),
        ("", "scored", "scored"),
    ],
)
def test_the_database_refuses_a_line_that_is_not_of_its_kind(make_entry, kind, old, new):
    with pytest.raises(IntegrityError, match="state_change_of_its_kind"):
        StateChange.objects.create(entry=make_entry(), kind=kind, old=old, new=new)


def test_a_primary_that_is_withdrawn_gives_way_to_what_was_asked_for_at_upload(
    alices, make_entry, make_scored_entry
):
    earlier = make_scored_entry(system="Earlier", wants_primary=True)
    waiting = make_entry(FAIR, system="Waiting", wants_primary=True)

    alices.post(reverse("withdraw", args=[earlier.pk]))
    score.apply(args=[waiting.pk], task_id="task-1")

    waiting.refresh_from_db()
    assert waiting.is_primary


def test_a_primary_of_the_upload_says_so_in_both_timelines(make_scored_entry):
    first = make_scored_entry(system="First", wants_primary=True)
    second = make_scored_entry(system="Second", wants_primary=True)

    assert notes(first) == [
        ("made primary, as asked for at upload", None),
        ("made contrastive: Second is primary now", None),
    ]
    assert notes(second) == [("made primary, as asked for at upload", None)]


def test_the_page_offers_what_can_be_done(alices, entries):
    primary = alices.get(entries["primary"].get_absolute_url()).text
    contrastive = alices.get(entries["contrastive"].get_absolute_url()).text

    assert reverse("make-contrastive", args=[entries["primary"].pk]) in primary
    assert reverse("make-primary", args=[entries["primary"].pk]) not in primary
    assert reverse("make-primary", args=[entries["contrastive"].pk]) in contrastive
    assert f'href="{entries["primary"].get_absolute_url()}">Big</a> is the primary' in contrastive
    assert "Withdraw…" in primary


def test_after_the_end_the_page_offers_nothing_and_says_why(alices, entries, close_phase):
    close_phase()

    page = alices.get(entries["primary"].get_absolute_url())
    question = alices.get(reverse("withdraw", args=[entries["primary"].pk]))

    for response in (page, question):
        assert "Ask the organisers if it is wrong." in response.text
        assert "<form" not in response.text.split("<main")[1]


def test_after_the_end_organisers_still_can(client, organiser, entries, close_phase):
    close_phase()
    client.force_login(organiser)

    page = client.get(entries["primary"].get_absolute_url())
    client.post(reverse("withdraw", args=[entries["primary"].pk]))

    assert "Withdraw…" in page.text
    assert notes(entries["primary"])[-1] == ("withdrawn", "organiser")


# Rows of the test set's own ---------------------------------------------------------------


@pytest.fixture
def oracle(test_set):
    reference_points.add_missing()
    entry = Entry.objects.filter(kind=Entry.Kind.ORACLE).get()
    score.apply(args=[entry.pk], task_id="oracle")
    return entry


@pytest.mark.parametrize(
    ("name", "observers"),
    [("entry", 200), ("withdraw", 403), ("entry-text", 404), ("entry-jsonl", 404)],
)
def test_an_oracle_row_is_for_organisers_alone(name, observers, oracle, as_role, client):
    statuses = []
    for role in ROLES:
        client.logout()
        response = as_role(role).get(reverse(name, args=[oracle.pk]))
        b"".join(response)
        statuses.append(response.status_code)

    assert statuses == [302, 404, 404, 404, 200, 200, observers, 404, 404]


def test_an_observer_is_not_led_to_the_reference_in_an_oracle_row(as_role, oracle):
    assert "hypotheses.txt" not in as_role("observer").get(oracle.get_absolute_url()).text
    assert "hypotheses.txt" in as_role("organiser").get(oracle.get_absolute_url()).text


def test_an_oracle_row_says_what_it_is(client, organiser, oracle):
    client.force_login(organiser)

    response = client.get(oracle.get_absolute_url())

    assert "the test set itself, to show what its scores mean" in response.text
    assert "Made from the test set" in response.text
    assert "Withdraw" not in response.text


@pytest.mark.parametrize("action", ACTIONS)
def test_an_oracle_row_has_no_role(action, client, organiser, oracle):
    client.force_login(organiser)

    response = client.post(reverse(action, args=[oracle.pk]))

    assert response.status_code == 422
    assert "This row belongs to the test set, not to a team." in response.text
    assert choosing.why_no_choice(oracle, viewer_of(organiser))
