"""Organisers' list of entries: what it shows, and each action on one, several, or all."""

from __future__ import annotations

import re
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone

from accounts.models import Team
from audit.models import AuditEvent
from leaderboard import boards
from organise import entry_list
from organise.entry_actions import ACTIONS
from organise.views import entries as views
from sharedtasks.models import Phase, SharedTask
from submissions.models import Entry, Rescore, Score, Submission
from tests.integration.board_rows import Made, fill
from tests.integration.node_rows import waiting_entry

pytestmark = pytest.mark.django_db

LIST = "/organise/spring/entries"
ACT = "/organise/spring/entries/act"
MOST_QUERIES = 14
CONFIRMED = re.compile(r'name="confirmed" value="(\w+)"')


@pytest.fixture
def bare(make_bare_test_set):
    return make_bare_test_set()


@pytest.fixture
def entries(bare, alice):
    """Three ranked systems, best first, and a contrastive entry of the third team."""
    teams = [
        Team.objects.create(name=f"Team {n}", slug=f"t{n}", is_verified=True) for n in (0, 1, 2)
    ]
    rows = [Made(team, f"System {n}", 90 - n, is_primary=True) for n, team in enumerate(teams)]
    return fill(bare, alice, [*rows, Made(teams[2], "Variant", 10)])


@pytest.fixture
def waiting(bare, team, alice):
    return waiting_entry(bare, team, alice)


@pytest.fixture
def owners(as_role):
    return as_role("owner")


def confirm(client, action, chosen, *, query="", **data):
    """Choose entries and press both buttons; return the page that asks, and the page afterwards."""
    data |= {"action": action}
    if chosen == "matching":
        data |= {"scope": "matching"}
    else:
        data |= {"scope": "ticked", "entry": [entry.pk for entry in chosen]}
    asked = client.post(f"{ACT}?{query}", data)
    digest = CONFIRMED.search(asked.text)
    if digest is None:
        return asked, asked
    return asked, client.post(f"{ACT}?{query}", data | {"confirmed": digest[1]}, follow=True)


def state_of(entry):
    entry.refresh_from_db()
    return entry.state


# The list -----------------------------------------------------------------------------------


def listed(client, query=""):
    return [line.entry.system for line in client.get(f"{LIST}?{query}").context["lines"]]


@pytest.mark.parametrize(
    ("query", "systems"),
    [
        ("", ["Container", "Variant", "System 2", "System 1", "System 0"]),
        ("q=Team+2", ["Variant", "System 2"]),
        ("q=system+1", ["System 1"]),
        ("state=unfinished", ["Container"]),
        ("state=scored&role=contrastive", ["Variant"]),
        ("state=flagged", ["Variant"]),
        ("state=excluded", ["System 0"]),
        ("kind=image", ["Container"]),
        ("kind=reference-point", []),
        ("phase=test&test_set=en-fr&role=primary", ["System 2", "System 1", "System 0"]),
    ],
)  # fmt: skip
def test_the_filter_lists_what_matches_newest_first(owners, entries, waiting, query, systems):
    Entry.objects.filter(pk=waiting.pk).update(system="Container")
    now = timezone.now()
    Entry.objects.filter(system="Variant").update(flagged_at=now, flag_note="look")
    Entry.objects.filter(system="System 0").update(excluded_at=now, excluded_reason="late")

    assert listed(owners, query) == systems


def test_a_number_finds_its_entry_and_views_count_within_the_filter(owners, entries):
    page = owners.get(f"{LIST}?q={entries[1].pk}")
    counts = {link.label: link.count for link in owners.get(f"{LIST}?q=Team+2").context["views"]}

    assert "System 1" in [line.entry.system for line in page.context["lines"]]
    assert counts == {
        "All": 2, "Failed on our side": 0, "Unfinished": 0, "Flagged": 0, "Excluded": 0,
    }  # fmt: skip


def test_a_filter_that_is_wrong_lists_nothing_and_acts_on_nothing(owners, entries):
    assert "lines" not in owners.get(f"{LIST}?state=everything").context
    response = owners.post(f"{ACT}?state=everything", {"action": "flag", "scope": "matching"})

    assert response.status_code == 422
    assert not AuditEvent.objects.filter(action="flagged").exists()


def test_pages_follow_and_the_number_of_queries_stays(
    owners, entries, bare, make_bare_test_set, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(entry_list, "ON_A_PAGE", 3)
    for language in ("de", "ru", "zh"):
        make_bare_test_set(target_language=language)

    with django_assert_max_num_queries(MOST_QUERIES):
        first = owners.get(LIST)

    assert "Page 1 of 2: 3 of 4" in first.text
    assert listed(owners, "page=2") == ["System 0"]


def test_failures_of_ours_and_of_the_team_differ_in_shape_and_word(owners, bare, team, alice):
    ours = waiting_entry(bare, team, alice, state="failed")
    text = owners.get(LIST).text
    Entry.objects.filter(pk=ours.pk).update(state="rejected")

    assert "state-failed" in text
    assert "M12 4l9 16H3z" in text
    assert "M6 6l12 12M18 6L6 18" in owners.get(LIST).text


def test_an_observer_reads_it_without_anything_to_press(as_role, entries):
    text = as_role("observer").get(LIST).text.partition("</form>\n")[2]
    table = text[text.index("<table") :]

    assert "System 0" in table
    assert not re.search("<(form|input|button|select)", table)


# Actions ------------------------------------------------------------------------------------


def test_excluding_shows_ranks_and_takes_a_reason_for_each(owners, entries):
    first, third = entries[0], entries[2]
    asked, done = confirm(
        owners, "exclude", [first, third], reason="Same outputs",
        **{f"reason-{third.pk}": "Not theirs"},
    )  # fmt: skip

    assert "Exclude 2 entries from the board?" in asked.text
    assert "1 other system gets another place on en-fr." in asked.text
    assert "Reason, public on the board and on the entry" in asked.text
    assert "2 excluded from the board." in done.text
    reasons = Entry.objects.exclude(excluded_at=None).values_list("pk", "excluded_reason")
    assert dict(reasons) == {first.pk: "Same outputs", third.pk: "Not theirs"}


def test_putting_back_shows_the_place_that_comes_back(owners, entries):
    confirm(owners, "exclude", [entries[0]], reason="Late")
    boards.rebuild(entries[0].test_set_id)

    asked, done = confirm(owners, "put-back", [entries[0]])

    assert re.search(r'"Rank now">no rank</td>\s*<td data-label="Afterwards">1</td>', asked.text)
    assert "2 other systems get another place on en-fr." in asked.text
    assert "1 put back on the board." in done.text


def test_an_exclusion_without_a_reason_waits(owners, entries):
    _, refused = confirm(owners, "exclude", [entries[0]])

    assert refused.status_code == 422
    assert "Fill in each field" in refused.text
    assert not Entry.objects.exclude(excluded_at=None).exists()


def test_failed_entries_are_requeued_with_a_reason_and_others_are_left_out(
    owners, bare, team, alice, entries
):
    failed = waiting_entry(bare, team, alice, state="failed")
    asked, done = confirm(owners, "requeue", [failed, entries[0]], reason="The node is back")

    assert "Requeue 1 entry?" in asked.text
    assert "Only what failed on our side can be requeued; this entry is scored." in asked.text
    assert "1 requeued." in done.text
    assert state_of(failed) == "waiting"
    assert failed.changes.last().reason == "The node is back"


def test_all_that_match_are_cancelled(owners, bare, team, alice, entries):
    waiting = [waiting_entry(bare, team, alice) for _ in range(2)]
    asked, done = confirm(owners, "cancel", "matching", query="state=unfinished")

    assert "Cancel 2 entries?" in asked.text
    assert "2 cancelled." in done.text
    assert [state_of(entry) for entry in waiting] == ["cancelled", "cancelled"]


def test_a_whole_phase_is_flagged_and_flags_go_again(owners, entries):
    confirm(owners, "flag", "matching", query="phase=test", reason="Look at it")
    flagged = owners.get(f"{LIST}?state=flagged")

    assert flagged.text.count("flagged by owner: <bdi>Look at it</bdi>") == 4
    confirm(owners, "unflag", "matching", query="state=flagged")
    assert not Entry.objects.exclude(flagged_at=None).exists()


def test_what_lacks_a_present_score_is_scored_again(owners, make_scored_entry):
    lacking, whole = make_scored_entry(system="A"), make_scored_entry(system="B")
    Score.objects.filter(entry=lacking, metric="bleu").delete()

    asked, done = confirm(owners, "rescore", [lacking, whole])

    assert "It has a score by the present version of each metric." in asked.text
    assert "1 to be scored again." in done.text
    assert list(Rescore.objects.values_list("entry", flat=True)) == [lacking.pk]


def test_outputs_are_downloaded_as_a_zip(owners, make_scored_entry, test_set, team, alice):
    entry, waiting = make_scored_entry(system="Marian"), waiting_entry(test_set, team, alice)
    chosen = {"action": "download", "scope": "ticked", "entry": [entry.pk, waiting.pk]}
    response = owners.post(ACT, chosen)
    archive = zipfile.ZipFile(BytesIO(b"".join(response)))

    assert archive.namelist() == [f"marian-{entry.pk}.en-fr.jsonl"]
    assert b'"translation"' in archive.read(archive.namelist()[0])
    assert owners.post(ACT, chosen | {"entry": [waiting.pk]}).status_code == 422


def test_nobody_confirms_what_was_not_shown(owners, bare, team, alice, entries):
    data = {"action": "flag", "scope": "matching", "reason": "Look"}
    digest = CONFIRMED.search(owners.post(ACT, data).text)[1]
    waiting_entry(bare, team, alice)

    response = owners.post(ACT, data | {"confirmed": digest})

    assert response.status_code == 422
    assert "The entries have changed since you chose them." in response.text
    assert not Entry.objects.exclude(flagged_at=None).exists()


def test_too_many_at_once_and_entries_of_another_task_are_refused(
    owners, entries, make_bare_test_set, team, alice, monkeypatch
):
    other = SharedTask.objects.create(state="announced", slug="autumn", name="Autumn")
    phase = Phase.objects.create(
        shared_task=other, slug="test", name="Test", opens_at=timezone.now() - timedelta(days=1)
    )
    elsewhere = waiting_entry(make_bare_test_set(phase=phase), team, alice)
    chosen = {"action": "flag", "scope": "ticked", "entry": [elsewhere.pk, "1e9", "-1", "9" * 99]}
    monkeypatch.setattr(views, "MOST_AT_ONCE", 3)

    nothing = owners.post(ACT, chosen)
    many = owners.post(ACT, {"action": "flag", "scope": "matching"})

    assert "Tick entries, or choose all that match the filter." in nothing.text
    assert "At most 3 entries at once. Restrict the filter." in many.text


def test_every_action_leaves_an_event_of_the_person(
    owners, entries, waiting, bare, team, alice, owner
):
    failed = waiting_entry(bare, team, alice, state="failed")
    Submission.objects.update(member=alice)
    for action, chosen in (
        ("exclude", entries[0]), ("put-back", entries[0]), ("flag", entries[0]),
        ("unflag", entries[0]), ("cancel", waiting), ("requeue", failed),
    ):  # fmt: skip
        confirm(owners, action, [chosen], reason="Why not")
    events = AuditEvent.objects.filter(actor=owner).order_by("pk")

    assert [event.action for event in events] == [
        ACTIONS[name].done if name != "flag" else "flagged"
        for name in ("exclude", "put-back", "flag", "unflag", "cancel", "requeue")
    ]
    assert {event.task for event in events} == {"spring"}
