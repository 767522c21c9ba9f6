"""The organisers' pages of a phase and of an announcement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from organise.phase_form import compute_digest
from sharedtasks.models import DateChange, Phase
from sharedtasks.states import State

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def page(owners, phase):
    """Return a function that posts the phase's form, with these fields changed."""
    address = reverse("organise-phase", args=["spring", "test"])

    def post(**fields):
        phase.refresh_from_db()
        usual = {
            "zone": "UTC",
            "name": phase.name,
            "kind": phase.kind,
            "grace_minutes": phase.grace_minutes,
            "seen": compute_digest(phase),
        }
        form = owners.get(address, {"zone": "UTC"}).context["form"]
        dates = {name: form[name].value() for name in form.instants or form.fields if "_at" in name}
        return owners.post(address, usual | dates | fields)

    return post


def words(response):
    return " ".join(response.text.split())


def test_dates_are_read_in_the_zone_that_is_chosen_and_echoed_on_each_clock(page, phase, owner):
    owner.time_zone = "Asia/Seoul"
    owner.save()
    closes = phase.closes_at + 5 * DAY
    written = f"{closes.astimezone(UTC) - timedelta(hours=12):%d %b %Y %H:%M}"  # in AoE

    response = page(zone="AoE", check="1", closes_at=written, opens_at="1 Jan 2026 00:00",
                    own_scores_at="", board_at="", team_names_at="")  # fmt: skip

    assert response.status_code == 200
    assert f"{closes.astimezone(UTC):%a}" in response.text
    assert f"{closes + timedelta(hours=9):%H:%M}" in response.text  # Seoul
    assert "Not saved" in response.text
    phase.refresh_from_db()
    assert phase.closes_at < closes - DAY


def test_a_date_is_moved_and_the_overview_shows_both(page, phase, owners):
    closes = (phase.closes_at + 2 * DAY).replace(second=0, microsecond=0)

    response = page(closes_at=f"{closes:%Y-%m-%d %H:%M}", is_meant="on", grace_minutes="20")

    assert response.status_code == 302
    phase.refresh_from_db()
    assert (phase.closes_at, phase.grace_minutes) == (closes, 20)
    assert "closes_at" in DateChange.objects.values_list("field", flat=True)
    assert "moved from" in owners.get("/tasks/spring/").text


def test_what_makes_no_sense_is_saved_only_if_it_is_meant(page, phase):
    soon = f"{timezone.now() + timedelta(minutes=30):%Y-%m-%d %H:%M}"

    response = page(references_at=soon)

    assert response.status_code == 422
    assert "Teams could read the references and still submit." in words(response)
    assert "This is meant" in response.text
    assert Phase.objects.get().references_at is None
    assert page(references_at=soon, is_meant="on").status_code == 302
    assert Phase.objects.get().references_at is not None


@pytest.mark.parametrize(
    ("fields", "place", "remedy"),
    [
        ({"closes_at": "24.07. 23:59"}, "Closes", "Write the year, too: 2026-07-24 23:59"),
        ({"board_at": "03/04/2026 12:00"}, "Leaderboards", "could be read in two ways"),
        ({"opens_at": ""}, "Opens", "Write when the phase opens"),
        ({"closes_at": "2020-01-01 00:00"}, "Closes", "Choose a date after the opening"),
        ({"grace_minutes": "61"}, "Grace", "Write 60 minutes at most, or move the closing"),
        ({"wall_time": "-1"}, "Time, minutes", "greater than or equal"),
        ({"name": ""}, "Name", "required"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_remedy(page, fields, place, remedy):
    response = page(**fields)

    assert response.status_code == 422
    link = f'<a href="#id_{next(iter(fields))}">{place}'
    _, _, told = words(response).partition(link)
    assert remedy in told.partition("</a>")[0]


def test_two_people_at_once_do_not_undo_each_other(page, phase):
    old = compute_digest(phase)
    Phase.objects.update(name="Renamed by another")

    response = page(name="Mine", seen=old)

    assert response.status_code == 422
    assert "somebody has changed this phase while you were editing" in words(response)
    assert Phase.objects.get().name == "Renamed by another"


def test_limits_that_nobody_changed_stay_exactly_as_they_are(page, phase):
    Phase.objects.update(run_limits={"wall_time": 100, "processes": 7, "memory": 2**31})

    page(memory="4", wall_time=str(100 / 60))

    assert Phase.objects.get().run_limits == {
        "wall_time": 100, "processes": 7, "memory": 4 * 2**30
    }  # fmt: skip


def test_the_table_of_audiences_says_what_the_policy_says(owners, phase):
    Phase.objects.update(own_scores_verified_only=True, board_at=phase.closes_at)

    sight = owners.get(reverse("organise-phase", args=["spring", "test"])).context["sight"]

    rows = {label: [audience.words for audience in row] for label, row in sight.rows}
    assert [stretch.is_now for stretch in sight.stretches] == [False, True, False]
    assert rows["Upload"] == ["", "teams", ""]
    assert rows["Own scores"] == ["", "verified team", "verified team"]
    assert rows["Leaderboards"] == ["", "", "everyone"]
    assert rows["References"] == ["", "", ""]


def test_an_observer_reads_and_finds_nothing_to_press(client, observer, phase, make_test_set):
    make_test_set(state="draft")
    client.force_login(observer)

    for name, parts in (("organise-phase", ["spring", "test"]), ("organise-announce", ["spring"])):
        response = client.get(reverse(name, args=parts))

        main = response.text.partition("<main")[2].partition("</main")[0]
        assert "<button" not in main, name
        assert 'type="checkbox"' not in main, name


# Announcing -------------------------------------------------------------------------------


@pytest.fixture
def drafts(phase, make_test_set):
    """A draft phase after an announced one, with a test set."""
    later = Phase.objects.create(
        shared_task=phase.shared_task, slug="later", name="Later", kind="blind",
        opens_at=phase.closes_at + DAY, references_at=datetime(2030, 8, 3, 12, tzinfo=UTC),
    )  # fmt: skip
    return later, make_test_set(phase=later, state="draft")


def test_it_says_what_becomes_public_when_and_counts_the_files(owners, drafts):
    address = reverse("organise-announce", args=["spring"])
    later, test_set = drafts

    planned = owners.get(address).context["planned"]

    assert [part.key for part in planned.chosen] == [f"phase-{later.pk}", f"test-set-{test_set.pk}"]
    assert planned.files_now == 0  # it has not opened
    shown = {row.at: [thing.label for thing in row.things] for row in planned.later}
    assert shown == {
        later.opens_at: ["sources and terminologies"], later.references_at: ["references"]
    }  # fmt: skip
    files = {thing.label: thing.files for row in planned.later for thing in row.things}
    assert files["references"] == test_set.downloads.filter(kind__startswith="ref").count() > 0
    assert "Announce Later and 1 test set" in words(owners.get(address))


def test_only_what_is_ticked_is_announced(owners, drafts, client):
    address = reverse("organise-announce", args=["spring"])
    later, test_set = drafts

    response = owners.post(address, {"part": [f"test-set-{test_set.pk}"]})
    assert response.status_code == 422
    assert "Announce Spring edition – Later, too" in words(response)

    assert owners.post(address, {"part": [f"phase-{later.pk}"], "check": "1"}).status_code == 200
    later.refresh_from_db()
    assert later.state == State.DRAFT
    assert owners.post(address, {"part": [f"phase-{later.pk}", "phase-9999"]}).status_code == 302
    later.refresh_from_db()
    test_set.refresh_from_db()
    assert (later.state, test_set.state) == (State.ANNOUNCED, State.DRAFT)


def test_an_organiser_is_told_who_can_announce(client, organiser, owner, drafts):
    client.force_login(organiser)

    text = words(client.get(reverse("organise-announce", args=["spring"])))

    assert "An owner can do this: owner." in text
