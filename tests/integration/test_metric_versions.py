"""Which version of the metrics boards and entry pages show: `manage.py show_metric_version`."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Team
from evaluator.metrics import METRICS
from leaderboard.models import BoardSnapshot
from leaderboard.snapshots import Board
from sharedtasks.models import Phase
from submissions.models import Entry, Score
from submissions.pipeline import rescoring
from submissions.signatures import read_version
from tests.integration.board_content import systems
from tests.integration.board_rows import METRICS as ALL
from tests.integration.board_rows import Made, build, fill

pytestmark = pytest.mark.django_db

BOARD = "/boards/spring/test/en-fr"
PHASE = "spring/test"
TERM = ["term-success", "term-consistency", "term-window-overlap-2", "term-window-overlap-3",
        "term-1-ter", "over-application"]  # fmt: skip
OLD, NEW = 1, 2


@pytest.fixture(autouse=True)
def _second_version(monkeypatch):
    """The family `term` has its second version, whatever it has come to since."""
    for metric in TERM:
        monkeypatch.setattr(METRICS[metric], "version", NEW)


def sign(metric, version):
    """Return a signature; of metrics outside the family `term` always the present version."""
    if metric not in TERM:
        version = METRICS[metric].version
    return f"scorer:{metric}|v:{version}|testset:any" if version else f"scorer:{metric}|version:9"


def give(entry, version, value):
    """Give an entry the family's scores by a version."""
    Score.objects.bulk_create(
        Score(entry=entry, metric=metric, value=value, signature=sign(metric, version))
        for metric in TERM
    )


def read(test_set):
    snapshot = BoardSnapshot.objects.get(test_set=test_set)
    return Board.from_json(snapshot.body, snapshot.teams)


def shown_versions(test_set):
    board = read(test_set)
    return {read_version(board.signatures[m]) for m in TERM if m in board.signatures}


def text_of(response):
    return " ".join(re.sub(r"<[^>]*>", " ", response.text).split())


@pytest.fixture
def site(make_bare_test_set, alice, team, other_team):
    """An old site: systems A and B have old scores only."""
    Team.objects.update(is_verified=True)
    test_set = make_bare_test_set()
    rows = [Made(team, "A", 60.0, is_primary=True), Made(other_team, "B", 50.0, is_primary=True)]
    entries = fill(test_set, alice, rows)
    for metric in ALL:
        Score.objects.filter(metric=metric).update(signature=sign(metric, OLD))
    build(test_set)
    return test_set, entries


@pytest.fixture
def call(monkeypatch):
    """Run the command; these invented test sets have no files that tell what is lacking."""

    def call(*arguments, lacking=()):
        rows = [rescoring.LackingEntry(entry, ["term-success"], {}) for entry in lacking]
        monkeypatch.setattr(rescoring, "find_lacking", lambda _: iter(rows))
        out, err = StringIO(), StringIO()
        call_command("show_metric_version", *arguments, stdout=out, stderr=err)
        return out.getvalue() + err.getvalue()

    return call


def test_boards_show_the_old_version_until_the_command(site, call):
    test_set, (first, second) = site
    for rescored, entry, value in ((1, first, 10.0), (2, second, 20.0)):
        give(entry, NEW, value)
        build(test_set)
        assert shown_versions(test_set) == {OLD}
        assert systems(read(test_set)) == [("A", "1"), ("B", "2")]
        assert read(test_set).rescored == rescored

    assert "now show the newest version of every metric" in call(PHASE)

    assert shown_versions(test_set) == {NEW}
    assert systems(read(test_set)) == [("B", "1"), ("A", "2")]  # with the new places
    assert read(test_set).rescored == 0
    assert "already showed" in call(PHASE)


def test_a_new_site_shows_the_present_version_and_says_nothing(
    client, make_bare_test_set, alice, team
):
    Team.objects.update(is_verified=True)
    test_set = make_bare_test_set()
    [entry] = fill(test_set, alice, [Made(team, "A", dict.fromkeys(ALL[-1:], 1.0))])
    give(entry, NEW, 5.0)
    build(test_set)

    response = client.get(BOARD)

    assert shown_versions(test_set) == {NEW}
    assert 'id="older-versions"' not in response.text


def test_the_command_refuses_while_entries_lack_scores(site, call):
    test_set, entries = site
    give(entries[0], NEW, 1.0)
    build(test_set)

    with pytest.raises(CommandError, match=rf"entry {entries[1].pk}.* rescore_entries --phase"):
        call(PHASE, lacking=entries[1:])
    assert Phase.objects.get().metric_versions == {}
    assert shown_versions(test_set) == {OLD}

    assert "Warning: 1 entry lacks" in call(PHASE, "--anyway", lacking=entries[1:])
    assert shown_versions(test_set) == {NEW}
    assert systems(read(test_set)) == [("A", "1"), ("B", "")]


@pytest.mark.parametrize(("lacks_before", "lacks_after"), [(0, 1), (0, 2), (1, 1), (1, 2), (0, 0)])
def test_entries_that_are_scored_while_the_command_runs_are_named(
    site, call, monkeypatch, lacks_before, lacks_after
):
    """The first look has ended when a worker of an earlier release records its scores."""
    _, entries = site
    looks = iter([entries[:lacks_before], entries[:lacks_after]])

    def look(_):
        return (rescoring.LackingEntry(entry, ["term-success"], {}) for entry in next(looks))

    out, err = StringIO(), StringIO()
    monkeypatch.setattr(rescoring, "find_lacking", look)
    call_command("show_metric_version", PHASE, anyway=bool(lacks_before), stdout=out, stderr=err)

    assert "now show the newest version of every metric" in out.getvalue()
    late = entries[lacks_before:lacks_after]
    told = err.getvalue().partition("while this command ran")[2]
    assert [entry for entry in entries if str(entry) in told] == late
    assert ("rescore_entries --phase" in told) == bool(late)


def test_of_many_entries_that_lack_scores_ten_are_named(site, call):
    _, entries = site

    with pytest.raises(CommandError) as refusal:
        call(PHASE, lacking=entries * 20)

    assert str(refusal.value).startswith("40 entries lack scores by the newest version: entry ")
    assert str(refusal.value).count("; entry ") == 9
    assert "; and 30 more." in str(refusal.value)


@pytest.mark.parametrize("name", ["spring/other", "spring", "", "a/b/c"])
def test_an_unknown_phase_is_refused(site, call, name):
    with pytest.raises(CommandError, match="Known: spring/test"):
        call(name)


def test_the_choice_is_of_one_phase_and_all_its_boards(
    site, call, make_bare_test_set, alice, team, shared_task, phase
):
    test_set, entries = site
    noterm = make_bare_test_set(mode="noterm")
    empty = make_bare_test_set(mode="random")
    [other] = fill(noterm, alice, [Made(team, "A", {"bleu": 1.0})])
    for entry in [*entries, other]:
        give(entry, NEW, 1.0)
    give(other, OLD, 1.0)
    later = Phase.objects.create(
        state="announced",
        shared_task=shared_task,
        slug="later",
        name="Later",
        opens_at=phase.opens_at,
    )
    elsewhere = make_bare_test_set(phase=later)
    [there] = fill(elsewhere, alice, [Made(team, "A", {"bleu": 1.0})])
    give(there, NEW, 1.0)
    give(there, OLD, 1.0)
    for board in (noterm, elsewhere):
        build(board)
        assert shown_versions(board) == {OLD}

    call(PHASE)

    assert shown_versions(test_set) == shown_versions(noterm) == {NEW}
    assert shown_versions(elsewhere) == {OLD}
    assert not BoardSnapshot.objects.filter(test_set=empty).exists()


def test_a_later_version_waits_for_the_next_command(site, call, monkeypatch):
    test_set, entries = site
    for entry in entries:
        give(entry, NEW, 1.0)
    call(PHASE)

    for metric in TERM:
        monkeypatch.setattr(METRICS[metric], "version", NEW + 1)
    give(entries[0], NEW + 1, 99.0)
    build(test_set)
    assert shown_versions(test_set) == {NEW}
    assert read(test_set).rescored == 1

    call(PHASE)
    assert shown_versions(test_set) == {NEW + 1}


def test_the_test_sets_own_rows_do_not_hold_a_board_back(
    make_bare_test_set, alice, team, stored_file
):
    test_set = make_bare_test_set()
    for kind in ("oracle", "copy"):
        own = Entry.objects.create(
            kind=kind, test_set=test_set, system=kind, hypotheses=stored_file, state="scored"
        )
        give(own, OLD, 3.0)
    build(test_set)
    assert shown_versions(test_set) == {OLD}

    [entry] = fill(test_set, alice, [Made(team, "A", {"bleu": 1.0})])
    give(entry, NEW, 1.0)
    build(test_set)

    assert shown_versions(test_set) == {NEW}


def test_a_withdrawn_entry_holds_no_board_back(site):
    test_set, entries = site
    give(entries[0], NEW, 1.0)
    entries[0].scores.filter(signature__contains=f"|v:{OLD}|", metric__in=TERM).delete()
    Entry.objects.filter(pk=entries[1].pk).update(
        withdrawn_at=test_set.created_at, is_primary=False
    )
    build(test_set)

    assert shown_versions(test_set) == {NEW}


# Pages ------------------------------------------------------------------------------------


def test_the_board_says_which_version_it_shows(client, site, as_role, alice, team):
    test_set, _ = site
    fill(test_set, alice, [Made(team, "New", {"bleu": 1.0})])
    give(Entry.objects.get(system="New"), NEW, 99.0)
    build(test_set)

    text = text_of(client.get(BOARD))

    assert (
        "The columns under Terms show scores by version 1 of their definitions; the newest is "
        "version 2. The organisers will change over once all systems have been scored again. "
        "Until then, systems submitted after the change have no scores in these columns and no "
        "place."
    ) in text
    assert "For organisers:" not in text
    assert "1 of 3 entries" not in text
    assert "99" not in text

    text = text_of(as_role("organiser").get(BOARD))
    assert "For organisers: 1 of 3 entries on this board have scores by the newest version." in text


def test_the_start_page_says_it_in_a_sentence(client, site):
    text = text_of(client.get("/"))

    assert (
        f"show scores by version {OLD} of their definitions; the newest is version {NEW}." in text
    )
    assert "The organisers will change over" not in text


def test_headings_and_meanings_have_the_signatures_of_the_version_that_is_shown(client, site, call):
    test_set, entries = site
    for entry in entries:
        give(entry, NEW, 1.0)
    build(test_set)

    def signatures(text):
        found = re.findall(r"scorer:(?:term|over)[^|]*\|v:(\d+)\|", text)
        assert len(found) >= 2 * len(TERM)
        return set(found)

    assert signatures(client.get(BOARD).text) == {str(OLD)}
    call(PHASE)
    assert signatures(client.get(BOARD).text) == {str(NEW)}
    assert 'id="older-versions"' not in client.get(BOARD).text


def test_a_polling_page_learns_of_the_change(client, site, call):
    test_set, entries = site
    for entry in entries:
        give(entry, NEW, 60.0 if entry.system == "A" else 50.0)  # the same numbers
    build(test_set)
    seen = re.search(r"seen=(\w+)", client.get(BOARD).text)[1]
    ask = {"headers": {"HX-Target": "board"}}
    assert client.get(f"{BOARD}?seen={seen}", **ask).status_code == 204

    call(PHASE)

    assert client.get(f"{BOARD}?seen={seen}", **ask).status_code == 200


def test_differences_between_modes_are_of_one_version(
    client, site, call, make_bare_test_set, alice, team
):
    """Proper terms have both versions, no terms only the new one: not comparable until shown."""
    test_set, entries = site
    noterm = make_bare_test_set(mode="noterm")
    [entry] = fill(noterm, alice, [Made(team, "A", {"bleu": 50.0})])
    entry.scores.update(signature=sign("bleu", NEW))
    give(entry, NEW, 40.0)
    build(noterm)
    for entry in entries:
        give(entry, NEW, 70.0)
    build(test_set)

    def differences():
        gains = client.get(BOARD).context["board"].gains
        [in_proper] = gains.systems[0].by_mode
        return [(d.column.metric, d.value) for d in in_proper if d.value is not None]

    assert [metric for metric, _ in differences()] == ["bleu"]
    call(PHASE)
    assert ("term-success", 30.0) in differences()


def versions_on_page(response):
    rows = re.findall(
        r'<strong title="[^"]*">Term success</strong>(?:<small class="parts version">([^<]*))?.*?'
        r'<data value="([^"]*)"',
        response.text,
        flags=re.DOTALL,
    )
    return [(value, version) for version, value in rows]


def test_an_entrys_page_says_which_of_its_scores_the_board_shows(alices, site, call):
    test_set, (first, second) = site
    address = first.get_absolute_url()
    assert versions_on_page(alices.get(address)) == [("60.0", "")]

    give(first, NEW, 10.0)
    give(second, NEW, 20.0)
    build(test_set)
    response = alices.get(address)
    assert versions_on_page(response) == [
        ("60.0", f"version {OLD}, on the leaderboard"),
        ("10.0", f"version {NEW}, not on the leaderboard"),
    ]
    assert "The leaderboard shows the version before it until" in text_of(response)
    assert "This system came after the change" not in text_of(response)

    call(PHASE)
    response = alices.get(address)
    assert versions_on_page(response) == [
        ("10.0", f"version {NEW}, on the leaderboard"),
        ("60.0", f"version {OLD}, not on the leaderboard"),
    ]
    assert 'id="newer-scores"' not in response.text


def test_the_page_of_a_system_of_after_the_change_says_why_it_has_no_rank(
    alices, site, alice, team
):
    test_set, _ = site
    [new] = fill(test_set, alice, [Made(team, "New", {"bleu": 1.0})])
    give(new, NEW, 99.0)
    build(test_set)

    response = alices.get(new.get_absolute_url())

    assert versions_on_page(response) == [("99.0", f"version {NEW}, not on the leaderboard")]
    assert "This system came after the change" in text_of(response)


def test_a_withdrawn_entry_is_on_no_leaderboard(alices, site):
    test_set, (first, _) = site
    give(first, NEW, 10.0)
    build(test_set)
    Entry.objects.filter(pk=first.pk).update(
        withdrawn_at=test_set.created_at, withdrawn_by=first.submission.member, is_primary=False
    )

    response = alices.get(first.get_absolute_url())

    assert versions_on_page(response) == [("10.0", f"version {NEW}"), ("60.0", f"version {OLD}")]
