"""Organisers' pages about people: teams, decisions on them, roles, the participants as CSV."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Membership, Team
from audit.models import AuditEvent
from audit.recording import Actor
from organise.teams import find_alike
from sharedtasks.models import Extension, Organiser, SharedTask, TeamDecision
from submissions.models import Entry, Submission
from submissions.pipeline.tasks import check
from submissions.services import exclusion
from tests.integration.conftest import make_person
from tests.integration.samples import PERFECT

pytestmark = pytest.mark.django_db

MOST_QUERIES = 14


@pytest.fixture
def send(make_bare_test_set, phase):
    """Return a function that lets a team have an upload."""
    make_bare_test_set()

    def send(team, member, **columns):
        values = {"phase": phase, "system": "Marian", "state": "accepted"} | columns
        return Submission.objects.create(team=team, member=member, **values)

    return send


@pytest.fixture
def waiting(send, other_team, charlie):
    """A team that waits to be verified."""
    send(other_team, charlie)
    return other_team


@pytest.fixture
def verified(send, team, alice):
    """A verified team that takes part."""
    send(team, alice)
    return team


def address(name, *parts):
    return reverse(f"organise-{name}", args=["spring", *parts])


def decide(**columns):
    task = SharedTask.objects.get(slug="spring")
    TeamDecision.objects.create(shared_task=task, **columns)


def last_event():
    event = AuditEvent.objects.first()
    return event.action, event.changes, event.reason, event.task


# The list -------------------------------------------------------------------------------------


def test_what_waits_stands_above_what_is_done(owners, waiting, verified):
    gone = Team.objects.create(name="Gone", slug="gone")
    decide(team=gone, kind="removed", reason="They asked.")

    page = owners.get(address("people"))

    assert page.text.index("Babel") < page.text.index("Lexica")
    assert [line.team for line in page.context["lists"].waiting] == [waiting]
    assert [line.team for line in page.context["verified"]] == [verified]
    assert page.context["needs"].teams == 1


def test_teams_that_need_a_second_look_are_marked(owners, owner, waiting, verified, send, alice):
    Membership.objects.create(team=waiting, user=owner)
    like = Team.objects.create(name="Ba-bel", slug="ba-bel")
    send(like, alice)

    page = owners.get(address("people")).text

    assert "organiser is a member" in page
    assert "looks like <bdi>Ba-bel</bdi>" in page
    assert page.count("looks like <bdi>") == 2


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["Lichen Lab", "Lichen-Lab"], 2),
        (["Lichen Lab", "lichen  LAB!"], 2),
        (["Marian", "Мarian"], 2),  # the second begins with a Cyrillic letter
        (["Marian", "Marina"], 0),
        (["???", "!!!"], 0),  # nothing is left of either
    ],
)
def test_names_that_look_alike_are_paired(names, pairs):
    assert len(find_alike([Team(pk=pk, name=name) for pk, name in enumerate(names)])) == pairs


@pytest.mark.parametrize(
    ("query", "shown"),
    [("q=LEX", ["Lexica"]), ("which=no-primary", ["Lexica"]), ("which=organiser", []),
     ("which=wrong", []), ("q=%00", [])],
)  # fmt: skip
def test_verified_teams_are_filtered(owners, verified, query, shown):
    page = owners.get(f"{address('people')}?{query}")

    assert [line.team.name for line in page.context["verified"]] == shown


def test_queries_do_not_grow_with_teams(
    owners, waiting, send, alice, django_assert_max_num_queries
):
    for number in range(12):
        team = Team.objects.create(name=f"Team {number}", slug=f"t{number}", is_verified=number > 5)
        Membership.objects.create(team=team, user=alice)
        send(team, alice)

    with django_assert_max_num_queries(MOST_QUERIES):
        owners.get(address("people"))


@pytest.mark.parametrize("name", ["people", "roles", "team"])
def test_an_observer_reads_the_same_and_is_offered_nothing(as_role, waiting, name):
    parts = [waiting.pk] if name == "team" else []
    main = as_role("observer").get(address(name, *parts)).text.partition("<main")[2]

    assert "Babel" in main or "observer" in main
    for control in ('method="post"', "Decline…", "Remove…", "@tests.example", "Upload for"):
        assert control not in main


# Decisions ------------------------------------------------------------------------------------


def test_one_step_verifies_many_teams(owners, waiting, send, alice):
    other = Team.objects.create(name="Velvet Comma", slug="velvet-comma")
    send(other, alice)
    elsewhere = Team.objects.create(name="Gone", slug="gone")
    decide(team=other, kind="declined", reason="Who?")
    decide(team=elsewhere, kind="removed", reason="Cheats.")

    owners.post(
        address("verify"), {"team": [waiting.pk, other.pk, elsewhere.pk, "9" * 30, "x", "-1"]}
    )

    verified = Team.objects.filter(is_verified=True).order_by("name")
    assert [team.name for team in verified] == ["Babel", "Lexica", "Velvet Comma"]
    assert list(TeamDecision.objects.values_list("kind", flat=True)) == ["removed"]
    assert AuditEvent.objects.filter(action="verified").count() == 2


def test_a_team_reads_on_its_page_what_was_decided(as_role, waiting):
    client = as_role("owner")
    client.post(address("decline", waiting.pk), {"reason": "Tell us who you are."})
    told = as_role("charlie").get(waiting.get_absolute_url()).text
    as_role("owner").post(address("verify"), {"team": [waiting.pk]})

    assert "Tell us who you are." in told
    assert "have verified this team" in as_role("charlie").get(waiting.get_absolute_url()).text


DECISIONS = {
    "decline": ("declined", {"decision": [None, "declined"]}),
    "remove-team": ("removed", {"decision": [None, "removed"]}),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_is_taken_with_a_reason_and_taken_back(owners, waiting, name):
    page = address(name, waiting.pk)
    assert owners.get(page).status_code == 200
    assert owners.post(page, {"reason": " "}).status_code == 422
    assert not TeamDecision.objects.exists()

    owners.post(page, {"reason": "Two  accounts."})

    action, changes = DECISIONS[name]
    assert last_event() == (action, changes, "Two accounts.", "spring")
    again = owners.post(page, {"reason": "Again."})
    assert (again.status_code, f"is {action} already" in again.text) == (422, True)
    assert owners.get(address("readmit", waiting.pk)).status_code == 200
    owners.post(address("readmit", waiting.pk))
    assert not TeamDecision.objects.exists()
    assert last_event() == ("admitted again", {"decision": [action, None]}, "", "spring")


@pytest.fixture
def entry(send, verified, alice, make_bare_test_set, stored_file):
    """A ranked entry of the verified team."""
    test_set = make_bare_test_set(version=2)
    return Entry.objects.create(
        submission=send(verified, alice), team=verified, test_set=test_set, system="Marian",
        state="scored", hypotheses=stored_file, is_primary=True,
    )  # fmt: skip


def test_the_entries_of_a_removed_team_are_excluded_until_it_is_admitted(
    owners, owner, verified, entry
):
    owners.post(address("remove-team", verified.pk), {"reason": "Two accounts.\u202e"})
    entry.refresh_from_db()
    entry.test_set.refresh_from_db()

    assert entry.excluded_reason == "Withdrawn by the organisers: Two accounts.�"
    assert (entry.is_primary, entry.test_set.results_version) == (True, 1)
    with pytest.raises(ValidationError, match="Admit the team again instead"):
        exclusion.put_back(entry=entry, actor=Actor.of(owner))
    owners.post(address("readmit", verified.pk))
    entry.refresh_from_db()
    assert entry.excluded_at is None
    # What was excluded for another reason stays so.
    Entry.objects.update(excluded_at=entry.created_at, excluded_reason="Copied.")
    owners.post(address("remove-team", verified.pk), {"reason": "Two accounts."})
    owners.post(address("readmit", verified.pk))
    assert Entry.objects.get(pk=entry.pk).excluded_reason == "Copied."


def test_a_reason_that_boards_have_no_room_for_is_refused(owners, verified, entry):
    refused = owners.post(address("remove-team", verified.pk), {"reason": "x" * 300})

    assert (refused.status_code, "Shorten the reason to 271" in refused.text) == (422, True)
    assert not TeamDecision.objects.exists()


def test_an_upload_that_is_checked_after_the_removal_is_excluded_too(owners, make_submission, team):
    submission = make_submission()
    owners.post(address("remove-team", team.pk), {"reason": "Two accounts."})

    check.apply(args=[submission.pk], task_id="task-1")

    entry = submission.entries.get()
    assert entry.excluded_reason == "Withdrawn by the organisers: Two accounts."


def test_a_verification_is_taken_back(owners, verified):
    page = address("unverify", verified.pk)
    assert "Releases do not change." in owners.get(page).text

    owners.post(page, {"reason": "The affiliation is not theirs."})

    verified.refresh_from_db()
    assert not verified.is_verified
    assert last_event()[:3] == (
        "no longer verified", {"is_verified": [True, False]}, "The affiliation is not theirs."
    )  # fmt: skip
    assert owners.post(page, {"reason": "Again."}).status_code == 422


def test_names_for_papers_are_corrected_and_hostile_names_refused(owners, verified):
    page = address("team", verified.pk)
    owners.post(page, {"publication_name": "Lexica Lab", "institution": "There"})
    refused = owners.post(page, {"publication_name": "a\u202eb", "institution": "There"})

    verified.refresh_from_db()
    assert (verified.publication_name, verified.institution) == ("Lexica Lab", "There")
    assert (refused.status_code, "U+202E" in refused.text) == (422, True)
    assert last_event()[1] == {
        "publication_name": ["", "Lexica Lab"], "institution": ["Here", "There"]
    }  # fmt: skip


def test_a_team_of_another_task_is_not_there(owners, shared_task):
    elsewhere = Team.objects.create(name="Elsewhere", slug="elsewhere", is_verified=True)

    for name in ("team", "decline", "remove-team", "unverify", "readmit"):
        assert owners.get(address(name, elsewhere.pk)).status_code == 404


# More time, uploads on behalf -------------------------------------------------------------------


def test_a_team_submits_later_than_others(owners, verified, phase):
    page = address("extend", verified.pk, "test")
    late = phase.closes_at + timedelta(days=1)
    text = f"{late:%Y-%m-%d %H:%M}"

    refused = owners.post(page, {"until": "soon", "zone": "UTC", "reason": "Power cut."})
    owners.post(page, {"until": text, "zone": "UTC", "reason": "Power cut."})

    assert refused.status_code == 422
    granted = Extension.objects.get()
    assert (f"{granted.until:%Y-%m-%d %H:%M}", granted.reason) == (text, "Power cut.")
    assert last_event()[0] == "given more time"
    owners.post(address("end-extension", verified.pk, "test"))
    assert not Extension.objects.exists()
    assert last_event()[3] == "spring"


def upload(client, page, team, **changes):
    file = SimpleUploadedFile("out.en-fr.txt", "\n".join(PERFECT).encode())
    data = {"team": team.pk, "system": "Late", "terminology_use": "inference", "file": file}
    return client.post(page, data | changes)


def test_an_upload_for_a_team_says_who_sent_it(owners, owner, verified):
    page = address("send-for", verified.pk, "test")
    assert "Submit for Lexica" in owners.get(page).text

    answer = upload(owners, page, verified)

    sent = Submission.objects.get(system="Late")
    assert answer.headers["Location"] == sent.get_absolute_url()
    assert (sent.team, sent.member) == (verified, owner)
    assert sent.changes.get().reason == "uploaded by owner for Lexica"
    assert last_event()[:2] == ("sent for its team by an organiser", {"team": [None, "Lexica"]})


def test_an_upload_for_a_team_keeps_to_its_team_and_its_dates(
    owners, verified, waiting, close_phase
):
    page = address("send-for", verified.pk, "test")

    assert upload(owners, page, waiting).status_code == 422  # of another team
    decide(team=verified, kind="removed", reason="Cheats.")
    assert "was removed from Spring edition: Cheats." in upload(owners, page, verified).text
    TeamDecision.objects.all().delete()
    close_phase()
    assert upload(owners, page, verified).status_code == 422
    assert not Submission.objects.filter(system="Late").exists()


# Participants -------------------------------------------------------------------------------------


def test_participants_as_csv_hold_no_formula_and_are_logged(owners, waiting, verified, bob, owner):
    Team.objects.filter(pk=waiting.pk).update(
        name='=HYPERLINK("http://x")', institution="@SUM(1)\n\u202etext", publication_name="+1"
    )
    Membership.objects.create(team=verified, user=owner)
    make_person("stranger")

    answer = owners.post(address("participants"))

    rows = list(csv.DictReader(StringIO(answer.text)))
    assert [(row["user_name"], row["email"], row["also_organiser"]) for row in rows] == [
        ("charlie", "charlie@tests.example", "no"),
        ("alice", "alice@tests.example", "no"),
        ("bob", "bob@tests.example", "no"),
        ("owner", "owner@tests.example", "yes"),
    ]
    assert (rows[0]["team"], rows[0]["name_in_publications"]) == (
        "'=HYPERLINK(\"http://x\")", "'+1"
    )  # fmt: skip
    assert rows[0]["affiliation"] == "'@SUM(1)��text"
    assert last_event()[:2] == (
        "names and addresses of participants downloaded", {"people": [None, 4]}
    )  # fmt: skip


# Roles ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["KIM", " kim@tests.example "])
def test_an_owner_gives_a_role_to_an_account(owners, shared_task, person):
    make_person("kim")

    owners.post(address("roles"), {"person": person, "role": "observer", "reads_references": "on"})

    held = Organiser.objects.get(user__username="kim")
    assert (held.role, held.reads_references) == ("observer", True)
    assert "two-factor sign-in first" in owners.get(address("roles")).text


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"person": "nobody", "role": "observer"}, "There is no account with this user name"),
        ({"person": "organiser", "role": "owner"}, "organiser is organiser of Spring edition"),
        ({"person": "kim", "role": "king"}, "Select a valid choice"),
        ({"person": "kim", "role": "owner", "reads_references": "on"}, "Untick this."),
        ({"person": "", "role": "owner"}, "Write the user name or the email address"),
    ],
)
def test_what_can_not_be_is_said_at_its_field(owners, organiser, data, told):
    make_person("kim")

    refused = owners.post(address("roles"), data)

    assert (refused.status_code, told in refused.text) == (422, True)
    assert not Organiser.objects.filter(user__username="kim").exists()


def test_roles_are_changed_and_taken_but_not_the_last_owners(owners, owner, observer):
    own, other = (Organiser.objects.get(user=user) for user in (owner, observer))
    assert owners.get(address("role", other.pk)).status_code == 200
    owners.post(address("role", other.pk), {"role": "observer", "reads_references": "on"})
    other.refresh_from_db()
    assert other.reads_references
    owners.post(address("remove-role", other.pk))
    assert not Organiser.objects.filter(pk=other.pk).exists()

    for refused in (
        owners.post(address("role", own.pk), {"role": "observer"}),
        owners.post(address("remove-role", own.pk)),
    ):
        assert refused.status_code == 422
        assert "needs an owner. Make somebody else an owner first." in refused.text


def test_an_organiser_learns_which_people_own_the_task(as_role, owner, organiser):
    page = as_role("organiser").get(address("roles")).text

    assert "An owner can change roles: <bdi>owner</bdi>" in page
    assert "Add an organiser" not in page
