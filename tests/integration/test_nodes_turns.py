"""Nodes serve teams in turn, and pages foretell the same order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership, Team, User
from nodes.models import Run, TeamTurn
from nodes.runs import claims, queue
from nodes.runs.claims import Offer
from submissions.models import Entry
from submissions.states import EntryState
from tests.integration.node_rows import image_row, node_row, run_row, waiting_entry

pytestmark = pytest.mark.django_db

CPU = Offer(cpus=4, memory=2**36, gpus=(), runtime="", version="1")
GPU = Offer(cpus=4, memory=2**36, gpus=("0",), runtime="", version="1")


@pytest.fixture
def make_entries(make_bare_test_set):
    """Return a function that lets entries wait for teams by their names, in this order.

    From a language without sample sentences: each entry has one run.
    """
    test_set = make_bare_test_set(source_language="xx")
    members = {}

    def make(names, **columns):
        for name in names:
            if name not in members:
                team = Team.objects.create(name=name, slug=name.lower(), is_verified=True)
                user = User.objects.create_user(name, f"{name}@tests.example", "long enough")
                Membership.objects.create(team=team, user=user)
                members[name] = team, user
            waiting_entry(test_set, *members[name], image=image_row(name), **columns)

    return make


@pytest.fixture
def served():
    """Return a function that lets one node work until nothing waits; it tells whose turns."""
    node = node_row("worker")

    def serve(machine=CPU, most=100):
        names = []
        while len(names) < most and (run := claims.claim(node, machine)):
            names.append(run.entry.team.name)
            Run.objects.filter(pk=run.pk).update(ended_at=timezone.now(), outcome="ok")
            Entry.objects.filter(pk=run.entry_id).update(state=EntryState.REJECTED)
        return "".join(names)

    return serve


@pytest.mark.parametrize(
    ("waiting", "order"),
    [
        ("AAAAAB", "ABAAAA"),
        ("AAABBB", "ABABAB"),
        ("AAAABBC", "ABCABAA"),
        ("CABABC", "CABCAB"),
        ("A" * 20 + "BBC", "ABCAB" + "A" * 18),
        ("ABCDEFGHIJK" + "K" * 5, "ABCDEFGHIJK" + "K" * 5),
    ],
)
def test_teams_take_turns_and_pages_foretell_it(make_entries, served, waiting, order):
    make_entries(waiting)
    entries = Entry.objects.select_related("team", "test_set__phase", "submission")
    places = {queue.place(entry).position: entry.team.name for entry in entries}

    assert "".join(places[position] for position in sorted(places)) == order
    assert sorted(places) == list(range(1, len(waiting) + 1))
    assert served() == order


def test_of_a_team_the_oldest_is_next(make_entries, served):
    make_entries("AABA")
    entries = list(Entry.objects.filter(team__name="A").order_by("pk"))

    served(most=3)

    first_two = [entry.pk for entry in entries[:2]]
    assert list(Run.objects.filter(entry__team__name="A").values_list("entry", flat=True)) == (
        first_two
    )


def test_who_comes_later_does_not_wait_for_all_who_were_there(make_entries, served):
    make_entries("AAAA")
    assert served(most=2) == "AA"
    make_entries("BB")

    assert served() == "BABA"


def test_a_turn_long_ago_comes_before_a_turn_just_now(make_entries, served):
    make_entries("ABC")
    served()
    for name, hours in (("A", 1), ("B", 3), ("C", 2)):
        at = timezone.now() - timedelta(hours=hours)
        TeamTurn.objects.filter(team__name=name).update(at=at)
    make_entries("ABCABC")

    assert served() == "BCABCA"


def test_work_for_a_gpu_comes_first_and_its_teams_take_turns(make_entries, served):
    make_entries("AAB")
    make_entries("AAC", needs_gpu=True)

    assert served(GPU) == "ACABAA"


def test_the_estimate_follows_the_order(make_entries):
    node = node_row("idle")
    make_entries("AAAAB")
    *_, last_of_a, only_of_b = Entry.objects.order_by("pk")
    make_entries("C", state="failed")
    run_row(Entry.objects.get(team__name="C"), node, outcome="ok", wall_time=30)

    assert queue.place(only_of_b).seconds == 30
    assert queue.place(last_of_a).seconds == 120


def test_what_nodes_are_not_given_at_the_moment_is_after_all_others(make_entries):
    make_entries("AB")
    quarantined = Entry.objects.get(team__name="A")
    image = quarantined.submission.image
    image.quarantined_at = timezone.now()
    image.save()

    place = queue.place(Entry.objects.get(pk=quarantined.pk))

    assert (place.position, place.length) == (2, 2)


def test_a_claim_asks_as_many_questions_whatever_waits(make_entries, django_assert_max_num_queries):
    make_entries("A" * 30 + "BCD")

    with django_assert_max_num_queries(30):
        claims.claim(node_row("idle"), CPU)
    with django_assert_max_num_queries(8):
        queue.place(Entry.objects.last())
